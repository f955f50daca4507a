"""Submission of e-mails: validates what a sender wrote, checks whether it may be sent, and queues it.

The rest of the app queues its own e-mails here, too: reports of runs, confirmation links and links for new passwords.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from notifications import mail_queue, policy
from notifications.exceptions import (
    AttachmentNotFound,
    AttachmentRefused,
    MailLimitReached,
    NothingToSend,
    RunNotOver,
    TextRefused,
)
from notifications.messages import EmailResult, SendEmail
from notifications.models import EmailMessage, MailKind
from playground.accounts.addresses import check_single_line, parse_address
from playground.accounts.signals import address_given, password_reset_requested
from playground.wire.identity import Identity
from training import runs
from training.artifacts.catalog import KINDS
from training.exceptions import ArtifactNotFound
from training.messages.runs import RunStatus

if TYPE_CHECKING:
    from training.models import TrainingRun

MAX_SUBJECT = 200
MAX_BODY = 20_000
MAX_QUOTED = 60  # characters of a refused name that its error repeats

# They change the direction of text, so that it reads differently from its characters.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# The beginning of an "encoded word" (RFC 2047), which mail programs show decoded, line breaks included.
ENCODED_WORD = "=?"

logger = logging.getLogger(__name__)


# --- e-mails of users ------------------------------------------------------------------------------------------------


def send(identity: Identity, message: SendEmail) -> EmailResult:
    """Queue the e-mail of the event `sendEmail`. Raises what `submit` and `policy.authorise` raise."""
    stored = submit(
        identity,
        recipient=message.email_address,
        subject=message.subject,
        body_text=message.body_text,
        run_id=message.run_id,
        names=message.attachment_array,
        check=partial(policy.authorise, identity),
    )
    note = f"The e-mail to {stored.recipient} will be sent shortly."
    if not stored.own_words:
        note += " It contains a summary of the run and links to the files."
        note += " Confirm the address in your settings to send files and your own text."
    return EmailResult(success=True, message=note, email_id=stored.pk)


def submit(
    identity: Identity,
    *,
    recipient: str,
    subject: str = "",
    body_text: str = "",
    run_id: UUID | None = None,
    names: Sequence[str] | None = None,
    kind: MailKind = MailKind.MESSAGE,
    check: policy.Check = lambda _: True,
) -> EmailMessage:
    """Validate an e-mail and queue it. It is delivered after the transaction commits.

    Parameters
    ----------
    identity
        The sender.
    recipient, subject, body_text
        As the sender wrote them. Without subject and body, the run provides them.
    run_id
        The run that the e-mail is about.
    names
        Names of the run's files to attach. None: its model and plots.
    check
        Whether it may be sent, as in `mail_queue.add`. Called after everything else is validated.

    Raises
    ------
    AddressRefused, HeaderInjection, TextRefused, NothingToSend, AttachmentRefused, AttachmentNotFound, RunNotFound,
    RunNotOver, and what `check` raises
    """
    message = EmailMessage(
        owner=identity.owner,
        user_id=identity.user_id,
        kind=kind,
        recipient=parse_address(recipient),
        subject=parse_subject(subject),
        body_text=parse_body(body_text),
        run_id=run_id,
    )
    if run_id is None and not message.body_text:
        raise NothingToSend("There is nothing to send.", where="body_text")
    mail_queue.add(message, _choose_attachments(identity, run_id, names), check)
    return message


# --- e-mails about accounts ------------------------------------------------------------------------------------------


@receiver(address_given)
def queue_confirmation(identity: Identity, address: str, **_: Any) -> None:
    """Queue an e-mail with a link that confirms an address. The link is built when the e-mail is delivered.

    Raises AddressRefused, HeaderInjection, MailLimitReached, GuestsMayNotSend.
    """
    message = EmailMessage(
        owner=identity.owner,
        user_id=identity.user_id,
        kind=MailKind.CONFIRMATION,
        recipient=parse_address(address),
        own_words=False,
    )
    mail_queue.add(message, (), partial(policy.check_confirmation, identity))


@receiver(password_reset_requested)
def queue_reset(address: str, **_: Any) -> None:
    """Queue an e-mail with links for new passwords. Accounts with the address are looked up when it is delivered.

    Raises AddressRefused, HeaderInjection, MailLimitReached. MailLimitReached depends only on the number of all
    requests, so that it shows nothing about the address.
    """
    since = timezone.now() - timedelta(hours=1)
    # A request is stored before any limit on e-mails applies, so the number of requests is limited here.
    if EmailMessage.objects.filter(kind=MailKind.RESET, created__gt=since).count() >= settings.EMAIL_PER_HOUR:
        logger.warning("a request for a new password was refused: %d within an hour", settings.EMAIL_PER_HOUR)
        raise MailLimitReached("Very many people are asking for a new password right now.")
    message = EmailMessage(owner="", kind=MailKind.RESET, recipient=parse_address(address), own_words=False)
    mail_queue.add_uncounted(message)


# --- text ------------------------------------------------------------------------------------------------------------


def parse_subject(subject: str) -> str:
    """Validate a subject and return it without spaces around it. Raises HeaderInjection, TextRefused."""
    check_single_line(subject, "The subject", "subject")
    if ENCODED_WORD in subject:
        raise TextRefused(f"The subject contains {ENCODED_WORD}, which mail programs decode.", where="subject")
    return _parse_text(subject, "The subject", "subject", MAX_SUBJECT)


def parse_body(body: str) -> str:
    """Validate a body and return it with `\\n` as the only line break. Raises TextRefused."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    return _parse_text(body, "The text", "body_text", MAX_BODY, allowed="\n\t")


