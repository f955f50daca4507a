"""Measure the start of one more training process: the time until it is ready, and its own memory."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

import psutil

from tests.benchmarks.report import report

WORKERS = 5


def measure() -> bool:
    first, *others = [_start() for _ in range(1 + WORKERS)]
    memory = [psutil.Process(worker.pid).memory_full_info() for worker, _ in others]
    own, all_of_it = (median(getattr(each, kind) / 1e6 for each in memory) for kind in ("uss", "rss"))
    for worker, _ in (first, *others):
        worker.kill()
    until_ready = 1000 * median(took for _, took in others)
    return report(
        f"one more process that trains, median of {WORKERS}: until it is ready; memory that is its alone",
        f"{until_ready:.0f} ms, the first {first[1]:.1f} s; {own:.0f} MB of {all_of_it:.0f}",
        "–",
        True,
    )


def _start() -> tuple[Any, float]:
    """A WorkerProcess, and the seconds until it was ready."""
    from training.engines.process import WorkerProcess  # with models, which are not there before Django is set up
    from training.work.worker import READY, Role

    began = perf_counter()
    worker = WorkerProcess(Role.JOB)
    assert worker.pipe.poll(120), "it did not become ready"
    assert worker.receive() == [(READY, None)]
    return worker, perf_counter() - began
