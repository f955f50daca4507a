"""The part of TrainingConsumer that shares runs, and watches those that others share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from playground.wire.consumer import OWNER_ONLY, ErrorMessage, EventConsumer, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import broadcast, runs
from training.events import StoredEvent
from training.exceptions import ShareNotFound
from training.messages.runs import WatchTraining
from training.messages.sharing import (
    DescribeTraining,
    ShareTraining,
    TrainingDescribed,
    TrainingShared,
    TrainingUnshared,
    UnshareTraining,
)
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.sharing import links
from training.sharing.access import Access, get_access
from training.streams import RunStream

SENDS = (TrainingDescribed, TrainingShared, TrainingUnshared)


class SharingEvents(EventConsumer):
    streams: dict[UUID, RunStream]

    @handles(DescribeTraining, staff=(VIEW_RUNS,), more=(VIEW_DATASETS,), always=True, answers=(TrainingDescribed,))
    async def describe_training(self, message: DescribeTraining) -> ServerMessage:
        return await in_thread(self._describe)(message)

    @handles(ShareTraining, staff=OWNER_ONLY, answers=(TrainingShared,))
    async def share_training(self, message: ShareTraining) -> ServerMessage:
        url = await in_thread(lambda: links.share(runs.get_run(self.identity, message.run_id)))()
        return TrainingShared(run_id=message.run_id, url=url)

    @handles(UnshareTraining, staff=OWNER_ONLY, always=True, answers=(TrainingUnshared,))
    async def unshare_training(self, message: UnshareTraining) -> ServerMessage:
        await in_thread(lambda: links.unshare(runs.get_run(self.identity, message.run_id)))()
        return TrainingUnshared(run_id=message.run_id)

    async def run_unshared(self, message: dict[str, Any]) -> None:
        stream = self.streams.get(UUID(message["run_id"]))
        if stream is not None and stream.token:
            await self.drop_revoked()

    async def drop_revoked(self) -> None:
        """Turns this socket away from runs whose links have been taken back."""
        tokens = {stream.token for stream in self.streams.values() if stream.token}
        revoked = await in_thread(links.find_revoked)(tokens) if tokens else set()
        for stream in list(self.streams.values()):
            if stream.token in revoked:
                del self.streams[stream.run_id]
                await broadcast.leave(stream.run_id, self.channel_name)
                gone = ShareNotFound("The link to this run has been taken back.", where=str(stream.run_id))
                data = gone.data.model_copy(update={"event": WatchTraining.event_name})
                await self.send_event(ErrorMessage.event_name, data.model_dump())

    def build_stream(self, access: Access, after_seq: int) -> RunStream:
        """It sends the run's events as this visitor may see them."""

        async def send(stored: StoredEvent) -> None:
            data = access.show(stored.data)
            await self.send_stored(stored if data is stored.data else stored._replace(data=data))

        return RunStream(access.run.pk, after_seq, send, in_thread, access.token)

    async def send_stored(self, stored: StoredEvent) -> None:
        await self.send_text(stored.event, stored.text)

    def _describe(self, message: DescribeTraining) -> TrainingDescribed:
        access = get_access(self.identity, message.run_id, message.token)
        return TrainingDescribed(run=access.summarize(), spec=access.describe_spec())
