"""Transports: Django e-mail backends beside Django's own. `EMAIL_BACKEND` names one of them.

A new transport is a class on `Transport` that raises TemporaryFailure or PermanentFailure, with a short name in
`playground/settings.py`.
"""

from __future__ import annotations

import base64
import json
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends import console
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from urllib3.exceptions import HTTPError

from notifications.exceptions import PermanentFailure, TemporaryFailure
from notifications.letter import Letter
from playground.logs import hide_links

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver"})


class Transport(BaseEmailBackend):
    """Base of transports: sends one message after the other."""

    @abstractmethod
    def send_one(self, message: EmailMessage) -> None:
        """Send one message. Raises TemporaryFailure or PermanentFailure."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = 0
        for message in email_messages:
            try:
                self.send_one(message)
                sent += 1
            except (TemporaryFailure, PermanentFailure):
                if not self.fail_silently:
                    raise
        return sent


# --- console ---------------------------------------------------------------------------------------------------------


class ConsoleTransport(console.EmailBackend):
    """Prints messages instead of sending them.

    On a developer's machine it prints the whole message. On a server the output goes to the log, so only the text is
    printed, without secret links.
    """

    def write_message(self, message: EmailMessage) -> None:
        if is_developers_machine():
            super().write_message(message)
            return
        text = f"To: {', '.join(message.recipients())}\nSubject: {message.subject}\n\n{message.body}\n"
        self.stream.write(f"EMAIL_BACKEND is console, so this e-mail is not sent:\n{hide_links(text)}{'-' * 79}\n")


def is_developers_machine() -> bool:
    """Return whether nobody else reaches this server, so that its terminal is the developer's own.

    With DEBUG, or if PUBLIC_URL and every name in ALLOWED_HOSTS stand for this machine.
    """
    names = {urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS}
    return bool(settings.DEBUG) or names <= LOOPBACK


# --- Amazon SES ------------------------------------------------------------------------------------------------------

# The message or its recipient is the reason. All other errors concern the account or pass.
SES_REJECTIONS = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException"})


class SesTransport(Transport):
    """Sends the MIME message through Amazon SES, version 2 of its interface.

    boto3 reads region, credentials and endpoint: AWS_REGION, AWS_ACCESS_KEY_ID …, or the role of the machine.
    """

    def send_one(self, message: EmailMessage) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        encoding = message.encoding or "utf-8"
        content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        try:
            self._client.send_email(
                FromEmailAddress=sanitize_address(message.from_email, encoding),
                Destination={"ToAddresses": [sanitize_address(address, encoding) for address in message.recipients()]},
                Content={"Raw": {"Data": content}},
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            failure = PermanentFailure if code in SES_REJECTIONS else TemporaryFailure
            raise failure(str(error)) from error
        except BotoCoreError as error:  # no connection, no credentials
            raise TemporaryFailure(str(error)) from error

    @cached_property
    def _client(self) -> Any:
        import boto3  # here: it takes a quarter of a second to load, and most installations do not use it
        from botocore.config import Config

        # One attempt: the queue tries again, and a second attempt after a lost answer would be a second e-mail.
        config = Config(
            connect_timeout=settings.EMAIL_TIMEOUT,
            read_timeout=settings.EMAIL_TIMEOUT,
            retries={"total_max_attempts": 1},
        )
        # A session of its own: threads may not share the default session.
        return boto3.session.Session().client("sesv2", config=config)


# --- API Gateway -----------------------------------------------------------------------------------------------------

MAX_BODY_IN_QUERY = 5_000  # bytes when encoded; the gateway takes 10,240 for the request line and all headers
WHOLE_TEXT = "message.txt"
CUT = f"\n\n[The whole text is attached as {WHOLE_TEXT}.]"
TEMPORARY_STATUSES = (408, 429)  # besides 5xx
MAX_ANSWER = 200  # characters of the gateway's answer that an error repeats


class ApiGatewayTransport(Transport):
    """Posts messages to an API Gateway, behind which a function such as `notifications/lambda_function.py` sends them.

    The query has `recipient`, `subject` and `body_text`, the body `{"attachment_array": [base64…], "file_names": […]}`.
    """

    def send_one(self, message: EmailMessage) -> None:
        if not settings.EMAIL_GATEWAY_URL:
            raise ImproperlyConfigured("EMAIL_BACKEND=api_gateway needs EMAIL_GATEWAY_URL.")
        files = list_files(message)
        body, is_cut = split_body(str(message.body))
        if is_cut:
            files.append((WHOLE_TEXT, str(message.body).encode()))
        payload = {
            "attachment_array": [base64.b64encode(content).decode() for _, content in files],
            "file_names": [name for name, _ in files],
        }
        for recipient in message.recipients():
            address = sanitize_address(recipient, "utf-8")
            query = urlencode({"recipient": address, "subject": message.subject, "body_text": body}, quote_via=quote)
            self._post(query, payload, message)

    def _post(self, query: str, payload: dict[str, list[str]], message: EmailMessage) -> None:
        headers = {"Content-Type": "application/json"}
        if message_id := message.extra_headers.get("Message-ID"):
            headers["X-Message-ID"] = message_id  # the same at each attempt, so that a function can detect copies
        if settings.EMAIL_GATEWAY_KEY:
            headers["x-api-key"] = settings.EMAIL_GATEWAY_KEY
        separator = "&" if "?" in settings.EMAIL_GATEWAY_URL else "?"
        try:
            response = self._pool.request(
                "POST",
                f"{settings.EMAIL_GATEWAY_URL}{separator}{query}",
                body=json.dumps(payload),
                headers=headers,
                timeout=settings.EMAIL_TIMEOUT,
                retries=False,  # the queue tries again
                redirect=False,
            )
        except HTTPError as error:
            # Without the URL, whose query contains the e-mail.
            raise TemporaryFailure(f"The gateway was not reached ({type(error).__name__}).") from error
        if response.status < 300:
            return
        reason = f"The gateway answered {response.status}: {response.data[:MAX_ANSWER].decode(errors='replace')}"
        if response.status in TEMPORARY_STATUSES or response.status >= 500:
            raise TemporaryFailure(reason)
        raise PermanentFailure(reason)

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager()


def list_files(message: EmailMessage) -> list[tuple[str, bytes]]:
    """Return name and content of each attachment, and of the picture in the HTML: the gateway takes only text."""
    files: dict[str, bytes] = {}
    for attachment in message.attachments:
        if not isinstance(attachment, tuple):
            raise PermanentFailure("This transport takes files only, no finished MIME parts.")
        name, content = attachment[0], attachment[1]
        files[name or "file"] = content.encode() if isinstance(content, str) else content
    if isinstance(message, Letter) and message.picture is not None:
        files.setdefault(message.picture.name, message.picture.content)
    return list(files.items())


def split_body(body: str) -> tuple[str, bool]:
    """Return the part of a body that fits into the query, and whether the rest was cut off."""
    if len(quote(body)) <= MAX_BODY_IN_QUERY:
        return body, False
    room, kept = MAX_BODY_IN_QUERY - len(quote(CUT)), 0
    for character in body:
        room -= len(quote(character))
        if room < 0:
            break
        kept += 1
    return body[:kept] + CUT, True
