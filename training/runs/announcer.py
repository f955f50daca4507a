"""Tells other apps of the end of a run, by the signal `run_finished`. `tell_by` in its row stands until they are told.

A process that is killed between a run's end and its news tells nobody, and a receiver may fail. Such ends are told
again by whoever finds them: every pool of workers looks now and then.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID

from django.db import connection
from django.utils import timezone

from training.messages.runs import RunStatus
from training.models import TrainingRun
from training.signals import run_finished

HEAD_START = 0.05  # seconds: whoever watches is told first, and the receivers' queries do not hold that up
GRACE = timedelta(seconds=30)  # for which an end is left to whoever recorded it
RARELY = timedelta(minutes=10)  # between two tries, at most, while receivers go on failing
TRIED_FOR = timedelta(days=1)  # an end whose receivers still fail then will not be told

# A thread of its own, one run after the other: a receiver may wait for another service, and the engine must not.
_announcer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-finished")


def announce(run_id: UUID, status: RunStatus) -> Future[None]:
    """Returns at once; the future is done when every receiver is. In a process that ends, which gives its threads no
    more work, the receivers are called here and now.
    """
    try:
        return _announcer.submit(_send, run_id, status, monotonic() + HEAD_START)
    except RuntimeError:
        _tell(run_id, status)
        told: Future[None] = Future()
        told.set_result(None)
        return told


def announce_missed() -> list[Future[None]]:
    """Announces what has ended at least GRACE ago and is not told. Of many who do so at once, one announces each."""
    now = timezone.now()
    missed = TrainingRun.objects.filter(tell_by__lt=now, finished__gt=now - TRIED_FOR).order_by("finished")
    return [
        announce(run_id, RunStatus(status))
        for run_id, status, tell_by, finished in missed.values_list("pk", "status", "tell_by", "finished")
        # The longer it has failed, the longer until it is tried again.
        if TrainingRun.objects.filter(pk=run_id, tell_by=tell_by).update(
            tell_by=now + max(GRACE, min(now - (finished or now), RARELY))
        )
    ]


def _send(run_id: UUID, status: RunStatus, earliest: float) -> None:
    sleep(max(0.0, earliest - monotonic()))
    try:
        _tell(run_id, status)
    finally:
        connection.close()  # it is this thread's own


def _tell(run_id: UUID, status: RunStatus) -> None:
    answers = run_finished.send_robust(sender=None, run_id=run_id, status=status)
    if not any(isinstance(answer, Exception) for _, answer in answers):
        TrainingRun.objects.filter(pk=run_id).update(tell_by=None)
