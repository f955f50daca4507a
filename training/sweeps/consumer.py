"""What TrainingConsumer does about sweeps and comparisons; the socket itself is in `training/consumers.py`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from playground.wire.consumer import EventConsumer, handles
from playground.wire.envelope import ServerMessage
from training import uploads
from training.engines.jobs import Question, SweepQuestion
from training.exceptions import SpecRefused
from training.limits import Limits, SweepLimits
from training.messages.events import TrainingCancelled
from training.messages.problems import Level, Problem
from training.messages.runs import TrainingQueued
from training.messages.sweeps import (
    CheckSweep,
    CompareTraining,
    RunSweep,
    SweepChecked,
    SweepProgress,
    SweepResult,
    TrainingCompared,
)
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.spec import TrainingSpec
from training.sweeps import requests

if TYPE_CHECKING:
    from training.models import Dataset

SWEEP_STREAM = (SweepProgress, SweepResult, TrainingCompared)


class SweepConsumer(EventConsumer):
    """Base of TrainingConsumer."""

    sends = (*EventConsumer.sends, SweepChecked, *SWEEP_STREAM)

    @handles(
        RunSweep,
        staff=(VIEW_DATASETS,),
        answers=(TrainingQueued, SweepProgress, SweepResult, TrainingCancelled),
    )
    async def run_sweep(self, message: RunSweep) -> None:
        dataset, test_dataset = await self.get_datasets(message.spec)
        checked = await self._check_sweep(message, dataset, test_dataset, timed=False)
        refuse_errors(checked.problems)
        create = partial(requests.create_sweep, self.identity, message, dataset=dataset, test_dataset=test_dataset)
        await self.start(partial(create, checked=checked))

    @handles(CheckSweep, staff=(VIEW_DATASETS,), answers=(SweepChecked,))
    async def check_sweep(self, message: CheckSweep) -> ServerMessage:
        return await self._check_sweep(message, *await self.get_datasets(message.spec), timed=True)

    @handles(
        CompareTraining,
        staff=(VIEW_RUNS, VIEW_DATASETS),
        answers=(TrainingQueued, SweepProgress, TrainingCompared, TrainingCancelled),
    )
    async def compare_training(self, message: CompareTraining) -> None:
        await self.start(partial(requests.create_comparison, self.identity, message))

    async def _check_sweep(
        self, message: RunSweep | CheckSweep, dataset: Dataset | None, test_dataset: Dataset | None, *, timed: bool
    ) -> SweepChecked:
        source = uploads.find_source(message.spec, dataset, test_dataset)
        limits, sweep_limits = Limits.from_settings(), SweepLimits.from_settings()
        return await self.ask(SweepQuestion(message.spec, message.vary, source, limits, sweep_limits, timed))

    # --- what TrainingConsumer has for all kinds of runs -------------------------------------------------------------

    @abstractmethod
    async def start(self, create: Callable[..., int]) -> None:
        """Has `create(run_id=…)` store a run, says its position, and follows it from its first event on."""

    @abstractmethod
    async def get_datasets(self, spec: TrainingSpec) -> tuple[Dataset | None, Dataset | None]:
        """The upload or link that the spec names, and the upload of its test rows, their owners checked."""

    @abstractmethod
    async def ask(self, question: Question) -> Any:
        """The engine's answer."""


def refuse_errors(problems: list[Problem]) -> None:
    """Raises SpecRefused for the first that is an error."""
    for problem in problems:
        if problem.level is Level.ERROR:
            raise SpecRefused(problem.message, code=problem.code, hint=problem.hint, where=problem.where)
