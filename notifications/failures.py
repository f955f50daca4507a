"""Whether trying again may help: what the roads raise, told apart. Called by delivery."""

from __future__ import annotations

import smtplib

from django.core.mail import BadHeaderError

from notifications.exceptions import PermanentFailure
from playground.secret_links import hide_links
from playground.wire.errors import PlaygroundError

TOO_LARGE = (523, 552)  # RFC 1870 and RFC 7504: what MAIL FROM is answered where the message has no place


def is_permanent(error: Exception) -> bool:
    """True where the message itself is at fault, or its recipient.

    What only says that the server or the road is not well (no connection, 4yz replies of RFC 5321, a wrong password)
    passes, or is mended by whoever runs it; so may what nobody foresaw.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused):  # we are not known there, as long as nobody mends that
        return error.smtp_code in TOO_LARGE
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, (PlaygroundError, PermanentFailure, BadHeaderError, UnicodeError))


def describe(error: Exception) -> str:
    """Return a sentence for the outbox and the log: the server's own words where there are any.

    A server may quote the mail that it refuses, so secret links are taken out.
    """
    return hide_links(_describe(error))


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_decode(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decode(error.smtp_error)}"
    return str(error) or type(error).__name__


def _decode(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
