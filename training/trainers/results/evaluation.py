"""Evaluate a trained model on the test rows: the `auxiliary_outputs` of its run, or its score alone."""

from __future__ import annotations

import math

import numpy as np

from training.datasets.preprocessing import PreparedData
from training.messages.results import AuxiliaryOutputs, ClassScores, Headline, Metric, NaiveForecast
from training.trainers.base import Fitted
from training.trainers.results.calibration import build_calibration
from training.trainers.results.curves import build_precision_recall, build_roc, choose_points, compute_mean, sweep
from training.trainers.results.metrics import (
    classification_metrics,
    compute_accuracy,
    compute_r2,
    count_confusions,
    measure_classes,
    regression_metrics,
)
from training.trainers.results.residuals import build_residuals
from training.trainers.results.summary import describe_classification, describe_regression
from training.trainers.results.thresholds import describe_threshold


def score(data: PreparedData, fitted: Fitted) -> Headline:
    """Return the accuracy of a classification or the R² of a regression, with that of the baseline."""
    with np.errstate(over="ignore", invalid="ignore"):
        if data.classes is None:
            y = data.y_test_units
            guessed = compute_r2(y, np.full(len(y), data.target_mean))
            return Headline(metric=Metric.R2, value=compute_r2(y, fitted.predictions), baseline=guessed)
        y, n_classes = data.y_test, len(data.classes)
        guess = _guess(data, n_classes)
        value, baseline = (
            compute_accuracy(count_confusions(y, said, n_classes))
            for said in (fitted.predictions, np.full(len(y), guess))
        )
        return Headline(metric=Metric.ACCURACY, value=value, baseline=baseline)


def evaluate(data: PreparedData, fitted: Fitted) -> AuxiliaryOutputs:
    """Evaluate a model and a baseline that ignores the features. Undefined numbers are NaN."""
    with np.errstate(over="ignore", invalid="ignore"):  # the numbers of a diverged model show it
        if fitted.probabilities is None:
            auxiliary = _evaluate_regression(data, fitted.predictions)
        else:
            auxiliary = _evaluate_classification(data, fitted.predictions, fitted.probabilities)
    return auxiliary.model_copy(update={"headline": score(data, fitted)})


def _guess(data: PreparedData, n_classes: int) -> int:
    """Return the most frequent class of the training rows, which the baseline predicts."""
    return int(np.bincount(data.y_train, minlength=n_classes).argmax())


def _find_groups(data: PreparedData) -> np.ndarray | None:
    """Return the groups of the test rows, int64 (n_test,); None without groups."""
    plan = data.plan
    groups = plan.arranged.arrangement.groups if plan.split.column is not None else None
    return None if groups is None else groups[plan.test]


def _evaluate_classification(
    data: PreparedData, predictions: np.ndarray, probabilities: np.ndarray
) -> AuxiliaryOutputs:
    assert data.classes is not None
    y, n_classes = data.y_test, len(data.classes)
    shares = np.bincount(data.y_train, minlength=n_classes) / len(data.y_train)
    guess = _guess(data, n_classes)
    sweeps = [sweep(y == index, probabilities[:, index]) for index in range(n_classes)]
    points = choose_points(n_classes)
    curves = [build_roc(counts, points) for counts in sweeps]
    matrix = count_confusions(y, predictions, n_classes)
    measured = classification_metrics(y, matrix, probabilities, compute_mean(curves))
    guesses = np.broadcast_to(shares, (len(y), n_classes))
    # A constant score has an area under the ROC curve of 0.5, if it is defined.
    chance = math.nan if None in curves else 0.5
    baseline = classification_metrics(y, count_confusions(y, np.full(len(y), guess), n_classes), guesses, chance)
    precision, recall, f1 = measure_classes(matrix)
    return AuxiliaryOutputs(
        problem_type=data.problem_type,
        target=data.target,
        confusion_matrix=matrix.tolist(),
        category_list=list(data.classes),
        numerical_category_list=list(range(n_classes)),
        AUC_ROC_curve_data=curves,
        precision_recall_curve_data=[build_precision_recall(counts, points) for counts in sweeps],
        calibration=build_calibration(y, predictions, probabilities, guesses, data.classes),
        metrics=measured,
        baseline=baseline,
        per_class=[
            ClassScores(label=name, precision=p, recall=r, f1=f, support=rows)
            for name, p, r, f, rows in zip(
                data.classes, precision.tolist(), recall.tolist(), f1.tolist(), matrix.sum(1).tolist(), strict=True
            )
        ],
        threshold=describe_threshold(y, probabilities, data.classes, data.preparation.threshold),
        sentence=describe_classification(y, predictions, guess, recall, data.classes, _find_groups(data)),
    )


def _evaluate_regression(data: PreparedData, predictions: np.ndarray) -> AuxiliaryOutputs:
    y = data.y_test_units
    measured = regression_metrics(y, predictions)
    baseline = regression_metrics(y, np.full(len(y), data.target_mean))
    last_known = data.plan.leaks.read_last_known()
    evaluated = AuxiliaryOutputs(
        problem_type=data.problem_type,
        target=data.target,
        metrics=measured,
        baseline=baseline,
        residuals=build_residuals(y, predictions),
        sentence=describe_regression(y, predictions, data.target_mean, data.target, last_known, _find_groups(data)),
    )
    if last_known is None:
        return evaluated
    return evaluated.model_copy(update={"naive": NaiveForecast(metrics=regression_metrics(y, last_known))})
