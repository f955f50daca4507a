"""Handlers of tables: the list of them, and the description of one."""

from __future__ import annotations

from playground.wire.consumer import OWNER_ONLY, EventConsumer, EventHandlers, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import uploads
from training.consumers.questions import ask, get_linked
from training.datasets.builtin import find_builtin
from training.datasets.sources import Builtin
from training.jobs.questions import DescribeQuestion
from training.jobs.sources import source_of
from training.messages.datasets import DatasetDescribed, Datasets, DescribeDataset, ListDatasets
from training.models import Dataset
from training.permissions import VIEW_DATASETS


class DatasetHandlers(EventHandlers[EventConsumer]):
    sends = (Datasets, DatasetDescribed)

    @handles(ListDatasets, staff=OWNER_ONLY, always=True, answers=(Datasets,))
    async def list_datasets(self, message: ListDatasets) -> ServerMessage:
        return Datasets(datasets=await in_thread(uploads.list_datasets)(self.identity))

    @handles(DescribeDataset, staff=(VIEW_DATASETS,), always=True, answers=(DatasetDescribed,))
    async def describe_dataset(self, message: DescribeDataset) -> ServerMessage:
        if message.dataset_id is not None:
            return await self._describe(
                await in_thread(uploads.get_dataset)(self.identity, message.dataset_id), message
            )
        if message.fileURL is not None:
            return await self._describe(await get_linked(self.identity, message.fileURL, message.reading), message)
        builtin = find_builtin(message.default or "")
        described: DatasetDescribed = await ask(self.identity, DescribeQuestion(Builtin(builtin.name)))
        return described.model_copy(update={"default": builtin.name})

    async def _describe(self, dataset: Dataset, message: DescribeDataset) -> DatasetDescribed:
        """Return the stored description, or a new one where the message says how to read the table."""
        described = uploads.describe_dataset(dataset)
        if message.reading is None and not message.column_types:
            return described
        question = DescribeQuestion(source_of(dataset, message.reading), message.column_types)
        anew: DatasetDescribed = await ask(self.identity, question)
        return anew.model_copy(update={"dataset_id": dataset.pk, "name": dataset.name})
