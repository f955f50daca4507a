"""The trainings of a sweep or a comparison. They are done one after the other, and each gives a score."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean

from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.table import Table
from training.exceptions import SpecRefused, TrainingDiverged
from training.jobs.jobs import ComparisonJob, SweepJob
from training.messages.sweeps import SweepProgress, SweepScore
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.results.evaluation import Headline, score
from training.trainers.train import fit
from training.trainers.validation import forget_first_size, list_parts
from training.updates import Emit
from training.work.prepared import build_cache_key
from training.work.progress import MESSAGE_INTERVAL

MAX_KEPT_CELLS = 20_000_000  # rows times features of all parts of one split that are kept in memory


@dataclass(frozen=True)
class Trial:
    """One training: the combination's number, and its spec with the seed."""

    combination: int
    seed: int
    spec: TrainingSpec


def run_trials(job: SweepJob, table: Table, emit: Emit, is_cancelled: Callable[[], bool]) -> list[SweepScore]:
    """Train all combinations with all seeds and return their scores, with those that an earlier attempt recorded.

    The trainings are done seed by seed: every combination soon has its first score, and each split is prepared only
    once. The result of a training that diverges or is refused has the reason instead of a score. Raises Cancelled.
    """
    tally = Tally(job, emit)
    try:
        for trials in _group(job):
            for result in _train_all(trials, job, table, is_cancelled):
                tally.add(result)
    finally:
        tally.flush()
    return tally.results


class Tally:
    """Collects the scores, and emits new ones together, at most twenty times a second."""

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
    """Group the trainings that are not recorded yet by the prepared data that they share."""
    recorded = {(result.combination, result.seed) for result in job.recorded}
    groups: dict[str, list[Trial]] = {}
    for seed in job.variation.seeds:
        for number, combination in enumerate(job.variation.combinations):
            if (number, seed) not in recorded:
                spec = combination.spec.model_copy(update={"seed": seed})
                groups.setdefault(build_cache_key(spec), []).append(Trial(number, seed, spec))
    return list(groups.values())


def _train_all(
    trials: list[Trial], job: SweepJob, table: Table, is_cancelled: Callable[[], bool]
) -> Iterator[SweepScore]:
    """Train trials that share one split, and yield their results."""
    try:
        parts = Parts(trials[0].spec, job, table)
    except SpecRefused as error:  # for example, a class has too few rows in this split
        yield from (_describe(trial, job, error) for trial in trials)
        return
    for trial in trials:
        try:
            yield _train(trial, job, parts, is_cancelled)
        except (TrainingDiverged, SpecRefused) as error:
            yield _describe(trial, job, error)


class Parts:
    """The prepared data of one split: the rows to learn from and the rows to compute the score on.

    A comparison computes scores on the test rows. A sweep chooses by its scores, so it computes them on training rows
    that are held back: one part of them, or each of the spec's folds. All parts are prepared once if they fit into
    memory together, or else again for each training. Raises SpecRefused.
    """

    def __init__(self, spec: TrainingSpec, job: SweepJob, table: Table) -> None:
        # The cache of plans is not used: many splits of a large table do not fit into memory.
        plan = make_plan(table, spec, job.limits)
        self.is_test = isinstance(job, ComparisonJob)
        self._plans = [plan] if self.is_test else list_parts(plan, spec)
        cells = sum(len(part.frame) * part.n_features for part in self._plans)
        self._kept = [prepare(part) for part in self._plans] if cells <= MAX_KEPT_CELLS else None

    def __iter__(self) -> Iterator[PreparedData]:
        return iter(self._kept) if self._kept is not None else map(prepare, self._plans)


def _train(trial: Trial, job: SweepJob, parts: Parts, is_cancelled: Callable[[], bool]) -> SweepScore:
    spec = trial.spec if parts.is_test else forget_first_size(trial.spec)
    headlines = [fit_and_score(data, spec, is_cancelled) for data in parts]
    value, baseline = (mean(getattr(each, name) for each in headlines) for name in ("value", "baseline"))
    return SweepScore(
        combination=trial.combination,
        values=dict(job.variation.combinations[trial.combination].values),
        seed=trial.seed,
        metric=headlines[0].metric,
        score=value if math.isfinite(value) else None,
        baseline=baseline if math.isfinite(baseline) else None,
    )


def score_on_test_rows(
    job: SweepJob, table: Table, number: int, is_cancelled: Callable[[], bool]
) -> list[float | None]:
    """Train one combination with each seed on all training rows, and return the scores on the test rows.

    Each score is that of a run with the combination's spec and the seed; None for a training that fails. Raises
    Cancelled.
    """
    scores: list[float | None] = []
    for seed in job.variation.seeds:
        spec = job.variation.combinations[number].spec.model_copy(update={"seed": seed})
        try:
            data = prepare(make_plan(table, spec, job.limits))
            value = fit_and_score(data, spec, is_cancelled).value
            scores.append(value if math.isfinite(value) else None)
        except (TrainingDiverged, SpecRefused):
            scores.append(None)
    return scores


def fit_and_score(data: PreparedData, spec: TrainingSpec, is_cancelled: Callable[[], bool]) -> Headline:
    """Fit a model and score it on the test rows of `data`. Raises Cancelled, TrainingDiverged, SpecRefused."""
    fitted = fit(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=is_cancelled)
    return score(data, fitted)


def _describe(trial: Trial, job: SweepJob, error: TrainingDiverged | SpecRefused) -> SweepScore:
    return SweepScore(
        combination=trial.combination,
        values=dict(job.variation.combinations[trial.combination].values),
        seed=trial.seed,
        code=error.data.code,
        message=error.message,
    )
