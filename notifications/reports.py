"""The report of a run that has ended, to an owner who asked for it: for this run, or for all of them. Sent once,
however often the end is told of.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError
from django.dispatch import receiver

from notifications import mail, policy, user_settings
from notifications.models import MailKind
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from training import runs
from training.messages.runs import RunKind, RunStatus
from training.permissions import VIEW_RUNS
from training.signals import run_finished

if TYPE_CHECKING:
    from training.models import TrainingRun

# Whoever cancels a run knows that it is over.
REPORTED = (RunStatus.SUCCEEDED, RunStatus.FAILED)
SERVER = Identity("server", permissions=frozenset({VIEW_RUNS}))

logger = logging.getLogger(__name__)


@receiver(run_finished)
def report_run(run_id: UUID, status: RunStatus, **_: Any) -> None:
    """Queues the report. What goes wrong here is logged, and is none of the run's."""
    if status not in REPORTED:
        return
    try:
        _report(runs.get_run(SERVER, run_id, VIEW_RUNS))
    except PlaygroundError as refusal:
        logger.warning("run %s is not reported: %s", run_id, refusal.message)


def is_for_all(run: TrainingRun) -> bool:
    """Whether the run's report comes because the owner wants one of each, and not because this one asked for it."""
    return not run.spec.get("notify")


def _report(run: TrainingRun) -> None:
    owner = Identity(run.owner, user_id=run.user_id)
    if run.kind != RunKind.TRAINING or (is_for_all(run) and not user_settings.get(owner).notify_when_finished):
        return
    recipient = policy.find_own_address(owner) or policy.find_guest_address(owner)
    if not recipient:
        logger.info("run %s is not reported: its owner has given no address", run.pk)
        return
    try:
        check = partial(policy.authorise, owner)
        mail.queue(owner, recipient=recipient, run_id=run.pk, kind=MailKind.REPORT, check=check)
    except IntegrityError:
        logger.debug("run %s has been reported already", run.pk)
