"""Handlers of the description of a run, and of its link."""

from __future__ import annotations

from playground.wire.consumer import OWNER_ONLY, EventConsumer, EventHandlers, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import runs, share_links
from training.access import get_access
from training.messages.sharing import (
    DescribeTraining,
    ShareTraining,
    TrainingDescribed,
    TrainingShared,
    TrainingUnshared,
    UnshareTraining,
)
from training.permissions import VIEW_DATASETS, VIEW_RUNS


class SharingHandlers(EventHandlers[EventConsumer]):
    sends = (TrainingDescribed, TrainingShared, TrainingUnshared)

    @handles(DescribeTraining, staff=(VIEW_RUNS,), more=(VIEW_DATASETS,), always=True, answers=(TrainingDescribed,))
    async def describe_training(self, message: DescribeTraining) -> ServerMessage:
        return await in_thread(self._describe)(message)

    @handles(ShareTraining, staff=OWNER_ONLY, answers=(TrainingShared,))
    async def share_training(self, message: ShareTraining) -> ServerMessage:
        url = await in_thread(lambda: share_links.share(runs.get_run(self.identity, message.run_id)))()
        return TrainingShared(run_id=message.run_id, url=url)

    @handles(UnshareTraining, staff=OWNER_ONLY, always=True, answers=(TrainingUnshared,))
    async def unshare_training(self, message: UnshareTraining) -> ServerMessage:
        await in_thread(lambda: share_links.unshare(runs.get_run(self.identity, message.run_id)))()
        return TrainingUnshared(run_id=message.run_id)

    def _describe(self, message: DescribeTraining) -> TrainingDescribed:
        access = get_access(self.identity, message.run_id, message.token)
        return TrainingDescribed(run=access.summarize(), spec=access.describe_spec())
