"""What other apps may react to: `run_finished`, once a run's end is committed, in whichever process recorded it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep
from uuid import UUID

from django.db import connection
from django.dispatch import Signal

from training.parts import RunStatus

run_finished = Signal()
"""Arguments: `run_id` (UUID) and `status` (RunStatus, final). What a receiver raises is logged."""

HEAD_START = 0.05  # seconds: whoever watches is told first, and the receivers' queries do not hold that up

# A thread of its own, one run after the other: a receiver may wait for another service, and the engine must not.
_announcer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-finished")


def announce_finished(run_id: UUID, status: RunStatus) -> Future[None]:
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


def _send(run_id: UUID, status: RunStatus, earliest: float) -> None:
    sleep(max(0.0, earliest - monotonic()))
    try:
        _tell(run_id, status)
    finally:
        connection.close()  # it is this thread's own


def _tell(run_id: UUID, status: RunStatus) -> None:
    run_finished.send_robust(sender=None, run_id=run_id, status=status)
