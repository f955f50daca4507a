"""About how long a sweep's trainings take: a few of them are begun on some of the rows, and stopped soon."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from time import perf_counter

from training.datasets.plan import Plan
from training.datasets.preprocessing import PreparedData, prepare
from training.engines.prepared import only_data
from training.exceptions import SpecRefused, TrainingDiverged
from training.parts import EpochRow
from training.spec import TrainingSpec
from training.sweeps.variation import Variation
from training.trainers.base import Cancelled
from training.trainers.defaults import complete
from training.trainers.estimators import parse_estimator
from training.trainers.train import fit

PROBES = 3  # combinations that are begun
SECONDS = 0.05  # that each of them gets
ROWS = 500  # that they see, at most


def estimate_seconds(
    variation: Variation, epochs: Sequence[int], find_plan: Callable[[TrainingSpec], Plan]
) -> float | None:
    """epochs: of each combination. Time is taken to grow with rows and epochs. None where it cannot be told."""
    combinations = variation.combinations
    step = math.ceil(len(combinations) / PROBES)
    paces, preparing = [], 0.0
    for combination in combinations[::step]:
        plan = find_plan(combination.spec)
        thinned, scale = _thin(plan)
        began = perf_counter()
        data = prepare(thinned)
        preparing = max(preparing, scale * (perf_counter() - began))
        pace = _measure_epoch(data, complete(combination.spec, plan))
        if pace is None:
            return None
        paces.append(scale * pace)
    splits = len({only_data(combination.spec) for combination in combinations}) * len(variation.seeds)
    return round(mean(paces) * sum(epochs) * len(variation.seeds) + preparing * splits, 2)


def _thin(plan: Plan) -> tuple[Plan, float]:
    """A plan of some of its rows, evenly spread, and how many times fewer they are."""
    step = math.ceil(len(plan.train) / ROWS)
    return replace(plan, train=plan.train[::step], test=plan.test[::step]), float(step)


def _measure_epoch(data: PreparedData, spec: TrainingSpec) -> float | None:
    """Seconds an epoch, set-up included; of the steps of one where there was no time for a whole one."""
    if spec.user_model is not None and parse_estimator(spec.user_model).entry.module == "svm":
        return None  # its time grows faster than its rows, and once begun it does not stop
    try:
        # What is loaded or compiled when first used does not count. One epoch of a network is short and not cut off.
        _begin(data, spec.model_copy(update={"epochs": 1}), math.inf if spec.user_model is None else SECONDS)
        probe = _begin(data, spec, SECONDS)
    except (TrainingDiverged, SpecRefused):
        return None
    if probe.epochs:
        return probe.seconds / probe.epochs
    return probe.seconds / probe.steps * math.ceil(len(data.y_train) / (spec.batch_size or 1))


@dataclass
class Probe:
    """How far a training came in how many seconds. `steps`: how often it asked whether it is to go on."""

    seconds: float = 0.0
    epochs: int = 0
    steps: int = 0


def _begin(data: PreparedData, spec: TrainingSpec, seconds: float) -> Probe:
    """Raises TrainingDiverged, SpecRefused."""
    probe, began = Probe(), perf_counter()

    def count_epoch(_: EpochRow) -> None:
        probe.epochs += 1

    def is_over() -> bool:
        probe.steps += 1
        return perf_counter() - began > seconds

    with contextlib.suppress(Cancelled):
        fit(data, spec, on_epoch=count_epoch, is_cancelled=is_over)
    probe.seconds = perf_counter() - began
    return probe
