"""Measure the weight of the terms of text columns: how much predictions change without a term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from training.datasets.preparation import Preparation, TextFeatures

SHOWN = 20  # terms per column
MAX_ROWS = 2_000  # training rows
ROWS_PER_TERM = 30
BATCH_ROWS = 3_000  # rows per prediction
MAX_SECONDS = 5.0


class PreparedModel(Protocol):
    """A trained model that predicts prepared rows."""

    @property
    def preparation(self) -> Preparation: ...

    def answer_prepared(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]: ...


@dataclass(frozen=True)
class TermWeight:
    """How much a term changes the prediction of the texts that contain it, on average over `rows` training rows.

    `weight`: the change of the probability of the class `label`, for which it is largest. In a regression `label` is
    None, and the weight is in the target's units.
    """

    column: str
    term: str
    weight: float
    rows: int
    label: str | None = None


@dataclass(frozen=True)
class _Trial:
    """A term, the rows of X that contain it, and the features that become zero without it."""

    column: str
    term: str
    rows: np.ndarray
    without: tuple[int, ...]


def measure_term_weights(model: PreparedModel, X: np.ndarray, *, seed: int = 0) -> tuple[TermWeight, ...]:
    """Return the terms with the largest weights of each text column, at most SHOWN, in descending order.

    X: prepared training rows, float32 (n, n_features). A word is removed together with the word pairs that contain it.
    Terms are ranked by weight times rows, so that rare words do not come first. The most frequent terms are measured
    first, for at most MAX_SECONDS.
    """
    draw = np.random.default_rng(seed)
    X = X[np.sort(draw.choice(len(X), min(len(X), MAX_ROWS), replace=False))]
    trials = sorted(
        (trial for texts in model.preparation.text_features for trial in _list_trials(texts, X)),
        key=lambda trial: -len(trial.rows),
    )
    if not trials:
        return ()
    deadline = perf_counter() + MAX_SECONDS
    answers = _answer(model, X)
    found: list[TermWeight] = []
    for batch in _batch(trials):
        found += _weigh(model, X, answers, batch, draw)
        if perf_counter() > deadline:
            break
    found.sort(key=lambda term: -abs(term.weight) * term.rows)
    columns = model.preparation.texts
    return tuple(term for name in columns for term in [term for term in found if term.column == name][:SHOWN])


def _list_trials(texts: TextFeatures, X: np.ndarray) -> Iterator[_Trial]:
    containing: dict[str, list[int]] = {}
    for term, place in texts.terms.items():
        for word in {term, *term.split(" ")}:
            containing.setdefault(word, []).append(place)
    for term, place in texts.terms.items():
        rows = np.flatnonzero(X[:, place])
        if len(rows):
            yield _Trial(texts.column, term, rows, tuple(containing[term]))


def _batch(trials: list[_Trial]) -> Iterator[list[_Trial]]:
    size = max(1, BATCH_ROWS // ROWS_PER_TERM)
    return (trials[start : start + size] for start in range(0, len(trials), size))


def _weigh(
    model: PreparedModel, X: np.ndarray, answers: np.ndarray, trials: list[_Trial], draw: np.random.Generator
) -> Iterator[TermWeight]:
    chosen = [
        trial.rows if len(trial.rows) <= ROWS_PER_TERM else draw.choice(trial.rows, ROWS_PER_TERM, replace=False)
        for trial in trials
    ]
    changed = X[np.concatenate(chosen)]
    ends = np.cumsum([len(rows) for rows in chosen])
    for trial, rows, end in zip(trials, chosen, ends, strict=True):
        changed[end - len(rows) : end, list(trial.without)] = 0
    moved = answers[np.concatenate(chosen)] - _answer(model, changed)
    classes = model.preparation.classes
    for trial, rows, end in zip(trials, chosen, ends, strict=True):
        means = moved[end - len(rows) : end].mean(axis=0)
        best = int(means.argmax()) if classes else 0
        label = classes[best] if classes else None
        yield TermWeight(trial.column, trial.term, float(means[best]), len(trial.rows), label)


def _answer(model: PreparedModel, X: np.ndarray) -> np.ndarray:
    """Return probabilities (n, n_classes), or predictions (n, 1) in the target's units."""
    predictions, probabilities = model.answer_prepared(X)
    return predictions[:, None] if probabilities is None else probabilities
