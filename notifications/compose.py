"""Builds the letter of a stored message: text and HTML from templates, the loss curve inline, the files of its run.

Called by delivery, so that a letter says what is so when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from notifications import reports, unsubscription, user_settings
from notifications.fields import MAX_SUBJECT, clean_line
from notifications.files import Files, read_files
from notifications.letter import Letter
from notifications.models import EmailMessage, MailKind
from playground.wire.identity import Identity
from training import runs
from training.messages import TrainingResult
from training.parts import RunStatus

if TYPE_CHECKING:
    from training.models import TrainingRun

DEFAULT_SUBJECT = "A message from the Deep Learning Playground"
NEUTRAL_OPENING = "A training on the Deep Learning Playground has ended. This is what came of it."
METRIC_NAMES = {"accuracy": "Accuracy", "r2": "R²"}


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


def compose(message: EmailMessage) -> Letter:
    """Raises RunNotFound where the run is gone, FilesPending while its files are awaited."""
    if message.run_id is None:
        return _write(message, None, Files(), ())
    sender = Identity(message.owner, user_id=message.user_id)
    run = runs.get_run(sender, message.run_id)
    patient = timezone.now() < message.created + timedelta(seconds=settings.EMAIL_FILES_SECONDS)
    files = read_files(run, [attachment.name for attachment in message.attachments.all()], patient=patient)
    links = tuple(Link(name, _absolute("artifact", run.pk, name)) for name in files.linked)
    report = describe_run(run, own_words=message.own_words)
    if message.kind == MailKind.REPORT and reports.is_for_all(run):
        settings_id = user_settings.find_reported(sender)
        report = replace(report, stop_url=unsubscription.build_link(settings_id) if settings_id else "")
    return _write(message, report, files, links)


def describe_run(run: TrainingRun, *, own_words: bool) -> RunReport:
    """Without `own_words` nothing is quoted that the owner may have named: the run, a table of theirs, its columns."""
    result = runs.read_result(run.pk)
    is_known = own_words or run.spec.get("default") is not None
    name = clean_line(run.name, 80) if run.name and own_words else run.model
    table = run.data if is_known else "a table of their own"
    title = f"{name} on {table}"
    facts = [("Model", run.model), ("Table", table)]
    if run.status == RunStatus.SUCCEEDED and result is not None:
        headline = result.auxiliary_outputs["headline"]
        metric = METRIC_NAMES[headline["metric"]]
        value = _format(headline["metric"], headline["value"])
        title = f"{title}: {metric} {value}"
        if is_known:
            facts.append(("Predicts", str(result.auxiliary_outputs["target"])))
        facts += [
            (f"{metric} on the test rows", value),
            ("Baseline, which looks at no column", _format(headline["metric"], headline["baseline"])),
            ("Epochs", str(len(result.dl_results))),
        ]
    else:
        title = f"{title}: {run.status}"
    opening = _open(run, result) if is_known else NEUTRAL_OPENING
    return RunReport(title, opening, tuple(facts), _absolute("run", run.pk))


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
        "home": settings.PUBLIC_URL,
    }
    subject = message.subject or clean_line(report.title if report else DEFAULT_SUBJECT, MAX_SUBJECT)
    letter = Letter(
        recipient=message.recipient,
        message_id=message.message_id,
        subject=subject,
        body=render_to_string("notifications/message.txt", context),
        html=render_to_string("notifications/message.html", context | {"title": subject}),
        picture=files.curve,
        unsubscribe=report.stop_url if report else "",
    )
    letter.attach_files(files.attached)
    return letter


def _format(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if metric == "accuracy" else f"{value:.3f}"


def _absolute(view: str, *arguments: Any) -> str:
    return settings.PUBLIC_URL + reverse(view, args=arguments)
