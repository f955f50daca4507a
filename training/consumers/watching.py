"""WatchingConsumer: a connection that sends the events of the runs that it watches, each once and in order.

Broadcasts say when a run has new events. They may be lost, the stored events may not: so the consumer also compares the
number of the last event of each run with the database, at intervals.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import time
from typing import Any
from uuid import UUID, uuid4

from playground.wire import groups
from playground.wire.batching import BatchedRead
from playground.wire.consumer import ErrorMessage, EventConsumer
from playground.wire.threads import in_thread
from training import broadcast, runs, share_links
from training.access import Access
from training.consumers.run_stream import RunStream
from training.events import StoredEvent
from training.exceptions import ShareNotFound, TooManyWatched
from training.messages.runs import TrainingQueued, WatchTraining
from training.meters import DELIVERY

MAX_WATCHED = 100  # runs per connection

find_last = BatchedRead[UUID, int](lambda run_ids: in_thread(runs.read_last)(run_ids)).get
"""Return the number of the last event of each of these runs. Deleted runs are missing.

All connections of a process that ask at about the same time share one query.
"""

logger = logging.getLogger(__name__)


class WatchingConsumer(EventConsumer):
    """Base of TrainingConsumer. Its public methods are for the handlers of the topics."""

    async def opened(self) -> None:
        broadcast.serve_from_this_loop()
        self.streams: dict[UUID, RunStream] = {}
        self._last_seen: Mapping[UUID, int] = {}  # the last event of each run when the database was read last
        self._reconciling = asyncio.create_task(self._reconcile())

    async def closed(self) -> None:
        if hasattr(self, "streams"):
            self._reconciling.cancel()
            for run_id in list(self.streams):
                await broadcast.leave(run_id, self.channel_name)

    async def start(self, create: Callable[..., int]) -> None:
        """Store a run with `create(run_id=…)`, answer its position in the queue, and watch it from its first event."""
        run_id, reply_to = uuid4(), self.reply_to
        self._make_room()
        await broadcast.join(run_id, self.channel_name)
        try:
            position = await in_thread(create)(run_id=run_id)
        except BaseException:
            await broadcast.leave(run_id, self.channel_name)
            raise
        await self.send_message(TrainingQueued(run_id=run_id, position=position), reply_to)
        await self._follow(RunStream(run_id, 0, self._send_stored, in_thread))

    async def watch(self, access: Access, after_seq: int) -> None:
        """Send the events of a run after `after_seq`, as this visitor may see them."""
        self._make_room()
        await broadcast.join(access.run.pk, self.channel_name)

        async def send(stored: StoredEvent) -> None:
            data = access.show(stored.data)
            await self._send_stored(stored if data is stored.data else stored._replace(data=data))

        await self._follow(RunStream(access.run.pk, after_seq, send, in_thread, access.token))

    # --- messages of the channel layer, from `training/broadcast.py` -------------------------------------------------

    async def run_grew(self, message: dict[str, Any]) -> None:
        """Send the new events of a run."""
        stream = self.streams.get(UUID(message["run_id"]))
        if stream is not None:
            seen = stream.last_seq
            await stream.hear(message["last_seq"], broadcast.read_carried(message))
            if stream.last_seq > seen:
                DELIVERY.observe(max(0.0, time() - message["at"]))
            await self._drop_if_over(stream)

    async def run_unshared(self, message: dict[str, Any]) -> None:
        """Stop watching a run whose link was withdrawn."""
        stream = self.streams.get(UUID(message["run_id"]))
        if stream is not None and stream.token:
            await self._drop_withdrawn()

    # --- private -----------------------------------------------------------------------------------------------------

    async def _reconcile(self) -> None:
        """Compare the streams with the database at intervals, since broadcasts may be lost."""
        while True:
            await asyncio.sleep(groups.RECONCILE_SECONDS / 2)
            try:
                await self._catch_up()
            except Exception:
                # For example, the database is unavailable. The task must go on: it makes up for lost broadcasts.
                logger.exception("a socket could not read the last events of its runs")

    async def _catch_up(self) -> None:
        """Send events that were in the database at the previous call and that no broadcast has brought since.

        Newer events are left to broadcasts, which may be late: a server that is behind would fall further behind.
        """
        await self._drop_withdrawn()
        due, self._last_seen = self._last_seen, await find_last(self.streams.keys()) if self.streams else {}
        for run_id, stream in list(self.streams.items()):
            if due.get(run_id, 0) > stream.last_seq:
                await broadcast.join(run_id, self.channel_name)  # the layer may have lost the group
                await stream.catch_up()
                await self._drop_if_over(stream)

    async def _drop_withdrawn(self) -> None:
        """Stop watching runs whose links were withdrawn, and tell the client."""
        tokens = {stream.token for stream in self.streams.values() if stream.token}
        withdrawn = await in_thread(share_links.find_revoked)(tokens) if tokens else set()
        for stream in list(self.streams.values()):
            if stream.token in withdrawn:
                del self.streams[stream.run_id]
                await broadcast.leave(stream.run_id, self.channel_name)
                gone = ShareNotFound("The link to this run has been taken back.", where=str(stream.run_id))
                data = gone.data.model_copy(update={"event": WatchTraining.event_name})
                await self.send_event(ErrorMessage.event_name, data.model_dump())

    async def _follow(self, stream: RunStream) -> None:
        self.streams[stream.run_id] = stream
        await stream.catch_up()
        await self._drop_if_over(stream)

    async def _drop_if_over(self, stream: RunStream) -> None:
        if stream.over and self.streams.get(stream.run_id) is stream:
            del self.streams[stream.run_id]
            await broadcast.leave(stream.run_id, self.channel_name)

    async def _send_stored(self, stored: StoredEvent) -> None:
        await self.send_text(stored.event, stored.text)

    def _make_room(self) -> None:
        if len(self.streams) >= MAX_WATCHED:
            raise TooManyWatched(f"This socket watches {MAX_WATCHED} unfinished runs already.")
