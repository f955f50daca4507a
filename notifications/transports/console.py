"""The backend for developers: mail is printed. On a server that goes to the log, so secret links are hidden there."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console

from playground.secret_links import hide_links

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver"})


class EmailBackend(console.EmailBackend):
    """Prints the whole message on a developer's machine, and elsewhere its text without secret links."""

    def write_message(self, message: EmailMessage) -> None:
        if is_developers_machine():
            super().write_message(message)
            return
        text = f"To: {', '.join(message.recipients())}\nSubject: {message.subject}\n\n{message.body}\n"
        self.stream.write(f"EMAIL_BACKEND is console, so this is not sent:\n{hide_links(text)}{'-' * 79}\n")


def is_developers_machine() -> bool:
    """Return whether nobody else reaches this server, so that its terminal is the developer's own.

    With DEBUG, or where PUBLIC_URL and every name in ALLOWED_HOSTS are this machine's own.
    """
    names = {urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS}
    return bool(settings.DEBUG) or names <= LOOPBACK
