"""How fast the frames of one network address are parsed. Parsing 1 MB takes the event loop 0.1 s."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from time import monotonic

from playground.wire.turns import Turns

PARSED_BYTES_PER_SECOND = 2_000_000  # characters of frames that are parsed in a second for one network address

SMALL = 2_048
"""Characters up to which a frame is small. Small frames do not wait for the large ones of their address."""
LEAST = 1_000
"""Characters that a frame counts at least, for the work besides parsing it."""
BURST_SECONDS = 4
"""An address that has been quiet may have so many seconds' worth of frames parsed at once."""


class _Lane:
    """The small or the large frames of one address. A frame counts when its turn comes, so one that leaves is free."""

    def __init__(self) -> None:
        self.free_at = monotonic()
        self.turns = Turns()
        self._timer: asyncio.TimerHandle | None = None

    def advance(self) -> None:
        """Let frames go until the burst is used up, and continue when there is time again."""
        now = monotonic()
        while self.free_at - BURST_SECONDS <= now and (granted := self.turns.grant()):
            self.free_at = max(self.free_at, now) + granted[1]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.turns:
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
    turn = lane.turns.add(owner, max(size, LEAST) / PARSED_BYTES_PER_SECOND)
    lane.advance()
    _forget_idle_lanes()
    await turn


def _forget_idle_lanes() -> None:
    """Delete the lanes that have been used least recently, as far as they are idle."""
    now = monotonic()
    while _lanes:
        key, lane = next(iter(_lanes.items()))
        if lane.turns or lane.free_at >= now:
            return
        del _lanes[key]
