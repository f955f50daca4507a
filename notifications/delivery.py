"""Delivery: claims messages that are due and sends their letters over the transport that EMAIL_BACKEND names.

`deliver_due` may run in any number of threads and processes at once. Threads of the server's process call it
(`DeliveryThreads`), or a Celery task does (`tasks`).
"""

from __future__ import annotations

import logging
import os
import smtplib
import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from time import thread_time
from typing import Any

from django.conf import settings
from django.core.mail import BadHeaderError
from django.db import DatabaseError, close_old_connections, connection

from notifications import mail_queue, policy
from notifications.exceptions import MailLimitReached, MailNotNeeded, PermanentFailure
from notifications.letter import FilesPending, compose
from notifications.models import EmailMessage
from playground.accounts.password_reset import find_reset_accounts
from playground.leases import LeaseKeeper
from playground.logs import hide_links
from playground.wire.errors import PlaygroundError

SENDERS = 2  # messages that one process sends at once
POLL_SECONDS = 1.0  # between looks for retries that are due, and for messages of other processes
CPU_SHARE = 0.1  # of one core, for each thread: the sockets of the same process come first
FILES_SECONDS = 0.5  # until the next look for files that are still being built
TASK = "notifications.deliver"  # the Celery task. Brokers hold messages with this name: never change it.
TOO_LARGE = (523, 552)  # replies to MAIL FROM for a message that is too large (RFC 1870, RFC 7504)

logger = logging.getLogger(__name__)

_leases: LeaseKeeper[mail_queue.Claim] = LeaseKeeper(mail_queue.renew, lambda: mail_queue.LEASE_SECONDS / 4)


def deliver_due(*, at_most: int | None = None) -> int:
    """Deliver messages that are due, one after the other. Return the number of claimed messages.

    at_most: the largest number of messages. None: all of them.
    """
    taken = 0
    while (at_most is None or taken < at_most) and (claim := mail_queue.claim_next(f"mail-{os.getpid()}")) is not None:
        with _leases.hold(claim):
            _deliver(claim)
        taken += 1
    return taken


def _deliver(claim: mail_queue.Claim) -> None:
    """Compose and send the letter of a claimed message, and record the outcome."""
    message = mail_queue.get_message(claim)
    if message is None:
        return
    if message.attempts > mail_queue.MAX_ATTEMPTS:
        mail_queue.record_failure(claim, "Given up: the worker ended during each attempt.")
        return
    try:
        letter = compose(message)
        _count_reset(claim, message)
        letter.send()
    except FilesPending:
        mail_queue.wait_for_files(claim, FILES_SECONDS)
    except MailNotNeeded as refusal:
        mail_queue.record_cancelled(claim, refusal.message)
    except Exception as error:
        # A transport may raise anything. The other messages are still delivered.
        reason = describe_failure(error)
        if is_permanent(error):
            logger.warning("message %s failed: %s", message.pk, reason)
            mail_queue.record_failure(claim, reason)
        else:
            logger.warning("message %s was not sent at attempt %d: %s", message.pk, message.attempts, reason)
            mail_queue.retry_later(claim, message.attempts, reason)
    else:
        mail_queue.record_sent(claim)


def _count_reset(claim: mail_queue.Claim, message: EmailMessage) -> None:
    """Count an e-mail with links for new passwords, which was queued uncounted. Raises MailNotNeeded at a limit."""
    if message.is_counted:
        return
    is_own = any(account.is_confirmed for account in find_reset_accounts(message.recipient))
    try:
        mail_queue.count(claim, message, partial(policy.check_reset, is_own=is_own))
    except MailLimitReached as refusal:
        logger.warning("message %s, a link for a new password, is not sent: %s", message.pk, refusal.message)
        raise MailNotNeeded(refusal.message) from refusal


# --- failures --------------------------------------------------------------------------------------------------------


def is_permanent(error: Exception) -> bool:
    """Return whether the message or its recipient is the reason, so that every attempt would fail.

    Failures of the server or the transport are temporary: no connection, 4yz replies (RFC 5321), a wrong password in
    the settings. So are unknown errors.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused):  # otherwise the settings are wrong, which an operator can change
        return error.smtp_code in TOO_LARGE
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, (PlaygroundError, PermanentFailure, BadHeaderError, UnicodeError))


def describe_failure(error: Exception) -> str:
    """Return a sentence for the queue and the log, if possible the server's reply.

    A server may quote the message that it refuses, so secret links are removed.
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


# --- who calls deliver_due -------------------------------------------------------------------------------------------


class Delivery(ABC):
    """What a process starts so that its queued messages are delivered."""

    @abstractmethod
    def start(self) -> None:
        """Begin, in the background."""

    @abstractmethod
    def stop(self) -> None:
        """End."""

    @abstractmethod
    def wake(self, **_: Any) -> None:
        """Look at the queue now. Receiver of `email_queued`; never blocks."""


class DeliveryThreads(Delivery):
    """SENDERS threads that deliver. A transport that hangs holds up one message in each."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wakes = 0
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        if not self._threads:
            self._stopping.clear()
            mail_queue.email_queued.connect(self.wake)
            self._threads = [threading.Thread(target=self._run, name="mail", daemon=True) for _ in range(SENDERS)]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Wait at most ten seconds for messages that are being sent. Their leases expire afterwards."""
        mail_queue.email_queued.disconnect(self.wake)
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []

    def wake(self, **_: Any) -> None:
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()

    def _run(self) -> None:
        wakes = 0
        while not self._stopping.is_set():
            began = thread_time()
            if self._deliver_one():
                self._stopping.wait((thread_time() - began) * (1 / CPU_SHARE - 1))
            else:
                wakes = self._wait(wakes)
        connection.close()

    def _deliver_one(self) -> bool:
        """Return whether a message was due."""
        try:
            close_old_connections()
            return deliver_due(at_most=1) > 0
        except DatabaseError as error:
            # Locked, not reachable or not migrated. A claimed message is claimed again when its lease expires.
            logger.error("a delivery thread could not use the database: %s", error)
            connection.close()
            return False
        except Exception:
            # The thread must go on, since no other delivers its share of the messages.
            logger.exception("a delivery thread failed")
            connection.close()
            return False

    def _wait(self, wakes: int) -> int:
        """Wait until `wake` was called more than `wakes` times, or POLL_SECONDS. Return the number of calls."""
        with self._changed:
            self._changed.wait_for(lambda: self._wakes != wakes or self._stopping.is_set(), timeout=POLL_SECONDS)
            return self._wakes


class WorkerNotifier(Delivery):
    """Starts the Celery task for each queued message. For servers and for workers, which queue reports."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="mail-notifier")

    def start(self) -> None:
        mail_queue.email_queued.connect(self.wake)

    def stop(self) -> None:
        mail_queue.email_queued.disconnect(self.wake)

    def wake(self, **_: Any) -> None:
        self._executor.submit(_start_task)


def _start_task() -> None:
    from celery import current_app  # here, since other engines do not load it
    from kombu.exceptions import OperationalError

    try:
        current_app.send_task(TASK, ignore_result=True)
    except (OperationalError, OSError):
        # The message stays in the queue, where a worker's QueuePoller finds it.
        logger.warning("no worker was told of a queued e-mail: the broker did not answer", exc_info=True)


@cache
def get_delivery() -> Delivery:
    """Return what delivers the messages of this process. The server or worker starts it."""
    return WorkerNotifier() if settings.TRAINING_ENGINE == "celery" else DeliveryThreads()
