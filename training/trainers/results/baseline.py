"""Diagnose models that are no better than the baseline, or that predict one class only. Called by `diagnose`."""

from __future__ import annotations

import math

import numpy as np

from training.messages.insights import Diagnosis, Finding
from training.messages.problems import PatchOperation
from training.messages.results import AuxiliaryOutputs, Metric
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.estimators import parse_estimator
from training.trainers.results.candidates import CandidateScorer
from training.trainers.results.experiments import FORESTS, change_choice, set_field, use_choice, use_estimator
from training.trainers.results.metrics import measure_balance
from training.trainers.results.summary import CERTAINTY
from training.trainers.results.underfitting import is_odd_rate

MIN_R2_GAIN = 0.05  # over the R² of the baseline
BALANCED = "balanced"  # estimators' argument for equal weights of all classes
NOTHING_FOUND = (
    "Even a random forest finds nothing in these features: add rows, or features that say more about the target."
)
PROBES = (
    {"estimator": "LogisticRegression", "class_weight": BALANCED},
    {"estimator": "RandomForestClassifier", "class_weight": BALANCED, "min_samples_leaf": 5},
)
LINEAR = "Ridge"


def is_weighted(spec: TrainingSpec) -> bool:
    """Return whether the model does not maximise accuracy: with class weights or a decision threshold."""
    if spec.class_weight is not None or spec.threshold is not None:
        return True
    if spec.user_model is None:
        return spec.criterion is Criterion.WCELOSS
    return parse_estimator(spec.user_model).settings.get("class_weight") == BALANCED


def find_one_class(auxiliary: AuxiliaryOutputs, spec: TrainingSpec, scorer: CandidateScorer | None) -> Diagnosis | None:
    """Diagnose a classifier that predicts the same class for all test rows."""
    if not auxiliary.is_classification:
        return None
    matrix = np.array(auxiliary.confusion_matrix)
    predicted = np.flatnonzero(matrix.sum(axis=0))
    if len(predicted) > 1 or np.count_nonzero(matrix.sum(axis=1)) < 2:
        return None
    name, classes = auxiliary.category_list[predicted[0]], len(matrix)
    is_common = matrix[predicted[0]].sum() > matrix.sum() / classes
    metric: Metric | None = None
    if spec.threshold is not None:
        advice, patch = "Remove the decision threshold.", [set_field("threshold", None)]
    elif spec.user_model is None and is_odd_rate(spec):
        advice = "Use the default learning rate, which usually works."
        patch = [set_field("learning_rate", None)]
    elif scorer is not None and not _can_be_separated(scorer):
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
        sentence=f"It predicts {name!r} for every test row.",
        advice=advice,
        patch=patch,
        metric=metric,
    )


def find_no_better(auxiliary: AuxiliaryOutputs, spec: TrainingSpec, scorer: CandidateScorer | None) -> Diagnosis | None:
    """Diagnose a model whose score is not above that of the baseline."""
    problem_type = auxiliary.require_problem_type()
    if is_weighted(spec):
        return _find_no_balance(np.array(auxiliary.confusion_matrix))
    if auxiliary.is_classification:
        if _is_clearly_better(np.array(auxiliary.confusion_matrix)):
            return None
        sentence = "It is no better than a baseline that always predicts the most frequent class."
        score, baseline = auxiliary.accuracy, auxiliary.baseline[Metric.ACCURACY]
    elif auxiliary.naive is not None and not auxiliary.r2 > auxiliary.naive.metrics[Metric.R2]:
        return _find_no_forecast(auxiliary, spec)
    else:
        score, baseline = auxiliary.r2, auxiliary.baseline[Metric.R2]
        if not score - baseline < MIN_R2_GAIN:  # also for the NaN of a single row
            return None
        sentence = f"It is no better than a baseline that always predicts the mean of {auxiliary.target!r}."
    advice, patch = _try_forest(spec, problem_type)
    if patch and scorer is not None:
        candidate = scorer.score_candidate(parse_estimator({"estimator": FORESTS[problem_type]}))
        if candidate is not None and candidate.score <= max(score, baseline):
            advice, patch = NOTHING_FOUND, []
    return Diagnosis(
        code=Finding.NO_BETTER, title="No better than the baseline", sentence=sentence, advice=advice, patch=patch
    )


