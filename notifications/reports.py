"""Reports of runs: when a run ends, an e-mail to an owner who asked for one, and what e-mails say of a run.

An owner asks for the report of one run (`notify` in its spec) or of every run (a user setting). A run is reported once,
even if several processes hear that it has ended.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.dispatch import receiver
from django.urls import reverse

from notifications import policy
from notifications.models import MailKind
from notifications.submission import clean_line, submit
from playground.accounts import user_settings
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from training import runs
from training.messages.events import TrainingResult
from training.messages.runs import RunKind, RunStatus
from training.permissions import VIEW_RUNS
from training.signals import run_finished

if TYPE_CHECKING:
    from training.models import TrainingRun

REPORTED = (RunStatus.SUCCEEDED, RunStatus.FAILED)
"""Not CANCELLED: whoever cancels a run knows that it is over."""
SERVER = Identity("server", permissions=frozenset({VIEW_RUNS}))
NEUTRAL_OPENING = "A training run on the Deep Learning Playground has ended. These are its results."

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunReport:
    """What an e-mail says of a run.

    Parameters
    ----------
    title
        One line, which serves as the subject.
    opening
        The first paragraph.
    facts
        Pairs of label and value.
    url
        Address of the run's page.
    stop_url
        Address of the page that stops such reports. Empty if the owner asked for this report only.
    """

    title: str
    opening: str
    facts: tuple[tuple[str, str], ...]
    url: str
    stop_url: str = ""


@receiver(run_finished)
def report_run(run_id: UUID, status: RunStatus, **_: Any) -> None:
    """Queue the report of a run that has ended. A refusal is logged and does not concern the run."""
    if status not in REPORTED:
        return
    try:
        _report(runs.get_run(SERVER, run_id, VIEW_RUNS))
    except PlaygroundError as refusal:
        logger.warning("run %s is not reported: %s", run_id, refusal.message)


def is_one_of_all(run: TrainingRun) -> bool:
    """Return whether the run is reported because its owner wants reports of all runs, not of this one in particular."""
    return not run.spec.get("notify")


def describe_run(run: TrainingRun, *, own_words: bool) -> RunReport:
    """Return what an e-mail says of a run.

    Without `own_words` it quotes nothing that the owner may have written: not the names of the run, the table and its
    columns, and no error messages, which may repeat them.
    """
    result = runs.read_result(run.pk)
    is_builtin = run.spec.get("default") is not None
    name = clean_line(run.name, 80) if run.name and own_words else run.model
    table = run.data if own_words or is_builtin else "an uploaded table"
    title = f"{name} on {table}"
    facts = [("Model", run.model), ("Table", table)]
    headline = result.auxiliary_outputs.headline if result is not None else None
    if run.status == RunStatus.SUCCEEDED and result is not None and headline is not None:
        metric = headline.metric
        value = metric.format_value(headline.value)
        title = f"{title}: {metric.label} {value}"
        if own_words:
            facts.append(("Target", result.auxiliary_outputs.target))
        facts += [
            (f"{metric.label} on the test rows", value),
            ("Baseline (a model that ignores all features)", metric.format_value(headline.baseline)),
            ("Epochs", str(len(result.dl_results))),
        ]
    else:
        title = f"{title}: {run.status}"
    opening = _describe_end(run, result) if own_words else NEUTRAL_OPENING
    return RunReport(title, opening, tuple(facts), settings.PUBLIC_URL + reverse("run", args=[run.pk]))


def _describe_end(run: TrainingRun, result: TrainingResult | None) -> str:
    return f"{result.message} {result.hint}".strip() if result else run.message


def _report(run: TrainingRun) -> None:
    owner = Identity(run.owner, user_id=run.user_id)
    if run.kind != RunKind.TRAINING:
        return
    if is_one_of_all(run) and not user_settings.get(owner).notify_when_finished:
        return
    recipient = user_settings.find_confirmed_address(owner) or policy.find_guest_address(owner)
    if not recipient:
        logger.info("run %s is not reported: its owner has no confirmed address", run.pk)
        return
    try:
        check = partial(policy.authorise, owner)
        submit(owner, recipient=recipient, run_id=run.pk, kind=MailKind.REPORT, check=check)
    except IntegrityError:
        logger.debug("run %s is already reported", run.pk)
