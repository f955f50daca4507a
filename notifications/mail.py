"""The way into the outbox: checks what is to be sent, and stores it.

Called by sending, reports, user_settings and resets.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from notifications import outbox, policy
from notifications.exceptions import AttachmentRefused, NothingToSend, RunNotOver
from notifications.fields import parse_body, parse_names, parse_recipient, parse_subject
from notifications.files import check_names, choose_names, list_promised
from notifications.models import EmailMessage, MailKind
from playground.wire.identity import Identity
from training import runs
from training.messages.runs import RunStatus


def queue(
    identity: Identity,
    *,
    recipient: str,
    subject: str = "",
    body_text: str = "",
    run_id: UUID | None = None,
    names: Sequence[str] | None = None,
    kind: MailKind = MailKind.MESSAGE,
    check: outbox.Check = lambda _: True,
) -> EmailMessage:
    """Store a message with the names of its attachments; without names, the run's model and plots. On commit it goes.

    `check` says whether it may be sent, as in `outbox.add`. All else is checked before, with nothing locked.

    Raises AddressRefused, TextRefused, NothingToSend, AttachmentRefused, AttachmentNotFound, RunNotFound, RunNotOver,
    and what `check` raises.
    """
    message = EmailMessage(
        owner=identity.owner,
        user_id=identity.user_id,
        kind=kind,
        recipient=parse_recipient(recipient),
        subject=parse_subject(subject),
        body_text=parse_body(body_text),
        run_id=run_id,
    )
    if run_id is None and not message.body_text:
        raise NothingToSend("There is nothing to send.", where="body_text")
    outbox.add(message, _choose_attachments(identity, run_id, names), check)
    return message


def queue_confirmation(identity: Identity, recipient: str) -> None:
    """Store a mail with the link that confirms an address. The link is made when the mail is delivered.

    Raises AddressRefused, HeaderInjection, MailLimitReached, GuestsMayNotSend.
    """
    message = EmailMessage(
        owner=identity.owner,
        user_id=identity.user_id,
        kind=MailKind.CONFIRMATION,
        recipient=parse_recipient(recipient),
        own_words=False,
    )
    outbox.add(message, (), partial(policy.check_confirmation, identity))


def queue_reset(recipient: str) -> None:
    """Store a request for a new password. Delivery finds out whether an account has the address.

    Raises AddressRefused, HeaderInjection.
    """
    message = EmailMessage(owner="", kind=MailKind.RESET, recipient=parse_recipient(recipient), own_words=False)
    outbox.add_uncounted(message)


def _choose_attachments(identity: Identity, run_id: UUID | None, names: Sequence[str] | None) -> list[str]:
    parsed = parse_names(names or ())
    if run_id is None:
        if parsed:
            raise AttachmentRefused("Files belong to a run, and no run_id is given.", where="run_id")
        return []
    run = runs.get_run(identity, run_id)
    if not RunStatus(run.status).is_final:
        raise RunNotOver("This run has not finished yet.", where="run_id")
    if names is None:
        return choose_names(list_promised(run))
    check_names(run, parsed)
    return parsed
