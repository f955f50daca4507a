"""Which failures of SMTP are the message's own, and which pass or are mended by whoever runs the server."""

from __future__ import annotations

import smtplib
import socket
import ssl

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import BadHeaderError
from django.test import SimpleTestCase

from notifications.exceptions import PermanentFailure, TemporaryFailure
from notifications.failures import describe, is_permanent
from training.exceptions import RunNotFound

PERMANENT = (
    smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"5.1.1 No such user")}),
    smtplib.SMTPDataError(554, b"5.7.1 Spam"),
    smtplib.SMTPSenderRefused(552, b"5.3.4 Too large", "lab@example.org"),
    PermanentFailure("SES rejects it."),
    BadHeaderError("Header values can't contain newlines"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    RunNotFound("There is no such run."),
)
PASSING = (
    smtplib.SMTPRecipientsRefused({"ada@example.org": (450, b"4.2.0 Greylisted")}),
    smtplib.SMTPRecipientsRefused({"ada@example.org": (450, b"Later"), "bob@example.org": (550, b"Never")}),
    smtplib.SMTPDataError(451, b"4.3.0 Later"),
    smtplib.SMTPSenderRefused(530, b"5.7.0 Authentication required", "lab@example.org"),
    smtplib.SMTPSenderRefused(550, b"5.7.1 Sender not allowed", "lab@example.org"),
    smtplib.SMTPAuthenticationError(535, b"5.7.8 Wrong password"),
    smtplib.SMTPConnectError(554, b"No service for you today"),
    smtplib.SMTPHeloError(501, b"Who are you?"),
    smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
    smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    ConnectionRefusedError(111, "Connection refused"),
    socket.gaierror(-2, "Name or service not known"),
    ssl.SSLError("certificate has expired"),
    TimeoutError("timed out"),
    OSError(28, "No space left on device"),
    TemporaryFailure("The gateway was not reached."),
    ImproperlyConfigured("EMAIL_GATEWAY_URL is missing."),
    RuntimeError(),
)


class FailureTests(SimpleTestCase):
    def test_what_is_the_messages_own_fault_is_not_tried_again(self):
        for error in PERMANENT:
            self.assertTrue(is_permanent(error), repr(error))

    def test_what_passes_or_can_be_mended_is_tried_again(self):
        for error in PASSING:
            self.assertFalse(is_permanent(error), repr(error))

    def test_each_is_described_in_words_for_the_outbox(self):
        for error in PERMANENT + PASSING:
            self.assertTrue(describe(error).strip(), repr(error))
        self.assertEqual(describe(PERMANENT[0]), "550 5.1.1 No such user")
        self.assertEqual(describe(RuntimeError()), "RuntimeError")
