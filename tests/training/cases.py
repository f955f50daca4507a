"""Base classes of run tests: owners, specs, and the real engine with real workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import TransactionTestCase
from django.utils import timezone

from playground.wire.identity import Identity
from training import runs
from training.engines.base import get_engine
from training.engines.local import LocalEngine
from training.messages.runs import RunStatus
from training.models import Building, TrainingRun
from training.permissions import CANCEL_RUNS, VIEW_DATASETS, VIEW_RUNS
from training.runs.finish_signal import send_finished
from training.spec import TrainingSpec
from training.trainers.compiled.code_cache import is_ready

ALICE, BOB = Identity("guest:alice"), Identity("guest:bob")
STAFF = Identity("user:0", permissions=frozenset({VIEW_RUNS, CANCEL_RUNS, VIEW_DATASETS}))
PATIENCE = 30  # seconds that anything may take
WARM_UP = 120  # seconds that the workers may take to start


def create_run(identity: Identity = ALICE, **fields: Any) -> UUID:
    run_id = uuid4()
    spec = TrainingSpec.model_validate({"default": "IRIS", **fields})
    runs.create(identity, spec, data="IRIS", model="default network", dataset=None, run_id=run_id)
    return run_id


def wait_until(condition: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
    """Poll the condition until it is true, and return its value. The database has no events to await."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.01)
    return result


def wait_until_over(run_id: UUID, timeout: float = PATIENCE) -> TrainingRun:
    return wait_until(
        lambda: TrainingRun.objects.filter(pk=run_id, finished__isnull=False).first(), "the run to end", timeout
    )


def wait_until_files(run_id: UUID) -> TrainingRun:
    return wait_until(
        lambda: TrainingRun.objects.filter(pk=run_id, status=RunStatus.SUCCEEDED, building=0).first(), "the files"
    )


def wait_for_epoch(run_id: UUID, epoch: int = 1) -> None:
    wait_until(lambda: TrainingRun.objects.filter(pk=run_id, last_epoch__gte=epoch).exists(), f"epoch {epoch}")


def wait_for_receivers() -> None:
    """Wait until the receivers of `run_finished` have handled all committed ends of runs."""
    send_finished(uuid4(), RunStatus.CANCELLED).result(timeout=PATIENCE)


def grow_older() -> None:
    """Let the deadline pass by which the process that recorded an end must have announced it."""
    TrainingRun.objects.filter(tell_by__isnull=False).update(tell_by=timezone.now() - timedelta(seconds=1))


def catch_up() -> None:
    """Announce all missed ends of runs, and wait for the receivers."""
    for told in runs.resend_missed():
        told.result(timeout=PATIENCE)


class RunTestCase(TransactionTestCase):
    """Base class of tests in which no engine works on runs. Waits for signal receivers before the tables are
    emptied.
    """

    def tearDown(self) -> None:
        wait_for_receivers()
        super().tearDown()


class EngineTestCase(RunTestCase):
    """The local engine runs, warm, on the tests' database.

    One engine serves all these classes, since its workers take seconds to start. `tests/runner.py` runs the classes
    last, because nothing else may empty the tables under the engine, and stops it at the end. A test may stop it or end
    its workers, but must start it again.
    """

    engine: LocalEngine

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        engine = get_engine()
        assert isinstance(engine, LocalEngine)
        cls.engine = engine
        engine.start()
        for part in (engine.pool, engine.questions):
            assert part.wait_until_warm(WARM_UP), "the workers did not warm up"
        # Otherwise a run and its twin could use different trainers.
        wait_until(is_ready, "the trainer to be compiled", WARM_UP)
        # Workers that replace those which the class before has killed.
        wait_until(
            lambda: engine.pool.is_complete and engine.questions.is_complete, "the new workers to warm up", WARM_UP
        )

    def tearDown(self) -> None:
        """Leaves the engine idle: what it still did for this test would meet the emptied tables of the next."""
        TrainingRun.objects.filter(building__gt=Building.NOT_WANTED).update(building=Building.NOT_WANTED)
        for run in TrainingRun.objects.filter(status__in=runs.ACTIVE):
            runs.request_cancel(run.pk)
        wait_until(self._is_idle, "the engine to be idle")
        super().tearDown()

    def _is_idle(self) -> bool:
        workers = (*self.engine.pool.workers, *self.engine.questions.workers)
        return not self.engine.pool.is_running or not any(worker.assignment for worker in workers)
