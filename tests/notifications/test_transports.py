"""Transports in front of moto's SES: the API Gateway with the function behind it, and SES itself."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs

from django.core.mail import EmailMessage as Email
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from notifications.delivery import deliver_due
from notifications.exceptions import PermanentFailure
from notifications.models import EmailMessage, MailStatus
from notifications.submission import submit
from notifications.transports import MAX_BODY_IN_QUERY, ApiGatewayTransport, SesTransport, split_body
from tests.notifications.amazon import SENDER, Gateway, Ses, serving_ses
from tests.notifications.cases import delivering, queue_text, wait_until_delivered
from tests.notifications.hostile import FINE_SUBJECTS
from tests.server import find_free_port
from tests.training.cases import ALICE


@contextmanager
def serving(plan: Iterable[int] = (), **options) -> Iterator[tuple[Gateway, Ses]]:
    with serving_ses() as ses, Gateway(plan=plan, **options) as gateway, override_settings(**gateway.settings):
        yield gateway, ses


class GatewayTests(TransactionTestCase):
    def test_a_message_arrives_through_either_version_of_the_payload(self):
        for version in (1, 2):
            with self.subTest(version=version), serving(version=version, key="k-1") as (_, ses):
                message = submit(ALICE, recipient="ada@example.org", subject="A, b & c=ü?", body_text="1\n2 ü")
                deliver_due()
                (received,) = ses.received
                self.assertEqual(received["To"], "ada@example.org")
                self.assertEqual(received["Subject"], "A, b & c=ü?")
                self.assertTrue(received.get_body(("plain",)).get_content().startswith("1\n2 ü\n"))
                for header in ("Message-ID", "X-Message-ID"):
                    self.assertEqual(received[header], message.message_id)

    def test_strange_subjects_that_are_right_arrive_as_they_were_written(self):
        subjects = [subject for subject in FINE_SUBJECTS if subject.strip() == subject] + [
            "no\u00a0break",
            "全\u3000角",
        ]
        with serving() as (_, ses):
            for subject in subjects:
                submit(ALICE, recipient="ada@example.org", subject=subject, body_text="Hello")
            deliver_due()
            self.assertEqual(sorted(message["Subject"] for message in ses.received), sorted(subjects))

    def test_the_request_is_the_one_that_the_deployed_gateway_expects(self):
        with serving() as (gateway, _):
            letter = Email("Hi", "There", to=["ada@example.org"], attachments=[("a.txt", "é", "text/plain")])
            ApiGatewayTransport().send_messages([letter])
            (event,) = gateway.requests
        self.assertEqual(
            parse_qs(event["rawQueryString"]),
            {"recipient": ["ada@example.org"], "subject": ["Hi"], "body_text": ["There"]},
        )
        payload = json.loads(base64.b64decode(event["body"]))
        self.assertEqual(
            payload, {"attachment_array": [base64.b64encode("é".encode()).decode()], "file_names": ["a.txt"]}
        )

    def test_a_gateway_that_fails_twice_is_asked_a_third_time(self):
        for status in (500, 408, 429, 503):
            with self.subTest(status=status), serving([status, status]) as (gateway, ses):
                with delivering(**gateway.settings):
                    message = queue_text()
                    wait_until_delivered()
                message.refresh_from_db()
                self.assertEqual((message.status, message.attempts), (MailStatus.SENT, 3))
                self.assertEqual(gateway.answers, [status, status, 200])
                self.assertEqual(len(ses.received), 1)

    def test_a_request_that_the_gateway_refuses_is_not_repeated(self):
        for status in (400, 403, 404, 413, 301):
            with self.subTest(status=status), serving([status]) as (gateway, _):
                message = queue_text()
                with self.assertLogs("notifications.delivery", "WARNING"):
                    deliver_due()
                message.refresh_from_db()
                self.assertEqual(message.status, MailStatus.FAILED)
                self.assertIn(str(status), message.last_error)
                self.assertEqual(gateway.answers, [status])

    def test_a_wrong_key_is_refused(self):
        with serving(key="right") as (gateway, _), override_settings(EMAIL_GATEWAY_KEY="wrong"):
            with self.assertRaises(PermanentFailure):
                ApiGatewayTransport().send_messages([Email("Hi", "There", to=["ada@example.org"])])
            self.assertEqual(gateway.answers, [403])

    def test_a_gateway_that_is_away_is_tried_again_and_the_error_does_not_quote_the_letter(self):
        gateway = {
            "EMAIL_BACKEND": "notifications.transports.ApiGatewayTransport",
            "EMAIL_GATEWAY_URL": f"http://127.0.0.1:{find_free_port()}/send",
        }
        message = submit(ALICE, recipient="ada@example.org", body_text="between us")
        with override_settings(**gateway), self.assertLogs("notifications.delivery", "WARNING"):
            deliver_due()
        message.refresh_from_db()
        self.assertEqual(message.status, MailStatus.QUEUED)
        self.assertNotIn("between", message.last_error)

    def test_a_text_too_long_for_a_query_is_attached_whole(self):
        text = "ä" * 6_000
        with serving() as (_, ses):
            submit(ALICE, recipient="ada@example.org", body_text=text)
            deliver_due()
            (received,) = ses.received
        self.assertIn("message.txt", received.get_body(("plain",)).get_content())
        (whole,) = received.iter_attachments()
        self.assertTrue(whole.get_content().decode().startswith(text))


class SplitTests(SimpleTestCase):
    def test_what_is_left_of_a_text_fits_and_is_its_beginning(self):
        from urllib.parse import quote

        for text in ("a" * 5_001, "ä" * 2_000, "🙂" * 900):
            kept, is_cut = split_body(text)
            self.assertTrue(is_cut)
            self.assertLessEqual(len(quote(kept)), MAX_BODY_IN_QUERY)
            self.assertGreater(len(quote(kept)), MAX_BODY_IN_QUERY - 20)
            self.assertTrue(text.startswith(kept.split("\n\n[")[0]))
        self.assertEqual(split_body("a" * 5_000), ("a" * 5_000, False))


SES_ERRORS = {  # SES's own codes, as its reference lists them for SendEmail
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

        for code, expected in SES_ERRORS.items():
            error = ClientError({"Error": {"Code": code, "Message": "so it is"}}, "SendEmail")
            with self.subTest(code=code), patch.object(SesTransport, "_client") as client:
                client.send_email.side_effect = error
                self.assertEqual(self.deliver_one().status, expected)

    def test_an_endpoint_that_is_not_there_is_tried_again(self):
        with serving_ses(), patch.dict(os.environ, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{find_free_port()}"}):
            self.assertEqual(self.deliver_one().status, MailStatus.QUEUED)