def _can_be_separated(scorer: CandidateScorer) -> bool:
    """Return whether a model with balanced classes has a recall above chance; true if that is unknown."""
    scores = [scorer.score_candidate(parse_estimator(model)) for model in PROBES]
    known = [each for each in scores if each is not None]
    return not known or any(each.balance - each.chance > each.balance_error for each in known)


def _balance(spec: TrainingSpec) -> tuple[str, list[PatchOperation]]:
    """Propose balanced class weights in the loss or the estimator, or else in a forest."""
    if spec.class_weight is not None:
        return _try_forest(spec, ProblemType.CLASSIFICATION)
    if spec.user_model is None and spec.criterion is Criterion.CELOSS:
        advice = "Give rare classes more weight: weighted cross-entropy (WCELOSS) balances the classes."
        return advice, [set_field("criterion", Criterion.WCELOSS.value)]
    choice = None if spec.user_model is None else parse_estimator(spec.user_model)
    forest = FORESTS[ProblemType.CLASSIFICATION]
    if choice is not None and choice.settings.get("class_weight", BALANCED) != BALANCED:
        advice = "Give rare classes more weight: balanced class weights."
        return advice, use_choice(change_choice(choice, class_weight=BALANCED))
    if choice is None or choice.entry.name != forest:
        return "Try a random forest with balanced class weights.", use_estimator(forest, class_weight=BALANCED)
    return NOTHING_FOUND, []


def _try_forest(spec: TrainingSpec, problem_type: ProblemType) -> tuple[str, list[PatchOperation]]:
    if FORESTS[problem_type] in str(spec.user_model):
        return NOTHING_FOUND, []
    advice = "Try a random forest, which needs no tuning, to see whether these features say anything about the target."
    return advice, use_estimator(FORESTS[problem_type])


def _find_no_forecast(auxiliary: AuxiliaryOutputs, spec: TrainingSpec) -> Diagnosis:
    """Diagnose a forecast that is no better than the last known value."""
    if spec.user_model is not None and parse_estimator(spec.user_model).entry.name == LINEAR:
        advice = "Add features that say more, or predict the change since the row before instead."
        patch: list[PatchOperation] = []
    else:
        advice = f"Try a linear model, which can repeat a value: {LINEAR} computes a weighted sum of the features."
        patch = use_estimator(LINEAR)
    return Diagnosis(
        code=Finding.NO_BETTER,
        title="No better than the last known value",
        sentence=f"A baseline that repeats the last known value of {auxiliary.target!r} is as good.",
        advice=advice,
        patch=patch,
    )


def _find_no_balance(matrix: np.ndarray) -> Diagnosis | None:
    """Diagnose a model with class weights whose balanced accuracy is not above chance."""
    balance, error = measure_balance(matrix)
    if balance - 1 / np.count_nonzero(matrix.sum(axis=1)) > CERTAINTY * error:
        return None
    return Diagnosis(
        code=Finding.NO_BETTER,
        title="No better than the baseline",
        sentence=f"Its balanced accuracy is {balance:.0%}, no more than by chance.",
        advice="Add rows, above all of rare classes, or features that say more about the target.",
    )


def _is_clearly_better(matrix: np.ndarray) -> bool:
    """Return whether accuracy is significantly above the baseline, as `judge` does from single rows."""
    guess = int(matrix.sum(axis=1).argmax())
    won = np.trace(matrix) - matrix[guess, guess]
    lost = matrix[guess].sum() - matrix[guess, guess]
    return bool(won - lost > CERTAINTY * math.sqrt(won + lost))
