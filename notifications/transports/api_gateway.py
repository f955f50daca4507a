"""The road through an API Gateway, behind which a function such as notifications/lambda_function.py sends the mail.

POST with the query `recipient`, `subject`, `body_text`, and `{"attachment_array": [base64…], "file_names": […]}`.
"""

from __future__ import annotations

import base64
import json
from functools import cached_property
from urllib.parse import quote, urlencode

import urllib3
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address
from urllib3.exceptions import HTTPError

from notifications.exceptions import PermanentFailure, TemporaryFailure
from notifications.letter import Letter
from notifications.transports.road import Road

MAX_BODY_IN_QUERY = 5_000  # bytes when encoded; the gateway takes 10,240 for the request line and all headers
WHOLE_TEXT = "message.txt"
CUT = f"\n\n[The whole text is attached as {WHOLE_TEXT}.]"
PASSING = (408, 429)  # the gateway waited in vain, or has enough for now
MAX_ANSWER = 200  # characters of the gateway's answer that an error repeats


class EmailBackend(Road):
    """Raises TemporaryFailure or PermanentFailure."""

    def send_one(self, message: EmailMessage) -> None:
        if not settings.EMAIL_GATEWAY_URL:
            raise ImproperlyConfigured("The road through the API Gateway needs EMAIL_GATEWAY_URL.")
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
            headers["X-Message-ID"] = message_id  # the same at each attempt, for a function that looks at it
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
                retries=False,  # the outbox tries again
                redirect=False,
            )
        except HTTPError as error:
            # Without the address, whose query is the letter.
            raise TemporaryFailure(f"The gateway was not reached ({type(error).__name__}).") from error
        if response.status < 300:
            return
        reason = f"The gateway answered {response.status}: {response.data[:MAX_ANSWER].decode(errors='replace')}"
        if response.status in PASSING or response.status >= 500:
            raise TemporaryFailure(reason)
        raise PermanentFailure(reason)

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager()


def list_files(message: EmailMessage) -> list[tuple[str, bytes]]:
    """Name and content of each file, and of the picture that the HTML shows, since the gateway takes text alone."""
    files: dict[str, bytes] = {}
    for attachment in message.attachments:
        if not isinstance(attachment, tuple):
            raise PermanentFailure("This road takes files alone, no finished MIME parts.")
        name, content = attachment[0], attachment[1]
        files[name or "file"] = content.encode() if isinstance(content, str) else content
    if isinstance(message, Letter) and message.picture is not None:
        files.setdefault(message.picture.name, message.picture.content)
    return list(files.items())


def split_body(body: str) -> tuple[str, bool]:
    """What of a body fits into the query, and whether something is left."""
    if len(quote(body)) <= MAX_BODY_IN_QUERY:
        return body, False
    room, kept = MAX_BODY_IN_QUERY - len(quote(CUT)), 0
    for letter in body:
        room -= len(quote(letter))
        if room < 0:
            break
        kept += 1
    return body[:kept] + CUT, True
