"""The main of one worker process: warms up, then does what comes through its pipe, one thing after the other.

Started by `training/engines/process.py` with the spawn method, so that nothing of the server's state comes along.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from enum import StrEnum
from multiprocessing import connection, parent_process
from typing import Any

from training.engines.jobs import DrawJob, TrainJob

READY = "ready"
DONE = "done"
EMITTED = "emitted"
ANSWERED = "answered"

NICENESS = 5  # training gives way to the web process and to whoever answers questions


class Role(StrEnum):
    TRAINER = "trainer"
    DESK = "desk"
    """Answers questions, and is never busy training."""


def run_worker(pipe: connection.Connection, cancelled: Any, role: Role) -> None:
    """Sends READY, then for each job EMITTED… and DONE, and for each question one ANSWERED.

    `cancelled` is a shared byte: the server sets it to stop the job at hand.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle: it stops its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch and BLAS load; small networks are faster on one thread
    if role is Role.TRAINER and hasattr(os, "nice"):
        os.nice(NICENESS)
    import django

    django.setup()
    import torch

    torch.set_num_threads(1)
    from training.engines.execute import answer, execute, warm_up

    warm_up()
    pipe.send((READY, None))
    with contextlib.suppress(EOFError, BrokenPipeError):  # the server is gone
        while True:
            task = pipe.recv()
            if isinstance(task, TrainJob | DrawJob):
                execute(task, lambda messages: pipe.send((EMITTED, messages)), lambda: bool(cancelled.value))
                pipe.send((DONE, None))
            else:
                pipe.send((ANSWERED, _try_answer(answer, task)))


def _try_answer(answer: Any, question: Any) -> Any:
    """The answer, or the exception to raise where it is awaited."""
    import logging

    from playground.wire.errors import InternalError, PlaygroundError

    try:
        return answer(question)
    except PlaygroundError as error:
        return error
    except Exception:
        logging.getLogger(__name__).exception("a question failed: %s", type(question).__name__)
        return InternalError("Something went wrong on the server.")


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
