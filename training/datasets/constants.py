"""Columns that have one value in all training rows. Nothing is learned from them, so no later value may count.

Numbers stay columns of X and are 0 in every row; categories are left out of the plan. Called by `plan` and
`preprocessing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.parts import Problem
from training.problems import build_problem

if TYPE_CHECKING:
    import pandas as pd


def drop_constant_categories(
    frame: pd.DataFrame, categories: list[str], train: np.ndarray, notes: list[Problem]
) -> list[str]:
    """Return the categories that have at least two levels among the training rows; note each of the others."""
    kept = []
    for name in categories:
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
    return kept


def silence_constant_numbers(scaler: Any) -> np.ndarray:
    """Make a fitted StandardScaler give 0 for constant columns, whatever their later values.

    scikit-learn replaces the scale of such columns by 1, which lets later values through as they are. Divided by
    infinity they are 0. Returns bool (n_columns,): which columns are constant.
    """
    constant: np.ndarray = scaler.scale_ != np.sqrt(scaler.var_)
    scaler.scale_[constant] = np.inf
    return constant


def has_constant_numbers(preprocessor: Any) -> bool:
    """Return whether `silence_constant_numbers` has found any column of a fitted ColumnTransformer's numbers."""
    steps = preprocessor.named_transformers_.get("number")
    return steps is not None and bool(np.isinf(steps[-1].scale_).any())
