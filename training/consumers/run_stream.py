"""What one socket has seen of one run, so that it gets each event once and in order. Used by TrainingConsumer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from training import runs
from training.events import StoredEvent
from training.messages.events import TrainingArtifacts, TrainingCancelled
from training.messages.sweeps import SweepResult, TrainingCompared

LAST = {message.event_name for message in (TrainingArtifacts, TrainingCancelled, SweepResult, TrainingCompared)}
"""What nothing follows, besides a failure."""

Read = Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]]
Send = Callable[[StoredEvent], Awaitable[None]]


class RunStream:
    """Relays a run's stored events. Nudges may be lost, repeated or early: the numbers say what is missing."""

    def __init__(self, run_id: UUID, after_seq: int, send: Send, read: Read, token: str = "") -> None:
        """`token`: of the link by which the run is seen; empty where it needs none."""
        self.run_id = run_id
        self.token = token
        self.last_seq = after_seq
        self.over = False
        self._send = send
        self._read = read
        self._lock = asyncio.Lock()

    async def hear(self, last_seq: int, events: Sequence[StoredEvent]) -> None:
        """A nudge: the log has grown up to `last_seq`; `events` may hold what was added."""
        async with self._lock:
            if events and events[0].seq <= self.last_seq + 1:
                await self._relay(events)
            elif last_seq > self.last_seq:
                await self._relay(await self._read(runs.read_events)(self.run_id, self.last_seq))

    async def catch_up(self) -> None:
        async with self._lock:
            await self._relay(await self._read(runs.read_events)(self.run_id, self.last_seq))

    async def _relay(self, events: Sequence[StoredEvent]) -> None:
        for stored in events:
            if stored.seq <= self.last_seq:
                continue
            await self._send(stored)
            self.last_seq = stored.seq
            failed = stored.data.get("success") is False
            self.over = failed or stored.event in LAST
