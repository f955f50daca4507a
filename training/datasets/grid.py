"""Build a grid over two features, as rows to predict, and encode the predictions as text. Used by snapshots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.datasets.preprocessing import PreparedData
from training.messages.boundary import ALPHABET, LEVELS, BoundaryAxis

STEPS = 31  # of each side
MARGIN = 0.08  # margin around the training rows, as a share of their range
MAX_POINTS = 200  # training rows shown with the grid
SPREAD = (0.02, 0.98)  # percentiles of the training targets; the levels of a regression lie between them

_ALPHABET = np.frombuffer(ALPHABET.encode(), np.uint8)


@dataclass(frozen=True)
class Grid:
    """Rows of a grid over two features.

    `X`: float32 (n_cells, n_features), prepared, row by row from the lowest y on. `values`: in the target's units.
    """

    x: BoundaryAxis
    y: BoundaryAxis
    X: np.ndarray
    classes: tuple[str, ...] | None
    values: tuple[float, float] | None
    points: list[tuple[float, float, float]]

    def encode(self, predictions: np.ndarray, probabilities: np.ndarray | None) -> str:
        """Encode a model's output for `X` (see `Fitted`) as one character per cell, the format of `BoundaryFrame`."""
        if self.values is not None:
            low, high = self.values
            levels = np.round((predictions - low) / (high - low) * (LEVELS - 1))
        elif self.classes and len(self.classes) == 2 and probabilities is not None:
            levels = np.floor(probabilities[:, 1] * LEVELS)
        else:
            levels = predictions
        levels = np.clip(np.nan_to_num(levels), 0, LEVELS - 1)
        return _ALPHABET[levels.astype(np.int64)].tobytes().decode()


def build_grid(data: PreparedData, names: tuple[str, str]) -> Grid:
    """Return a grid over the range of two of `Preparation.numbers` in the training rows.

    All other columns are missing, so that the run's own imputation fills in the median or the most frequent category.
    """
    rows = data.plan.frame.iloc[data.plan.train]
    x, y = (rows[name].to_numpy(np.float64, na_value=np.nan) for name in names)
    axes = _build_axis(names[0], x), _build_axis(names[1], y)
    across, up = (np.linspace(axis.minimum, axis.maximum, axis.steps) for axis in axes)
    preparation = data.preparation
    missing = pd.DataFrame(
        {name: np.full(STEPS * STEPS, np.nan, object if name in preparation.categories else np.float64)
         for name in preparation.columns if name not in preparation.texts}
    ).assign(**dict.fromkeys(preparation.texts, ""))  # fmt: skip
    frame = missing.assign(**{names[0]: np.tile(across, STEPS), names[1]: np.repeat(up, STEPS)})
    target = data.plan.y[data.plan.train]
    return Grid(
        x=axes[0],
        y=axes[1],
        X=np.ascontiguousarray(preparation.preprocessor.transform(frame[list(preparation.columns)]), np.float32),
        classes=data.classes,
        values=None if data.classes else _spread(target),
        points=_choose_points(x, y, target),
    )


def _build_axis(name: str, values: np.ndarray) -> BoundaryAxis:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    margin = MARGIN * ((high - low) or 1.0)
    return BoundaryAxis(name=name, minimum=low - margin, maximum=high + margin, steps=STEPS)


def _spread(target: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(target, SPREAD).tolist()
    return (low, high) if low < high else (low - 1.0, high + 1.0)


def _choose_points(x: np.ndarray, y: np.ndarray, target: np.ndarray) -> list[tuple[float, float, float]]:
    """Return some of the rows that have both values, evenly spaced, with four digits."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    kept = known[:: max(1, -(-len(known) // MAX_POINTS))]
    return [(_shorten(a), _shorten(b), _shorten(c)) for a, b, c in zip(x[kept], y[kept], target[kept], strict=True)]


def _shorten(value: float) -> float:
    return float(f"{value:.4g}")
