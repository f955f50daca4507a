"""Kill a process while it delivers mail: another process delivers the messages that it had claimed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.test import TransactionTestCase

from notifications.models import EmailMessage, MailStatus
from tests.constants import with_constants
from tests.notifications.cases import queue_text, wait_until_delivered
from tests.notifications.smtp import Fault, SmtpServer
from tests.server import ROOT
from tests.services import find_database_url
from tests.training.cases import wait_until

SENDERS, KILLS, MESSAGES = 2, 3, 60
CONSTANTS = {
    "notifications.delivery.SENDERS": SENDERS,
    "notifications.mail_queue.LEASE_SECONDS": 1,
    "notifications.mail_queue.RETRY_SECONDS": 1,
}


@contextmanager
def deliverer_process(server: SmtpServer, **constants: int) -> Iterator[subprocess.Popen[bytes]]:
    """On the tests' database."""
    environment = {
        **os.environ,
        "DATABASE_URL": find_database_url(),
        "EMAIL_BACKEND": "smtp",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port),
        "LOG_LEVEL": "ERROR",
        **with_constants({**CONSTANTS, **constants}),
    }
    process = subprocess.Popen([sys.executable, "-m", "tests.notifications.deliver"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)


class KilledTests(TransactionTestCase):
    def test_every_message_arrives_although_the_deliverer_is_killed_again_and_again(self):
        messages = [queue_text(number) for number in range(MESSAGES)]
        with SmtpServer() as server:
            for kill in range(1, KILLS + 1):
                wanted = kill * MESSAGES // (KILLS + 1)
                with deliverer_process(server):
                    wait_until(lambda wanted=wanted: len(server.received) >= wanted, f"{wanted} messages")
                self.assertTrue(EmailMessage.objects.exclude(status=MailStatus.SENT).exists(), "nothing was left")
            with deliverer_process(server):
                wait_until_delivered(60)
        arrived = server.message_ids
        self.assertEqual(set(arrived), {message.message_id for message in messages})
        # Twice at most, and only what was between sending and recording when the process was killed.
        self.assertLessEqual(max(arrived.values()), 2)
        self.assertLessEqual(sum(arrived.values()) - MESSAGES, KILLS * SENDERS)
        self.assertFalse(EmailMessage.objects.exclude(status=MailStatus.SENT).exists())

    def test_a_message_whose_deliverer_was_killed_before_the_server_took_it_arrives_once(self):
        message = queue_text()
        with SmtpServer([Fault.HANG]) as server:
            with deliverer_process(server):
                wait_until(lambda: server.happened[Fault.HANG], "the message to be on its way")
            message.refresh_from_db()
            self.assertEqual(message.status, MailStatus.SENDING)
            with deliverer_process(server):
                wait_until_delivered()
        self.assertEqual(server.message_ids, {message.message_id: 1})
