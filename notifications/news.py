"""What became of a message, told to its sender's open sockets. Hears the outbox's signals; called by nobody."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from notifications import broadcast
from notifications.messages import EmailDelivered, EmailFailed
from notifications.models import EmailMessage
from notifications.signals import email_delivered, email_failed


@receiver(email_delivered)
def tell_delivered(message: EmailMessage, **_: Any) -> None:
    text = f"The e-mail to {message.recipient} has been sent."
    broadcast.tell(message.owner, EmailDelivered(email_id=message.pk, recipient=message.recipient, message=text))


@receiver(email_failed)
def tell_failed(message: EmailMessage, **_: Any) -> None:
    """Without `last_error`: what a mail server says of itself is for the admin."""
    broadcast.tell(
        message.owner,
        EmailFailed(
            email_id=message.pk,
            recipient=message.recipient,
            message=f"The e-mail to {message.recipient} could not be sent.",
            hint="Check the address. The files can be downloaded from the run's page at any time.",
        ),
    )
