"""The AWS Lambda function behind the API Gateway: sends an e-mail that the playground posts through Amazon SES.

This file is deployed alone. The handler is `lambda_function.lambda_handler`. The environment variable is EMAIL_FROM.
It needs only the standard library and boto3, which AWS Lambda provides.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import unicodedata
from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from mimetypes import guess_type
from typing import Any

import boto3

MAX_SUBJECT = 500
MAX_FILES = 50
CONTROLS = ("Cc", "Cs", "Zl", "Zp")  # categories of Unicode: control characters, surrogates and line breaks
REJECTIONS = ("MessageRejected", "BadRequestException", "ValidationException")
THROTTLES = ("TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling")

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class BadRequest(Exception):
    """The request is not valid. The text says what the caller has to change."""


@dataclass(frozen=True)
class Letter:
    """The e-mail of a request. `files`: pairs of name and content."""

    recipient: Address
    subject: str
    body_text: str
    files: tuple[tuple[str, bytes], ...] = ()
    message_id: str = ""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send the e-mail of a request in payload version 1 or 2 of API Gateway.

    Status 200: sent. 400: refused, and every attempt would be. 429 and 5xx: a later attempt may succeed.
    """
    try:
        letter = parse_event(event)
    except BadRequest as error:
        return answer(400, success=False, message=str(error))
    client = boto3.client("sesv2")
    try:
        sent = client.send_email(
            FromEmailAddress=os.environ["EMAIL_FROM"],
            Destination={"ToAddresses": [letter.recipient.addr_spec]},
            Content={"Raw": {"Data": build_message(letter).as_bytes()}},
        )
    except client.exceptions.ClientError as error:
        # Other errors end the function, and the gateway answers 502.
        code = error.response["Error"]["Code"]
        logger.warning("SES refused a message: %s", error)
        status = 400 if code in REJECTIONS else 429 if code in THROTTLES else 502
        return answer(status, success=False, message=f"SES: {code}")
    return answer(200, success=True, message="Sent.", message_id=sent["MessageId"])


def parse_event(event: dict[str, Any]) -> Letter:
    """Return the e-mail of a request. Raises BadRequest."""
    query = event.get("queryStringParameters") or {}
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise BadRequest("The query cannot be read.")
    subject = query.get("subject", "")
    if len(subject) > MAX_SUBJECT or any(unicodedata.category(letter) in CONTROLS for letter in subject):
        raise BadRequest(f"The subject must be one line of at most {MAX_SUBJECT} characters.")
    body_text = query.get("body_text", "")
    if any("\ud800" <= letter <= "\udfff" for letter in body_text):
        raise BadRequest("The text contains half of a character.")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return Letter(
        recipient=parse_recipient(query.get("recipient", "")),
        subject=subject,
        body_text=body_text,
        files=parse_files(parse_body(event)),
        message_id=parse_message_id(headers.get("x-message-id", "")),
    )


def parse_recipient(text: str) -> Address:
    """Return one e-mail address. Raises BadRequest."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError, MessageError):
        address = Address()
    if not (address.username and address.domain and text.isascii() and text.isprintable() and len(text) <= 254):
        raise BadRequest("The recipient must be one e-mail address.")
    return address


def parse_body(event: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object in the body of a request. Raises BadRequest."""
    text = event.get("body") or "{}"
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        body = json.loads(text)
    except (ValueError, binascii.Error):
        raise BadRequest("The body must be JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def parse_files(body: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    """Return the names and contents of the attachments. Raises BadRequest."""
    contents, names = body.get("attachment_array") or [], body.get("file_names") or []
    if not (isinstance(contents, list) and isinstance(names, list) and len(contents) == len(names) <= MAX_FILES):
        raise BadRequest(f"attachment_array and file_names must be equally long lists, of at most {MAX_FILES}.")
    for name in names:
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 100 or {"/", "\\"} & set(name):
            raise BadRequest("Each of file_names must be the name of a file, without folders.")
    try:
        return tuple(zip(names, [base64.b64decode(content, validate=True) for content in contents], strict=True))
    except (ValueError, TypeError):
        raise BadRequest("Each of attachment_array must be base64.") from None


def parse_message_id(text: str) -> str:
    """Return the Message-ID, or an empty string if it is not well formed: SES creates one anyway."""
    fits = text.startswith("<") and text.endswith(">") and text.isascii() and text.isprintable() and len(text) <= 320
    return text if fits and " " not in text else ""


def build_message(letter: Letter) -> EmailMessage:
    """Return the MIME message."""
    message = EmailMessage(policy=SMTP)
    message["From"] = os.environ["EMAIL_FROM"]
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    if letter.message_id:
        message["Message-ID"] = letter.message_id  # which SES replaces
        message["X-Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body_text)
    for name, content in letter.files:
        kind, _ = guess_type(name)
        main, _, sub = (
            kind.partition("/") if kind and kind.startswith("image/") else ("application", "", "octet-stream")
        )
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def answer(status: int, **body: Any) -> dict[str, Any]:
    """Return the answer in the form that API Gateway expects."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(body),
    }
