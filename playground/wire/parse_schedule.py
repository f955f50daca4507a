"""Limits how fast frames of one network address are parsed. Parsing 1 MB occupies the event loop for 0.1 s."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from time import monotonic

from playground.wire.fair_queue import FairQueue

PARSED_BYTES_PER_SECOND = 2_000_000  # characters of frames that are parsed in a second for one network address

SMALL = 2_048
"""Characters up to which a frame is small. Small frames do not wait for the large ones of their address."""
LEAST = 1_000
"""The least number of characters that a frame counts for. It covers the work besides parsing."""
BURST_SECONDS = 4
"""After a pause, frames worth this many seconds of parsing are parsed at once."""


class _Lane:
    """The small or the large frames of one address. A frame counts when it is granted, not while it waits."""

    def __init__(self) -> None:
        self.free_at = monotonic()
        self.queue = FairQueue()
        self._timer: asyncio.TimerHandle | None = None

    def advance(self) -> None:
        """Grant frames until the burst is used up. Continue by a timer."""
        now = monotonic()
        while self.free_at - BURST_SECONDS <= now and (granted := self.queue.grant()):
            self.free_at = max(self.free_at, now) + granted[1]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.queue:
            wait = max(0.0, self.free_at - BURST_SECONDS - now)
            self._timer = asyncio.get_running_loop().call_later(wait, self.advance)


_lanes: OrderedDict[tuple[str, bool], _Lane] = OrderedDict()


async def wait_for_turn(address: str, owner: str, size: int) -> None:
    """Wait until a frame of `size` characters may be parsed.

    The frames of one address are parsed at PARSED_BYTES_PER_SECOND, one of each owner after the other.
    """
    key = (address, size <= SMALL)
    lane = _lanes.setdefault(key, _Lane())
    _lanes.move_to_end(key)
    turn = lane.queue.add(owner, max(size, LEAST) / PARSED_BYTES_PER_SECOND)
    lane.advance()
    _forget_idle_lanes()
    await turn


def _forget_idle_lanes() -> None:
    """Delete the least recently used lanes until one is not idle."""
    now = monotonic()
    while _lanes:
        key, lane = next(iter(_lanes.items()))
        if lane.queue or lane.free_at >= now:
            return
        del _lanes[key]
