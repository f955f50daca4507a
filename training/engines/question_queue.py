"""QuestionQueue: decides which question a worker answers next. It uses no threads and no I/O.

Each lane (a role of question workers) has a number of places. Questions are sorted by their time of arrival plus the
worker seconds that their owner has used recently. So an owner who has used nothing waits only for questions that
arrived earlier. An owner who has used n seconds also waits for questions that arrive within the next n seconds.

It is easy to get many owners: a new cookie or account is enough. So the owners at one network address also share a
meter, and they get at most half of the places of a lane while others wait.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from training.engines.requester import Requester
from training.exceptions import QuestionLimitReached
from training.work.roles import Role

ADDRESS_OWNERS = 8  # the guests at one address together get the share of so many owners
ADDRESS_ACCOUNTS = 40  # the accounts at one address together get the share of so many owners: a class
CEILING = 2  # budgets that a meter shows at most, so that an owner may ask again after a minute
STOP_SECONDS = 5.0  # after which a question may be stopped, for an owner who has used as much less and waits

Item = TypeVar("Item")


@dataclass
class Meter:
    """A sum of seconds that shrinks by `leak` each second. `level` is the sum at the time `at`, up to a ceiling."""

    level: float = 0.0
    at: float = 0.0

    def read(self, now: float, leak: float) -> float:
        return max(0.0, self.level - (now - self.at) * leak)

    def add(self, seconds: float, now: float, leak: float, ceiling: float) -> None:
        self.level, self.at = min(ceiling, self.read(now, leak) + seconds), now


@dataclass(eq=False)
class QueuedQuestion(Generic[Item]):
    """One question. `arrived` and `began` are times of the queue's clock; `began` is None while it waits."""

    item: Item
    requester: Requester
    lane: Role
    arrived: float
    began: float | None = field(default=None)


def count_shares(requester: Requester) -> int:
    """Return how many owners' share the guests, or the accounts, at the requester's address get together."""
    return ADDRESS_OWNERS if requester.is_guest else ADDRESS_ACCOUNTS


