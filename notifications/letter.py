"""The letter of a queued message: a MIME message with text, HTML, an inline picture and attachments.

A letter is composed when its message is delivered, so that it shows the state at that time. Secret links are built here
and stored nowhere: nobody finds one in the database, the admin or the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import Message
from email.mime.image import MIMEImage
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart, SafeMIMEText
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from notifications.exceptions import MailNotNeeded
from notifications.models import EmailMessage, MailKind
from notifications.reports import RunReport, describe_run, is_one_of_all
from notifications.submission import MAX_SUBJECT, clean_line
from playground.accounts import user_settings
from playground.accounts.links import CONFIRM_HOURS, build_confirmation_link, build_stop_reports_link
from playground.accounts.password_reset import MAX_ACCOUNTS, find_reset_accounts
from playground.wire.identity import Identity
from training import runs
from training.exceptions import ArtifactNotFound

if TYPE_CHECKING:
    from training.models import Artifact, TrainingRun

BINARY = "application/octet-stream"  # for text files, too: no transport changes their bytes
CURVE = "loss.png"
MAX_FILES_WAIT = 600  # seconds that an e-mail waits for files that are still being built

DEFAULT_SUBJECT = "A message from the Deep Learning Playground"
HIDDEN = "(a secret link, which only the sent e-mail contains)"
CONFIRMATION_SUBJECT = "Confirm your e-mail address for the Deep Learning Playground"
CONFIRMATION_TEXT = """\
Someone, hopefully you, asked the Deep Learning Playground to send e-mails to this address.

If this was you, open the link and press the button there:
{link}

If this was not you, you need not do anything: no results are sent to this address. The link works for {hours} hours.
"""
RESET_SUBJECT = "Reset your password for the Deep Learning Playground"
RESET_TEXT = """\
Someone, hopefully you, asked for a new password for an account at the Deep Learning Playground.

If this was you, open the link and choose a new password:

{links}

