"""Where faults happen: a server, what it stands on, and hands that kill and start again, as a service manager does."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator

import psutil

from tests.constants import with_constants
from tests.server import Server, Worker
from tests.services import PostgreSQL, Redis

FIND_SECONDS = 60
CONSTANTS = {
    "training.jobs.from_rows.CHECKPOINT_SECONDS": 1,
    "training.runs.leases.LEASE_SECONDS": 3,
    "training.runs.leases.MAX_ATTEMPTS": 10,  # a run may be interrupted often before its first checkpoint
    "playground.wire.groups.RECONCILE_SECONDS": 2,
}


class Stage:
    """`engine` local: a server with its own workers on SQLite. celery: with Celery's, on PostgreSQL and Redis."""

    def __init__(self, engine: str, stack: contextlib.ExitStack) -> None:
        environment = {
            "TRAINING_ENGINE": engine,
            "TRAINING_WORKERS": "2",
            **with_constants(CONSTANTS),
        }
        self.worker: Worker | None = None
        if engine == "celery":
            self.redis, self.postgres = Redis(), PostgreSQL()
            stack.callback(self.redis.close)
            stack.callback(self.postgres.close)
            environment |= {"REDIS_URL": self.redis.url, "DATABASE_URL": self.postgres.url}
        self.server = Server(**environment)
        stack.callback(self.server.close)
        if engine == "celery":
            self.worker = Worker(self.server).start()
            stack.callback(self.worker.kill)
        self.server.start()
        self.server.wait_until_compiled()

    # --- hands -------------------------------------------------------------------------------------------------------

    def kill_trainer(self, rng: random.Random) -> None:
        """One of the processes that train, whichever; who owns it starts another."""
        deadline = time.monotonic() + FIND_SECONDS
        while not (trainers := self.find_trainers()):
            assert time.monotonic() < deadline, "there is no process that trains"
            time.sleep(0.05)  # processes are started without a word to us
        with contextlib.suppress(psutil.NoSuchProcess):
            rng.choice(trainers).kill()

    def find_trainers(self) -> list[psutil.Process]:
        owner = self.worker.pid if self.worker else self.server.pid
        return [process for process in _children(owner) if _trains(process)]

    def kill_worker(self, rng: random.Random) -> None:
        """All of Celery's worker, which a service manager starts again at once."""
        assert self.worker is not None
        self.worker.kill()
        self.worker.start()

    def kill_server(self, rng: random.Random) -> None:
        self.server.kill()
        self.server.launch()

    def kill_redis(self, rng: random.Random) -> None:
        self.redis.kill()
        time.sleep(rng.uniform(0, 1))  # it may be away for as long
        self.redis.start()

    def kill_postgres(self, rng: random.Random) -> None:
        self.postgres.kill()
        time.sleep(rng.uniform(0, 1))
        self.postgres.start()


@contextlib.contextmanager
def stage(engine: str) -> Iterator[Stage]:
    with contextlib.ExitStack() as stack:
        yield Stage(engine, stack)


Hand = Callable[[random.Random], None]


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _trains(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name() == "job-worker"
    return False
