"""The kinds of faults, how often each happens in the long form, and in the short one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.scenario import Outcome, play
from tests.faults.stage import Hand, Stage
from tests.faults.twins import Twin
from tests.faults.watcher import Watcher


@dataclass(frozen=True)
class Part:
    """`hand` does it to the stage; None: to a connection."""

    name: str
    engine: str
    description: str
    times: int
    few: int
    hand: Callable[[Stage], Hand] | None
    longest_pause: float = 2.0


PARTS = (
    Part("trainer", "local", "SIGKILL to a training process", 20, 2, lambda stage: stage.kill_trainer),
    Part("server", "local", "SIGKILL to the server", 10, 1, lambda stage: stage.kill_server),
    Part("socket", "local", "a socket cut", 100, 5, None, 0.3),
    Part("celery_trainer", "celery", "SIGKILL to a training process", 15, 1, lambda stage: stage.kill_trainer),
    Part("celery_worker", "celery", "SIGKILL to Celery's worker", 5, 1, lambda stage: stage.kill_worker),
    Part("redis", "celery", "SIGKILL to Redis, which forgets everything", 5, 1, lambda stage: stage.kill_redis),
    Part("postgres", "celery", "SIGKILL to PostgreSQL", 3, 1, lambda stage: stage.kill_postgres),
)


def play_part(stage: Stage, part: Part, twins: list[Twin], times: int, rng: random.Random) -> Outcome:
    hand = part.hand(stage) if part.hand else None

    def fault(rng: random.Random, under_way: list[Watcher]) -> None:
        if hand is not None:
            hand(rng)
        elif under_way:
            rng.choice(under_way).cut()

    return play(stage, twins, fault, times, rng, part.longest_pause)
