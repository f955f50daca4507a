"""How far the logs of runs have got: read once for all sockets of a process that ask at about the same time.

Thousands of sockets look every few seconds, most of them at the same few runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

from playground.wire.consumer import in_thread
from training import runs

GATHER_SECONDS = 0.2


async def find_last(run_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of the last event of each of these runs, and of others. Those that are gone are missing.

    Raises what the database raises, to each who asked.
    """
    global _gathering
    if _gathering is None or _gathering.loop is not asyncio.get_running_loop():
        _gathering = _Gathering()
    _gathering.run_ids |= set(run_ids)
    return await asyncio.shield(_gathering.answer)  # who leaves takes it from nobody else


class _Gathering:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.run_ids: set[UUID] = set()
        self.answer = self.loop.create_task(self._read())

    async def _read(self) -> dict[UUID, int]:
        global _gathering
        await asyncio.sleep(GATHER_SECONDS)
        if _gathering is self:
            _gathering = None  # who comes from now on is in the next
        last: dict[UUID, int] = await in_thread(runs.read_last)(self.run_ids)
        return last


_gathering: _Gathering | None = None
