"""Turn a plan into arrays for trainers. The preparation is fitted on the training rows only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.datasets.constants import silence_constants
from training.datasets.features import MAX_CATEGORIES
from training.datasets.plan import Plan
from training.datasets.preparation import Preparation
from training.datasets.texts import build_length_scaler, build_term_weigher, read_texts
from training.datasets.threshold import find_refusal
from training.spec import ProblemType

BACKGROUND_ROWS = 64
MIN_BACKGROUND_ROWS = 8
BACKGROUND_CELLS = 200_000  # 800 kB, stored with each run


@dataclass(frozen=True)
class PreparedData:
    """Arrays for a trainer.

    X: float32 (n, n_features), standardised. y: int64 class indices (n,), or for regression float32 (n,), standardised
    by the training rows' mean and standard deviation. `y_test_units`: the test targets in their own units (regression),
    or the class indices. `weights`: of the training rows, float64 (n_train,); None if all rows have the same weight.
    `test_index`: row numbers (n_test,) in the table.
    """

    plan: Plan
    preparation: Preparation
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    y_test_units: np.ndarray
    weights: np.ndarray | None = None

    @property
    def classes(self) -> tuple[str, ...] | None:
        return self.plan.classes

    @property
    def problem_type(self) -> ProblemType:
        return self.plan.problem_type

    @property
    def target(self) -> str:
        return self.plan.target

    @property
    def target_mean(self) -> float:
        return self.preparation.target_mean

    @property
    def test_index(self) -> np.ndarray:
        return self.plan.frame.index.to_numpy()[self.plan.test]

    @property
    def test_frame(self) -> pd.DataFrame:
        """The test rows as they are in the table."""
        return self.plan.frame.iloc[self.plan.test]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        return self.preparation.feature_names

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        return self.preparation.to_units(predictions)


def prepare(plan: Plan) -> PreparedData:
    """Return the arrays of a plan. Equal plans give equal arrays. Raises SpecRefused (`threshold_not_binary`)."""
    if refusal := find_refusal(plan.threshold, plan.classes, plan.target):
        raise refusal
    y, mean, scale = plan.y, 0.0, 1.0
    if plan.problem_type is ProblemType.REGRESSION:
        mean, scale = float(y[plan.train].mean()), float(y[plan.train].std()) or 1.0
        y = ((y - mean) / scale).astype(np.float32)
    preparation = Preparation(
        target=plan.target,
        problem_type=plan.problem_type,
        classes=plan.classes,
        numbers=plan.numbers,
        dates=plan.dates,
        categories=plan.categories,
        texts=plan.texts,
        target_mean=mean,
        target_scale=scale,
        preprocessor=_build_preprocessor(plan),
        threshold=plan.threshold,
        formats={name: plan.formats[name] for name in plan.features.names},
    )
    preprocessor = preparation.preprocessor
    X_train = preprocessor.fit_transform(preparation.to_model_types(plan.frame.iloc[plan.train]))
    silence_constants(preprocessor, X_train)
    X_train = np.ascontiguousarray(X_train, np.float32)
    background = _choose_background(X_train)
    return PreparedData(
        plan=plan,
        preparation=replace(preparation, background=background, means=X_train.mean(0, dtype=np.float64)),
        X_train=X_train,
        y_train=y[plan.train],
        X_test=preparation.transform(plan.frame.iloc[plan.test]),
        y_test=y[plan.test],
        y_test_units=plan.y[plan.test],
        weights=None if plan.weights is None else plan.weights[plan.train],
    )


def _choose_background(X_train: np.ndarray) -> np.ndarray:
    """Return some training rows, drawn at random with a fixed seed."""
    rows = min(len(X_train), BACKGROUND_ROWS, max(MIN_BACKGROUND_ROWS, BACKGROUND_CELLS // X_train.shape[1]))
    chosen = np.random.default_rng(0).choice(len(X_train), rows, replace=False)
    return X_train[chosen]


def _build_preprocessor(plan: Plan) -> ColumnTransformer:
    steps: list[tuple[str, Any, list[str]]] = []
    if numeric := [*plan.numbers, *plan.dates]:
        imputer = SimpleImputer(strategy="median", keep_empty_features=True, copy=False)
        steps.append(("number", make_pipeline(imputer, StandardScaler(copy=False)), numeric))
    if plan.categories:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False, dtype=np.float32
        )
        imputer = SimpleImputer(strategy="most_frequent", keep_empty_features=True, fill_value="missing")
        steps.append(("category", make_pipeline(imputer, encoder), list(plan.categories)))
    for position, (name, terms) in enumerate(zip(plan.texts, plan.terms, strict=True), start=1):
        if terms:
            texts = read_texts(plan.frame[name].iloc[plan.train])
            steps.append((f"terms_{position}", build_term_weigher(texts, plan.max_terms), [name]))
    if plan.texts:
        steps.append(("words", build_length_scaler(len(plan.texts)), list(plan.texts)))
    # TF-IDF is sparse until all parts are stacked.
    return ColumnTransformer(steps, sparse_threshold=0)
