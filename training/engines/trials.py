"""The trainings of a sweep or a comparison, one after the other, each for its score alone. Runs in a worker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from training.datasets.preprocessing import PreparedData
from training.engines.jobs import SweepJob
from training.engines.prepared import only_data, prepare_once
from training.engines.progress import MESSAGE_INTERVAL, Emit
from training.exceptions import SpecRefused, TrainingDiverged
from training.spec import TrainingSpec
from training.sweeps.messages import SweepProgress, SweepScore
from training.trainers.defaults import complete
from training.trainers.results.evaluation import score
from training.trainers.train import fit


@dataclass(frozen=True)
class Trial:
    """One training: the combination's number, and its spec with the seed."""

    combination: int
    seed: int
    spec: TrainingSpec


def run_trials(job: SweepJob, emit: Emit, is_cancelled: Callable[[], bool]) -> list[SweepScore]:
    """The scores of all trainings, those that were recorded by an earlier attempt among them.

    Seed by seed, so that every combination soon has a first score, and each split is prepared once and let go. What
    fails with a reason of its own is a result, too. Raises Cancelled, and what ends all of it.
    """
    tally = Tally(job, emit)
    try:
        for trials in _group(job):
            for result in _train_all(trials, job, is_cancelled):
                tally.add(result)
    finally:
        tally.flush()
    return tally.results


class Tally:
    """Counts the trainings that are done, and emits the new ones together, at most twenty times a second."""

    def __init__(self, job: SweepJob, emit: Emit) -> None:
        self.results = list(job.recorded)
        self._job, self._emit = job, emit
        self._total = job.variation.runs
        self._fresh: list[SweepScore] = []
        self._started = time.perf_counter()
        self._emitted = float("-inf")

    def add(self, result: SweepScore) -> None:
        self.results.append(result)
        self._fresh.append(result)
        if time.perf_counter() - self._emitted >= MESSAGE_INTERVAL:
            self.flush()

    def flush(self) -> None:
        if not self._fresh:
            return
        self._emitted = time.perf_counter()
        done, here = len(self.results), len(self.results) - len(self._job.recorded)
        left = (self._emitted - self._started) / here * (self._total - done)
        message = SweepProgress(
            run_id=self._job.run_id,
            progress=100 * done / self._total,
            done=done,
            total=self._total,
            results=self._fresh,
            eta_seconds=round(left, 3),
        )
        self._fresh = []
        self._emit([message])


def _group(job: SweepJob) -> list[list[Trial]]:
    """What is still to be trained, together what learns from the same prepared data."""
    recorded = {(result.combination, result.seed) for result in job.recorded}
    groups: dict[str, list[Trial]] = {}
    for seed in job.variation.seeds:
        for number, combination in enumerate(job.variation.combinations):
            if (number, seed) not in recorded:
                spec = combination.spec.model_copy(update={"seed": seed})
                groups.setdefault(only_data(spec), []).append(Trial(number, seed, spec))
    return list(groups.values())


def _train_all(trials: list[Trial], job: SweepJob, is_cancelled: Callable[[], bool]) -> Iterator[SweepScore]:
    try:
        data = prepare_once(trials[0].spec, job.source, job.limits)
    except SpecRefused as error:  # this split leaves too little of something, say
        yield from (_describe(trial, job, error) for trial in trials)
        return
    for trial in trials:
        try:
            yield _train(trial, job, data, is_cancelled)
        except (TrainingDiverged, SpecRefused) as error:
            yield _describe(trial, job, error)


def _train(trial: Trial, job: SweepJob, data: PreparedData, is_cancelled: Callable[[], bool]) -> SweepScore:
    """Just as the spec would be trained by itself."""
    fitted = fit(data, complete(trial.spec, data.plan), on_epoch=lambda row: None, is_cancelled=is_cancelled)
    headline = score(data, fitted)
    return SweepScore(
        combination=trial.combination,
        values=dict(job.variation.combinations[trial.combination].values),
        seed=trial.seed,
        metric=headline.metric,
        score=headline.value if math.isfinite(headline.value) else None,
        baseline=headline.baseline if math.isfinite(headline.baseline) else None,
    )


def _describe(trial: Trial, job: SweepJob, error: TrainingDiverged | SpecRefused) -> SweepScore:
    return SweepScore(
        combination=trial.combination,
        values=dict(job.variation.combinations[trial.combination].values),
        seed=trial.seed,
        code=error.data.code,
        message=error.message,
    )
