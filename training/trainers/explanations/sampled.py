"""Estimate contributions in any model by sampling: change columns to the row's values one by one.

Castro et al., "Polynomial calculation of the Shapley value based on sampling", 2009, with each order of the columns and
its reverse (antithetic): Mitchell et al., "Sampling permutations for Shapley value estimation", 2022.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MAX_ANSWERS = 3_000  # approximate number of predictions per explanation
MIN_ROWS = 2
MAX_CELLS = 2_000_000  # rows times features per call of the model
SEED = 0

Ask = Callable[[np.ndarray], np.ndarray]
"""Prepared rows float32 (n, n_features) -> numbers float64 (n,)."""


def sample_contributions(
    ask: Ask,
    x: np.ndarray,
    background: np.ndarray,
    column_of: np.ndarray,
    n_columns: int,
    max_answers: int = MAX_ANSWERS,
) -> tuple[float, np.ndarray, float]:
    """Estimate the contributions of columns to the prediction for one row. Deterministic.

    Parameters
    ----------
    ask : callable
        The model.
    x : ndarray of shape (n_features,)
        The row.
    background : ndarray of shape (n_rows, n_features)
        Training rows, whose values replace columns that are left out.
    column_of : ndarray of shape (n_features,)
        The column of each feature, from 0 to n_columns - 1. The features of a column change together.
    max_answers : int
        Approximate number of predictions. With many columns, fewer background rows are used.

    Returns
    -------
    base : float
        The mean prediction for the background rows.
    contributions : ndarray of shape (n_columns,)
    output : float
        The prediction for x: base plus contributions, up to rounding.
    """
    n_rows = min(len(background), max(MIN_ROWS, max_answers // (2 * max(1, n_columns))))
    background = background[:n_rows]
    random = np.random.default_rng(SEED)
    output, bases = float(ask(x[None])[0]), ask(background)
    contributions = np.zeros(n_columns)
    for row, base in zip(background, bases, strict=True):
        order = random.permutation(n_columns)
        for columns in (order, order[::-1]):
            answers = np.concatenate(([base], _ask_along(ask, x, row, columns, column_of), [output]))
            contributions[columns] += np.diff(answers)
    return float(bases.mean()), contributions / (2 * n_rows), output


def _ask_along(ask: Ask, x: np.ndarray, row: np.ndarray, columns: np.ndarray, column_of: np.ndarray) -> np.ndarray:
    """Return predictions (n_columns - 1,) after the first column has the value of x, after the first two, and so on."""
    rank = np.empty(len(columns), int)
    rank[columns] = np.arange(len(columns))
    ranks = rank[column_of]
    steps, size = np.arange(1, len(columns)), max(1, MAX_CELLS // max(1, len(x)))
    answers = [np.empty(0)]
    for start in range(0, len(steps), size):
        answers.append(ask(np.where(ranks < steps[start : start + size, None], x, row)))
    return np.concatenate(answers)
