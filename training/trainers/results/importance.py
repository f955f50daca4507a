"""Permutation feature importance: how much the score falls when a column is shuffled among the test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance

from training.messages.results import Metric, headline_metric
from training.spec import ProblemType
from training.trainers.results.metrics import compute_r2

REPEATS = 5
MAX_ROWS = 1_000
MAX_COLUMNS = 100
MAX_SECONDS = 15  # in total; fewer columns of a slow model are measured


class TableModel(Protocol):
    """A trained model that predicts rows as they stand in the table."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns that it was trained on."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Return class indices (n,), or values (n,) in the target's units, for a frame with `columns`."""


@dataclass(frozen=True)
class ColumnImportance:
    """The mean decrease of the score when the column is shuffled, and its standard deviation."""

    column: str
    importance: float
    spread: float


@dataclass(frozen=True)
class Importance:
    """Feature importance, the most important column first.

    `score`: the metric without shuffling, on the same `rows` test rows. `note`: what was left out, for the reader.
    """

    metric: Metric
    score: float
    rows: int
    columns: tuple[ColumnImportance, ...]
    note: str


def measure_importance(
    model: TableModel, frame: pd.DataFrame, y: np.ndarray, problem_type: ProblemType, *, seed: int = 0
) -> Importance:
    """Measure permutation importance (Breiman, "Random forests", 2001) with scikit-learn.

    At most 1,000 rows and 100 columns are used, or as many as MAX_SECONDS allow. `frame`: the test rows as they stand
    in the table. y (n,): class indices, or values in the target's units.
    """
    classify = problem_type is ProblemType.CLASSIFICATION
    chosen = _choose_rows(len(frame), seed)
    rows = frame[list(model.columns)].iloc[chosen].reset_index(drop=True)
    began = perf_counter()
    model.predict(rows)
    affordable = max(1, int(MAX_SECONDS / REPEATS / (perf_counter() - began)))
    measured = list(model.columns)[: min(MAX_COLUMNS, affordable)]
    adapter = _Adapter(model, rows.drop(columns=measured), classify)
    result = permutation_importance(
        adapter, rows[measured], y[chosen], scoring=_score, n_repeats=REPEATS, random_state=seed
    )
    columns = [
        ColumnImportance(name, float(mean), float(spread))
        for name, mean, spread in zip(measured, result.importances_mean, result.importances_std, strict=True)
    ]
    return Importance(
        metric=headline_metric(problem_type),
        score=_score(adapter, rows[measured], y[chosen]),
        rows=len(rows),
        columns=tuple(sorted(columns, key=lambda column: -column.importance)),
        note=_write_note(len(frame), len(rows), len(model.columns), len(measured)),
    )


class _Adapter:
    """An estimator for scikit-learn that has only the measured columns and adds the others."""

    def __init__(self, model: TableModel, others: pd.DataFrame, classify: bool) -> None:
        self.model, self.others, self.classify = model, others, classify

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> None:
        raise NotImplementedError("scikit-learn requires this method and never calls it")

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.model.predict(pd.concat([X, self.others], axis=1))


def _score(adapter: _Adapter, X: pd.DataFrame, y: np.ndarray) -> float:
    predictions = adapter.predict(X)
    return float((predictions == y).mean()) if adapter.classify else compute_r2(y, predictions)


def _choose_rows(rows: int, seed: int) -> np.ndarray:
    if rows <= MAX_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MAX_ROWS, replace=False))


def _write_note(rows: int, rows_used: int, columns: int, columns_used: int) -> str:
    notes = []
    if rows_used < rows:
        notes.append(f"Measured on {rows_used:,} of {rows:,} test rows, drawn at random.")
    if columns_used < columns:
        notes.append(f"Only the first {columns_used} of {columns:,} columns were measured.")
    return " ".join(notes)
