"""Read the column with the weight of each row. It is checked, and is not a feature. Called by `plan`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.formats.numeric import find_number_format
from training.datasets.formats.text import Text
from training.exceptions import SpecRefused
from training.name_lookup import find_nearest
from training.problems import build_refusal
from training.spec import TrainingSpec

REMEDY = "Correct these rows in the table, or train without a column of weights."


def read_weights(frame: pd.DataFrame, spec: TrainingSpec, target: str) -> np.ndarray | None:
    """Return the weights of the frame's rows, float64 (n,), at least 0. None if the spec names no column.

    Raises SpecRefused: `unknown_weight`, `weight_is_target`, `weight_is_feature`, `bad_weights`.
    """
    name = spec.weight
    if name is None:
        return None
    if name not in frame.columns:
        near = find_nearest(name, map(str, frame.columns))
        hint = f"Did you mean {near!r}?" if near else "Choose a column of the table, or none."
        raise build_refusal("unknown_weight", "weight", f"There is no column {name!r} to take weights from.", hint)
    if name == target:
        raise build_refusal(
            "weight_is_target", "weight", f"The column {name!r} is the target.", "Choose another column, or none."
        )
    if name in spec.features:
        raise build_refusal(
            "weight_is_feature",
            f"features[{spec.features.index(name)}]",
            f"The column {name!r} holds the rows' weights, and is also among the features.",
            "Remove it from the features, or choose another column of weights.",
        )
    return _to_weights(frame[name])


def check_training_weights(weights: np.ndarray | None, train: np.ndarray, name: str | None) -> None:
    """Check that some training row has a weight above 0. Raises SpecRefused (`bad_weights`)."""
    if weights is not None and not weights[train].any():
        raise build_refusal(
            "bad_weights",
            "weight",
            f"Every training row has the weight 0 in {name!r}: nothing could be learned.",
            "Give some training rows a weight above 0, or train without a column of weights.",
        )


def _to_weights(column: pd.Series) -> np.ndarray:
    missing = column.isna().to_numpy()
    if missing.any():
        raise _refuse(column, missing, "have no weight", "has none")
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        weights = column.to_numpy(np.float64)
    else:
        text = Text(column.astype("str"))
        found = None if types.is_datetime64_any_dtype(column) else find_number_format(text)
        numbers = None if found is None else found.read(text)
        strange = np.ones(len(column), bool) if numbers is None else numbers.isna().to_numpy()
        if numbers is None or strange.any():
            raise _refuse(column, strange, "have a weight that is no number", "has {value}")
        weights = numbers.to_numpy(np.float64)
    if (negative := weights < 0).any():
        raise _refuse(column, negative, "have a negative weight", "has {value}")
    if (endless := ~np.isfinite(weights)).any():
        raise _refuse(column, endless, "have no finite weight", "has {value}")
    return weights


def _refuse(column: pd.Series, wrong: np.ndarray, complaint: str, example: str) -> SpecRefused:
    """Refuse weights. `wrong`: bool (n,). The frame's index holds the rows' numbers in the table, from 0."""
    position = int(wrong.argmax())
    row = int(column.index[position]) + 1
    shown = example.format(value=repr(str(column.iloc[position])[:40]))
    count = int(wrong.sum())
    rows = "1 row" if count == 1 else f"{count:,} rows"
    return build_refusal(
        "bad_weights",
        "weight",
        f"{rows} {complaint if count > 1 else complaint.replace('have', 'has', 1)} in {column.name!r}: row {row:,} "
        f"{shown}.",
        REMEDY,
    )
