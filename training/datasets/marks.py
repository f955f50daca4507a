"""Find test rows that are given: marked by a column, or in a second table. Called by `split`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.formats.labels import write_label
from training.exceptions import SpecRefused
from training.messages.problems import Problem
from training.problems import build_problem, build_refusal
from training.spec.split import Split

TEST_WORDS = ("test", "testing", "holdout", "hold-out", "held-out", "held out", "eval", "evaluation")
YES, NO = ("1", "true", "yes", "y"), ("0", "false", "no", "n")
LISTED = 10  # values that a hint lists


def find_given(
    frame: pd.DataFrame, split: Split, notes: list[Problem], test_from: int | None
) -> tuple[np.ndarray, str]:
    """Return which rows are test rows, bool (n,), and the value that marks them (empty for a second table).

    The frame's index holds the row numbers of the table. test_from: the number of the first row of the second table, or
    None without one. Raises SpecRefused: `no_test_rows`, `unknown_test_value`.
    """
    if split.column is None:
        if test_from is None:
            raise build_refusal(
                "no_test_rows",
                "split.dataset_id",
                "There is no second table with test rows.",
                "Upload one, and name its dataset_id in the split.",
            )
        is_test, marked = frame.index.to_numpy() >= test_from, ""
    else:
        labels = frame[split.column].map(write_label, na_action="ignore")
        marked = split.value if split.value is not None else _find_test_value(labels)
        is_test = (labels == marked).fillna(False).to_numpy(bool)
        _check_marks(labels, marked, split)
        notes.append(_describe_marks(labels, marked, split))
    if is_test.all() or not is_test.any():
        raise _refuse_one_side(split, marked, lacks_test_rows=not is_test.any())
    return is_test, marked


def _refuse_one_side(split: Split, marked: str, *, lacks_test_rows: bool) -> SpecRefused:
    kind = "test" if lacks_test_rows else "training"
    if split.column is None:
        rows = f"of the {'second' if lacks_test_rows else 'first'} table"
    else:
        rows = f"with {'' if lacks_test_rows else 'another value than '}{marked[:40]!r} in {split.column!r}"
    return build_refusal(
        "no_test_rows",
        f"split.{'dataset_id' if split.column is None else 'column'}",
        f"No row {rows} has a value in the target, so that there are no {kind} rows.",
        "Fill the target in, choose other test rows, or split the rows at random.",
    )


def _find_test_value(labels: pd.Series) -> str:
    """Return the value that means "test". Raises SpecRefused (`unknown_test_value`)."""
    values = [str(value) for value in labels.dropna().unique()]
    plain = {value.strip().casefold(): value for value in values}
    named = [word for word in TEST_WORDS if word in plain]
    if named:
        return plain[named[0]]
    marks_training = "train" in str(labels.name).casefold()
    meant = [word for word in (NO if marks_training else YES) if word in plain]
    if meant and plain.keys() <= {*YES, *NO}:
        return plain[meant[0]]
    shown = ", ".join(repr(value) for value in values[:LISTED])
    raise build_refusal(
        "unknown_test_value",
        "split.value",
        f"Nothing says which value of {labels.name!r} marks the test rows.",
        f"Name it in `value` of the split. The column contains {shown}.",
    )


def _check_marks(labels: pd.Series, marked: str, split: Split) -> None:
    """Check that at least one row has the value that marks test rows. Raises SpecRefused (`unknown_test_value`)."""
    if not (labels == marked).any():
        shown = ", ".join(repr(str(value)) for value in labels.dropna().unique()[:LISTED])
        raise build_refusal(
            "unknown_test_value",
            "split.value",
            f"No row has {marked[:50]!r} in {split.column!r}.",
            f"The column contains {shown}.",
        )


def _describe_marks(labels: pd.Series, marked: str, split: Split) -> Problem:
    counts = labels.value_counts()
    others = [f"{str(value)[:40]!r} ({count:,})" for value, count in counts.items() if value != marked]
    missing = int(labels.isna().sum())
    others += [f"no value ({missing:,})"] if missing else []
    learned = f"; the training rows are the others: {', '.join(others[:LISTED])}" if others else ""
    learned += f" and {len(others) - LISTED:,} more values" if len(others) > LISTED else ""
    return build_problem(
        "test_rows_marked",
        "split.value",
        f"The test rows are the {counts[marked]:,} rows with {marked[:40]!r} in {split.column!r}{learned}.",
        "Name another value in `value` of the split if that is wrong.",
    )
