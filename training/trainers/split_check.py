"""Check whether a random split leaks: train the same model again with a split that keeps related rows together.

Called by `train` for tables with rows in time order, with several rows of the same person, or with repeated rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from time import perf_counter

import numpy as np

from training.datasets.divisions import fold
from training.datasets.plan import Plan, narrow, resplit
from training.datasets.preprocessing import PreparedData, prepare
from training.exceptions import SpecRefused, TrainingDiverged
from training.messages.results import Headline, Metric, SplitCheck
from training.spec import TrainingSpec
from training.spec.enums import SplitKind
from training.spec.split import Split
from training.trainers.base import Cancelled, Fitted, IsCancelled
from training.trainers.results.evaluation import evaluate
from training.trainers.results.metrics import compute_r2
from training.trainers.results.summary import CERTAINTY
from training.trainers.validation import Fit, forget_first_size

MAX_SECONDS = 10.0  # for the whole check
FOLDS = 5  # of groups, since a single part has few groups
MIN_DROP = 0.05  # of accuracy or R²: a smaller difference is not reported as leakage


def check_split(
    data: PreparedData, spec: TrainingSpec, found: Headline, fit: Fit, seconds: float, is_cancelled: IsCancelled
) -> SplitCheck | None:
    """Train with the split that does not leak and compare the scores. Raises Cancelled.

    Parameters
    ----------
    found : Headline
        The score with the run's own split.
    seconds : float
        How long the training with the run's own split took.

    Returns
    -------
    SplitCheck or None
        None if the split cannot leak. Without a second score if it would take too long.
    """
    split = data.plan.leaks.honest_split
    if split is None or not data.plan.shuffled or not math.isfinite(found.value):
        return None
    unchecked = _build(split, found, None, _describe_unchecked(data.plan))
    if seconds > MAX_SECONDS:
        return unchecked
    deadline = perf_counter() + MAX_SECONDS
    spec = spec.model_copy(update={"split": split})
    try:
        plan = resplit(data.plan, spec)
        spec = forget_first_size(spec)
        parts = []
        for part in _divide(plan, spec, seconds):
            prepared = prepare(part)
            parts.append((prepared, fit(prepared, spec, lambda: is_cancelled() or perf_counter() > deadline)))
    except (SpecRefused, TrainingDiverged):
        return unchecked
    except Cancelled:
        if is_cancelled():
            raise
        return unchecked
    score, n_units = _score(parts)
    if not math.isfinite(score):
        return unchecked
    error = _find_error(found, len(data.plan.test), score, n_units)
    leaks = found.value - score > max(MIN_DROP, CERTAINTY * error)
    told = " ".join([_describe(split, found, score, leaks=leaks), *(note.message for note in plan.notes)])
    if leaks and len(parts) == 1:
        own = evaluate(*parts[0]).sentence
        told += f" {_name(split).capitalize()}: {own[0].lower()}{own[1:]}"
    return _build(split, found, score, told, leaks=leaks)


def _build(split: Split, found: Headline, score: float | None, sentence: str, *, leaks: bool = False) -> SplitCheck:
    return SplitCheck(
        kind=split.kind,
        column=split.column,
        split=split.model_dump(mode="json", exclude_none=True),
        metric=found.metric,
        random=found.value,
        honest=score,
        leaks=leaks,
        sentence=sentence,
    )


def _divide(plan: Plan, spec: TrainingSpec, seconds: float) -> Iterator[Plan]:
    """Yield the plan, or folds of groups if there is time for them: then each group is tested once."""
    arrangement = plan.arranged.arrangement
    n_groups = 0 if arrangement.groups is None else len(np.unique(arrangement.groups))
    folds = min(FOLDS, n_groups)
    if folds < 2 or folds * seconds > MAX_SECONDS:
        yield plan
        return
    labels = None if plan.classes is None else plan.y
    for division in fold(arrangement, labels, len(plan.y), folds, spec.seed or 0):
        yield narrow(plan, division.fit, division.judge)


def _score(parts: list[tuple[PreparedData, Fitted]]) -> tuple[float, int]:
    """Return the accuracy or R² over all tested rows, and the number of rows or groups."""
    y = np.concatenate([data.y_test_units for data, _ in parts])
    predictions = np.concatenate([fitted.predictions for _, fitted in parts])
    plan = parts[0][0].plan
    groups = plan.arranged.arrangement.groups
    tested = np.concatenate([data.plan.test for data, _ in parts])
    n_units = len(tested) if groups is None else len(np.unique(groups[tested]))
    return (compute_r2(y, predictions) if plan.classes is None else float((y == predictions).mean())), n_units


def _describe(split: Split, found: Headline, score: float, *, leaks: bool) -> str:
    if found.metric is Metric.ACCURACY:
        numbers = f"{found.value:.0%} with random rows, {score:.0%} {_name(split)}"
    else:
        numbers = f"R² {found.value:.2f} with random rows, {score:.2f} {_name(split)}"
    return f"{numbers}: {'the difference is leakage' if leaks else 'no sign of leakage'}."


def _describe_unchecked(plan: Plan) -> str:
    """Return the warning of the preflight about a split that may leak."""
    return next((problem.message for problem in plan.leaks.find_problems()), "")


def _name(split: Split) -> str:
    if split.kind is SplitKind.TIME:
        return "by time"
    return "by group" if split.column is not None else "without equal rows on both sides"


def _find_error(found: Headline, n_rows: int, score: float, n_units: int) -> float:
    """Return the standard error of the difference of two accuracies; 0 for R², whose error is unknown."""
    if found.metric is not Metric.ACCURACY:
        return 0.0
    return math.sqrt(sum(share * (1 - share) / n for share, n in ((found.value, n_rows), (score, n_units))))