class QuestionQueue(Generic[Item]):
    """The waiting and the running questions.

    places: the most workers of each lane. One owner gets at most half of them at once, and at least one.
    budget: worker seconds that an owner may use in a minute. Beyond it, the owner's questions are refused while others
        use the same lane.
    """

    def __init__(self, places: Mapping[Role, int], budget: float, clock: Callable[[], float] = monotonic) -> None:
        self._places = places
        self._budget = budget
        self._leak = budget / 60
        self._clock = clock
        self._waiting: dict[Role, dict[str, deque[QueuedQuestion[Item]]]] = {lane: {} for lane in places}
        self._running: dict[Role, list[QueuedQuestion[Item]]] = {lane: [] for lane in places}
        self._meters: defaultdict[str, Meter] = defaultdict(Meter)

    def put(self, item: Item, requester: Requester, lane: Role) -> QueuedQuestion[Item]:
        """Add a question. Raises QuestionLimitReached for an owner beyond the budget while others use the lane."""
        if self._measure_own(requester) > self._budget and self._is_used_by_others(lane, requester):
            raise QuestionLimitReached(
                f"Your questions have taken more than the {self._budget:g} seconds a minute that are yours while "
                "others wait."
            )
        asked = QueuedQuestion(item, requester, lane, self._clock())
        self._waiting[lane].setdefault(requester.owner, deque()).append(asked)
        return asked

    def take(self, lane: Role) -> QueuedQuestion[Item] | None:
        """Begin the next question of the lane. Return None if no waiting owner may have another place."""
        asked = self._find_next(lane)
        if asked is None:
            return None
        self._remove(asked)
        asked.began = self._clock()
        self._running[lane].append(asked)
        return asked

    def finish(self, asked: QueuedQuestion[Item]) -> None:
        """End a question that was begun, answered or not. The owner is charged for its time."""
        self._running[asked.lane].remove(asked)
        self._charge(asked)

    def requeue(self, asked: QueuedQuestion[Item], lane: Role) -> None:
        """Stop a question and let it wait in `lane`. It keeps the time at which it arrived."""
        self.finish(asked)
        asked.lane, asked.began = lane, None
        self._waiting[lane].setdefault(asked.requester.owner, deque()).appendleft(asked)

    def move(self, asked: QueuedQuestion[Item], lane: Role) -> None:
        """Let a running question take a place of `lane` instead of one of its own lane."""
        self._running[asked.lane].remove(asked)
        asked.lane = lane
        self._running[lane].append(asked)

    def find_to_stop(self, lane: Role) -> QueuedQuestion[Item] | None:
        """Return the running question to stop, or None.

        There is one if all places are taken, and an owner waits who has used much less.
        """
        waiting, now = self._find_next(lane), self._clock()
        if waiting is None or len(self._running[lane]) < self._places[lane]:
            return None
        longest = [asked for asked in self._running[lane] if now - (asked.began or now) >= STOP_SECONDS]
        heaviest = max(longest, key=lambda asked: self.measure_use(asked.requester), default=None)
        if heaviest is None or heaviest.requester.owner == waiting.requester.owner:
            return None
        excess = self.measure_use(heaviest.requester) - self.measure_use(waiting.requester)
        return heaviest if excess >= STOP_SECONDS else None

    def has_room(self, lane: Role, requester: Requester) -> bool:
        """Return whether another question of the requester could begin in the lane now."""
        running = self._running[lane]
        own = sum(asked.requester.owner == requester.owner for asked in running)
        return len(running) < self._places[lane] and own < max(1, self._places[lane] // 2)

    def count_wanted(self, lane: Role) -> int:
        """Return how many places of the lane can be used now."""
        running = self._running[lane]
        share = max(1, self._places[lane] // 2)
        wanted = len(running)
        for owner, waiting in self._waiting[lane].items():
            own = sum(asked.requester.owner == owner for asked in running)
            wanted += max(0, min(len(waiting), share - own))
        return min(wanted, self._places[lane])

    def is_awaited(self, lane: Role) -> bool:
        """Return whether a question waits in the lane."""
        return bool(self._waiting[lane])

    def drop(self, is_over: Callable[[Item], bool]) -> None:
        """Remove waiting questions whose requester has gone, and forget owners who have used nothing lately."""
        for asked in [asked for asked in self.waiting if is_over(asked.item)]:
            self._remove(asked)
        now = self._clock()
        for key in [key for key, meter in self._meters.items() if not meter.read(now, self._leak)]:
            del self._meters[key]

    @property
    def waiting(self) -> Iterator[QueuedQuestion[Item]]:
        return (asked for owners in self._waiting.values() for queue in owners.values() for asked in queue)

    @property
    def running(self) -> Iterator[QueuedQuestion[Item]]:
        return (asked for running in self._running.values() for asked in running)

    def measure_use(self, requester: Requester) -> float:
        """Return the worker seconds that a requester has used recently, those of questions under way included.

        A part of what all guests, or all accounts, of the same address have used is added. So many owners from one
        address go after others, and among themselves in the order of their own use.
        """
        used = self._measure_own(requester)
        if requester.group:
            of_group = self._measure(requester.group, lambda other: other.group == requester.group)
            used += of_group / count_shares(requester)
        return used

    def _measure_own(self, requester: Requester) -> float:
        return self._measure(f"owner {requester.owner}", lambda other: other.owner == requester.owner)

    def _measure(self, key: str, is_same: Callable[[Requester], bool]) -> float:
        now = self._clock()
        past = self._meters[key].read(now, self._leak) if key in self._meters else 0.0
        return past + sum(now - (asked.began or now) for asked in self.running if is_same(asked.requester))

    def _charge(self, asked: QueuedQuestion[Item]) -> None:
        now = self._clock()
        seconds = now - (asked.began or now)
        self._meters[f"owner {asked.requester.owner}"].add(seconds, now, self._leak, CEILING * self._budget)
        if asked.requester.group:
            ceiling = count_shares(asked.requester) * self._budget
            self._meters[asked.requester.group].add(seconds, now, self._leak, ceiling)

    def _find_next(self, lane: Role) -> QueuedQuestion[Item] | None:
        """Return the question to begin next. Those of an address that has half of the places go after all others."""
        share = max(1, self._places[lane] // 2)
        busy = Counter(asked.requester.owner for asked in self._running[lane])
        nearby = Counter(asked.requester.address for asked in self._running[lane] if asked.requester.address)
        first = [queue[0] for owner, queue in self._waiting[lane].items() if busy[owner] < share]
        return min(
            first,
            key=lambda asked: (
                nearby[asked.requester.address] >= share,
                asked.arrived + self.measure_use(asked.requester),
            ),
            default=None,
        )

    def _remove(self, asked: QueuedQuestion[Item]) -> None:
        queue = self._waiting[asked.lane][asked.requester.owner]
        queue.remove(asked)
        if not queue:
            del self._waiting[asked.lane][asked.requester.owner]

    def _is_used_by_others(self, lane: Role, requester: Requester) -> bool:
        return any(owner != requester.owner for owner in self._waiting[lane]) or any(
            asked.requester.owner != requester.owner for asked in self._running[lane]
        )
