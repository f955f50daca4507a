"""One plain sentence on what a run has learned: honest about chance, and about the class that it fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np

FEW_ROWS = 30  # below this the sentence says that there are too few
CERTAINTY = 2.0  # standard errors: about one time in twenty, luck alone goes further
WEAK_BY = 0.2  # how far below the accuracy a class's recall is worth a word
WEAK_ROWS = 5  # a class with fewer test rows says too little
LABEL_LENGTH = 40


class Verdict(Enum):
    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "worse"


def judge(gains: np.ndarray, groups: np.ndarray | None = None) -> Verdict:
    """gains (n,): by how much the model did better than the guess, row by row; groups (n,): equal for rows that stay
    together, which count as one, since luck with one of them is luck with all.

    Compares their sum with the standard error that it has where there is nothing to gain, the root of the sum of
    squares. For rights and wrongs this is McNemar's test ("Note on the sampling error of the difference between
    correlated proportions", 1947).
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
    """y, predictions: class indices (n,); guess: the class that the baseline says; recalls (n_classes,); groups (n,):
    as of `judge`.
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
    text = f"Right for {accuracy:.1%} of {_count(len(y))}, {compared} always guessing {_quote(classes[guess])}"
    text += f" ({baseline:.1%})"
    counts = np.bincount(y, minlength=len(classes))
    judged = np.flatnonzero(counts >= WEAK_ROWS)
    if len(judged) > 0:
        weakest = judged[recalls[judged].argmin()]
        if recalls[weakest] < accuracy - WEAK_BY:
            found, rows = round(recalls[weakest] * counts[weakest]), counts[weakest]
            text += f"; weakest on {_quote(classes[weakest])}, of which it finds {found} of {rows}"
    return text + _warn(len(y), groups)


def describe_regression(
    y: np.ndarray,
    predictions: np.ndarray,
    mean: float,
    target: str,
    last_known: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> str:
    """y, predictions: (n,) in the target's units; mean: of the training rows, which the baseline says for each row;
    last_known (n,): the target of the row before in time, where rows have an order; groups (n,): as of `judge`. The
    model is compared with the better of the two guesses.
    """
    errors, guess_errors, guess = np.abs(predictions - y), np.abs(mean - y), "always guessing the mean of"
    if last_known is not None and np.abs(last_known - y).sum() < guess_errors.sum():
        guess_errors, guess = np.abs(last_known - y), "repeating the last known value of"
    error, baseline = float(errors.mean()), float(guess_errors.mean())
    verdict = judge(guess_errors - errors, groups)
    compared = {
        Verdict.BETTER: f"{baseline - error:.4g} less than",
        Verdict.NO_BETTER: "no better than" if error >= baseline else "not clearly better than",
        Verdict.WORSE: f"{error - baseline:.4g} more than",
    }[verdict]
    return (
        f"Off by {error:.4g} on average over {_count(len(y))}, {compared} {guess} "
        f"{_quote(target)} ({baseline:.4g}){_warn(len(y), groups)}"
    )


def _count(rows: int) -> str:
    return f"{rows} test row{'s' if rows != 1 else ''}"


def _warn(rows: int, groups: np.ndarray | None = None) -> str:
    if groups is not None and (n_groups := len(np.unique(groups))) < FEW_ROWS:
        return f"; so few groups ({n_groups}) cannot settle it."
    return "." if rows >= FEW_ROWS else f"; so few test rows ({rows}) cannot settle it."


def _quote(label: str) -> str:
    return repr(label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…")
