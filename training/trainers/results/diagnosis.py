"""What happened in a run and what to try next, read off its curves and numbers. Called by `train`.

At most a few diagnoses, the gravest first. Where something is known to help, a diagnosis has one experiment, as changes
of top-level fields of the run's spec.

No sequence of experiments leads back to a spec. Networks may be replaced by estimators, and never the other way; an
estimator is replaced only by one that the scout scored higher; a learning rate that is divided is not restored; every
other field moves in one direction. `python -m tests.benchmarks cards` follows all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from training.messages.events import EpochRow
from training.messages.insights import Diagnosis, Finding
from training.messages.problems import PatchOperation, Problem
from training.messages.results import AuxiliaryOutputs, Metric
from training.spec import Criterion, ProblemType, TrainingSpec
from training.spec.enums import SplitKind
from training.trainers.defaults import EPOCHS, LEARNING_RATES
from training.trainers.estimators import parse_estimator
from training.trainers.results.by_heart import find_by_heart, find_too_few_steps
from training.trainers.results.experiments import FORESTS, change_choice, set_field, use_choice, use_estimator
from training.trainers.results.metrics import measure_balance
from training.trainers.results.scout import Scout
from training.trainers.results.sentence import CERTAINTY
from training.trainers.results.trend import Curve, count_jumps, find_overfitting, is_still_falling
from training.trainers.results.underfitting import ENOUGH, find_underfitting, is_odd_rate

MIN_ROWS_TO_HOLD_BACK = 130  # training rows: of fewer, the share that judges the epochs is needed to learn from
MIN_R2_GAIN = 0.05  # an R² that is no further from the baseline's explains next to nothing
JUMPY_SHARE = 0.1  # of the epochs; an odd batch now and then is ordinary
MIN_JUMPS = 3
MORE_EPOCHS = 2  # times as many: what was learned so far is then half of the way
ROUNDING = 1e-6
LESS_RATE = 10  # the learning rate is divided by it: smaller changes hardly show
PATIENCE_SHARE, MIN_PATIENCE = 10, 5  # of the epochs: long enough to sit out a bad patch

BALANCED = "balanced"  # how estimators take a weight that is the same for every class
NOTHING_FOUND = "Even a forest finds nothing in these columns: bring more rows, or columns that say more."
PROBES = (
    {"estimator": "LogisticRegression", "class_weight": BALANCED},
    {"estimator": "RandomForestClassifier", "class_weight": BALANCED, "min_samples_leaf": 5},
)
FOLDS = 5  # that a good run is offered to be checked with
SHOWN_NOTES = 3
LINEAR = "Ridge"


def diagnose(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    spec: TrainingSpec,
    train_score: float | None = None,
    *,
    notes: Sequence[Problem] = (),
    scout: Scout | None = None,
) -> list[Diagnosis]:
    """Describe what happened in a run that succeeded. The list is never empty.

    epochs, auxiliary: of the run. spec: as it was trained. train_score: accuracy or R² on rows that it learned from,
    None where that is not known. notes: what is known to be odd about the table or the spec. scout: tries estimators
    before they are recommended; without one, none is recommended that needs evidence.
    """
    problem_type = auxiliary.require_problem_type()
    found = [_find_leak(auxiliary)]
    one_class = _find_one_class(auxiliary, spec, scout)
    if is_weighted(spec):
        scout = None  # its score is accuracy, part of which such a model gives up for rare classes
    found.append(one_class or _find_no_better(auxiliary, spec, problem_type, scout))
    if spec.user_model is None:
        found.append(_find_instability(epochs, auxiliary, spec, problem_type, scout))
    found.append(
        _find_length(epochs, auxiliary, spec, train_score, scout)
        or find_underfitting(auxiliary, spec, train_score, scout)
    )
    diagnoses = [diagnosis for diagnosis in found if diagnosis is not None]
    return diagnoses or [_note(notes) if notes else _all_well(spec)]


def _find_length(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    spec: TrainingSpec,
    train_score: float | None,
    scout: Scout | None,
) -> Diagnosis | None:
    """Whether the training went on for too long, or not for long enough."""
    if spec.user_model is not None:
        choice = parse_estimator(spec.user_model)
        by_heart = find_by_heart(epochs, auxiliary, choice, train_score, scout)
        return by_heart or find_too_few_steps(epochs, auxiliary, choice)
    if auxiliary.early_stopping is not None:  # it has gone back to its best epoch: neither too long nor too short
        return None
    found = _find_overfitting(epochs, auxiliary, spec) or _find_still_improving(epochs, auxiliary, spec)
    if found is not None and found.code is Finding.STILL_IMPROVING and len(epochs) >= EPOCHS:
        # More epochs would take a network far that is too small, and never far enough.
        return find_underfitting(auxiliary, spec, train_score, scout) or found
    return found


def _find_leak(auxiliary: AuxiliaryOutputs) -> Diagnosis | None:
    check = auxiliary.split_check
    if check is None or not (check.leaks or check.is_unmeasured):
        return None
    later = check.kind is SplitKind.TIME
    return Diagnosis(
        code=Finding.LEAKING_SPLIT,
        title="The split leaks" if check.leaks else "The split may leak",
        sentence=check.sentence,
        advice="Test on the latest rows, as in real use."
        if later
        else "Keep rows that belong together on one side: the score then is what new ones would get.",
        patch=[set_field("split", check.split)],
    )


def _find_one_class(auxiliary: AuxiliaryOutputs, spec: TrainingSpec, scout: Scout | None) -> Diagnosis | None:
    if not auxiliary.is_classification:
        return None
    matrix = np.array(auxiliary.confusion_matrix)
    said = np.flatnonzero(matrix.sum(axis=0))
    if len(said) > 1 or np.count_nonzero(matrix.sum(axis=1)) < 2:
        return None
    name, classes = auxiliary.category_list[said[0]], len(matrix)
    is_common = matrix[said[0]].sum() > matrix.sum() / classes
    sentence = f"It says {name!r} of every test row, whatever the row holds."
    metric: Metric | None = None
    if spec.threshold is not None:
        advice, patch = "Leave the decision threshold out.", [set_field("threshold", None)]
    elif spec.user_model is None and is_odd_rate(spec):
        advice = "Let it learn at the rate that usually works."
        patch = [set_field("learning_rate", None)]
    elif scout is not None and not _can_be_told_apart(scout):
        advice, patch = NOTHING_FOUND, []
    elif is_common:
        advice, patch = _balance(spec)
        if patch:
            metric = Metric.BALANCED_ACCURACY
            advice += " Accuracy may fall, since one class is so common: compare the balanced accuracy."
    else:
        advice, patch = _try_forest(spec, ProblemType.CLASSIFICATION)
    return Diagnosis(
        code=Finding.ONE_CLASS_ONLY,
        title="It predicts one class only",
        sentence=sentence,
        advice=advice,
        patch=patch,
        metric=metric,
    )


def _can_be_told_apart(scout: Scout) -> bool:
    """Whether a model that weighs classes alike finds more of each than chance; true where that is not known."""
    tried = [scout.try_out(parse_estimator(model)) for model in PROBES]
    known = [each for each in tried if each is not None]
    return not known or any(each.balance - each.chance > each.balance_error for each in known)


def _balance(spec: TrainingSpec) -> tuple[str, list[PatchOperation]]:
    """What makes rows of rare classes count more: the loss or the estimator itself, or else a forest."""
    if spec.class_weight is not None:
        return _try_forest(spec, ProblemType.CLASSIFICATION)
    if spec.user_model is None and spec.criterion is Criterion.CELOSS:
        advice = "Let rows of rare classes count more: the loss WCELOSS weighs all classes alike."
        return advice, [set_field("criterion", Criterion.WCELOSS.value)]
    choice = None if spec.user_model is None else parse_estimator(spec.user_model)
    forest = FORESTS[ProblemType.CLASSIFICATION]
    if choice is not None and choice.settings.get("class_weight", BALANCED) != BALANCED:
        advice = "Let rows of rare classes count more: with balanced classes."
        return advice, use_choice(change_choice(choice, class_weight=BALANCED))
    if choice is None or choice.entry.name != forest:
        return "Try a forest in which rows of rare classes count more.", use_estimator(forest, class_weight=BALANCED)
    return NOTHING_FOUND, []


def _try_forest(spec: TrainingSpec, problem_type: ProblemType) -> tuple[str, list[PatchOperation]]:
    if FORESTS[problem_type] in str(spec.user_model):
        return NOTHING_FOUND, []
    advice = "A random forest needs no tuning: try one, to see whether these columns say anything at all."
    return advice, use_estimator(FORESTS[problem_type])


def _find_no_better(
    auxiliary: AuxiliaryOutputs, spec: TrainingSpec, problem_type: ProblemType, scout: Scout | None
) -> Diagnosis | None:
    if is_weighted(spec):
        return _find_no_balance(np.array(auxiliary.confusion_matrix))
    if auxiliary.is_classification:
        if _gains_clearly(np.array(auxiliary.confusion_matrix)):
            return None
        sentence = "It is no better than always saying the most frequent class."
        score, guess = auxiliary.accuracy, auxiliary.baseline[Metric.ACCURACY]
    elif auxiliary.naive is not None and not auxiliary.r2 > auxiliary.naive.metrics[Metric.R2]:
        return _find_no_forecast(auxiliary, spec)
    else:
        score, guess = auxiliary.r2, auxiliary.baseline[Metric.R2]
        if not score - guess < MIN_R2_GAIN:  # NaN of a single row says nothing
            return None
        sentence = f"It is no better than always saying the mean of {auxiliary.target!r}."
    advice, patch = _try_forest(spec, problem_type)
    if patch and scout is not None:
        tried = scout.try_out(parse_estimator({"estimator": FORESTS[problem_type]}))
        if tried is not None and tried.score <= max(score, guess):
            advice, patch = NOTHING_FOUND, []
    return Diagnosis(
        code=Finding.NO_BETTER, title="No better than guessing", sentence=sentence, advice=advice, patch=patch
    )


def _find_no_forecast(auxiliary: AuxiliaryOutputs, spec: TrainingSpec) -> Diagnosis:
    """No better than a forecast that expects no change."""
    if spec.user_model is not None and parse_estimator(spec.user_model).entry.name == LINEAR:
        advice = "Bring columns that say more, or predict the change since the row before instead."
        patch: list[PatchOperation] = []
    else:
        advice = f"Try a model that can pass a value on as it is: {LINEAR} only weighs and adds the columns."
        patch = use_estimator(LINEAR)
    return Diagnosis(
        code=Finding.NO_BETTER,
        title="No better than the last known value",
        sentence=f"Repeating the last known value of {auxiliary.target!r} does as well, without any model.",
        advice=advice,
        patch=patch,
    )


def is_weighted(spec: TrainingSpec) -> bool:
    """Whether rows of rare classes count more than others, or a class is predicted from another probability on than
    the most likely one is, so that accuracy is not what the model aims at.
    """
    if spec.class_weight is not None or spec.threshold is not None:
        return True
    if spec.user_model is None:
        return spec.criterion is Criterion.WCELOSS
    return parse_estimator(spec.user_model).settings.get("class_weight") == BALANCED


def _find_no_balance(matrix: np.ndarray) -> Diagnosis | None:
    """Whether a model that weighs classes finds no more of each than chance would."""
    balance, error = measure_balance(matrix)
    if balance - 1 / np.count_nonzero(matrix.sum(axis=1)) > CERTAINTY * error:
        return None
    return Diagnosis(
        code=Finding.NO_BETTER,
        title="No better than guessing",
        sentence=f"On average it finds {balance:.0%} of a class, no more than chance would.",
        advice="Bring more rows, of the rare classes above all, or columns that say more.",
    )


def _gains_clearly(matrix: np.ndarray) -> bool:
    """As `sentence.judge` does: only rows count on which the model and the guess differ."""
    guess = int(matrix.sum(axis=1).argmax())
    won = np.trace(matrix) - matrix[guess, guess]
    lost = matrix[guess].sum() - matrix[guess, guess]
    return bool(won - lost > CERTAINTY * math.sqrt(won + lost))


def _find_instability(
    epochs: Sequence[EpochRow],
    auxiliary: AuxiliaryOutputs,
    spec: TrainingSpec,
    problem_type: ProblemType,
    scout: Scout | None,
) -> Diagnosis | None:
    """Whether the loss jumps, at a learning rate above the usual one, or where the model falls short of others.

    Where it does as well as is possible at a usual rate, smaller steps would take it less far in as many epochs.
    """
    jumps = count_jumps(Curve.of(epochs, "train_loss"))
    if jumps < max(MIN_JUMPS, JUMPY_SHARE * len(epochs)):
        return None
    assert spec.learning_rate is not None and spec.optimizer_name is not None
    if spec.learning_rate <= LEARNING_RATES[spec.optimizer_name] and _does_well(auxiliary, problem_type, scout):
        return None
    rate = float(f"{spec.learning_rate / LESS_RATE:.2g}")
    if not is_odd_rate(spec.model_copy(update={"learning_rate": rate})) or rate > LEARNING_RATES[spec.optimizer_name]:
        advice = f"Take smaller steps: a learning rate of {rate:g} instead of {spec.learning_rate:g}."
        patch = [set_field("learning_rate", rate)]
    elif spec.gradient_clip is None:
        advice, patch = "Limit how large a single step may be.", [set_field("gradient_clip", 1.0)]
    else:
        advice, patch = "Larger batches make steadier steps.", []
    return Diagnosis(
        code=Finding.UNSTABLE,
        title="The loss jumps",
        sentence=f"In {jumps} of {len(epochs)} epochs the loss leapt up: the steps overshoot what they aim at.",
        advice=advice,
        patch=patch,
    )


def _does_well(auxiliary: AuxiliaryOutputs, problem_type: ProblemType, scout: Scout | None) -> bool:
    """Whether the test score is high, or no lower than that of a forest on rows that it has not learned from."""
    score = auxiliary.accuracy if auxiliary.is_classification else auxiliary.r2
    if score >= ENOUGH[problem_type] or scout is None:
        return bool(score >= ENOUGH[problem_type])
    tried = scout.try_out(parse_estimator({"estimator": FORESTS[problem_type]}))
    return tried is not None and bool(score >= tried.score)


def _find_overfitting(epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, spec: TrainingSpec) -> Diagnosis | None:
    found = find_overfitting(Curve.of(epochs, "train_loss"), Curve.judging(epochs))
    if found is None:
        return None
    patience = max(MIN_PATIENCE, len(epochs) // PATIENCE_SHARE)
    right = Curve.of(epochs, "test_acc")
    patch = []
    if auxiliary.split is not None and auxiliary.split.train_rows < MIN_ROWS_TO_HOLD_BACK:
        advice = "More rows would help: there are too few to hold some back and stop in time by them."
    elif len(right) and right.mean_near(found.epoch) < right.mean_near(len(epochs)) - ROUNDING:
        advice = (
            "More rows would help. To stop earlier would not: since then it is right more often, if too sure of it."
        )
    else:
        advice = (
            f"Stop in time: with a patience of {patience} it ends when {patience} epochs brought nothing better, and "
            "goes back to the best one."
        )
        patch = [set_field("patience", patience)]
    return Diagnosis(
        code=Finding.OVERFITTING,
        title=f"Overfitting from epoch {found.epoch} on",
        sentence=f"On rows it does not learn from, the loss was lowest at epoch {found.epoch} ({found.lowest:.3g}) and "
        f"rose to {found.last:.3g}, while it kept falling on the training rows: it learns them by heart.",
        advice=advice,
        patch=patch,
    )


def _find_still_improving(
    epochs: Sequence[EpochRow], auxiliary: AuxiliaryOutputs, spec: TrainingSpec
) -> Diagnosis | None:
    if auxiliary.accuracy == 1.0:  # there is nothing left to gain
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


def _note(notes: Sequence[Problem]) -> Diagnosis:
    """It did better than guessing, and what is known of the table or the spec has to be looked at first."""
    shown = " ".join(f"“{note.message}”" for note in notes[:SHOWN_NOTES])
    more = f" And {len(notes) - SHOWN_NOTES} more." if len(notes) > SHOWN_NOTES else ""
    return Diagnosis(
        code=Finding.NOTED,
        title="It does better than guessing, with reservations",
        sentence=f"Before you rely on it: {shown}{more}",
        advice="Look at each note, on the Train page too, where some can be mended with one click.",
    )


def _all_well(spec: TrainingSpec) -> Diagnosis:
    if spec.folds is None:
        advice = f"See whether that holds for other test rows, too: cross-validate with {FOLDS} folds."
        patch = [set_field("folds", FOLDS)]
    else:
        advice, patch = "Let it predict rows of your own, below.", []
    return Diagnosis(
        code=Finding.ALL_WELL,
        title="It has learned something",
        sentence="It does better than guessing, and nothing looks wrong.",
        advice=advice,
        patch=patch,
    )
