"""One read for many sockets: keys that are requested within a short time are looked up together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Mapping
from contextvars import Context
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

BATCH_SECONDS = 0.2


class BatchedRead(Generic[Key, Value]):
    """Collects keys for BATCH_SECONDS, then reads all of them at once.

    Thousands of sockets read every few seconds, most of them the same few keys.
    """

    def __init__(self, read: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        """read: returns a value for each key that it finds."""
        self._read = read
        self._batch: _Batch[Key, Value] | None = None

    async def get(self, keys: Collection[Key]) -> Mapping[Key, Value]:
        """Return the values of the whole batch. Keys that were not found are missing.

        Raises what `read` raises.
        """
        if self._batch is None or self._batch.loop is not asyncio.get_running_loop():
            self._batch = _Batch(self._close_and_read)
        self._batch.keys |= set(keys)
        return await asyncio.shield(self._batch.answer)  # a socket that closes must not cancel the read for the others

    async def _close_and_read(self, batch: _Batch[Key, Value]) -> Mapping[Key, Value]:
        await asyncio.sleep(BATCH_SECONDS)
        if self._batch is batch:
            self._batch = None  # later keys begin the next batch
        return await self._read(batch.keys)


class _Batch(Generic[Key, Value]):
    def __init__(self, read: Callable[[_Batch[Key, Value]], Coroutine[Any, Any, Mapping[Key, Value]]]) -> None:
        self.loop = asyncio.get_running_loop()
        self.keys: set[Key] = set()
        # In a new context: the batch is for all visitors, not only for the one who asks first.
        self.answer = self.loop.create_task(read(self), context=Context())
