"""THE function that explains answers: exactly where the model is linear or made of trees, and else by sampling."""

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

MAX_KERNELS = 1_000_000  # that are computed for one explanation: about 0.1 s
MAX_DISTANCES = 8_000_000  # the same of nearest neighbours, which are quicker


@dataclass(frozen=True)
class Explanations:
    """Of n rows. base (n,) + contributions (n, n_columns) summed over `Preparation.columns` = output (n,), in `units`:
    of the class that is said, or of the predicted number. `exact`: no sampling was needed.
    """

    base: np.ndarray
    contributions: np.ndarray
    output: np.ndarray
    units: Units
    exact: bool


def explain(trained: TrainedModel, frame: pd.DataFrame, predictions: np.ndarray) -> Explanations:
    """frame: rows of a table with `trained.columns`. predictions (n,): what the model says of them.

    Raises SpecRefused (`not_explainable`) where the run has not kept what it takes.
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
    """How many answers take a fraction of a second: some models compare each row with those that they keep."""
    model = trained.model
    if hasattr(model, "support_"):
        return min(MAX_ANSWERS, MAX_KERNELS // max(1, len(model.support_)))
    if hasattr(model, "n_samples_fit_"):
        return min(MAX_ANSWERS, MAX_DISTANCES // int(model.n_samples_fit_))
    return MAX_ANSWERS


def _ask(trained: TrainedModel, X: np.ndarray, column: int | None) -> np.ndarray:
    """The probability of a class, or the number that is predicted: float64 (n,)."""
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
        "This run was trained before its answers could be explained.",
        "Train it once more, and ask the new run.",
    )
