"""Which column is predicted, and its values as class indices or numbers. Called by `plan`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.columns import suggest_target
from training.datasets.kinds import write_label
from training.datasets.table import Table
from training.parts import Problem
from training.problems import build_problem, build_refusal
from training.spec import ColumnType, ProblemType, TrainingSpec

MAX_CLASSES = 1_000
MIN_ROWS = 4


def choose_target(table: Table, kinds: dict[str, ColumnType], spec: TrainingSpec) -> str:
    target = spec.target or table.target or suggest_target(kinds)
    if target is None:
        raise build_refusal(
            "unknown_target", "target", "No column of this table could be the target.", "Choose a target column."
        )
    if target not in kinds:
        names = ", ".join(list(kinds)[:10])
        raise build_refusal("unknown_target", "target", f"There is no column {target!r}.", f"The columns are {names}.")
    return target


def drop_rows_without_target(frame: pd.DataFrame, target: str, notes: list[Problem]) -> pd.DataFrame:
    missing = int(frame[target].isna().sum())
    if missing:
        notes.append(
            build_problem("missing_target", "target", f"{missing:,} rows without a value in {target!r} are left out.")
        )
        frame = frame[frame[target].notna()]
    if len(frame) < MIN_ROWS:
        raise build_refusal(
            "too_few_rows",
            "target",
            f"Only {len(frame)} rows have a value in {target!r}; at least {MIN_ROWS} are needed.",
            "Add rows, or choose another target.",
        )
    return frame


def encode_target(
    values: pd.Series, problem_type: ProblemType, target: str
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    if problem_type is ProblemType.REGRESSION:
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            raise build_refusal(
                "target_not_numeric",
                "target",
                f"The column {target!r} holds no numbers, and regression predicts numbers.",
                "Choose a numeric target, or problem_type classification.",
            )
        y = values.to_numpy(np.float64)
        if (y == y[0]).all():
            raise build_refusal(
                "one_value",
                "target",
                f"Every row has the same value in {target!r}: there is nothing to predict.",
                "Choose another target.",
            )
        return y, None
    codes, uniques = pd.factorize(values, sort=True)
    if len(uniques) < 2:
        raise build_refusal(
            "one_class",
            "target",
            f"Every row has the same value in {target!r}: there is nothing to tell apart.",
            "Choose another target, or add rows of another class.",
        )
    if len(uniques) > MAX_CLASSES or (len(uniques) > len(codes) / 2 and len(uniques) > 20):
        raise build_refusal(
            "too_many_classes",
            "target",
            f"The column {target!r} has {len(uniques):,} different values, too many to be classes.",
            "Choose problem_type regression if they are amounts, or another target.",
        )
    return codes.astype(np.int64), tuple(write_label(value) for value in uniques)
