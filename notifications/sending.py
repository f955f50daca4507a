"""What `sendEmail` does: is it allowed, then into the outbox, in one transaction. Called by the consumer alone."""

from __future__ import annotations

from django.db import transaction

from notifications import mail, policy, user_settings
from notifications.fields import parse_recipient
from notifications.messages import EmailResult, SendEmail
from notifications.models import MailKind
from playground.wire.identity import Identity


def send(identity: Identity, message: SendEmail) -> EmailResult:
    """Raises what `policy.check_may_send` and `mail.queue` raise."""
    recipient = parse_recipient(message.email_address)
    with transaction.atomic():
        user_settings.lock(identity)
        permit = policy.check_may_send(identity, recipient, about_a_run=message.run_id is not None)
        stored = mail.queue(
            identity,
            recipient=recipient,
            subject=message.subject if permit.own_words else "",
            body_text=message.body_text if permit.own_words else "",
            run_id=message.run_id,
            names=message.attachment_array,
            kind=MailKind.MESSAGE,
        )
    note = f"The e-mail to {recipient} is on its way."
    if not permit.own_words and (message.subject or message.body_text):
        note += " It says what was trained; words of your own are sent to an address that you have confirmed."
    return EmailResult(success=True, message=note, email_id=stored.pk)
