"""One kind of fault, some number of times, at random moments of running runs; and what became of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.stage import Stage
from tests.faults.twins import Twin, read_ending, start
from tests.faults.watcher import PAUSE, Watcher
from tests.server import Talk

AT_ONCE = 3  # runs under way
END_SECONDS = 240  # that the last runs may take after the last fault


@dataclass
class Outcome:
    faults: int = 0
    runs: int = 0
    lost: int = 0
    twice: int = 0
    reconnects: int = 0
    stuck: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return not (self.lost or self.twice or self.stuck or self.wrong)

    def describe(self) -> str:
        counts = f"{self.faults} faults, {self.runs} runs, {self.reconnects} reconnects"
        kept = f"{len(self.wrong)} unlike their twins, {self.stuck} stuck, {self.lost} events lost, {self.twice} twice"
        wrong = f" ({'; '.join(self.wrong)})" if self.wrong else ""
        return f"{counts}: {kept}{wrong}; {self.seconds:.0f} s"


def play(
    stage: Stage,
    twins: list[Twin],
    fault: Callable[[random.Random, list[Watcher]], None],
    times: int,
    rng: random.Random,
    longest_pause: float = 2.0,
) -> Outcome:
    """`fault` happens `times` times while runs train, at most `longest_pause` seconds apart; then all runs may end."""
    outcome = Outcome()
    began = time.monotonic()
    watched: list[tuple[Twin, Watcher]] = []
    with Talk(stage.server) as talk:
        cookie = talk.cookie
    while outcome.faults < times:
        under_way = [watcher for _, watcher in watched if not watcher.over.is_set()]
        while len(under_way) < AT_ONCE:
            twin = twins[len(watched) % len(twins)]
            watched.append((twin, _insist(stage, cookie, twin)))
            under_way.append(watched[-1][1])
        _wait_for_progress(under_way)
        time.sleep(rng.uniform(0, longest_pause))  # the moment is what is random
        fault(rng, [watcher for watcher in under_way if not watcher.over.is_set()])
        outcome.faults += 1
    deadline = time.monotonic() + END_SECONDS
    for twin, watcher in watched:
        outcome.runs += 1
        if not watcher.over.wait(max(0.0, deadline - time.monotonic())):
            outcome.stuck += 1
            watcher.over.set()
            continue
        outcome.lost += watcher.seen.lost
        outcome.twice += watcher.seen.twice
        outcome.reconnects += watcher.seen.reconnects
        outcome.wrong += _compare(stage, cookie, watcher, twin)
    outcome.seconds = time.monotonic() - began
    return outcome


def _insist(stage: Stage, cookie: str, twin: Twin) -> Watcher:
    """Starts a run as a learner would who presses the button again when it was refused."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            with Talk(stage.server, cookie=cookie) as talk:
                return start(stage.server, talk, twin.spec)
        except Exception:
            # Whatever a server that is just being killed answers with.
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)


def _wait_for_progress(under_way: list[Watcher]) -> None:
    """So that the fault meets a run that trains, and not a server that starts."""
    before = [watcher.seen.last_seq for watcher in under_way]
    deadline = time.monotonic() + END_SECONDS
    while all(
        watcher.seen.last_seq == last and not watcher.over.is_set()
        for watcher, last in zip(under_way, before, strict=True)
    ):
        assert time.monotonic() < deadline, "nothing trains any more"
        time.sleep(0.02)  # watchers are threads that only collect


def _compare(stage: Stage, cookie: str, watcher: Watcher, twin: Twin) -> list[str]:
    try:
        parts = read_ending(stage.server, cookie, watcher).differs_from(twin.ending)
    except AssertionError as error:
        return [f"{twin.name}: {error}"]
    return [f"{twin.name}: other {', '.join(parts)}"] if parts else []
