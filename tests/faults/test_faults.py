"""A little of each kind of fault: every run ends as its undisturbed twin, and no event is lost or comes twice."""

from __future__ import annotations

import contextlib
import random
import unittest
from typing import ClassVar

from tests.faults.parts import PARTS, play_part
from tests.faults.stage import Stage
from tests.faults.twins import SHORT, Twin, train_twins
from tests.services import needs_postgres, needs_redis

SEED = 1


class FaultContract(unittest.TestCase):
    engine: ClassVar[str]
    stage: ClassVar[Stage]
    twins: ClassVar[list[Twin]]

    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.stage = Stage(cls.engine, stack)
        cls.twins = train_twins(cls.stage.server, SHORT)

    def check(self, name: str) -> None:
        (part,) = (part for part in PARTS if part.name == name)
        outcome = play_part(self.stage, part, self.twins, part.few, random.Random(SEED))
        self.assertEqual(outcome.faults, part.few)
        self.assertGreater(outcome.runs, 0)
        self.assertTrue(outcome.holds, outcome.describe())


class LocalFaultTests(FaultContract):
    engine = "local"

    def test_a_training_process_is_killed(self):
        self.check("trainer")

    def test_the_server_is_killed(self):
        self.check("server")

    def test_sockets_are_cut(self):
        self.check("socket")


@needs_redis
@needs_postgres
class CeleryFaultTests(FaultContract):
    engine = "celery"

    def test_a_training_process_is_killed(self):
        self.check("celery_trainer")

    def test_a_whole_worker_is_killed(self):
        self.check("celery_worker")

    def test_redis_is_killed_and_forgets_everything(self):
        self.check("redis")

    def test_postgres_is_killed(self):
        self.check("postgres")


del FaultContract  # it is no test by itself
