"""Explain predictions: exactly for linear models and trees, and else by sampling."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.exceptions import SpecRefused
from training.problems import build_refusal
from training.trainers.estimators.outputs import compute_probabilities
from training.trainers.explanations.explanation import Parts, Units
from training.trainers.explanations.linear import LINEAR, explain_linear
from training.trainers.explanations.sampled import MAX_ANSWERS, sample_contributions
from training.trainers.explanations.trees import TREES, explain_trees
from training.trainers.trained import TrainedModel

MAX_KERNELS = 1_000_000  # kernel values per explanation: about 0.1 s
MAX_DISTANCES = 8_000_000  # distances per explanation of nearest neighbours, which are faster


@dataclass(frozen=True)
class Explanations:
    """Explanations of n predictions: base + contributions summed over the columns = output.

    Attributes
    ----------
    base : ndarray of shape (n,)
    contributions : ndarray of shape (n, n_columns)
        In the order of `Preparation.columns`.
    output : ndarray of shape (n,)
        Of the predicted class, or the predicted value.
    units : Units
    exact : bool
        Whether no sampling was needed.
    """

    base: np.ndarray
    contributions: np.ndarray
    output: np.ndarray
    units: Units
    exact: bool


def explain(trained: TrainedModel, frame: pd.DataFrame, predictions: np.ndarray) -> Explanations:
    """Explain predictions.

    `frame` holds the rows with the columns `trained.columns`; `predictions` (n,) are the model's.

    Raises SpecRefused (`not_explainable`) for a run that stored no background rows.
    """
    preparation = trained.preparation
    if preparation.background is None or preparation.means is None:
        raise _refuse()
    X = preparation.transform(frame)
    said = None if preparation.classes is None else predictions
    column_of, n_columns = preparation.column_of_features, len(preparation.columns)
    parts = _explain_exactly(trained, X, said)
    if parts is None or not parts.adds_up():
        return _sample(trained, X, said, column_of, n_columns)
    if said is None:
        parts = replace(
            parts,
            base=preparation.to_units(parts.base),
            contributions=parts.contributions * preparation.target_scale,
            output=preparation.to_units(parts.output),
        )
    by_column = np.zeros((len(X), n_columns))
    for row, contributions in enumerate(parts.contributions):
        by_column[row] = np.bincount(column_of, contributions, minlength=n_columns)
    return Explanations(parts.base, by_column, parts.output, parts.units, exact=True)


def _explain_exactly(trained: TrainedModel, X: np.ndarray, said: np.ndarray | None) -> Parts | None:
    name = type(trained.model).__name__
    if trained.spec.user_model is None:
        return None  # a network
    if name in LINEAR:
        assert trained.preparation.means is not None
        return explain_linear(trained.model, X, trained.preparation.means, said)
    return explain_trees(trained.model, X, said) if name in TREES else None


def _sample(
    trained: TrainedModel, X: np.ndarray, said: np.ndarray | None, column_of: np.ndarray, n_columns: int
) -> Explanations:
    background = trained.preparation.background
    assert background is not None
    max_answers = _bound_answers(trained)

    def ask_for(row: int) -> tuple[float, np.ndarray, float]:
        column = None if said is None else int(said[row])
        return sample_contributions(
            lambda rows: _ask(trained, rows, column), X[row], background, column_of, n_columns, max_answers
        )

    base, contributions, output = zip(*(ask_for(row) for row in range(len(X))), strict=True)
    units = Units.TARGET if said is None else Units.PROBABILITY
    return Explanations(np.array(base), np.stack(contributions), np.array(output), units, exact=False)


def _bound_answers(trained: TrainedModel) -> int:
    """Return how many predictions take a fraction of a second. Some models compare each row with stored rows."""
    model = trained.model
    if hasattr(model, "support_"):
        return min(MAX_ANSWERS, MAX_KERNELS // max(1, len(model.support_)))
    if hasattr(model, "n_samples_fit_"):
        return min(MAX_ANSWERS, MAX_DISTANCES // int(model.n_samples_fit_))
    return MAX_ANSWERS


def _ask(trained: TrainedModel, X: np.ndarray, column: int | None) -> np.ndarray:
    """Return the probability of a class, or the predicted value: float64 (n,)."""
    X = np.ascontiguousarray(X, np.float32)
    classes = trained.preparation.classes
    if column is None:
        return trained.answer_prepared(X)[0]
    if trained.spec.user_model is None or classes is None:
        probabilities = trained.answer_prepared(X)[1]
        assert probabilities is not None
    else:
        probabilities = compute_probabilities(trained.model, X, classes)
    return np.asarray(probabilities[:, column], np.float64)


def _refuse() -> SpecRefused:
    return build_refusal(
        "not_explainable",
        "explain",
        "This run was trained before predictions could be explained.",
        "Train it again, and explain the predictions of the new run.",
    )
