"""From a table and a spec to arrays: choose columns, split, and fit the preparation on the training rows only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.datasets.columns import infer_problem_type, infer_type, suggest_target
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.parts import ColumnType, Level, Problem
from training.spec import ProblemType, TrainingSpec

MAX_CATEGORIES = 50  # of one column; rarer ones are counted together
MAX_CLASSES = 1_000
MIN_ROWS = 4


@dataclass(frozen=True)
class PreparedData:
    """Arrays for a trainer.

    X: float32 (n, n_features), standardised. y: int64 class indices (n,), or for regression float32 (n,), standardised
    by the training rows' mean and standard deviation. `y_test_units`: the test targets in their own units (regression),
    or else the class indices. `test_index`: row numbers (n_test,) in the table.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    y_test_units: np.ndarray
    feature_names: tuple[str, ...]
    classes: tuple[str, ...] | None
    problem_type: ProblemType
    target: str
    target_mean: float
    target_scale: float
    test_index: np.ndarray
    preprocessor: ColumnTransformer
    rows: int
    columns: int
    table: str
    notes: tuple[Problem, ...] = ()

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        """Standardised predictions (n,) -> the target's own units, float64."""
        return predictions.astype(np.float64) * self.target_scale + self.target_mean


def prepare(table: Table, spec: TrainingSpec, limits: Limits) -> PreparedData:
    """The same table, spec and seed give the same arrays.

    Raises SpecRefused, naming the column or field at fault.
    """
    notes: list[Problem] = []
    frame = table.frame
    if len(frame) > limits.rows:
        raise _refuse(
            "too_many_rows",
            "default",
            f"The table has {len(frame):,} rows; at most {limits.rows:,} are trained on.",
            "Train on a sample of the rows.",
        )
    target = _choose_target(table, spec)
    frame = _drop_rows_without_target(frame, target, notes)
    problem_type = spec.problem_type or (table.problem_type if target == table.target else None)
    problem_type = problem_type or infer_problem_type(frame[target])
    y, classes = _encode_target(frame[target], problem_type, target)
    features = _choose_features(frame, spec, target, notes)
    train, test = _split(y, spec, problem_type, notes)
    numbers, categories = features
    preprocessor = _build_preprocessor(numbers, categories)
    chosen = _to_model_types(frame[[*numbers, *categories]], numbers, categories)
    X_train = preprocessor.fit_transform(chosen.iloc[train])
    if X_train.shape[1] > limits.features:
        raise _refuse(
            "too_many_features",
            "features",
            f"The columns make {X_train.shape[1]:,} numbers per row; at most {limits.features:,} are trained on.",
            "Choose fewer columns, and leave out those with many categories.",
        )
    X_test = preprocessor.transform(chosen.iloc[test])
    mean, scale = 0.0, 1.0
    y_units = y[test]
    if problem_type is ProblemType.REGRESSION:
        mean, scale = float(y[train].mean()), float(y[train].std()) or 1.0
        y = ((y - mean) / scale).astype(np.float32)
    return PreparedData(
        X_train=np.ascontiguousarray(X_train, np.float32),
        y_train=y[train],
        X_test=np.ascontiguousarray(X_test, np.float32),
        y_test=y[test],
        y_test_units=y_units,
        feature_names=tuple(name.split("__", 1)[-1] for name in preprocessor.get_feature_names_out()),
        classes=classes,
        problem_type=problem_type,
        target=target,
        target_mean=mean,
        target_scale=scale,
        test_index=frame.index.to_numpy()[test],
        preprocessor=preprocessor,
        rows=len(table.frame),
        columns=table.frame.shape[1],
        table=table.name,
        notes=tuple(notes),
    )


def _choose_target(table: Table, spec: TrainingSpec) -> str:
    target = spec.target or table.target or suggest_target(table.frame)
    if target is None:
        raise _refuse(
            "unknown_target", "target", "No column of this table could be the target.", "Choose a target column."
        )
    if target not in table.frame.columns:
        names = ", ".join(str(name) for name in table.frame.columns[:10])
        raise _refuse("unknown_target", "target", f"There is no column {target!r}.", f"The columns are {names}.")
    return target


def _drop_rows_without_target(frame: pd.DataFrame, target: str, notes: list[Problem]) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    missing = int(frame[target].isna().sum())
    if missing:
        notes.append(_note("missing_target", "target", f"{missing} rows without a value in {target!r} are left out."))
        frame = frame[frame[target].notna()]
    if len(frame) < MIN_ROWS:
        raise _refuse(
            "too_few_rows",
            "target",
            f"Only {len(frame)} rows have a value in {target!r}; at least {MIN_ROWS} are needed.",
            "Add rows, or choose another target.",
        )
    return frame


