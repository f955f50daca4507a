"""The main function of a worker process: warm up, then do the tasks that come through its pipe, one by one.

`training/engines/process.py` starts it in a process without the server's state.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any

from training import limits
from training.datasets.sources import Builtin
from training.jobs.jobs import BuildJob, Job
from training.jobs.questions import DescribeQuestion
from training.work.memory import MemoryLimit, is_out_of_memory
from training.work.roles import Role

READY = "ready"
DONE = "done"
EMITTED = "emitted"
ANSWERED = "answered"

NICENESS = 5  # jobs and links have a lower priority than the web process and short questions


def run_worker(pipe: connection.Connection, cancelled: Any, stopping: Any, role: Role) -> None:
    """Send READY, then for each job several EMITTED and one DONE, and for each question one ANSWERED.

    `cancelled` and `stopping` are shared bytes. The server sets `cancelled` to stop the job, and `stopping` to have a
    training write a checkpoint and end.
    """
    _begin(role.value, 0 if role is Role.QUESTION else NICENESS)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the server is gone
        if role is Role.LINK:
            _answer_about_links(pipe)
        else:
            _train_and_check(pipe, cancelled, stopping, role)


def run_compiler() -> None:
    """Compile the training kernel unless the machine has it already. Job workers use it from then on."""
    _begin("compiler", NICENESS)
    from training.work.execute import compile_kernel

    compile_kernel()


def _begin(name: str, niceness: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at Ctrl-C the server stops its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(niceness)
    with contextlib.suppress(OSError):  # only Linux has this
        Path("/proc/self/comm").write_text(f"{name}-worker")  # its name in `top`
    set_up()


def set_up() -> None:
    """Set up Django, and the environment variables that torch and BLAS read when they are loaded."""
    os.environ["OMP_NUM_THREADS"] = "1"  # small networks are faster on one thread
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # a GPU is looked for without initialising it
    import django
    from django.conf import settings

    django.setup()
    set_folders(settings.DATA_DIR)


def set_folders(data_dir: Path) -> None:
    """Set the folders of libraries before they are loaded. Their defaults may not be writable."""
    os.environ.setdefault("SCIKIT_LEARN_DATA", str(data_dir / "scikit_learn"))  # downloads
    os.environ.setdefault("NUMBA_CACHE_DIR", str(data_dir / "compiled"))  # compiled code


def _answer_about_links(pipe: connection.Connection) -> None:
    """Fetch and describe tables, which takes no torch."""
    from training.work.tables import answer_about_table

    answer_about_table(DescribeQuestion(Builtin("IRIS")))
    memory = MemoryLimit()
    pipe.send((READY, None))
    while True:
        pipe.send((ANSWERED, _try_answer(answer_about_table, pipe.recv(), memory)))


def _train_and_check(pipe: connection.Connection, cancelled: Any, stopping: Any, role: Role) -> None:
    import torch

    torch.set_num_threads(1)
    from training.work.execute import answer, execute, warm_up_checks, warm_up_training

    warm_up_training() if role is Role.JOB else warm_up_checks()
    memory = MemoryLimit()
    pipe.send((READY, None))
    while True:
        task = pipe.recv()
        if isinstance(task, Job):
            _limit_job(task, memory)
            execute(
                task,
                emit=lambda messages: pipe.send((EMITTED, messages)),
                is_cancelled=lambda: bool(cancelled.value),
                is_stopping=lambda: bool(stopping.value),
            )
            memory.lift()
            pipe.send((DONE, None))
        else:
            pipe.send((ANSWERED, _try_answer(answer, task, memory)))


def _limit_job(job: Job, memory: MemoryLimit) -> None:
    """Limit the memory of a job. With a GPU only the server does: the driver maps much into the process."""
    import torch

    if not torch.cuda.is_available():
        limits = job.run.limits if isinstance(job, BuildJob) else job.limits
        memory.allow_resident(limits.memory_mb)


def _try_answer(answer: Any, question: Any, memory: MemoryLimit) -> Any:
    """Return the answer, or the exception that is raised where the answer is awaited."""
    import logging

    from playground.wire.errors import InternalError, PlaygroundError
    from training.exceptions import QuestionTooLarge

    memory.allow_growth(limits.QUESTION_MEMORY_MB)
    try:
        return answer(question)
    except Exception as error:
        memory.lift()  # the log and the answer need memory
        if is_out_of_memory(error):
            return QuestionTooLarge.build(limits.QUESTION_MEMORY_MB)
        if isinstance(error, PlaygroundError):
            return error
        logging.getLogger(__name__).exception("a question failed: %s", type(question).__name__)
        return InternalError("Something went wrong on the server.")


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
