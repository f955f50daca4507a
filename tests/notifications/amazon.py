"""Amazon's side: SES by moto's server, and an API Gateway that calls the real function with either payload."""

from __future__ import annotations

import base64
import email
import email.policy
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.ses.models import ses_backends

from notifications.lambda_function import lambda_handler

REGION = "eu-central-1"
SENDER = "Playground <lab@school.example>"

logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto's server tells of every request


class Ses:
    """The mails that SES accepted."""

    @property
    def received(self) -> list[EmailMessage]:
        return [_parse(each.raw_data) for each in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]

    @property
    def recipients(self) -> list[list[str]]:
        return [each.destinations for each in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]


@contextmanager
def serving_ses(*, verified: bool = True) -> Iterator[Ses]:
    """Everything in this process that speaks to SES speaks to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "EMAIL_FROM": SENDER,
        "NO_PROXY": host,
    }
    try:
        with patch.dict(os.environ, environment):
            ses_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
            if verified:
                boto3.client("sesv2").create_email_identity(EmailIdentity="lab@school.example")
            yield Ses()
    finally:
        server.stop()


def _parse(raw: str) -> EmailMessage:
    content = raw.encode().replace(b"\r\n", b"\n")  # as a mailbox keeps it
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


class Gateway:
    """`plan` are statuses that it answers by itself before it lets anything through; `requests` is what came."""

    def __init__(self, version: int = 2, plan: Iterable[int] = (), key: str = "") -> None:
        self.version, self.key = version, key
        self.requests: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self._plan = iter(plan)
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = gateway.pass_on(self.path, dict(self.headers), body)
                gateway.answers.append(status)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/send"

    def __enter__(self) -> Gateway:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "EMAIL_BACKEND": "notifications.transports.ApiGatewayTransport",
            "EMAIL_GATEWAY_URL": self.url,
            "EMAIL_GATEWAY_KEY": self.key,
        }

    def pass_on(self, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if (status := next(self._plan, 0)) != 0:
            return status, b"the plan says so"
        if self.key and {name.lower(): value for name, value in headers.items()}.get("x-api-key") != self.key:
            return 403, b'{"message": "Forbidden"}'
        event = make_event(self.version, urlsplit(target).query, headers, body)
        self.requests.append(event)
        try:
            answer = lambda_handler(event, None)
        except Exception:
            return 502, b'{"message": "Internal server error"}'
        return answer["statusCode"], answer["body"].encode()


def make_event(version: int, query: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """As API Gateway documents its Lambda proxy integrations: REST APIs speak version 1, HTTP APIs version 2."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if version == 1:
        return {
            "resource": "/send",
            "path": "/send",
            "httpMethod": "POST",
            "headers": headers,
            "queryStringParameters": dict(pairs) or None,
            "multiValueQueryStringParameters": {name: [v for n, v in pairs if n == name] for name, _ in pairs} or None,
            "body": body.decode(),
            "isBase64Encoded": False,
        }
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {
        "version": "2.0",
        "routeKey": "POST /send",
        "rawPath": "/send",
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "queryStringParameters": joined,
        "requestContext": {"http": {"method": "POST", "path": "/send"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
