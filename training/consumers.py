"""TrainingConsumer, the socket at /ws/training/: parse, authorise, delegate, relay. It never trains."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from time import time
from typing import Any
from uuid import UUID, uuid4

from playground.wire import groups
from playground.wire.access import check_account
from playground.wire.consumer import OWNER_ONLY, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import broadcast, limits, runs, uploads
from training.datasets.builtin import find_builtin
from training.datasets.sources import Builtin
from training.engines.asker import Asker
from training.engines.base import get_engine
from training.engines.jobs import (
    CheckQuestion,
    DescribeQuestion,
    FinishedRun,
    PredictQuestion,
    Question,
    TestRowsQuestion,
)
from training.engines.orders import describe_finished
from training.exceptions import AnswerTimeout, TooManyWatched
from training.growth import find_last
from training.limits import Limits
from training.messages.boundary import TrainingBoundary
from training.messages.checks import CheckTraining, TrainingChecked
from training.messages.datasets import DatasetDescribed, Datasets, DescribeDataset, ListDatasets
from training.messages.events import TrainingArtifacts, TrainingCancelled, TrainingProgress, TrainingResult
from training.messages.insights import TrainingInsights
from training.messages.predictions import ListTestRows, Predict, Predictions, TestRows
from training.messages.runs import (
    CancelTraining,
    DeleteTraining,
    ListTrainings,
    RenameTraining,
    RunTraining,
    TrainingDeleted,
    TrainingQueued,
    TrainingRenamed,
    Trainings,
    WatchTraining,
)
from training.meters import DELIVERY
from training.models import Dataset
from training.permissions import CANCEL_RUNS, VIEW_DATASETS, VIEW_RUNS
from training.sharing.access import get_access
from training.sharing.events import SENDS as SHARING
from training.sharing.events import SharingEvents
from training.spec import TrainingSpec
from training.spec.reading import ReadingOptions
from training.streams import RunStream
from training.sweeps.consumer import SWEEP_STREAM, SweepConsumer, refuse_errors

logger = logging.getLogger(__name__)

MAX_WATCHED = 100  # runs per socket

STREAM = (
    *(TrainingProgress, TrainingBoundary),
    *(TrainingResult, TrainingCancelled, TrainingInsights, TrainingArtifacts),
)


class TrainingConsumer(SharingEvents, SweepConsumer):
    sends = (
        *SweepConsumer.sends,
        *(TrainingQueued, TrainingChecked, *STREAM, Predictions, TestRows, Trainings, Datasets, DatasetDescribed),
        *(TrainingRenamed, TrainingDeleted),
        *SHARING,
    )

    async def opened(self) -> None:
        broadcast.serve_from_this_loop()
        self.streams: dict[UUID, RunStream] = {}
        self._due: Mapping[UUID, int] = {}  # the last event that each run had at the last look at the log
        self._reconciling = asyncio.create_task(self._reconcile())

    async def closed(self) -> None:
        if hasattr(self, "streams"):
            self._reconciling.cancel()
            for run_id in list(self.streams):
                await broadcast.leave(run_id, self.channel_name)

    # --- events from the client --------------------------------------------------------------------------------------

    @handles(RunTraining, staff=(VIEW_DATASETS,), answers=(TrainingQueued, *STREAM))
    async def run_training(self, message: RunTraining) -> None:
        dataset, test_dataset = await self.get_datasets(message)
        checked = await self._check(message, dataset, test_dataset)
        refuse_errors(checked.problems)
        about = partial(runs.create, data=checked.data, model=checked.model, target=checked.target)
        await self.start(partial(about, self.identity, message, dataset=dataset, test_dataset=test_dataset))

    @handles(CheckTraining, staff=(VIEW_DATASETS,), answers=(TrainingChecked,))
    async def check_training(self, message: CheckTraining) -> ServerMessage:
        return await self._check(message, *await self.get_datasets(message))

    @handles(WatchTraining, staff=(VIEW_RUNS,), more=(VIEW_DATASETS,), always=True, answers=(*STREAM, *SWEEP_STREAM))
    async def watch_training(self, message: WatchTraining) -> None:
        access = await in_thread(get_access)(self.identity, message.run_id, message.token)
        self._make_room()
        await broadcast.join(message.run_id, self.channel_name)
        await self._follow(self.build_stream(access, message.after_seq))

    @handles(CancelTraining, staff=(CANCEL_RUNS,), always=True, answers=(TrainingCancelled,))
    async def cancel_training(self, message: CancelTraining) -> None:
        await in_thread(runs.get_run)(self.identity, message.run_id, CANCEL_RUNS)
        await in_thread(runs.request_cancel)(message.run_id)

    @handles(Predict, staff=(VIEW_RUNS,), answers=(Predictions,))
    async def predict(self, message: Predict) -> ServerMessage:
        run = await in_thread(self._get_finished)(message.run_id, VIEW_RUNS)
        return await self.ask(PredictQuestion(run, message.rows, message.explain))

    @handles(ListTestRows, staff=(VIEW_RUNS, VIEW_DATASETS), always=True, answers=(TestRows,))
    async def list_test_rows(self, message: ListTestRows) -> ServerMessage:
        run = await in_thread(self._get_finished)(message.run_id, VIEW_RUNS, VIEW_DATASETS)
        return await self.ask(TestRowsQuestion(run, message.actual, message.predicted, message.limit, message.offset))

    @handles(ListTrainings, staff=OWNER_ONLY, always=True, answers=(Trainings,))
    async def list_trainings(self, message: ListTrainings) -> ServerMessage:
        return Trainings(
            runs=await in_thread(runs.list_runs)(self.identity, limit=message.limit, before=message.before)
        )

    @handles(ListDatasets, staff=OWNER_ONLY, always=True, answers=(Datasets,))
    async def list_datasets(self, message: ListDatasets) -> ServerMessage:
        return Datasets(datasets=await in_thread(uploads.list_datasets)(self.identity))

    @handles(DescribeDataset, staff=(VIEW_DATASETS,), always=True, answers=(DatasetDescribed,))
    async def describe_dataset(self, message: DescribeDataset) -> ServerMessage:
        if message.dataset_id is not None:
            return await self._describe_dataset(
                await in_thread(uploads.get_dataset)(self.identity, message.dataset_id), message
            )
        if message.fileURL is not None:
            return await self._describe_dataset(await self._get_linked(message.fileURL, message.reading), message)
        builtin = find_builtin(message.default or "")
        described = await self.ask(DescribeQuestion(Builtin(builtin.name)))
        return described.model_copy(update={"default": builtin.name})

    async def _describe_dataset(self, dataset: Dataset, message: DescribeDataset) -> DatasetDescribed:
        """Return what was found out when the table was stored, or what the choices of the message make of it."""
        described = uploads.describe_dataset(dataset)
        if message.reading is None and not message.column_types:
            return described
        source = uploads.source_of(dataset, message.reading)
        anew: DatasetDescribed = await self.ask(DescribeQuestion(source, message.column_types))
        return anew.model_copy(update={"dataset_id": dataset.pk, "name": dataset.name})

    @handles(RenameTraining, staff=OWNER_ONLY, always=True, answers=(TrainingRenamed,))
    async def rename_training(self, message: RenameTraining) -> ServerMessage:
        name = await in_thread(runs.rename)(self.identity, message.run_id, message.name)
        return TrainingRenamed(run_id=message.run_id, name=name)

    @handles(DeleteTraining, staff=OWNER_ONLY, always=True, answers=(TrainingDeleted,))
    async def delete_training(self, message: DeleteTraining) -> ServerMessage:
        await in_thread(runs.delete)(self.identity, message.run_id)
        return TrainingDeleted(run_id=message.run_id)

    # --- what others broadcast ---------------------------------------------------------------------------------------

    async def run_grew(self, message: dict[str, Any]) -> None:
        stream = self.streams.get(UUID(message["run_id"]))
        if stream is not None:
            seen = stream.last_seq
            await stream.hear(message["last_seq"], broadcast.read_carried(message))
            if stream.last_seq > seen:
                DELIVERY.observe(max(0.0, time() - message["at"]))
            await self._drop_if_over(stream)

    async def _reconcile(self) -> None:
        """Broadcasts may be lost; the log is not. Whoever watches looks at it now and then."""
        while True:
            await asyncio.sleep(groups.RECONCILE_SECONDS / 2)
            try:
                await self._look_at_the_log()
            except Exception:
                # The database is away, say. This task must outlive that: it is what makes up for all that is lost.
                logger.exception("a socket could not look at the log")

    async def _look_at_the_log(self) -> None:
        """What was there at the last look, and has not come since, is read. What is merely late is left to come: a
        server that is behind would fall further behind.
        """
        await self.drop_revoked()
        due, self._due = self._due, await find_last(self.streams.keys()) if self.streams else {}
        for run_id, stream in list(self.streams.items()):
            if due.get(run_id, 0) > stream.last_seq:
                await broadcast.join(run_id, self.channel_name)  # again, where no broadcast came: it may be forgotten
                await stream.catch_up()
                await self._drop_if_over(stream)

    async def start(self, create: Callable[..., int]) -> None:
        run_id, reply_to = uuid4(), self.reply_to
        self._make_room()
        await broadcast.join(run_id, self.channel_name)
        try:
            position = await in_thread(create)(run_id=run_id)
        except BaseException:
            await broadcast.leave(run_id, self.channel_name)
            raise
        await self.send_message(TrainingQueued(run_id=run_id, position=position), reply_to)
        await self._follow(RunStream(run_id, 0, self.send_stored, in_thread))

    async def _follow(self, stream: RunStream) -> None:
        self.streams[stream.run_id] = stream
        await stream.catch_up()
        await self._drop_if_over(stream)

    async def _drop_if_over(self, stream: RunStream) -> None:
        if stream.over and self.streams.get(stream.run_id) is stream:
            del self.streams[stream.run_id]
            await broadcast.leave(stream.run_id, self.channel_name)

    def _make_room(self) -> None:
        if len(self.streams) >= MAX_WATCHED:
            raise TooManyWatched(f"This socket watches {MAX_WATCHED} unfinished runs already.")

    # --- questions ---------------------------------------------------------------------------------------------------

    def _get_finished(self, run_id: UUID, *permissions: str) -> FinishedRun:
        return describe_finished(runs.get_run(self.identity, run_id, *permissions))

    async def get_datasets(self, spec: TrainingSpec) -> tuple[Dataset | None, Dataset | None]:
        test_dataset = await in_thread(uploads.get_test_dataset)(self.identity, spec)
        if spec.fileURL is not None:
            return await self._get_linked(spec.fileURL, spec.reading), test_dataset
        if spec.dataset_id is None:
            return None, test_dataset
        return await in_thread(uploads.get_dataset)(self.identity, spec.dataset_id), test_dataset

    async def _get_linked(self, url: str, reading: ReadingOptions | None) -> Dataset:
        """Return the table behind a link. No thread waits while the table is fetched."""
        check_account(self.identity)
        dataset = await in_thread(uploads.find_linked)(self.identity, url)
        if dataset is None:
            dataset, question = await in_thread(uploads.begin_link)(self.identity, url, reading)
            try:
                described = await self.ask(question)
            except BaseException:
                await asyncio.shield(in_thread(uploads.discard)(dataset))
                raise
            await in_thread(uploads.keep)(dataset, described)
        return dataset

    async def _check(
        self, spec: TrainingSpec, dataset: Dataset | None, test_dataset: Dataset | None
    ) -> TrainingChecked:
        source = uploads.find_source(spec, dataset, test_dataset)
        question = CheckQuestion(spec.to_spec(), source, Limits.from_settings())
        return await self.ask(question)

    async def ask(self, question: Question) -> Any:
        try:
            async with asyncio.timeout(limits.ANSWER_SECONDS):
                asker = Asker.from_identity(self.identity)
                return await asyncio.wrap_future(get_engine().ask(question, asker))
        except TimeoutError:
            raise AnswerTimeout("The answer took too long.") from None
