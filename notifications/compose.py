"""Builds the letter of a stored message: text and HTML from templates, the loss curve inline, the files of its run.

Called by delivery, so that a letter says what is so when it is sent, and by the admin's preview. Secret links are made
here and stored nowhere: who reads the database, the admin or the log finds none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from notifications import reports, resets, unsubscription, user_settings
from notifications.confirmation import CONFIRM_HOURS, build_token
from notifications.exceptions import MailNotNeeded
from notifications.fields import MAX_SUBJECT, clean_line
from notifications.files import File, Files, read_files
from notifications.letter import Letter
from notifications.models import EmailMessage, MailKind
from playground.wire.identity import Identity
from training import runs
from training.messages.events import TrainingResult
from training.messages.runs import RunStatus

FILES_SECONDS = 600  # for which a mail waits for files that are being built

if TYPE_CHECKING:
    from training.models import TrainingRun

DEFAULT_SUBJECT = "A message from the Deep Learning Playground"
NEUTRAL_OPENING = "A training on the Deep Learning Playground has ended. This is what came of it."


HIDDEN = "(a secret link, which only the mail itself holds)"
CONFIRMATION_SUBJECT = "Confirm your address for the Deep Learning Playground"
CONFIRMATION_TEXT = """\
Somebody, hopefully you, wants the Deep Learning Playground to send e-mails to this address.

If it was you, open this link and press the button there:
{link}

If it was not you, do nothing: then no results are sent here. The link stops working after {hours} hours.
"""
RESET_SUBJECT = "A new password for the Deep Learning Playground"
RESET_TEXT = """\
Somebody, hopefully you, has forgotten the password of an account at the Deep Learning Playground.

If it was you, open this link and choose a new password there:

{links}

If it was not you, do nothing: your password stays as it is. The link works once, for {hours} hours.
"""


@dataclass(frozen=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True)
class RunReport:
    """What a letter says of its run. `facts` are pairs of a label and a value. `stop_url` ends such reports."""

    title: str
    opening: str
    facts: tuple[tuple[str, str], ...]
    url: str
    stop_url: str = ""


def compose(message: EmailMessage, *, hide_links: bool = False) -> Letter:
    """Build the letter. With `hide_links` it is for other people than its recipient, and holds no secret link.

    Raises RunNotFound where the run is gone, FilesPending while its files are awaited, MailNotNeeded.
    """
    if message.kind == MailKind.CONFIRMATION:
        return _compose_confirmation(message, hide_links=hide_links)
    if message.kind == MailKind.RESET:
        return _compose_reset(message, hide_links=hide_links)
    if message.run_id is None:
        return _write(message, None, Files(), ())
    sender = Identity(message.owner, user_id=message.user_id)
    run = runs.get_run(sender, message.run_id)
    patient = timezone.now() < message.created + timedelta(seconds=FILES_SECONDS)
    names = [attachment.name for attachment in message.attachments.all()]
    # Files hold words of the sender: names, labels, cells of a table. Without `own_words` they are linked to.
    files = read_files(run, names if message.own_words else (), patient=patient)
    links = tuple(Link(name, _absolute("artifact", run.pk, name)) for name in files.linked)
    if not message.own_words:
        links = tuple(Link(name, _absolute("artifact", run.pk, name)) for name in names)
    report = describe_run(run, own_words=message.own_words)
    if message.kind == MailKind.REPORT and reports.is_for_all(run):
        settings_id = user_settings.find_reported(sender)
        stop_url = unsubscription.build_link(settings_id) if settings_id else ""
        report = replace(report, stop_url=HIDDEN if stop_url and hide_links else stop_url)
    return _write(message, report, files, links)


def describe_run(run: TrainingRun, *, own_words: bool) -> RunReport:
    """Return what a letter says of a run. Without `own_words` it quotes nothing that the owner may have written.

    That leaves out the names of the run, of a table and of its columns, and what went wrong, which may repeat them.
    """
    result = runs.read_result(run.pk)
    is_builtin = run.spec.get("default") is not None
    name = clean_line(run.name, 80) if run.name and own_words else run.model
    table = run.data if own_words or is_builtin else "a table of their own"
    title = f"{name} on {table}"
    facts = [("Model", run.model), ("Table", table)]
    headline = result.auxiliary_outputs.headline if result is not None else None
    if run.status == RunStatus.SUCCEEDED and result is not None and headline is not None:
        metric = headline.metric
        value = metric.format_value(headline.value)
        title = f"{title}: {metric.label} {value}"
        if own_words:
            facts.append(("Predicts", result.auxiliary_outputs.target))
        facts += [
            (f"{metric.label} on the test rows", value),
            ("Baseline, which looks at no column", metric.format_value(headline.baseline)),
            ("Epochs", str(len(result.dl_results))),
        ]
    else:
        title = f"{title}: {run.status}"
    opening = _open(run, result) if own_words else NEUTRAL_OPENING
    return RunReport(title, opening, tuple(facts), _absolute("run", run.pk))


def _compose_confirmation(message: EmailMessage, *, hide_links: bool) -> Letter:
    pending = user_settings.find_pending(message.owner, message.recipient)
    if pending is None:
        raise MailNotNeeded("The address is confirmed already, or another was given since.")
    link = HIDDEN if hide_links else _absolute("confirm_email", build_token(pending))
    text = CONFIRMATION_TEXT.format(link=link, hours=CONFIRM_HOURS)
    return _write_letter(message, CONFIRMATION_SUBJECT, {"opening": text})


def _compose_reset(message: EmailMessage, *, hide_links: bool) -> Letter:
    accounts = resets.find_accounts(message.recipient)
    if not accounts:
        raise MailNotNeeded("No account has this address.")
    named = accounts[: resets.MAX_ACCOUNTS]
    links = "\n\n".join(f"{each.title}:\n{HIDDEN if hide_links else each.build_link()}" for each in named)
    if more := len(accounts) - len(named):
        links += f"\n\n{more} more accounts have this address. Ask your teacher for a new password of one of them."
    text = RESET_TEXT.format(links=links, hours=settings.PASSWORD_RESET_TIMEOUT // 3600)
    return _write_letter(message, RESET_SUBJECT, {"opening": text})


def _open(run: TrainingRun, result: TrainingResult | None) -> str:
    if result is None:
        return run.message
    return f"{result.message} {result.hint}".strip()


def _write(message: EmailMessage, report: RunReport | None, files: Files, links: tuple[Link, ...]) -> Letter:
    context: dict[str, Any] = {
        "opening": message.body_text or (report.opening if report else ""),
        "report": report,
        "files": files,
        "links": links,
        "are_files_withheld": not message.own_words,
    }
    subject = message.subject or clean_line(report.title if report else DEFAULT_SUBJECT, MAX_SUBJECT)
    letter = _write_letter(message, subject, context, files.curve, report.stop_url if report else "")
    letter.attach_files(files.attached)
    return letter


def _write_letter(
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


def _absolute(view: str, *arguments: Any) -> str:
    return settings.PUBLIC_URL + reverse(view, args=arguments)