def clean_line(text: str, length: int) -> str:
    """Return a text, which may quote a user, as one line of at most `length` characters that is safe in a header."""
    text = text.replace(ENCODED_WORD, "= ?")
    line = " ".join("".join(" " if _is_control(character) else character for character in text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _parse_text(text: str, what: str, where: str, length: int, allowed: str = "") -> str:
    if len(text) > length:
        raise TextRefused(f"{what} has {len(text):,} characters; at most {length:,} are sent.", where=where)
    for character in text:
        if _is_control(character) and character not in allowed:
            raise TextRefused(f"{what} contains the control character U+{ord(character):04X}.", where=where)
    return text.strip()


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in DIRECTION_MARKS


# --- attachments -----------------------------------------------------------------------------------------------------


def parse_names(names: Sequence[str]) -> list[str]:
    """Return the names, each once. Raises AttachmentRefused for paths, AttachmentNotFound for unknown names."""
    for index, name in enumerate(names):
        where = f"attachment_array[{index}]"
        if name in KINDS:
            continue
        if any(mark in name for mark in ("/", "\\", "..", ":", "%")) or name.startswith((".", "~")):
            raise AttachmentRefused(f"{_quote(name)} looks like a path; files are attached by name.", where=where)
        raise AttachmentNotFound(f"There is no file called {_quote(name)}.", where=where)
    return list(dict.fromkeys(names))


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
        return _list_default_files(run)
    _check_files_exist(run, parsed)
    return parsed


def _list_default_files(run: TrainingRun) -> list[str]:
    """Return the names of the run's model and plots, built or still to be built."""
    result = runs.read_result(run.pk)
    names = [file.name for file in result.artifacts] if result else []
    return [name for name in names if name.startswith("model.") or name.endswith(".png")]


def _check_files_exist(run: TrainingRun, names: Iterable[str]) -> None:
    """Check that the run has these files, or will have them; then they are built soon. Raises AttachmentNotFound."""
    for index, name in enumerate(names):
        try:
            runs.find_artifact(run, name)
        except ArtifactNotFound:
            where = f"attachment_array[{index}]"
            raise AttachmentNotFound(f"This run has no {_quote(name)}.", where=where) from None


def _quote(text: str) -> str:
    return f"“{clean_line(text, MAX_QUOTED)}”"
