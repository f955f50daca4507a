"""A real SMTP server, in a thread, that misbehaves by plan."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from enum import Enum, auto
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.server import find_free_port

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells of every line


class Fault(Enum):
    NONE = auto()
    LATER = auto()  # 451: a temporary refusal
    NEVER = auto()  # 554: a permanent one
    HANG = auto()  # no answer until the client gives up
    DROP = auto()  # the line is dropped after DATA; nothing is kept
    DROP_KEPT = auto()  # the line is dropped after DATA, though the message is kept: it arrives twice


class SmtpServer:
    """`received` holds what was kept. `plan` says, message by message, what goes wrong; after its end nothing does."""

    def __init__(self, plan: Iterable[Fault] = ()) -> None:
        self.port = find_free_port()
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.happened: Counter[Fault] = Counter()
        self._plan: Iterator[Fault] = iter(plan)
        self._controller: Controller | None = None

    def __enter__(self) -> SmtpServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def settings(self) -> dict[str, Any]:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": self.port}

    @property
    def message_ids(self) -> Counter[str]:
        return Counter(str(message["Message-ID"]) for message in list(self.received))

    def count(self) -> int:
        """Of different messages that have arrived."""
        return len(self.message_ids)

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = next(self._plan, Fault.NONE)
        self.happened[fault] += 1
        if fault is Fault.LATER:
            return "451 4.3.0 Try again later"
        if fault is Fault.NEVER:
            return "554 5.7.1 We do not want this"
        if fault is Fault.HANG:
            await asyncio.Event().wait()  # until the client hangs up, which cancels this
        if fault is not Fault.DROP:
            assert isinstance(envelope.content, bytes)
            self.received.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
        if fault in (Fault.DROP, Fault.DROP_KEPT):
            assert server.transport is not None
            server.transport.abort()
        return "250 2.0.0 Kept"
