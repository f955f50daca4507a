"""One read for many sockets: keys that are asked for at about the same time are looked up together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Mapping
from contextvars import Context
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

GATHER_SECONDS = 0.2


class Gathering(Generic[Key, Value]):
    """Collects keys for GATHER_SECONDS, then reads all of them at once.

    Thousands of sockets look every few seconds, most of them for the same few keys.
    """

    def __init__(self, read: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        """`read` returns a value for each key that it finds."""
        self._read = read
        self._batch: _Batch[Key, Value] | None = None

    async def get(self, keys: Collection[Key]) -> Mapping[Key, Value]:
        """Return the values of these keys, and of others. Keys that were not found are missing.

        Raises what `read` raises.
        """
        if self._batch is None or self._batch.loop is not asyncio.get_running_loop():
            self._batch = _Batch(self._close_and_read)
        self._batch.keys |= set(keys)
        return await asyncio.shield(self._batch.answer)  # a socket that leaves must not cancel it for the others

    async def _close_and_read(self, batch: _Batch[Key, Value]) -> Mapping[Key, Value]:
        await asyncio.sleep(GATHER_SECONDS)
        if self._batch is batch:
            self._batch = None  # later keys belong to the next batch
        return await self._read(batch.keys)


class _Batch(Generic[Key, Value]):
    def __init__(self, read: Callable[[_Batch[Key, Value]], Coroutine[Any, Any, Mapping[Key, Value]]]) -> None:
        self.loop = asyncio.get_running_loop()
        self.keys: set[Key] = set()
        # Without the context of the visitor who asks first: the batch is for all of them.
        self.answer = self.loop.create_task(read(self), context=Context())
