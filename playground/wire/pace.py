"""How fast large frames of one network address are parsed. Parsing 1 MB takes the event loop 0.1 s."""

from __future__ import annotations

import asyncio
from time import monotonic

from django.conf import settings

LARGE = 16_384
"""Characters of a frame from which it waits for its turn. Smaller frames are bounded by their number."""
BURST_SECONDS = 4
"""An address that has been quiet may have so many seconds' worth of large frames parsed at once."""

_free_at: dict[str, float] = {}


async def wait_for_turn(address: str, size: int) -> None:
    """Wait until a frame of `size` characters from this address may be parsed.

    The frames of one address are parsed in the order of these calls, at WIRE_LARGE_FRAME_BYTES_PER_SECOND.
    """
    if size < LARGE:
        return
    now = monotonic()
    for known in [known for known, free_at in _free_at.items() if free_at < now]:
        del _free_at[known]
    turn = _free_at.get(address, now)
    _free_at[address] = turn + size / settings.WIRE_LARGE_FRAME_BYTES_PER_SECOND
    await asyncio.sleep(max(0.0, turn - now - BURST_SECONDS))
