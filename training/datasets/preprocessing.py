"""From a plan to arrays. The preparation is fitted on the training rows only, and kept for rows that come later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.datasets.columns import to_days
from training.datasets.plan import MAX_CATEGORIES, Plan, write_label
from training.spec import ProblemType


@dataclass(frozen=True)
class PreparedData:
    """Arrays for a trainer.

    X: float32 (n, n_features), standardised. y: int64 class indices (n,), or for regression float32 (n,), standardised
    by the training rows' mean and standard deviation. `y_test_units`: the test targets in their own units (regression),
    or else the class indices. `test_index`: row numbers (n_test,) in the table.
    """

    plan: Plan
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    y_test_units: np.ndarray
    target_mean: float
    target_scale: float
    feature_names: tuple[str, ...]
    preprocessor: ColumnTransformer

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
    def test_index(self) -> np.ndarray:
        return self.plan.frame.index.to_numpy()[self.plan.test]

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        """Standardised predictions (n,) -> the target's own units, float64."""
        return predictions.astype(np.float64) * self.target_scale + self.target_mean


def prepare(plan: Plan) -> PreparedData:
    """The same plan gives the same arrays."""
    preprocessor = _build_preprocessor(plan)
    X_train = preprocessor.fit_transform(to_model_types(plan, plan.frame.iloc[plan.train]))
    X_test = preprocessor.transform(to_model_types(plan, plan.frame.iloc[plan.test]))
    y, mean, scale = plan.y, 0.0, 1.0
    if plan.problem_type is ProblemType.REGRESSION:
        mean, scale = float(y[plan.train].mean()), float(y[plan.train].std()) or 1.0
        y = ((y - mean) / scale).astype(np.float32)
    return PreparedData(
        plan=plan,
        X_train=np.ascontiguousarray(X_train, np.float32),
        y_train=y[plan.train],
        X_test=np.ascontiguousarray(X_test, np.float32),
        y_test=y[plan.test],
        y_test_units=plan.y[plan.test],
        target_mean=mean,
        target_scale=scale,
        feature_names=tuple(name.split("__", 1)[-1] for name in preprocessor.get_feature_names_out()),
        preprocessor=preprocessor,
    )


def to_model_types(plan: Plan, frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers and dates as float64, categories as strings with NaN where missing: what the preprocessor expects."""
    columns: dict[str, np.ndarray] = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in plan.numbers}
    for name in plan.dates:
        columns[name] = to_days(frame[name]).to_numpy(np.float64)
    for name in plan.categories:
        text = frame[name].map(write_label, na_action="ignore").astype(object)
        columns[name] = text.where(text.notna(), np.nan).to_numpy(object)
    return pd.DataFrame(columns, index=frame.index)


def _build_preprocessor(plan: Plan) -> ColumnTransformer:
    steps = []
    if numeric := [*plan.numbers, *plan.dates]:
        imputer = SimpleImputer(strategy="median", keep_empty_features=True, copy=False)
        steps.append(("number", make_pipeline(imputer, StandardScaler(copy=False)), numeric))
    if plan.categories:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False, dtype=np.float32
        )
        imputer = SimpleImputer(strategy="most_frequent", keep_empty_features=True, fill_value="missing")
        steps.append(("category", make_pipeline(imputer, encoder), list(plan.categories)))
    return ColumnTransformer(steps)
