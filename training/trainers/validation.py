"""Validation scores: scores on training rows that were held back, a single part or folds. They follow the split.

Sweeps choose by them, so that the test rows decide nothing. A run with `folds` reports them beside its result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import mean, stdev
from time import perf_counter

from training.datasets.divisions import Division, divide, fold
from training.datasets.plan import Plan, narrow
from training.datasets.preprocessing import PreparedData, prepare
from training.exceptions import SpecRefused, TrainingDiverged
from training.messages.results import CrossValidation, Metric, headline_metric
from training.problems import build_refusal
from training.spec import TrainingSpec
from training.trainers.base import Fitted, IsCancelled
from training.trainers.networks.layers import parse_layer
from training.trainers.results.evaluation import score

VALIDATION_SHARE = 0.25  # of the training rows
MIN_ROWS = 4  # training rows
TIME_SHARE = 0.8  # of the time limit: no fold is started that might end later

Fit = Callable[[PreparedData, TrainingSpec, IsCancelled], Fitted]


def divide_training_rows(plan: Plan, spec: TrainingSpec) -> list[Division]:
    """Return positions among the training rows to fit to and to validate with.

    One division per fold if the spec has `folds`, or else a single one. Raises SpecRefused: `too_few_to_validate`,
    `too_few_for_folds`, `too_few_groups`, `one_moment`.
    """
    n_rows = len(plan.train)
    if n_rows < MIN_ROWS:
        raise build_refusal(
            "too_few_to_validate",
            "vary" if spec.folds is None else "folds",
            f"{n_rows} training rows are too few for validation.",
            "Add rows, or lower test_size.",
        )
    labels = None if plan.classes is None else plan.y[plan.train]
    arrangement = plan.arranged.arrangement.take(plan.train)
    if spec.folds is not None:
        return list(fold(arrangement, labels, n_rows, spec.folds, spec.seed or 0))
    return [divide(arrangement, labels, n_rows, VALIDATION_SHARE, spec.seed or 0)]


def list_parts(plan: Plan, spec: TrainingSpec) -> list[Plan]:
    """Return a plan for each division, whose test rows are the training rows that are held back."""
    return [
        narrow(plan, plan.train[division.fit], plan.train[division.judge])
        for division in divide_training_rows(plan, spec)
    ]


def forget_first_size(spec: TrainingSpec) -> TrainingSpec:
    """Return the spec with an inferred size of the first layer.

    Other training rows may have other categories and words, and a column that groups rows is not a feature.
    """
    if not spec.user_arch:
        return spec
    layer = parse_layer(spec.user_arch[0])
    size = layer.entry.size_argument
    if size is None or size not in layer.arguments:
        return spec
    return spec.model_copy(update={"user_arch": (layer.as_object(**{size: None}), *spec.user_arch[1:])})


def cross_validate(
    plan: Plan, spec: TrainingSpec, fit: Fit, is_cancelled: IsCancelled, seconds: float
) -> CrossValidation:
    """Cross-validate a completed spec with `folds` on the training rows.

    `seconds`: time limit. Folds that might take longer are not started. Raises Cancelled, and SpecRefused if the rows
    cannot be divided into folds.
    """
    parts = list_parts(plan, spec)
    scores = list(_score_each(parts, forget_first_size(spec), fit, is_cancelled, seconds))
    metric = headline_metric(plan.problem_type)
    known = [value for value in scores if value is not None]
    average = mean(known) if known else None
    spread = stdev(known) if len(known) > 1 else None
    return CrossValidation(
        folds=spec.folds,
        kind=plan.split.kind,
        metric=metric,
        scores=scores,
        mean=average,
        spread=spread,
        sentence=_describe(len(parts), scores, metric, average, spread),
    )


def _score_each(
    parts: list[Plan], spec: TrainingSpec, fit: Fit, is_cancelled: IsCancelled, seconds: float
) -> Iterator[float | None]:
    """Yield the score of each fold until the time is over; None for a fold that failed."""
    began, longest = perf_counter(), 0.0
    for part in parts:
        start = perf_counter()
        if start - began + longest > TIME_SHARE * seconds:
            return
        try:
            data = prepare(part)
            value = score(data, fit(data, spec, is_cancelled)).value
            yield value if math.isfinite(value) else None
        except (SpecRefused, TrainingDiverged):
            yield None
        longest = max(longest, perf_counter() - start)


def _describe(
    folds: int, scores: list[float | None], metric: Metric, average: float | None, spread: float | None
) -> str:
    if average is None:
        return f"No fold of {folds} has a score."
    numbers = metric.format_value(average)
    numbers = f"{numbers} accuracy" if metric is Metric.ACCURACY else f"{metric.label} {numbers}"
    if spread is not None:
        numbers += f" ± {metric.format_value(spread)}"
    known = sum(value is not None for value in scores)
    if known == folds:
        return f"Over {folds} folds of the training rows: {numbers}."
    why = "there was no time for the others" if len(scores) < folds else "the others failed"
    return f"Over {known} of {folds} folds of the training rows: {numbers}; {why}."
