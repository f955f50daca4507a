"""Diagnose overfitting, and trainings that ended too early. Called by `diagnose`.

Models that learn in steps are judged by their loss curves, others by the gap between training and test scores.
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
from training.spec import TrainingSpec
from training.trainers.estimators import EstimatorChoice
from training.trainers.estimators.entry import COUNTED_BY, Learning
from training.trainers.results.candidates import CandidateScorer
from training.trainers.results.experiments import change_choice, set_field, use_choice
from training.trainers.results.loss_curve import Curve, find_loss_minimum, is_still_falling
from training.trainers.results.summary import CERTAINTY

MIN_ACCURACY_GAP = 0.1  # between training and test rows: forests have a gap without harm
MIN_R2_GAP = 0.3
STEPWISE = (Learning.ROUNDS, Learning.STAGES, Learning.PASSES)  # forests are left out: more trees never harm
MORE_STEPS = 2  # factor for epochs or rounds of a training that ended too early
MORE_ROWS = "Add rows, or choose fewer features: no regularisation was found that improves the score on new rows."

MIN_ROWS_TO_HOLD_BACK = 130  # training rows: with fewer, validation rows cost more than early stopping gains
ROUNDING = 1e-6
PATIENCE_SHARE, MIN_PATIENCE = 10, 5  # a tenth of the epochs, and at least five


@dataclass(frozen=True)
class Regularisation:
    """An argument that regularises an estimator, how it is changed, and the advice with the new value."""

    argument: str
    change: Callable[[float], float]
    advice: str


REGULARISATIONS = (
    Regularisation(
        "min_samples_leaf", lambda rows: max(5, 2 * rows), "Ask for more rows in each leaf: min_samples_leaf of {0:g}."
    ),
    Regularisation("n_neighbors", lambda count: 3 * count, "Use more neighbours: n_neighbors of {0:g}."),
    Regularisation("C", lambda strength: strength / 10, "Use more regularisation: C of {0:g}."),
    Regularisation("alpha", lambda strength: 10 * strength, "Use more regularisation: alpha of {0:g}."),
    Regularisation("n_estimators", lambda count: max(1, count // 2), "Use fewer rounds: n_estimators of {0:g}."),
)
"""The one with the highest score in cross-validation is proposed, if it is above that of the estimator."""


def find_network_overfitting(
    epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, spec: TrainingSpec
) -> Diagnosis | None:
    """Diagnose a network whose validation loss rose while its training loss fell. Proposes early stopping."""
    found = find_loss_minimum(Curve.of(epochs, "train_loss"), Curve.of_validation(epochs))
    if found is None:
        return None
    patience = max(MIN_PATIENCE, len(epochs) // PATIENCE_SHARE)
    accuracy = Curve.of(epochs, "test_acc")
    patch = []
    if auxiliary.split is not None and auxiliary.split.train_rows < MIN_ROWS_TO_HOLD_BACK:
        advice = "Add rows: there are too few to hold some back for early stopping."
    elif len(accuracy) and accuracy.mean_near(found.epoch) < accuracy.mean_near(len(epochs)) - ROUNDING:
        advice = "Add rows. Early stopping would not help: accuracy still rose, although the loss rose, too."
    else:
        advice = (
            f"Use early stopping with a patience of {patience}: training stops after {patience} epochs without "
            "improvement, and keeps the weights of the best epoch."
        )
        patch = [set_field("patience", patience)]
    return Diagnosis(
        code=Finding.OVERFITTING,
        title=f"Overfitting from epoch {found.epoch} on",
        sentence=f"On rows that it does not learn from, the loss was lowest at epoch {found.epoch} "
        f"({found.lowest:.3g}) and rose to {found.last:.3g}, while it kept falling on the training rows: the network "
        "memorises them.",
        advice=advice,
        patch=patch,
    )


def find_too_few_epochs(epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs) -> Diagnosis | None:
    """Diagnose a network whose losses still fell at the end. Proposes more epochs."""
    if auxiliary.accuracy == 1.0 or not _is_still_improving(epochs):
        return None
    more = MORE_STEPS * len(epochs)
    return Diagnosis(
        code=Finding.STILL_IMPROVING,
        title="Still improving at the end",
        sentence=f"After {len(epochs)} epochs the loss was still falling: training ended too early.",
        advice=f"Train for more epochs: {more}.",
        patch=[set_field("epochs", more)],
    )


def find_estimator_overfitting(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    choice: EstimatorChoice,
    train_score: float | None,
    scorer: CandidateScorer | None,
) -> Diagnosis | None:
    """Diagnose an estimator that overfits. `train_score`: accuracy or R² on training rows, None if unknown."""
    return _find_rising_loss(epochs, choice) or _find_gap(auxiliary, choice, train_score, scorer)


def find_too_few_rounds(
    epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, choice: EstimatorChoice
) -> Diagnosis | None:
    """Diagnose an estimator whose losses still fell at its last step, unless it stopped by itself."""
    if choice.entry.learning not in STEPWISE or auxiliary.accuracy == 1.0 or not _is_still_improving(epochs):
        return None
    if len(epochs) < len(choice.report_steps):
        return None
    argument, steps = COUNTED_BY[choice.entry.learning], choice.report_steps[-1]
    changed = _change(choice, argument, MORE_STEPS * steps)
    if changed is None:
        return None
    return Diagnosis(
        code=Finding.STILL_IMPROVING,
        title="Still improving at the end",
        sentence=f"After {steps} rounds the loss was still falling: training ended too early.",
        advice=f"Train for more rounds: {argument} of {MORE_STEPS * steps}.",
        patch=use_choice(changed),
    )


def _is_still_improving(epochs: Sequence[EpochRow]) -> bool:
    return is_still_falling(Curve.of(epochs, "train_loss")) and is_still_falling(Curve.of_validation(epochs))


def _find_rising_loss(epochs: Sequence[EpochRow], choice: EstimatorChoice) -> Diagnosis | None:
    if choice.entry.learning not in STEPWISE:
        return None
    found = find_loss_minimum(Curve.of(epochs, "train_loss"), Curve.of_validation(epochs))
    if found is None:
        return None
    argument, steps = COUNTED_BY[choice.entry.learning], choice.report_steps[found.epoch - 1]
    changed = _change(choice, argument, steps)
    if changed is None:
        return None
    return Diagnosis(
        code=Finding.OVERFITTING,
        title=f"Overfitting from round {steps} on",
        sentence=f"On rows that it does not learn from, the loss was lowest after {steps} rounds ({found.lowest:.3g}) "
        f"and rose to {found.last:.3g}, while it kept falling on the training rows: the model memorises them.",
        advice=f"Stop earlier: {argument} of {steps}.",
        patch=use_choice(changed),
    )


def _find_gap(
    auxiliary: AuxiliaryOutputs, choice: EstimatorChoice, train_score: float | None, scorer: CandidateScorer | None
) -> Diagnosis | None:
    if train_score is None or not _is_far_above(train_score, auxiliary):
        return None
    advice, patch = _regularise(choice, scorer)
    return Diagnosis(
        code=Finding.OVERFITTING,
        title="Overfitting: much better on training rows",
        sentence=_describe_gap(train_score, auxiliary),
        advice=advice,
        patch=patch,
    )


def _regularise(choice: EstimatorChoice, scorer: CandidateScorer | None) -> tuple[str, list[PatchOperation]]:
    """Propose the regularisation with the highest score, or none if no score rises or none can be computed."""
    best = None if scorer is None else scorer.score_candidate(choice)
    advice, patch = MORE_ROWS, list[PatchOperation]()
    for each in REGULARISATIONS:
        now = choice.settings.get(each.argument)
        if scorer is None or best is None or not isinstance(now, int | float):
            continue
        value = each.change(now)
        changed = _change(choice, each.argument, value)
        candidate = None if changed is None else scorer.score_candidate(changed)
        if changed is not None and candidate is not None and candidate.score > best.score:
            best, advice, patch = candidate, each.advice.format(value), use_choice(changed)
    return advice, patch


def _is_far_above(train_score: float, auxiliary: AuxiliaryOutputs) -> bool:
    """Return whether the training score exceeds the test score by more than chance explains."""
    if not auxiliary.is_classification:
        return train_score - auxiliary.r2 > MIN_R2_GAP  # false for the NaN of a single row
    accuracy, rows = auxiliary.accuracy, int(np.sum(auxiliary.confusion_matrix or 0))
    error = math.sqrt(accuracy * (1 - accuracy) / rows)
    return train_score - accuracy > max(MIN_ACCURACY_GAP, CERTAINTY * error)


def _describe_gap(train_score: float, auxiliary: AuxiliaryOutputs) -> str:
    if auxiliary.is_classification:
        scores = f"Accuracy is {train_score:.0%} on training rows, and {auxiliary.accuracy:.0%} on test rows"
    else:
        scores = f"R² is {train_score:.2f} on training rows, and {auxiliary.r2:.2f} on test rows"
    return f"{scores}: the model memorises the training rows rather than learning a rule."


def _change(choice: EstimatorChoice, argument: str, value: float) -> EstimatorChoice | None:
    """Return the estimator with another value of an argument; None if it does not take that value."""
    taken = next((each for each in choice.entry.arguments if each.name == argument), None)
    try:
        return None if taken is None else change_choice(choice, **{argument: taken.check(value)})
    except SpecRefused:
        return None
