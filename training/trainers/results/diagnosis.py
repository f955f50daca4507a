"""What happened in a run and what to try next, read off its curves and numbers. Called by `train` and by `build`.

At most a few diagnoses, the gravest first; each with one experiment, as changes of top-level fields of the run's spec.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from training.parts import ColumnImportance, Diagnosis, EpochRow, Finding, PatchOperation
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.defaults import LEARNING_RATES
from training.trainers.estimators import parse_estimator
from training.trainers.results.by_heart import find_by_heart, find_too_few_steps
from training.trainers.results.experiments import change_estimator, set_field, use_estimator, use_network
from training.trainers.results.sentence import CERTAINTY
from training.trainers.results.trend import Curve, count_jumps, find_overfitting, is_still_falling

MIN_R2_GAIN = 0.05  # an R² that is no further from the baseline's explains next to nothing
JUMPY_SHARE = 0.1  # of the epochs; an odd batch now and then is ordinary
MIN_JUMPS = 3
MORE_EPOCHS = 2  # times as many: what was learned so far is then half of the way
LESS_RATE = 10  # the learning rate is divided by it: smaller changes hardly show
PATIENCE_SHARE, MIN_PATIENCE = 10, 5  # of the epochs: long enough to sit out a bad patch
LEAK_SCORE = 0.95  # from here on the model is so good that one has to ask why
LEAK_REST = 0.05  # no other column matters more than this share of the first one's importance

FORESTS = {
    ProblemType.CLASSIFICATION: "RandomForestClassifier",
    ProblemType.REGRESSION: "RandomForestRegressor",
}
BALANCED = "balanced"  # how estimators take a weight that is the same for every class
PLAIN = {ProblemType.CLASSIFICATION: "LogisticRegression", ProblemType.REGRESSION: "Ridge"}


def diagnose(
    epochs: Sequence[EpochRow], auxiliary: dict[str, Any], spec: TrainingSpec, train_score: float | None = None
) -> list[Diagnosis]:
    """epochs, auxiliary: of a run that succeeded; spec: as it was trained; train_score: an estimator's accuracy or R²
    on rows that it learned from, None where that is not known. Never empty: all being well is one.
    """
    problem_type = ProblemType(auxiliary["problem_type"])
    found = [_find_one_class(auxiliary, spec) or _find_no_better(auxiliary, spec, problem_type)]
    if spec.user_model is None:
        found.append(_find_instability(epochs, spec))
        # A run that stopped itself has gone back to its best epoch: neither too long nor too short.
        if "early_stopping" not in auxiliary:
            found.append(_find_overfitting(epochs, spec) or _find_still_improving(epochs, auxiliary, spec))
    else:
        choice = parse_estimator(spec.user_model)
        by_heart = find_by_heart(epochs, auxiliary, choice, train_score)
        found.append(by_heart or find_too_few_steps(epochs, auxiliary, choice))
    diagnoses = [diagnosis for diagnosis in found if diagnosis is not None]
    return diagnoses or [_all_well(auxiliary, spec, problem_type)]


def diagnose_importance(
    columns: Sequence[ColumnImportance], score: float, learned_from: Sequence[str]
) -> list[Diagnosis]:
    """Does one column give the answer away? columns: those that were measured, the most important first; score:
    accuracy or R², unshuffled. Empty where the model has nothing else to lean on: then that column is the task.
    """
    if len(columns) < 2 or score < LEAK_SCORE:
        return []
    first, second = columns[:2]
    if first.importance <= 0 or second.importance > LEAK_REST * first.importance:
        return []
    return [
        Diagnosis(
            code=Finding.GIVES_AWAY,
            title="One column gives the answer away",
            sentence=f"The model leans on {first.column!r} alone: without it, it would know next to nothing.",
            advice="Would you know this column before you know the answer? If not, leave it out and see what is left.",
            patch=[set_field("features", [name for name in learned_from if name != first.column])],
        )
    ]


def _find_one_class(auxiliary: dict[str, Any], spec: TrainingSpec) -> Diagnosis | None:
    if "confusion_matrix" not in auxiliary:
        return None
    matrix = np.array(auxiliary["confusion_matrix"])
    said = np.flatnonzero(matrix.sum(axis=0))
    if len(said) > 1 or np.count_nonzero(matrix.sum(axis=1)) < 2:
        return None
    name, classes = auxiliary["category_list"][said[0]], len(matrix)
    is_common = matrix[said[0]].sum() > matrix.sum() / classes
    sentence = f"It says {name!r} of every test row, whatever the row holds."
    if is_common and spec.user_model is None and spec.criterion is Criterion.CELOSS:
        advice = "Let rows of rare classes count more: the loss WCELOSS weighs all classes alike."
        patch = [set_field("criterion", Criterion.WCELOSS.value)]
    elif spec.user_model is None and spec.optimizer_name and spec.learning_rate != LEARNING_RATES[spec.optimizer_name]:
        advice = "Let it learn at the rate that usually works."
        patch = [set_field("learning_rate", None)]
    else:
        advice, patch = _balance(auxiliary, spec)
    return Diagnosis(
        code=Finding.ONE_CLASS_ONLY, title="It predicts one class only", sentence=sentence, advice=advice, patch=patch
    )


def _balance(auxiliary: dict[str, Any], spec: TrainingSpec) -> tuple[str, list[PatchOperation]]:
    """What makes rows of rare classes count more: the estimator itself, a forest, or a network."""
    choice = None if spec.user_model is None else parse_estimator(spec.user_model)
    forest = FORESTS[ProblemType.CLASSIFICATION]
    if choice is not None and choice.settings.get("class_weight", BALANCED) != BALANCED:
        advice = "Let rows of rare classes count more: with balanced classes."
        return advice, change_estimator(choice, class_weight=BALANCED)
    if choice is None or choice.entry.name != forest:
        return "Try a forest in which rows of rare classes count more.", use_estimator(forest, class_weight=BALANCED)
    weighted = set_field("criterion", Criterion.WCELOSS.value)
    return "Try a network whose loss, WCELOSS, weighs all classes alike.", [*use_network(auxiliary, spec), weighted]


def _find_no_better(auxiliary: dict[str, Any], spec: TrainingSpec, problem_type: ProblemType) -> Diagnosis | None:
    if "confusion_matrix" in auxiliary:
        if _gains_clearly(np.array(auxiliary["confusion_matrix"])):
            return None
        sentence = "It is no better than always saying the most frequent class."
    else:
        gain = auxiliary["metrics"]["r2"] - auxiliary["baseline"]["r2"]
        if not gain < MIN_R2_GAIN:  # NaN of a single row says nothing
            return None
        sentence = f"It is no better than always saying the mean of {auxiliary['target']!r}."
    forest = FORESTS[problem_type]
    if spec.user_model is None or forest not in str(spec.user_model):
        advice = "A random forest needs no tuning: try one, to see whether these columns say anything at all."
        patch = use_estimator(forest)
    else:
        advice = "Even a forest finds nothing here: try a small network, or bring columns that say more."
        patch = use_network(auxiliary, spec)
    return Diagnosis(
        code=Finding.NO_BETTER, title="No better than guessing", sentence=sentence, advice=advice, patch=patch
    )


def _gains_clearly(matrix: np.ndarray) -> bool:
    """As `sentence.judge` does: only rows count on which the model and the guess differ."""
    guess = int(matrix.sum(axis=1).argmax())
    won = np.trace(matrix) - matrix[guess, guess]
    lost = matrix[guess].sum() - matrix[guess, guess]
    return bool(won - lost > CERTAINTY * math.sqrt(won + lost))


def _find_instability(epochs: Sequence[EpochRow], spec: TrainingSpec) -> Diagnosis | None:
    jumps = count_jumps(Curve.of(epochs, "train_loss"))
    if jumps < max(MIN_JUMPS, JUMPY_SHARE * len(epochs)):
        return None
    assert spec.learning_rate is not None
    rate = float(f"{spec.learning_rate / LESS_RATE:.2g}")
    return Diagnosis(
        code=Finding.UNSTABLE,
        title="The loss jumps",
        sentence=f"In {jumps} of {len(epochs)} epochs the loss leapt up: the steps overshoot what they aim at.",
        advice=f"Take smaller steps: a learning rate of {rate:g} instead of {spec.learning_rate:g}.",
        patch=[set_field("learning_rate", rate)],
    )


def _find_overfitting(epochs: Sequence[EpochRow], spec: TrainingSpec) -> Diagnosis | None:
    found = find_overfitting(Curve.of(epochs, "train_loss"), Curve.judging(epochs))
    if found is None:
        return None
    patience = max(MIN_PATIENCE, len(epochs) // PATIENCE_SHARE)
    return Diagnosis(
        code=Finding.OVERFITTING,
        title=f"Overfitting from epoch {found.epoch} on",
        sentence=f"On rows it does not learn from, the loss was lowest at epoch {found.epoch} ({found.lowest:.3g}) and "
        f"rose to {found.last:.3g}, while it kept falling on the training rows: it learns them by heart.",
        advice=f"Stop in time: with a patience of {patience} it ends when {patience} epochs brought nothing better, "
        "and goes back to the best one.",
        patch=[set_field("patience", patience)],
    )


def _find_still_improving(
    epochs: Sequence[EpochRow], auxiliary: dict[str, Any], spec: TrainingSpec
) -> Diagnosis | None:
    if auxiliary["metrics"].get("accuracy") == 1.0:  # there is nothing left to gain
        return None
    if not is_still_falling(Curve.of(epochs, "train_loss")) or not is_still_falling(Curve.judging(epochs)):
        return None
    more = MORE_EPOCHS * len(epochs)
    return Diagnosis(
        code=Finding.STILL_IMPROVING,
        title="Still improving at the end",
        sentence=f"After {len(epochs)} epochs the loss was still falling: it was stopped while it learned.",
        advice=f"Give it more time: {more} epochs.",
        patch=[set_field("epochs", more)],
    )


def _all_well(auxiliary: dict[str, Any], spec: TrainingSpec, problem_type: ProblemType) -> Diagnosis:
    plain = PLAIN[problem_type]
    if plain in str(spec.user_model):
        advice = "See whether a network finds more than this simple model."
        patch = use_network(auxiliary, spec)
    else:
        advice = f"See whether a simpler model does as well: {plain} only weighs and adds the columns."
        patch = use_estimator(plain)
    return Diagnosis(
        code=Finding.ALL_WELL,
        title="It has learned something",
        sentence="It does better than guessing, and nothing looks wrong.",
        advice=advice,
        patch=patch,
    )