def _encode_target(
    values: pd.Series, problem_type: ProblemType, target: str
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    if problem_type is ProblemType.REGRESSION:
        if infer_type(values) is not ColumnType.NUMBER:
            raise _refuse(
                "target_not_numeric",
                "target",
                f"The column {target!r} holds text, and regression predicts numbers.",
                "Choose a numeric target, or problem_type classification.",
            )
        return values.to_numpy(np.float64), None
    codes, uniques = pd.factorize(values, sort=True)
    if len(uniques) < 2:
        raise _refuse(
            "one_class",
            "target",
            f"Every row has the same value in {target!r}: there is nothing to tell apart.",
            "Choose another target, or add rows of another class.",
        )
    if len(uniques) > MAX_CLASSES or (len(uniques) > len(codes) / 2 and len(uniques) > 20):
        raise _refuse(
            "too_many_classes",
            "target",
            f"The column {target!r} has {len(uniques):,} different values, too many to be classes.",
            "Choose problem_type regression if they are amounts, or another target.",
        )
    return codes.astype(np.int64), tuple(_label(value) for value in uniques)


def _choose_features(
    frame: pd.DataFrame, spec: TrainingSpec, target: str, notes: list[Problem]
) -> tuple[list[str], list[str]]:
    for position, name in enumerate(spec.features):
        where = f"features[{position}]"
        if name not in frame.columns:
            raise _refuse("unknown_feature", where, f"There is no column {name!r}.", "Remove it from the features.")
        if name == target:
            raise _refuse(
                "target_is_feature", where, f"The column {name!r} is the target.", "Remove it from the features."
            )
    numbers, categories = [], []
    for name in dict.fromkeys(spec.features or (column for column in frame.columns if column != target)):
        kind = infer_type(frame[name])
        if kind is ColumnType.NUMBER:
            numbers.append(name)
        elif kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
            categories.append(name)
        elif kind is ColumnType.TEXT:
            notes.append(
                _note("text_column", "features", f"The column {name!r} is left out: nearly every row has its own text.")
            )
        else:
            notes.append(_note("empty_column", "features", f"The column {name!r} is left out: it is empty."))
    if not numbers and not categories:
        raise _refuse(
            "no_usable_feature",
            "features",
            "No column is left to learn from.",
            "Choose columns with numbers or categories.",
        )
    return numbers, categories


def _split(
    y: np.ndarray, spec: TrainingSpec, problem_type: ProblemType, notes: list[Problem]
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(y))
    n_test = max(1, round(len(y) * spec.test_size))
    if len(y) - n_test < 2:
        raise _refuse(
            "train_split_too_small",
            "test_size",
            f"With test_size {spec.test_size:g} fewer than 2 rows are left to learn from.",
            "Lower test_size.",
        )
    if not spec.shuffle:
        return rows[:-n_test], rows[-n_test:]
    stratify = None
    if problem_type is ProblemType.CLASSIFICATION:
        counts = np.bincount(y)
        if counts.min() >= 2 and min(n_test, len(y) - n_test) >= len(counts):
            stratify = y
        else:
            notes.append(
                _note(
                    "not_stratified", "test_size", "Some classes have too few rows to be in both splits in proportion."
                )
            )
    train, test = train_test_split(rows, test_size=n_test, random_state=spec.seed or 0, stratify=stratify)
    return train, test


def _build_preprocessor(numbers: list[str], categories: list[str]) -> ColumnTransformer:
    steps = []
    if numbers:
        steps.append(
            (
                "number",
                make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()),
                numbers,
            )
        )
    if categories:
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False
        )
        imputer = SimpleImputer(strategy="most_frequent", keep_empty_features=True, fill_value="missing")
        steps.append(("category", make_pipeline(imputer, encoder), categories))
    return ColumnTransformer(steps)


def _to_model_types(frame: pd.DataFrame, numbers: list[str], categories: list[str]) -> pd.DataFrame:
    """Numbers as float64, categories as strings with NaN where missing: what the preprocessor expects."""
    columns: dict[str, np.ndarray] = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in numbers}
    for name in categories:
        text = frame[name].map(_label, na_action="ignore").astype(object)
        columns[name] = text.where(text.notna(), np.nan).to_numpy(object)
    return pd.DataFrame(columns, index=frame.index)


def _label(value: object) -> str:
    """1.0 and 1 are one class, since a column of integers with a missing value is read as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _note(code: str, where: str, message: str) -> Problem:
    return Problem(level=Level.WARNING, code=code, where=where, message=message)


def _refuse(code: str, where: str, message: str, hint: str = "") -> SpecRefused:
    return SpecRefused(message, code=code, where=where, hint=hint)
