"""Summarise the result of a run in one sentence: its score, the baseline, and whether the difference is significant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np

FEW_ROWS = 30  # fewer test rows cause a warning
CERTAINTY = 2.0  # standard errors, about the 95 % level
LOW_RECALL_BY = 0.2  # how far below the accuracy a recall is reported
LOW_RECALL_ROWS = 5  # classes with fewer test rows are not reported
LABEL_LENGTH = 40


class Verdict(Enum):
    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "worse"


def judge(gains: np.ndarray, groups: np.ndarray | None = None) -> Verdict:
    """Test whether a model is significantly better or worse than the baseline.

    The sum of the gains is compared with its standard error under the null hypothesis, the root of the sum of squares.
    For correct and wrong predictions this is McNemar's test ("Note on the sampling error of the difference between
    correlated proportions", 1947).

    Parameters
    ----------
    gains : ndarray of shape (n,)
        How much better the model is than the baseline, for each row.
    groups : ndarray of shape (n,) or None
        Rows with equal values are not independent, and count as one observation.
    """
    if groups is not None:
        gains = np.bincount(np.unique(groups, return_inverse=True)[1], gains)
    total, error = gains.sum(), math.sqrt(gains @ gains)
    if total > CERTAINTY * error:
        return Verdict.BETTER
    return Verdict.WORSE if total < -CERTAINTY * error else Verdict.NO_BETTER


def describe_classification(
    y: np.ndarray,
    predictions: np.ndarray,
    guess: int,
    recalls: np.ndarray,
    classes: Sequence[str],
    groups: np.ndarray | None = None,
) -> str:
    """Return the summary of a classification.

    Parameters
    ----------
    y, predictions : ndarray of shape (n,)
        Class indices.
    guess : int
        The class that the baseline predicts.
    recalls : ndarray of shape (n_classes,)
    classes : sequence of str
    groups : ndarray of shape (n,) or None
        See `judge`.
    """
    right, guessed = predictions == y, y == guess
    accuracy, baseline = float(right.mean()), float(guessed.mean())
    verdict = judge(right.astype(np.float64) - guessed, groups)
    points = f"{100 * abs(accuracy - baseline):.1f} points"
    compared = {
        Verdict.BETTER: f"{points} better than",
        Verdict.NO_BETTER: "no better than" if accuracy <= baseline else "not clearly better than",
        Verdict.WORSE: f"{points} worse than",
    }[verdict]
    text = f"Accuracy {accuracy:.1%} on {_count(len(y))}, {compared} the baseline ({baseline:.1%}), "
    text += f"which always predicts {_quote(classes[guess])}"
    counts = np.bincount(y, minlength=len(classes))
    judged = np.flatnonzero(counts >= LOW_RECALL_ROWS)
    if len(judged) > 0:
        weakest = judged[recalls[judged].argmin()]
        if recalls[weakest] < accuracy - LOW_RECALL_BY:
            found, rows = round(recalls[weakest] * counts[weakest]), counts[weakest]
            text += f"; lowest recall for {_quote(classes[weakest])}: {found} of {rows} rows"
    return text + _warn(len(y), groups)


def describe_regression(
    y: np.ndarray,
    predictions: np.ndarray,
    mean: float,
    target: str,
    last_known: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> str:
    """Return the summary of a regression. The model is compared with the better of two baselines.

    Parameters
    ----------
    y, predictions : ndarray of shape (n,)
        In the target's units.
    mean : float
        The mean of the training rows, which the first baseline predicts.
    target : str
    last_known : ndarray of shape (n,) or None
        The target of the row before in time, which the second baseline predicts.
    groups : ndarray of shape (n,) or None
        See `judge`.
    """
    errors, guess_errors, guess = np.abs(predictions - y), np.abs(mean - y), "always predicts the mean of"
    if last_known is not None and np.abs(last_known - y).sum() < guess_errors.sum():
        guess_errors, guess = np.abs(last_known - y), "repeats the last known value of"
    error, baseline = float(errors.mean()), float(guess_errors.mean())
    verdict = judge(guess_errors - errors, groups)
    compared = {
        Verdict.BETTER: f"{baseline - error:.4g} less than",
        Verdict.NO_BETTER: "no better than" if error >= baseline else "not clearly better than",
        Verdict.WORSE: f"{error - baseline:.4g} more than",
    }[verdict]
    return (
        f"Mean absolute error {error:.4g} on {_count(len(y))}, {compared} the baseline ({baseline:.4g}), "
        f"which {guess} {_quote(target)}{_warn(len(y), groups)}"
    )


def _count(rows: int) -> str:
    return f"{rows} test row{'s' if rows != 1 else ''}"


def _warn(rows: int, groups: np.ndarray | None = None) -> str:
    if groups is not None and (n_groups := len(np.unique(groups))) < FEW_ROWS:
        return f"; {n_groups} groups are too few to be certain."
    return "." if rows >= FEW_ROWS else f"; {_count(rows)} {'is' if rows == 1 else 'are'} too few to be certain."


def _quote(label: str) -> str:
    return repr(label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…")
