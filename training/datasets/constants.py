"""Columns that have one value in all training rows. Nothing is learned from them, so no later value may count.

Numbers stay columns of X and are 0 in every row; categories and texts are left out of the plan. Called by `plan` and
`preprocessing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from training.messages.problems import Problem
from training.problems import build_problem

if TYPE_CHECKING:
    import pandas as pd


def drop_constant(
    frame: pd.DataFrame, names: Iterable[str], train: np.ndarray, notes: list[Problem]
) -> tuple[str, ...]:
    """Return the columns that have at least two values among the training rows; note each of the others."""
    kept = []
    for name in names:
        levels = frame[name].iloc[train].dropna().unique()
        if len(levels) > 1:
            kept.append(name)
            continue
        value = f"is {str(levels[0])[:40]!r}" if len(levels) else "is missing"
        notes.append(
            build_problem(
                "constant_feature",
                "features",
                f"The column {name!r} is left out: it {value} in every training row, so there is nothing to learn "
                "from it.",
                "Nothing needs to be done. Add rows with other values if the column should count.",
            )
        )
    return tuple(kept)


STANDARDISED = ("number", "words")
"""The steps of a preparation that end with a StandardScaler."""


def silence_constants(preprocessor: Any, X_train: np.ndarray) -> None:
    """Make the scalers of a fitted ColumnTransformer give 0 for constant columns, whatever their later values.

    scikit-learn replaces the scale of such columns by 1, which lets later values through as they are. Divided by
    infinity they are 0. `X_train`, what the fit gave, is changed in place.
    """
    for name in STANDARDISED:
        if name in preprocessor.named_transformers_:
            scaler = preprocessor.named_transformers_[name][-1]
            constant = scaler.scale_ != np.sqrt(scaler.var_)
            scaler.scale_[constant] = np.inf
            X_train[:, preprocessor.output_indices_[name]][:, constant] = 0.0  # a view: they are side by side


def find_silenced(preprocessor: Any) -> list[str]:
    """Return the steps in which `silence_constants` has found any column."""
    steps = preprocessor.named_transformers_
    return [name for name in STANDARDISED if name in steps and bool(np.isinf(steps[name][-1].scale_).any())]
