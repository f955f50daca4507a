"""An order of waiting that is fair between owners. The pace of frames and the threads of visitors use it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """Waiting futures, one after the other of each owner in turn. A future that is cancelled loses its turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[asyncio.Future[None], float]]] = {}

    def __bool__(self) -> bool:
        """Return whether any future waits. Cancelled ones may count until they are passed over."""
        return bool(self._waiting)

    def add(self, owner: str, cost: float = 0.0) -> asyncio.Future[None]:
        """Return a new future that waits for its turn. `cost` is returned by `grant`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append((turn, cost))
        return turn

    def grant(self, may_go: Callable[[str], bool] = lambda owner: True) -> tuple[str, float] | None:
        """Finish the next future, and return its owner and its cost. Owners that `may_go` denies are passed over.

        Return None where no future may go.
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
