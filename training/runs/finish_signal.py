"""Sends `run_finished` to other apps when a run has ended.

The column `tell_by` of a run is set until all receivers were called. If a process is killed before that, or if a
receiver raises an exception, the signal is sent again: every pool of workers looks for such runs at intervals.
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

HEAD_START = 0.05  # seconds that watchers are ahead, so that queries of the receivers do not delay their events
GRACE = timedelta(seconds=30)  # in which only the process that recorded the end sends the signal
MAX_INTERVAL = timedelta(minutes=10)  # between two attempts while receivers fail
TRIED_FOR = timedelta(days=1)  # after which no further attempt is made

# One thread sends the signals, one after the other: a receiver may wait for another service, the engine must not.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-finished")


def send_finished(run_id: UUID, status: RunStatus) -> Future[None]:
    """Have the signal sent by another thread. Return a future that is done when all receivers have returned.

    In a process that is ending, threads take no more work: then the receivers are called before the function returns.
    """
    try:
        return _sender.submit(_send, run_id, status, monotonic() + HEAD_START)
    except RuntimeError:
        _call_receivers(run_id, status)
        done: Future[None] = Future()
        done.set_result(None)
        return done


def resend_missed() -> list[Future[None]]:
    """Send the signals of runs that ended at least GRACE ago and whose signal is still missing.

    If several processes call it at the same time, one of them sends each signal.
    """
    now = timezone.now()
    missed = TrainingRun.objects.filter(tell_by__lt=now, finished__gt=now - TRIED_FOR).order_by("finished")
    return [
        send_finished(run_id, RunStatus(status))
        for run_id, status, tell_by, finished in missed.values_list("pk", "status", "tell_by", "finished")
        # The interval between attempts grows with the time for which they have failed.
        if TrainingRun.objects.filter(pk=run_id, tell_by=tell_by).update(
            tell_by=now + max(GRACE, min(now - (finished or now), MAX_INTERVAL))
        )
    ]


def _send(run_id: UUID, status: RunStatus, earliest: float) -> None:
    sleep(max(0.0, earliest - monotonic()))
    try:
        _call_receivers(run_id, status)
    finally:
        connection.close()  # each thread has its own connection


def _call_receivers(run_id: UUID, status: RunStatus) -> None:
    answers = run_finished.send_robust(sender=None, run_id=run_id, status=status)
    if not any(isinstance(answer, Exception) for _, answer in answers):
        TrainingRun.objects.filter(pk=run_id).update(tell_by=None)
