"""Mail through SES, in front of moto's server."""

from __future__ import annotations

import os
from unittest.mock import patch

from django.test import TransactionTestCase, override_settings

from notifications.delivery import deliver_due
from notifications.models import EmailMessage, MailStatus
from notifications.submission import submit
from notifications.transports import SesTransport
from tests.notifications.amazon import SENDER, serving_ses
from tests.notifications.cases import queue_text
from tests.server import find_free_port
from tests.training.cases import ALICE

ERRORS = {  # SES's own codes, as its reference lists them for SendEmail
    "TooManyRequestsException": MailStatus.QUEUED,
    "LimitExceededException": MailStatus.QUEUED,
    "SendingPausedException": MailStatus.QUEUED,
    "InternalFailure": MailStatus.QUEUED,
    "MessageRejected": MailStatus.FAILED,
    "BadRequestException": MailStatus.FAILED,
}


@override_settings(EMAIL_BACKEND="notifications.transports.SesTransport", DEFAULT_FROM_EMAIL=SENDER)
class SesTests(TransactionTestCase):
    def deliver_one(self) -> EmailMessage:
        message = queue_text()
        with self.assertLogs("notifications.delivery", "WARNING"):
            deliver_due()
        message.refresh_from_db()
        return message

    def test_the_whole_mime_message_goes_to_its_one_recipient(self):
        with serving_ses() as ses:
            message = submit(ALICE, recipient="ada@bücher.example", subject="Grüße", body_text="Schöne Grüße")
            deliver_due()
            (received,) = ses.received
            self.assertEqual(received["Subject"], "Grüße")
            self.assertEqual(received["Message-ID"], message.message_id)  # which SES itself, unlike moto, replaces
            self.assertEqual(received["X-Message-ID"], message.message_id)
            self.assertIn("Schöne Grüße", received.get_body(("plain",)).get_content())
            self.assertIn("Schöne Grüße", received.get_body(("html",)).get_content())
            self.assertEqual(set(ses.recipients[0]), {"ada@xn--bcher-kva.example"})

    def test_a_message_that_ses_rejects_fails_for_good(self):
        with serving_ses(verified=False):
            message = self.deliver_one()
        self.assertEqual((message.status, message.attempts), (MailStatus.FAILED, 1))
        self.assertIn("authority", message.last_error)

    def test_throttling_and_outages_are_tried_again_and_rejections_are_not(self):
        from botocore.exceptions import ClientError

        for code, expected in ERRORS.items():
            error = ClientError({"Error": {"Code": code, "Message": "so it is"}}, "SendEmail")
            with self.subTest(code=code), patch.object(SesTransport, "_client") as client:
                client.send_email.side_effect = error
                self.assertEqual(self.deliver_one().status, expected)

    def test_an_endpoint_that_is_not_there_is_tried_again(self):
        with serving_ses(), patch.dict(os.environ, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{find_free_port()}"}):
            self.assertEqual(self.deliver_one().status, MailStatus.QUEUED)
