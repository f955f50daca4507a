"""Score estimators by cross-validation before a diagnosis proposes them.

An experiment that raised this score cannot lead back to the estimator that it replaced, whose score is lower.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from training.datasets.divisions import fold
from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused
from training.trainers.estimators import EstimatorChoice, build_estimator
from training.trainers.estimators.entry import Learning
from training.trainers.results.metrics import compute_r2, count_confusions, measure_balance

FOLDS = 3
MIN_ROWS = 30  # fewer rows are too uncertain
MAX_ROWS = 1_000
MAX_CELLS = 100_000  # rows times features
MAX_TREES = 30
MAX_SECONDS = 2.0  # in total; after that, no more estimators are scored
FAST = (Learning.AT_ONCE, Learning.TREES)  # others take too long


@dataclass(frozen=True)
class CandidateScore:
    """Cross-validation score of an estimator on training rows.

    Attributes
    ----------
    score : float
        Accuracy or R².
    balance : float
        Mean recall of the classes; NaN for a regression, like the following.
    balance_error : float
        Standard error of `balance`.
    chance : float
        Mean recall of random guesses.
    """

    score: float
    balance: float = math.nan
    balance_error: float = math.nan
    chance: float = math.nan


class CandidateScorer(Protocol):
    """Scores estimators that may be proposed."""

    def score_candidate(self, choice: EstimatorChoice) -> CandidateScore | None:
        """Cross-validate an estimator. Returns None if that is impossible or takes too long."""


class CrossValidatedScorer:
    """Cross-validates estimators on a sample of the training rows, with folds that follow the split.

    Each estimator is scored once.
    """

    def __init__(self, data: PreparedData, seed: int) -> None:
        self._data, self._seed = data, seed
        self._left = MAX_SECONDS
        self._tried: dict[str, CandidateScore | None] = {}

    def score_candidate(self, choice: EstimatorChoice) -> CandidateScore | None:
        """Cross-validate an estimator. Returns None if that is impossible or takes too long."""
        key = f"{choice.entry.name} {sorted(choice.settings.items(), key=lambda item: item[0])}"
        if key not in self._tried:
            if self._left <= 0 or choice.entry.learning not in FAST:
                return None
            began = perf_counter()
            self._tried[key] = self._validate(choice)
            self._left -= perf_counter() - began
        return self._tried[key]

    def _validate(self, choice: EstimatorChoice) -> CandidateScore | None:
        data = self._data
        size = min(len(data.X_train), MAX_ROWS, MAX_CELLS // max(1, data.X_train.shape[1]))
        if size < MIN_ROWS:
            return None
        rows = np.sort(np.random.default_rng(0).permutation(len(data.X_train))[:size])
        X, y = data.X_train[rows], data.y_train[rows]
        arrangement = data.plan.arranged.arrangement.take(data.plan.train[rows])
        labels = None if data.classes is None else y
        judged: list[np.ndarray] = []
        answers: list[np.ndarray] = []
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                for division in fold(arrangement, labels, len(y), FOLDS, self._seed):
                    estimator = build_estimator(choice, self._seed)
                    if choice.entry.learning is Learning.TREES:
                        estimator.set_params(n_estimators=min(MAX_TREES, estimator.n_estimators))
                    estimator.fit(X[division.fit], y[division.fit])
                    answers.append(estimator.predict(X[division.judge]))
                    judged.append(y[division.judge])
            except (SpecRefused, ValueError):  # too few rows for folds or for the estimator's arguments
                return None
        said, actual = np.concatenate(answers), np.concatenate(judged)
        if data.classes is None:
            return CandidateScore(compute_r2(actual, said))
        balance, error = measure_balance(count_confusions(actual, said, len(data.classes)))
        return CandidateScore(float((said == actual).mean()), balance, error, 1 / len(np.unique(actual)))
