"""Handlers of sweeps and comparisons."""

from __future__ import annotations

from functools import partial

from playground.wire.consumer import EventHandlers, handles
from playground.wire.envelope import ServerMessage
from training.consumers.questions import ask, get_datasets, refuse_errors
from training.consumers.watching import WatchingConsumer
from training.jobs.questions import SweepQuestion
from training.jobs.sources import find_source
from training.limits import Limits, SweepLimits
from training.messages.events import TrainingCancelled
from training.messages.runs import TrainingQueued
from training.messages.sweeps import (
    SWEEP_STREAM,
    CheckSweep,
    CompareTraining,
    RunSweep,
    SweepChecked,
    SweepProgress,
    SweepResult,
    TrainingCompared,
)
from training.models import Dataset
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.sweep_runs import create_comparison, create_sweep


class SweepHandlers(EventHandlers[WatchingConsumer]):
    sends = (SweepChecked, *SWEEP_STREAM)

    @handles(
        RunSweep,
        staff=(VIEW_DATASETS,),
        answers=(TrainingQueued, SweepProgress, SweepResult, TrainingCancelled),
    )
    async def run_sweep(self, message: RunSweep) -> None:
        dataset, test_dataset = await get_datasets(self.identity, message.spec)
        checked = await self._check(message, dataset, test_dataset, timed=False)
        refuse_errors(checked.problems)
        create = partial(create_sweep, self.identity, message, dataset=dataset, test_dataset=test_dataset)
        await self.connection.start(partial(create, checked=checked))

    @handles(CheckSweep, staff=(VIEW_DATASETS,), answers=(SweepChecked,))
    async def check_sweep(self, message: CheckSweep) -> ServerMessage:
        return await self._check(message, *await get_datasets(self.identity, message.spec), timed=True)

    @handles(
        CompareTraining,
        staff=(VIEW_RUNS, VIEW_DATASETS),
        answers=(TrainingQueued, SweepProgress, TrainingCompared, TrainingCancelled),
    )
    async def compare_training(self, message: CompareTraining) -> None:
        await self.connection.start(partial(create_comparison, self.identity, message))

    async def _check(
        self, message: RunSweep | CheckSweep, dataset: Dataset | None, test_dataset: Dataset | None, *, timed: bool
    ) -> SweepChecked:
        source = find_source(message.spec, dataset, test_dataset)
        limits, sweep_limits = Limits.from_settings(), SweepLimits.from_settings()
        question = SweepQuestion(message.spec, message.vary, source, limits, sweep_limits, timed)
        checked: SweepChecked = await ask(self.identity, question)
        return checked
