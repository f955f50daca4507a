"""Calls of synchronous code in threads with a database connection. One visitor cannot use all threads."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from channels.db import database_sync_to_async

from playground.wire.fair_queue import FairQueue

JOBS_PER_OWNER = 4  # reads and writes under way at once for the sockets of one owner; more wait
JOBS_PER_ADDRESS = 16  # the same for all owners at one network address

OPENING = ""
"""The owner of calls for a socket that is being opened: the visitor is not known yet."""

_visitor: ContextVar[tuple[str, str] | None] = ContextVar("visitor", default=None)
_addresses: dict[str, _Jobs] = {}


def set_visitor(address: str, owner: str) -> None:
    """Count calls of this task, and of tasks that it starts afterwards, for this visitor.

    address: a normalized network address. Calls of other tasks, such as requests, are not counted.
    """
    _visitor.set((address, owner))


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Return `function` as a coroutine that runs it in a thread with a database connection.

    Asynchronous code calls synchronous code only in this way. At most JOBS_PER_OWNER calls of an owner and
    JOBS_PER_ADDRESS calls of a network address run or wait for a thread at once. The others wait here, in an order
    that is fair between owners.
    """
    run = database_sync_to_async(function, thread_sensitive=False)

    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        if (visitor := _visitor.get()) is None:
            return await run(*args, **kwargs)
        address, owner = visitor
        jobs = _addresses.setdefault(address, _Jobs(address))
        await jobs.begin(owner)
        job = asyncio.ensure_future(run(*args, **kwargs))
        job.add_done_callback(lambda _: jobs.end(owner))
        # A thread cannot be cancelled. It counts until it ends, even if its socket is closed before.
        return await asyncio.shield(job)

    return call


class _Jobs:
    """The calls for one network address: how many run for each owner, and which wait."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._running: Counter[str] = Counter()
        self._queue = FairQueue()

    async def begin(self, owner: str) -> None:
        """Wait until the owner and the address may have one more call."""
        turn = self._queue.add(owner)
        self._advance()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was granted in the same moment
                self.end(owner)
            else:
                self._advance()
            raise

    def end(self, owner: str) -> None:
        """Count one call less, and let the next one begin."""
        self._running[owner] -= 1
        if not self._running[owner]:
            del self._running[owner]
        self._advance()

    def _advance(self) -> None:
        while self._running.total() < JOBS_PER_ADDRESS:
            granted = self._queue.grant(lambda owner: self._running[owner] < JOBS_PER_OWNER)
            if granted is None:
                break
            self._running[granted[0]] += 1
        if not self._running and not self._queue:
            _addresses.pop(self._address, None)
