"""From a plan to arrays. The preparation is fitted on the training rows only, and kept for rows that come later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.datasets.columns import to_days
from training.datasets.constants import silence_constants
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import DateFormat
from training.datasets.formats.labels import LabelFormat
from training.datasets.formats.numeric import NumberFormat
from training.datasets.kinds import write_label
from training.datasets.plan import MAX_CATEGORIES, Plan
from training.datasets.texts import build_length_scaler, build_term_weigher, get_vectorizer, read_texts
from training.datasets.threshold import decide, find_refusal
from training.problems import build_refusal
from training.spec import ProblemType

FARTHEST = 1e12  # standard deviations from the mean; squares of larger numbers leave float32


@dataclass(frozen=True)
class TextFeatures:
    """Where a text column's features are in X: each term, and the number of words."""

    column: str
    terms: dict[str, int]
    words: int


BACKGROUND_ROWS = 64
MIN_BACKGROUND_ROWS = 8
BACKGROUND_CELLS = 200_000  # 800 kB, which are stored with each run


@dataclass(frozen=True)
class Preparation:
    """How a table's rows become a model's inputs and its outputs become answers: what is kept for rows yet to come.

    `numbers`, `dates`, `categories` and `texts` are the columns that are learned from. Regression targets are
    standardised by `target_mean` and `target_scale`, in the target's own units. `threshold`: from which probability on
    the second of two classes is said; None where a model decides by itself. `formats`: how the cells of each
    column are read. Answers are explained by `background`, some of the training rows, float32 (n, n_features), and by
    the `means` (n_features,) of all of them.
    """

    target: str
    problem_type: ProblemType
    classes: tuple[str, ...] | None
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]
    target_mean: float
    target_scale: float
    preprocessor: ColumnTransformer
    formats: dict[str, ColumnFormat]
    threshold: float | None = None
    background: np.ndarray | None = None
    means: np.ndarray | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """In the order in which the preprocessor takes them."""
        return (*self.numbers, *self.dates, *self.categories, *self.texts)

    def get_format(self, name: str) -> ColumnFormat:
        """Runs of earlier versions have no formats: their columns are read in the plainest way."""
        if name in self.formats:
            return self.formats[name]
        if name in self.numbers:
            return NumberFormat()
        return DateFormat() if name in self.dates else LabelFormat()

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The levels of each category that the model learned."""
        if not self.categories:
            return {}
        encoder = self.preprocessor.named_transformers_["category"][-1]
        return {
            name: tuple(map(str, levels)) for name, levels in zip(self.categories, encoder.categories_, strict=True)
        }

    def to_model_types(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what the preprocessor expects: numbers and dates as float64, categories as strings with NaN where
        missing, and so are texts.
        """
        columns: dict[str, np.ndarray] = {
            name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in self.numbers
        }
        for name in self.dates:
            columns[name] = to_days(frame[name]).to_numpy(np.float64)
        for name in self.categories:
            text = frame[name].map(write_label, na_action="ignore").astype(object)
            columns[name] = text.where(text.notna(), np.nan).to_numpy(object)
        for name in self.texts:
            columns[name] = read_texts(frame[name]).where(frame[name].notna(), np.nan).to_numpy(object)
        return pd.DataFrame(columns, index=frame.index)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows of a table, typed as when it was read -> float32 (n, n_features)."""
        with np.errstate(over="ignore"):
            X = np.ascontiguousarray(self.preprocessor.transform(self.to_model_types(frame)), np.float32)
        self._check_scale(X, frame)
        return X

    def _check_scale(self, X: np.ndarray, frame: pd.DataFrame) -> None:
        """Refuse values with which nothing can be calculated. Raises SpecRefused (`extreme_numbers`)."""
        with np.errstate(invalid="ignore"):
            wild = ~(np.abs(X) < FARTHEST)
        if not wild.any():
            return
        row, column = (int(place) for place in np.argwhere(wild)[0])
        name = ([*self.numbers, *self.dates] or list(self.columns))[
            min(column, len(self.numbers) + len(self.dates) - 1)
        ]
        raise build_refusal(
            "extreme_numbers",
            f"column_types.{name}"[:200],
            f"In row {int(frame.index[row]) + 1}, {frame[name].iloc[row]!s:.40} in {name!r} is so far from what was "
            "learned from that nothing can be calculated with it.",
            "Correct the value, or leave it empty; or leave the column out.",
        )

    @cached_property
    def column_of_features(self) -> np.ndarray:
        """int64 (n_features,): which of `columns` each column of X belongs to, by its place."""
        owners = np.zeros(self.n_features, np.int64)
        places = self.preprocessor.output_indices_
        numeric = len(self.numbers) + len(self.dates)
        if numeric:
            owners[places["number"]] = np.arange(numeric)
        if self.categories:
            encoder = self.preprocessor.named_transformers_["category"][-1]
            counts = [_count_levels(encoder, position) for position in range(len(self.categories))]
            owners[places["category"]] = numeric + np.repeat(np.arange(len(counts)), counts)
        first_text = numeric + len(self.categories)
        for position, text in enumerate(self.text_features):
            owners[list(text.terms.values())] = first_text + position
            owners[text.words] = first_text + position
        return owners

    @property
    def n_features(self) -> int:
        """The columns of X."""
        return max(columns.stop for columns in self.preprocessor.output_indices_.values())

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Of the columns of X: columns of the table, `column_category`, and of texts `column: term`."""
        names = [""] * self.n_features
        for step, places in self.preprocessor.output_indices_.items():
            if step in ("number", "category"):
                names[places] = self.preprocessor.named_transformers_[step].get_feature_names_out()
        for text in self.text_features:
            for term, place in text.terms.items():
                names[place] = f"{text.column}: {term}"
            names[text.words] = f"{text.column}: number of words"
        return tuple(names)

    @cached_property
    def text_features(self) -> tuple[TextFeatures, ...]:
        """One entry for each of `texts`."""
        places = self.preprocessor.output_indices_
        found = []
        for position, name in enumerate(self.texts):
            step = f"terms_{position + 1}"
            terms = {}
            if step in self.preprocessor.named_transformers_:
                vocabulary = get_vectorizer(self.preprocessor.named_transformers_[step]).vocabulary_
                terms = {term: places[step].start + int(index) for term, index in vocabulary.items()}
            found.append(TextFeatures(name, terms, places["words"].start + position))
        return tuple(found)

    def decide(self, predictions: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """A model's own class indices (n,) and probabilities (n, n_classes) -> the classes that it is taken to say."""
        return predictions if self.threshold is None else decide(probabilities, self.threshold)

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
        return self.preparation.feature_names

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        return self.preparation.to_units(predictions)


def prepare(plan: Plan) -> PreparedData:
    """The same plan gives the same arrays. Raises SpecRefused (`threshold_not_binary`)."""
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
        formats={name: plan.formats[name] for name in (*plan.numbers, *plan.dates, *plan.categories, *plan.texts)},
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
    """Some training rows, drawn at random, the same ones every time."""
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
    # TF-IDF is sparse until the parts are put side by side.
    return ColumnTransformer(steps, sparse_threshold=0)


def _count_levels(encoder: OneHotEncoder, position: int) -> int:
    """How many columns the fitted encoder makes of one of its columns: rare levels share one."""
    rare = encoder.infrequent_categories_[position]
    return len(encoder.categories_[position]) - (0 if rare is None else len(rare) - 1)
