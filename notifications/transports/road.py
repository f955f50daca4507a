"""What our own roads have in common: a Django e-mail backend that sends one message after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from notifications.exceptions import PermanentFailure, TemporaryFailure


class Road(BaseEmailBackend):
    @abstractmethod
    def send_one(self, message: EmailMessage) -> None:
        """Raises TemporaryFailure or PermanentFailure."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = 0
        for message in email_messages:
            try:
                self.send_one(message)
                sent += 1
            except (TemporaryFailure, PermanentFailure):
                if not self.fail_silently:
                    raise
        return sent
