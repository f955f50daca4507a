"""Handle columns that have one value in all training rows. No weight is learned for them, so they must not count later.

Numbers stay columns of X and are 0 in every row. Categories and texts are removed from the plan. Called by `plan` and
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
    """Return the columns with at least two values among the training rows. Add a note for each of the others."""
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
    """Change the scalers of a fitted ColumnTransformer so that constant columns give 0, whatever their later values.

    scikit-learn sets the scale of such columns to 1, which passes later values on. A scale of infinity gives 0.
    `X_train`, the output of the fit, is changed in place.
    """
    for name in STANDARDISED:
        if name in preprocessor.named_transformers_:
            scaler = preprocessor.named_transformers_[name][-1]
            constant = scaler.scale_ != np.sqrt(scaler.var_)
            scaler.scale_[constant] = np.inf
            X_train[:, preprocessor.output_indices_[name]][:, constant] = 0.0  # a view: the columns are adjacent


def find_silenced(preprocessor: Any) -> list[str]:
    """Return the steps in which `silence_constants` found a constant column."""
    steps = preprocessor.named_transformers_
    return [name for name in STANDARDISED if name in steps and bool(np.isinf(steps[name][-1].scale_).any())]
