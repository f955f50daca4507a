"""A queue of waiting coroutines that is fair between owners. Used for frames to parse and for threads of sockets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class FairQueue:
    """Futures that wait: one of each owner after the other. A cancelled future leaves the queue."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[asyncio.Future[None], float]]] = {}

    def __bool__(self) -> bool:
        """Return whether any future waits. Cancelled ones may count until `grant` skips them."""
        return bool(self._waiting)

    def add(self, owner: str, cost: float = 0.0) -> asyncio.Future[None]:
        """Return a new future that waits. `grant` returns its `cost`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append((turn, cost))
        return turn

    def grant(self, may_go: Callable[[str], bool] = lambda owner: True) -> tuple[str, float] | None:
        """Finish the next future. Return its owner and its cost, or None if no future may go.

        may_go: returns whether a future of this owner may go now. Other owners keep their places.
        """
        for owner in list(self._waiting):
            if not may_go(owner):
                continue
            queue = self._waiting.pop(owner)
            while queue:
                turn, cost = queue.popleft()
                if not turn.done():
                    if queue:
                        self._waiting[owner] = queue  # at the end: the other owners come first
                    turn.set_result(None)
                    return owner, cost
        return None
