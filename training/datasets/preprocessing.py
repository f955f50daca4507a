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
from training.datasets.constants import silence_constant_numbers
from training.datasets.kinds import write_label
from training.datasets.plan import MAX_CATEGORIES, Plan
from training.spec import ProblemType


@dataclass(frozen=True)
class Preparation:
    """How a table's rows become a model's inputs and its outputs become answers: what is kept for rows yet to come.

    `numbers`, `dates` and `categories` are the columns that are learned from. Regression targets are standardised by
    `target_mean` and `target_scale`, in the target's own units.
    """

    target: str
    problem_type: ProblemType
    classes: tuple[str, ...] | None
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    target_mean: float
    target_scale: float
    preprocessor: ColumnTransformer

    @property
    def columns(self) -> tuple[str, ...]:
        """In the order in which the preprocessor takes them."""
        return (*self.numbers, *self.dates, *self.categories)

    def to_model_types(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Numbers and dates as float64, categories as strings with NaN where missing: what the preprocessor expects."""
        columns: dict[str, np.ndarray] = {
            name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in self.numbers
        }
        for name in self.dates:
            columns[name] = to_days(frame[name]).to_numpy(np.float64)
        for name in self.categories:
            text = frame[name].map(write_label, na_action="ignore").astype(object)
            columns[name] = text.where(text.notna(), np.nan).to_numpy(object)
        return pd.DataFrame(columns, index=frame.index)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows of a table, typed as when it was read -> float32 (n, n_features)."""
        return np.ascontiguousarray(self.preprocessor.transform(self.to_model_types(frame)), np.float32)

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        """Standardised predictions (n,) -> the target's own units, float64."""
        return predictions.astype(np.float64) * self.target_scale + self.target_mean


@dataclass(frozen=True)
class PreparedData:
    """Arrays for a trainer.

    X: float32 (n, n_features), standardised. y: int64 class indices (n,), or for regression float32 (n,), standardised
    by the training rows' mean and standard deviation. `y_test_units`: the test targets in their own units (regression),
    or else the class indices. `weights`: of the training rows, float64 (n_train,); None where all count alike.
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
        """The test rows as they stand in the table."""
        return self.plan.frame.iloc[self.plan.test]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Of the columns of X."""
        return tuple(name.split("__", 1)[-1] for name in self.preparation.preprocessor.get_feature_names_out())

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        return self.preparation.to_units(predictions)


def prepare(plan: Plan) -> PreparedData:
    """The same plan gives the same arrays."""
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
        target_mean=mean,
        target_scale=scale,
        preprocessor=_build_preprocessor(plan),
    )
    preprocessor = preparation.preprocessor
    X_train = preprocessor.fit_transform(preparation.to_model_types(plan.frame.iloc[plan.train]))
    if plan.numbers or plan.dates:
        constant = silence_constant_numbers(preprocessor.named_transformers_["number"][-1])
        X_train[:, preprocessor.output_indices_["number"]][:, constant] = 0.0  # a view: the numbers are side by side
    return PreparedData(
        plan=plan,
        preparation=preparation,
        X_train=np.ascontiguousarray(X_train, np.float32),
        y_train=y[plan.train],
        X_test=preparation.transform(plan.frame.iloc[plan.test]),
        y_test=y[plan.test],
        y_test_units=plan.y[plan.test],
        weights=None if plan.weights is None else plan.weights[plan.train],
    )


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
