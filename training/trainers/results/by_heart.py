"""Whether an estimator learned its training rows by heart, or was stopped while it learned. Called by the diagnosis.

Those that learn in rounds say so by their curves, all others by how much better they do on rows that they know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.exceptions import SpecRefused
from training.messages.events import EpochRow
from training.messages.insights import Diagnosis, Finding
from training.messages.problems import PatchOperation
from training.messages.results import AuxiliaryOutputs
from training.trainers.estimators import EstimatorChoice
from training.trainers.estimators.entry import COUNTED_BY, Learning
from training.trainers.results.experiments import change_choice, use_choice
from training.trainers.results.scout import Scout
from training.trainers.results.sentence import CERTAINTY
from training.trainers.results.trend import Curve, find_overfitting, is_still_falling

MIN_ACCURACY_GAP = 0.1  # between training and test rows: forests know theirs perfectly, and are not the worse for it
MIN_R2_GAP = 0.3
CURVED = (Learning.ROUNDS, Learning.STAGES, Learning.PASSES)  # more trees never make a forest worse
MORE_STEPS = 2  # times as many
MORE_ROWS = "Bring more rows, or choose fewer features: no setting was found that does better on new rows."


@dataclass(frozen=True)
class Remedy:
    """An argument that regularises an estimator, and how it is changed; `advice` is filled with the new value."""

    argument: str
    change: Callable[[float], float]
    advice: str


REMEDIES = (
    Remedy("min_samples_leaf", lambda rows: max(5, 2 * rows), "Ask for more rows at each end of a tree: {0:g}."),
    Remedy("n_neighbors", lambda count: 3 * count, "Ask more neighbours: {0:g}."),
    Remedy("C", lambda strength: strength / 10, "Let it bend less to the training rows: C of {0:g}."),
    Remedy("alpha", lambda strength: 10 * strength, "Keep its weights smaller: alpha of {0:g}."),
    Remedy("n_estimators", lambda count: max(1, count // 2), "Give it fewer rounds to learn them in: {0:g}."),
)
"""The first is proposed whose argument an estimator has, and that does not lower its score in cross-validation."""


def find_by_heart(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    choice: EstimatorChoice,
    train_score: float | None,
    scout: Scout | None,
) -> Diagnosis | None:
    """train_score: the headline's metric on training rows, None where it is not known."""
    return _find_turn(epochs, choice) or _find_gap(auxiliary, choice, train_score, scout)


def find_too_few_steps(
    epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, choice: EstimatorChoice
) -> Diagnosis | None:
    """None where it stopped by itself, too."""
    if choice.entry.learning not in CURVED or auxiliary.accuracy == 1.0:
        return None
    if not is_still_falling(Curve.of(epochs, "train_loss")) or not is_still_falling(Curve.judging(epochs)):
        return None
    if len(epochs) < len(choice.marks):
        return None
    argument, steps = COUNTED_BY[choice.entry.learning], choice.marks[-1]
    changed = _change(choice, argument, MORE_STEPS * steps)
    if changed is None:
        return None
    return Diagnosis(
        code=Finding.STILL_IMPROVING,
        title="Still improving at the end",
        sentence=f"After {steps} rounds the loss was still falling: it was stopped while it learned.",
        advice=f"Give it more of them: {argument} of {MORE_STEPS * steps}.",
        patch=use_choice(changed),
    )


def _find_turn(epochs: Sequence[EpochRow], choice: EstimatorChoice) -> Diagnosis | None:
    if choice.entry.learning not in CURVED:
        return None
    found = find_overfitting(Curve.of(epochs, "train_loss"), Curve.judging(epochs))
    if found is None:
        return None
    argument, steps = COUNTED_BY[choice.entry.learning], choice.marks[found.epoch - 1]
    changed = _change(choice, argument, steps)
    if changed is None:
        return None
    return Diagnosis(
        code=Finding.OVERFITTING,
        title=f"Overfitting from round {steps} on",
        sentence=f"On rows it does not learn from, the loss was lowest after {steps} rounds ({found.lowest:.3g}) and "
        f"rose to {found.last:.3g}, while it kept falling on the training rows: it learns them by heart.",
        advice=f"Stop in time: {argument} of {steps}.",
        patch=use_choice(changed),
    )


def _find_gap(
    auxiliary: AuxiliaryOutputs, choice: EstimatorChoice, train_score: float | None, scout: Scout | None
) -> Diagnosis | None:
    if train_score is None or not _is_far_above(train_score, auxiliary):
        return None
    advice, patch = _hold_back(choice, scout)
    return Diagnosis(
        code=Finding.OVERFITTING,
        title="It has learned by heart",
        sentence=_describe_gap(train_score, auxiliary),
        advice=advice,
        patch=patch,
    )


def _hold_back(choice: EstimatorChoice, scout: Scout | None) -> tuple[str, list[PatchOperation]]:
    """The remedy that raises the score on the training rows most; none where no remedy does, or none can be tried."""
    best = None if scout is None else scout.try_out(choice)
    advice, patch = MORE_ROWS, list[PatchOperation]()
    for remedy in REMEDIES:
        now = choice.settings.get(remedy.argument)
        if scout is None or best is None or not isinstance(now, int | float):
            continue
        value = remedy.change(now)
        changed = _change(choice, remedy.argument, value)
        tried = None if changed is None else scout.try_out(changed)
        if changed is not None and tried is not None and tried.score > best.score:
            best, advice, patch = tried, remedy.advice.format(value), use_choice(changed)
    return advice, patch


def _is_far_above(train_score: float, auxiliary: AuxiliaryOutputs) -> bool:
    """By more than test rows that few could show by luck."""
    if not auxiliary.is_classification:
        return train_score - auxiliary.r2 > MIN_R2_GAP  # NaN of a single row says nothing
    accuracy, rows = auxiliary.accuracy, int(np.sum(auxiliary.confusion_matrix or 0))
    error = math.sqrt(accuracy * (1 - accuracy) / rows)
    return train_score - accuracy > max(MIN_ACCURACY_GAP, CERTAINTY * error)


def _describe_gap(train_score: float, auxiliary: AuxiliaryOutputs) -> str:
    known, new = (
        (f"{train_score:.0%} of the rows it learned from are right", f"{auxiliary.accuracy:.0%} of those it never saw")
        if auxiliary.is_classification
        else (f"R² is {train_score:.2f} on the rows it learned from", f"{auxiliary.r2:.2f} on those it never saw")
    )
    return f"{known}, and {new}: it remembers the former rather than knowing the rule."


def _change(choice: EstimatorChoice, argument: str, value: float) -> EstimatorChoice | None:
    """None where the estimator does not take that value."""
    taken = next((each for each in choice.entry.arguments if each.name == argument), None)
    try:
        return None if taken is None else change_choice(choice, **{argument: taken.check(value)})
    except SpecRefused:
        return None
