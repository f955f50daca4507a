"""Training of one run in the current process, for the command `train`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import connection

from training import runs
from training.exceptions import EngineUnavailable
from training.jobs.from_rows import build_file_job, build_training_job
from training.jobs.jobs import Job
from training.runs import leases
from training.updates import RunUpdate
from training.work.execute import execute
from training.work.worker import set_folders

Hear = Callable[[RunUpdate], None]


def work_on(run_id: UUID, hear: Hear) -> None:
    """Train a queued run to its end, and make its files. `hear` is called with each update after it is recorded.

    Raises EngineUnavailable if another engine has claimed the run.
    """
    set_folders(settings.DATA_DIR)
    engine_id = f"inline-{os.getpid()}"
    claim = runs.claim(run_id, engine_id)
    if claim is None:
        raise EngineUnavailable(
            "A server that uses the same database has taken the run already.", hint="Watch it there."
        )
    with Lease(engine_id, claim) as lease:

        def do(job: Job, claim: runs.Claim) -> None:
            def emit(messages: list[RunUpdate]) -> None:
                runs.record(claim, messages)
                for message in messages:
                    hear(message)

            execute(job, emit, lambda: run_id in lease.cancelled)

        do(build_training_job(run_id), claim)
        runs.give_back(claim)
        building = runs.claim_building(engine_id, urgent_only=False, run_id=run_id)
        if building is not None:
            lease.claim = building
            do(build_file_job(run_id), building)
            runs.finish_building(building, tried_all=True)


class Lease:
    """Renews the lease of a claim in a thread. `cancelled` has the run when it is to be cancelled."""

    def __init__(self, engine_id: str, claim: runs.Claim) -> None:
        self.claim = claim
        self.cancelled: set[UUID] = set()
        self._engine_id = engine_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        runs.give_back_all(self._engine_id)

    def _renew(self) -> None:
        while not self._over.wait(leases.LEASE_SECONDS / 5):
            self.cancelled = runs.renew([self.claim])
        connection.close()
