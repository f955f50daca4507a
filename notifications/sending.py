"""What `sendEmail` does: it stores the message, if that is allowed. Called by the consumer alone."""

from __future__ import annotations

from functools import partial

from notifications import mail, policy
from notifications.messages import EmailResult, SendEmail
from playground.wire.identity import Identity


def send(identity: Identity, message: SendEmail) -> EmailResult:
    """Raises what `mail.queue` and `policy.authorise` raise."""
    stored = mail.queue(
        identity,
        recipient=message.email_address,
        subject=message.subject,
        body_text=message.body_text,
        run_id=message.run_id,
        names=message.attachment_array,
        check=partial(policy.authorise, identity),
    )
    note = f"The e-mail to {stored.recipient} is on its way."
    if not stored.own_words:
        note += " It says what was trained and links to the files."
        note += " Confirm the address in your settings to send files and words of your own."
    return EmailResult(success=True, message=note, email_id=stored.pk)
