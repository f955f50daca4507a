"""RunStream: the events of one run that one connection has received, so that it gets each event once and in order."""

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
"""The last event of a stream, unless the run fails."""

Read = Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]]
Send = Callable[[StoredEvent], Awaitable[None]]


class RunStream:
    """Sends the stored events of a run.

    Broadcasts may be lost, repeated or early. The numbers of the events say which ones are missing.
    """

    def __init__(self, run_id: UUID, after_seq: int, send: Send, read: Read, token: str = "") -> None:
        """Start after event number `after_seq`. `token`: of the link to the run; empty if none is needed."""
        self.run_id = run_id
        self.token = token
        self.last_seq = after_seq
        self.over = False
        self._send = send
        self._read = read
        self._lock = asyncio.Lock()

    async def hear(self, last_seq: int, events: Sequence[StoredEvent]) -> None:
        """Handle a broadcast: the last stored event has the number `last_seq`. `events` may contain the new events."""
        async with self._lock:
            if events and events[0].seq <= self.last_seq + 1:
                await self._relay(events)
            elif last_seq > self.last_seq:
                await self._relay(await self._read(runs.read_events)(self.run_id, self.last_seq))

    async def catch_up(self) -> None:
        """Send all stored events that are missing."""
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
