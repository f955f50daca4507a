"""Estimated contributions in any model: what its answer changes by when columns take the row's values, one by one.

Castro et al., "Polynomial calculation of the Shapley value based on sampling", 2009, with each order of the columns and
its reverse (antithetic): Mitchell et al., "Sampling permutations for Shapley value estimation", 2022.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MAX_ANSWERS = 3_000  # that the model is asked for, about: what bounds the time
MIN_ROWS = 2
MAX_CELLS = 2_000_000  # that are handed to the model at once
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
    """x (n_features,): the row. background (n_rows, n_features): training rows, whose values stand for those that are
    left out. column_of (n_features,): the column of each feature, from 0 to n_columns - 1; all of a column's features
    change together.

    `max_answers`: that are asked for, about; fewer rows of the background are taken where the columns are many.
    Returns the mean answer for the background rows, contributions (n_columns,), and the answer for x: base and
    contributions add up to it but for rounding. The same arguments give the same numbers.
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
    """Answers (n_columns - 1,) after the first column has taken the value of x, after the first two, and so on."""
    rank = np.empty(len(columns), int)
    rank[columns] = np.arange(len(columns))
    ranks = rank[column_of]
    steps, size = np.arange(1, len(columns)), max(1, MAX_CELLS // max(1, len(x)))
    answers = [np.empty(0)]
    for start in range(0, len(steps), size):
        answers.append(ask(np.where(ranks < steps[start : start + size, None], x, row)))
    return np.concatenate(answers)
