"""What other apps may react to: `run_finished`, once a run's end is committed, in whichever process recorded it."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep
from uuid import UUID

from django.db import connection
from django.dispatch import Signal

from training.parts import RunStatus

logger = logging.getLogger(__name__)

run_finished = Signal()
"""Arguments: `run_id` (UUID) and `status` (RunStatus, final). What a receiver raises is logged."""

HEAD_START = 0.05  # seconds: whoever watches is told first, and the receivers' queries do not hold that up

# A thread of its own, one run after the other: a receiver may wait for another service, and the engine must not.
_announcer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-finished")


def announce_finished(run_id: UUID, status: RunStatus) -> Future[None]:
    """Returns at once; the future is done when every receiver is. It is cancelled where the process ends already:
    `notifications` looks up later what it missed, `progress` does not yet.
    """
    try:
        return _announcer.submit(_send, run_id, status, monotonic() + HEAD_START)
    except RuntimeError:  # threads cannot be given work any more
        logger.warning("run %s ended while its process did: nobody here is told", run_id)
        missed: Future[None] = Future()
        missed.cancel()
        return missed


def _send(run_id: UUID, status: RunStatus, earliest: float) -> None:
    sleep(max(0.0, earliest - monotonic()))
    try:
        run_finished.send_robust(sender=None, run_id=run_id, status=status)
    finally:
        connection.close()  # it is this thread's own
