"""Write predictions.csv (a model's predictions for the test rows), and read it back.

Spreadsheets run cells that begin with = + - or @ as formulas. A label with such a start is written with an apostrophe
in front, which spreadsheets take for "this is text". A label that begins with an apostrophe gets one more. The reader
removes one apostrophe, so it returns every label unchanged. Plain numbers such as -1 are harmless and stay as they are.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from training.datasets.preparation import Preparation
    from training.datasets.preprocessing import PreparedData

COLUMNS = ("row", "actual", "predicted")
GUARD = "'"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", GUARD)
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Prediction:
    """One test row. `row` is its number in the table, from 1. Predictions are labels, or values in the target's
    units.
    """

    row: int
    actual: str | float
    predicted: str | float
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Predictions:
    """The columns of predictions.csv. `classes` and `probabilities` (one array per class) are empty for a
    regression.
    """

    rows: Sequence[int]
    actual: Sequence[str] | Sequence[float]
    predicted: Sequence[str] | Sequence[float]
    classes: tuple[str, ...]
    probabilities: tuple[Sequence[float], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Prediction:
        probabilities = tuple(column[index] for column in self.probabilities)
        return Prediction(self.rows[index], self.actual[index], self.predicted[index], probabilities)


@dataclass(frozen=True)
class Page:
    """A page of the requested rows. `total` is the number of all of them."""

    rows: tuple[Prediction, ...]
    total: int


def build_predictions_csv(data: PreparedData, predictions: np.ndarray, probabilities: np.ndarray | None) -> bytes:
    """Return the CSV in UTF-8, one line per test row, floats with all digits. See `Fitted` for the arrays' shapes.

    The probability of class x is in the column p(x). Column names are unique: labels are distinct, and the first three
    names have no parentheses.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows = (data.test_index + 1).tolist()
    if data.classes is None or probabilities is None:
        writer.writerow(COLUMNS)
        writer.writerows(zip(rows, data.y_test_units.tolist(), predictions.tolist(), strict=True))
    else:
        labels = [_guard(name) for name in data.classes]
        writer.writerow([*COLUMNS, *(f"p({name})" for name in data.classes)])
        actual, said = ([labels[index] for index in indices.tolist()] for indices in (data.y_test, predictions))
        writer.writerows(zip(rows, actual, said, *probabilities.T.tolist(), strict=True))
    return text.getvalue().encode()


def add_answers(
    frame: pd.DataFrame, preparation: Preparation, predictions: np.ndarray, probabilities: np.ndarray | None
) -> pd.DataFrame:
    """Return the table with columns for the prediction and for each class's probability.

    predictions (n,): class indices, or values in the target's units. probabilities (n, n_classes): None for regression.
    """
    said = predictions
    if preparation.classes is not None:
        said = np.array([_guard(name) for name in preparation.classes], dtype=object)[predictions]
    answers = {f"{preparation.target} (predicted)": said}
    if preparation.classes is not None and probabilities is not None:
        answers |= {f"p({name})": column for name, column in zip(preparation.classes, probabilities.T, strict=True)}
    return frame.assign(**answers)


def read_predictions(file: BinaryIO) -> Predictions:
    """Return the content of the file, labels and floats exactly. Raises ValueError if the header is not as expected."""
    lines = csv.reader(io.TextIOWrapper(file, "utf-8", newline=""))
    header = next(lines, [])
    names = header[len(COLUMNS) :]
    if tuple(header[: len(COLUMNS)]) != COLUMNS or not all(re.fullmatch(r"p\(.*\)", name, re.S) for name in names):
        raise ValueError("This is not a predictions.csv.")
    rows, actual, predicted = array("q"), [], []
    probabilities = tuple(array("d") for _ in names)
    for line in lines:
        row, it_is, it_said, *shares = line
        rows.append(int(row))
        actual.append(it_is)
        predicted.append(it_said)
        for column, share in zip(probabilities, shares, strict=True):
            column.append(float(share))
    if not names:
        return Predictions(rows, array("d", map(float, actual)), array("d", map(float, predicted)), (), ())
    classes = tuple(name[2:-1] for name in names)
    labels = {_guard(name): name for name in classes}  # one string object per class
    return Predictions(
        rows, [labels[text] for text in actual], [labels[text] for text in predicted], classes, probabilities
    )


def page_predictions(
    predictions: Predictions,
    *,
    actual: str | float | None = None,
    predicted: str | float | None = None,
    limit: int,
    offset: int = 0,
) -> Page:
    """Return the rows of a cell of the confusion matrix, paged, in the file's order. None matches any class."""
    found = list(_find(predictions, actual, predicted))
    return Page(tuple(predictions[index] for index in found[offset : offset + limit]), len(found))


def _find(predictions: Predictions, actual: str | float | None, predicted: str | float | None) -> Iterator[int]:
    for index, (it_is, it_said) in enumerate(zip(predictions.actual, predictions.predicted, strict=True)):
        if actual in (None, it_is) and predicted in (None, it_said):
            yield index


def _guard(label: str) -> str:
    return f"{GUARD}{label}" if label.startswith(RISKY) and not PLAIN_NUMBER.fullmatch(label) else label