If this was not you, you need not do anything: your password stays the same. The link works once, within {hours} hours.
"""


class FilesPending(Exception):
    """Some files are still being built. The request has given them priority."""


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


@dataclass(frozen=True)
class Files:
    """The files of a letter.

    Parameters
    ----------
    attached
        Files that fit into EMAIL_MAX_ATTACHMENT_BYTES.
    linked
        Names of files that do not fit, or were not built in time.
    missing
        Names of files that do not exist.
    curve
        The loss curve, which the HTML shows.
    """

    attached: tuple[File, ...] = ()
    linked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    curve: File | None = None


@dataclass(frozen=True)
class Link:
    name: str
    url: str


class Letter(EmailMultiAlternatives):
    """A Django e-mail with a picture inside its HTML. Every e-mail backend can send it.

    Parameters
    ----------
    html
        Refers to the picture as `cid:` and its name.
    unsubscribe
        Address of the page that stops such e-mails, or an empty string.
    """

    def __init__(
        self,
        *,
        recipient: str,
        message_id: str,
        subject: str,
        body: str,
        html: str,
        picture: File | None,
        unsubscribe: str = "",
    ) -> None:
        # Auto-Submitted (RFC 3834) prevents out-of-office replies.
        # Amazon SES replaces the Message-ID. X-Message-ID identifies copies there, too.
        headers = {"Message-ID": message_id, "X-Message-ID": message_id, "Auto-Submitted": "auto-generated"}
        if unsubscribe:
            headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https:"):  # RFC 8058 requires HTTPS for one-click
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        super().__init__(subject=subject, body=body, to=[recipient], headers=headers)
        self.html = html
        self.picture = picture

    def attach_files(self, files: tuple[File, ...]) -> None:
        for file in files:
            self.attach(file.name, file.content, "image/png" if file.name.endswith(".png") else BINARY)

    def message(self) -> Message:  # type: ignore[override]
        finished = super().message()
        for part in finished.walk():
            if part.is_multipart():
                # Otherwise the generator searches the whole text for a boundary, once for each level.
                part.set_boundary(f"={uuid4().hex}=")
        return finished

    def _create_alternatives(self, msg: SafeMIMEText) -> SafeMIMEMultipart:
        """Return text | (html + picture). The picture is `related` (RFC 2387) to the alternative that shows it."""
        encoding = self.encoding or "utf-8"
        alternatives = SafeMIMEMultipart(_subtype="alternative", encoding=encoding)
        alternatives.attach(msg)
        html = SafeMIMEText(self.html, "html", encoding)
        if self.picture is None:
            alternatives.attach(html)
            return alternatives
        related = SafeMIMEMultipart(_subtype="related", encoding=encoding)
        related.attach(html)
        image = MIMEImage(self.picture.content, "png")
        image.add_header("Content-ID", f"<{self.picture.name}>")
        image.add_header("Content-Disposition", "inline", filename=self.picture.name)
        related.attach(image)
        alternatives.attach(related)
        return alternatives


def compose(message: EmailMessage, *, hide_links: bool = False) -> Letter:
    """Compose the letter of a message.

    Parameters
    ----------
    message
        The queued message.
    hide_links
        Whether secret links are replaced, for readers other than the recipient.

    Raises
    ------
    RunNotFound
        The run has been deleted.
    FilesPending
        Files of the run are still being built.
    MailNotNeeded
        The address is confirmed already, or no account has it.
    """
    if message.kind == MailKind.CONFIRMATION:
        return _compose_confirmation(message, hide_links=hide_links)
    if message.kind == MailKind.RESET:
        return _compose_reset(message, hide_links=hide_links)
    if message.run_id is None:
        return _compose_about_run(message, None, Files(), ())
    sender = Identity(message.owner, user_id=message.user_id)
    run = runs.get_run(sender, message.run_id)
    is_patient = timezone.now() < message.created + timedelta(seconds=MAX_FILES_WAIT)
    names = [attachment.name for attachment in message.attachments.all()]
    # Files may contain words of the sender: names, labels, cells of a table. Without `own_words` they are only linked.
    files = _read_files(run, names if message.own_words else (), is_patient=is_patient)
    linked = files.linked if message.own_words else names
    links = tuple(Link(name, _absolute("artifact", run.pk, name)) for name in linked)
    report = describe_run(run, own_words=message.own_words)
    if message.kind == MailKind.REPORT and is_one_of_all(run):
        settings_id = user_settings.find_settings_with_reports(sender)
        stop_url = build_stop_reports_link(settings_id) if settings_id else ""
        report = replace(report, stop_url=HIDDEN if stop_url and hide_links else stop_url)
    return _compose_about_run(message, report, files, links)


def _compose_confirmation(message: EmailMessage, *, hide_links: bool) -> Letter:
    pending = user_settings.find_pending(message.owner, message.recipient)
    if pending is None:
        raise MailNotNeeded("The address is confirmed already, or another was given since.")
    link = HIDDEN if hide_links else build_confirmation_link(pending)
    text = CONFIRMATION_TEXT.format(link=link, hours=CONFIRM_HOURS)
    return _build(message, CONFIRMATION_SUBJECT, {"opening": text})


def _compose_reset(message: EmailMessage, *, hide_links: bool) -> Letter:
    accounts = find_reset_accounts(message.recipient)
    if not accounts:
        raise MailNotNeeded("No account has this address.")
    named = accounts[:MAX_ACCOUNTS]
    links = "\n\n".join(f"{each.title}:\n{HIDDEN if hide_links else each.build_link()}" for each in named)
    if more := len(accounts) - len(named):
        links += f"\n\n{more} more accounts have this address. Ask your teacher for a new password of one of them."
    text = RESET_TEXT.format(links=links, hours=settings.PASSWORD_RESET_TIMEOUT // 3600)
    return _build(message, RESET_SUBJECT, {"opening": text})


def _compose_about_run(
    message: EmailMessage, report: RunReport | None, files: Files, links: tuple[Link, ...]
) -> Letter:
    context: dict[str, Any] = {
        "opening": message.body_text or (report.opening if report else ""),
        "report": report,
        "files": files,
        "links": links,
        "are_files_withheld": not message.own_words,
    }
    subject = message.subject or clean_line(report.title if report else DEFAULT_SUBJECT, MAX_SUBJECT)
    letter = _build(message, subject, context, files.curve, report.stop_url if report else "")
    letter.attach_files(files.attached)
    return letter


def _build(
    message: EmailMessage, subject: str, context: dict[str, Any], picture: File | None = None, unsubscribe: str = ""
) -> Letter:
    context = {"home": settings.PUBLIC_URL, "title": subject, **context}
    return Letter(
        recipient=message.recipient,
        message_id=message.message_id,
        subject=subject,
        body=render_to_string("notifications/message.txt", context),
        html=render_to_string("notifications/message.html", context),
        picture=picture,
        unsubscribe=unsubscribe,
    )


def _read_files(run: TrainingRun, names: Sequence[str], *, is_patient: bool) -> Files:
    """Read files of a run, up to EMAIL_MAX_ATTACHMENT_BYTES, and its loss curve.

    Raises FilesPending if `is_patient` and some of them are not built yet.
    """
    found: dict[str, Artifact] = {}
    pending, missing = set(), set()
    for name in {CURVE, *names}:
        try:
            artifact = runs.find_artifact(run, name)
        except ArtifactNotFound:
            missing.add(name)
            continue
        if artifact is None:
            pending.add(name)
        else:
            found[name] = artifact
    if is_patient and pending:
        raise FilesPending
    curve = _read_file(found[CURVE]) if CURVE in found else None
    room = settings.EMAIL_MAX_ATTACHMENT_BYTES - len(curve.content if curve else b"")
    attached: list[File] = []
    for name in names:
        if name not in found:
            continue
        if found[name].size > room:
            pending.add(name)
        elif (file := _read_file(found[name])) is not None:
            attached.append(file)
            room -= len(file.content)
        else:
            missing.add(name)
    linked = tuple(name for name in names if name in pending)
    return Files(tuple(attached), linked, tuple(name for name in names if name in missing), curve)


def _read_file(artifact: Artifact) -> File | None:
    """Return the content, or None if the storage has lost the file."""
    try:
        with artifact.file.open("rb") as file:
            return File(artifact.name, file.read())
    except FileNotFoundError:
        return None


def _absolute(view: str, *arguments: Any) -> str:
    return settings.PUBLIC_URL + reverse(view, args=arguments)
