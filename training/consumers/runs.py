"""Handlers of runs: check, start, watch, cancel, list, rename, delete."""

from __future__ import annotations

from functools import partial

from playground.wire.consumer import OWNER_ONLY, EventHandlers, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import runs
from training.access import get_access
from training.consumers.questions import ask, get_datasets, refuse_errors
from training.consumers.watching import WatchingConsumer
from training.jobs.questions import CheckQuestion
from training.jobs.sources import find_source
from training.limits import Limits
from training.messages.boundary import TrainingBoundary
from training.messages.checks import CheckTraining, TrainingChecked
from training.messages.events import TrainingArtifacts, TrainingCancelled, TrainingProgress, TrainingResult
from training.messages.insights import TrainingInsights
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
from training.messages.sweeps import SWEEP_STREAM
from training.models import Dataset
from training.permissions import CANCEL_RUNS, VIEW_DATASETS, VIEW_RUNS
from training.spec import TrainingSpec

STREAM = (
    *(TrainingProgress, TrainingBoundary),
    *(TrainingResult, TrainingCancelled, TrainingInsights, TrainingArtifacts),
)
"""The events of the stream of one training."""


class RunHandlers(EventHandlers[WatchingConsumer]):
    sends = (TrainingQueued, TrainingChecked, *STREAM, Trainings, TrainingRenamed, TrainingDeleted)

    @handles(RunTraining, staff=(VIEW_DATASETS,), answers=(TrainingQueued, *STREAM))
    async def run_training(self, message: RunTraining) -> None:
        dataset, test_dataset = await get_datasets(self.identity, message)
        checked = await self._check(message, dataset, test_dataset)
        refuse_errors(checked.problems)
        create = partial(runs.create, data=checked.data, model=checked.model, target=checked.target)
        await self.connection.start(partial(create, self.identity, message, dataset=dataset, test_dataset=test_dataset))

    @handles(CheckTraining, staff=(VIEW_DATASETS,), answers=(TrainingChecked,))
    async def check_training(self, message: CheckTraining) -> ServerMessage:
        return await self._check(message, *await get_datasets(self.identity, message))

    @handles(WatchTraining, staff=(VIEW_RUNS,), more=(VIEW_DATASETS,), always=True, answers=(*STREAM, *SWEEP_STREAM))
    async def watch_training(self, message: WatchTraining) -> None:
        access = await in_thread(get_access)(self.identity, message.run_id, message.token)
        await self.connection.watch(access, message.after_seq)

    @handles(CancelTraining, staff=(CANCEL_RUNS,), always=True, answers=(TrainingCancelled,))
    async def cancel_training(self, message: CancelTraining) -> None:
        await in_thread(runs.get_run)(self.identity, message.run_id, CANCEL_RUNS)
        await in_thread(runs.request_cancel)(message.run_id)

    @handles(ListTrainings, staff=OWNER_ONLY, always=True, answers=(Trainings,))
    async def list_trainings(self, message: ListTrainings) -> ServerMessage:
        return Trainings(
            runs=await in_thread(runs.list_runs)(self.identity, limit=message.limit, before=message.before)
        )

    @handles(RenameTraining, staff=OWNER_ONLY, always=True, answers=(TrainingRenamed,))
    async def rename_training(self, message: RenameTraining) -> ServerMessage:
        name = await in_thread(runs.rename)(self.identity, message.run_id, message.name)
        return TrainingRenamed(run_id=message.run_id, name=name)

    @handles(DeleteTraining, staff=OWNER_ONLY, always=True, answers=(TrainingDeleted,))
    async def delete_training(self, message: DeleteTraining) -> ServerMessage:
        await in_thread(runs.delete)(self.identity, message.run_id)
        return TrainingDeleted(run_id=message.run_id)

    async def _check(
        self, spec: TrainingSpec, dataset: Dataset | None, test_dataset: Dataset | None
    ) -> TrainingChecked:
        source = find_source(spec, dataset, test_dataset)
        checked: TrainingChecked = await ask(
            self.identity, CheckQuestion(spec.to_spec(), source, Limits.from_settings())
        )
        return checked
