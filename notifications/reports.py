"""The report of a run that has ended, to an owner who asked for it: for this run, or for all of them. Sent once.

It is queued when the end is heard of. A server that is killed between the two hears of nothing, so that the ends of
the last minutes are gone through once more, by whoever delivers.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError
from django.dispatch import receiver
from django.utils import timezone

from notifications import mail, policy, user_settings
from notifications.models import EmailMessage, MailKind, ReportMark
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from training import runs
from training.parts import RunKind, RunStatus
from training.signals import run_finished

if TYPE_CHECKING:
    from training.models import TrainingRun

# Whoever cancels a run knows that it is over.
REPORTED = (RunStatus.SUCCEEDED, RunStatus.FAILED)
SERVER = Identity("server", is_staff=True)

GRACE = timedelta(seconds=30)  # for which an end is left to whoever heard of it
LOOK_EVERY = 60  # seconds

logger = logging.getLogger(__name__)

_looking = threading.Lock()
_looked = -float(LOOK_EVERY)


@receiver(run_finished)
def report_run(run_id: UUID, status: RunStatus, **_: Any) -> None:
    """Queues the report. What goes wrong here is logged, and is none of the run's."""
    if status not in REPORTED:
        return
    try:
        _report(runs.get_run(SERVER, run_id))
    except PlaygroundError as refusal:
        logger.warning("run %s is not reported: %s", run_id, refusal.message)


def is_for_all(run: TrainingRun) -> bool:
    """Whether the run's report comes because the owner wants one of each, and not because this one asked for it."""
    return not run.spec.get("notify")


def catch_up_now_and_then() -> None:
    """`catch_up`, at the first call in a process and about once a minute from then on."""
    global _looked
    if monotonic() - _looked >= LOOK_EVERY and _looking.acquire(blocking=False):
        try:
            _looked = monotonic()
            catch_up()
        finally:
            _looking.release()


def catch_up() -> None:
    """Reports the runs that ended since it was last called, GRACE ago at the latest, and are not reported yet.

    Several processes may do so at once. What is not stored when one of them is killed is found by the next.
    """
    mark, _ = ReportMark.objects.get_or_create(pk=1, defaults={"until": timezone.now()})
    until = timezone.now() - GRACE
    if until <= mark.until:
        return
    ended = runs.list_ended(mark.until, until)
    reported = set(
        EmailMessage.objects.filter(kind=MailKind.REPORT, run_id__in=[run.pk for run in ended]).values_list(
            "run_id", flat=True
        )
    )
    for run in ended:
        if run.pk not in reported:
            _report_missed(run)
    ReportMark.objects.filter(pk=mark.pk, until__lt=until).update(until=until)


def _report_missed(run: TrainingRun) -> None:
    try:
        report_run(run.pk, RunStatus(run.status))
    except DatabaseError:
        raise  # all are gone through again
    except Exception:
        logger.exception("run %s is not reported", run.pk)  # and must not keep others from it, now and ever after


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
