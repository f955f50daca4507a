"""The rules that turn rows into a model's inputs, and outputs into predictions. They are stored with the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder

from training.datasets.columns import to_days
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import DateFormat
from training.datasets.formats.labels import LabelFormat, write_label
from training.datasets.formats.numeric import NumberFormat
from training.datasets.texts import get_vectorizer, read_texts
from training.datasets.threshold import decide
from training.problems import build_refusal
from training.spec import ProblemType

FARTHEST = 1e12  # standard deviations from the mean; squares of larger numbers overflow float32


@dataclass(frozen=True)
class TextFeatures:
    """The positions of a text column's features in X: one for each term, and one for the number of words."""

    column: str
    terms: dict[str, int]
    words: int


@dataclass(frozen=True)
class Preparation:
    """Turns rows of a table into a model's inputs, and the model's outputs into predictions. Stored for later rows.

    `numbers`, `dates`, `categories` and `texts` are the features. Regression targets are standardised by `target_mean`
    and `target_scale`, in the target's units. `threshold`: the probability from which on the second of two classes is
    predicted; None if the model decides by itself. `formats`: how the cells of each column are read. `background`, some
    training rows, float32 (n, n_features), and `means` (n_features,), of all training rows, are used to explain
    predictions.
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
        """The features in the order of the preprocessor."""
        return (*self.numbers, *self.dates, *self.categories, *self.texts)

    def get_format(self, name: str) -> ColumnFormat:
        """Return the format of a column. Runs of earlier versions have none: their columns get the default format."""
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
        """Convert to the preprocessor's types: numbers and dates to float64, categories and texts to strings. NaN is
        missing.
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
        """Convert rows of a table, typed as when it was read, to float32 (n, n_features)."""
        with np.errstate(over="ignore"):
            X = np.ascontiguousarray(self.preprocessor.transform(self.to_model_types(frame)), np.float32)
        self._check_scale(X, frame)
        return X

    def _check_scale(self, X: np.ndarray, frame: pd.DataFrame) -> None:
        """Refuse numbers that overflow. Raises SpecRefused (`extreme_numbers`)."""
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
        """Return for each column of X the position of its feature in `columns`, int64 (n_features,)."""
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
        """The number of columns of X."""
        return max(columns.stop for columns in self.preprocessor.output_indices_.values())

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of X: `column`, `column_category`, and for texts `column: term`."""
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
        """Return the predicted class indices for a model's class indices (n,) and probabilities (n, n_classes)."""
        return predictions if self.threshold is None else decide(probabilities, self.threshold)

    def to_units(self, predictions: np.ndarray) -> np.ndarray:
        """Convert standardised predictions (n,) to the target's units, float64."""
        return predictions.astype(np.float64) * self.target_scale + self.target_mean


def _count_levels(encoder: OneHotEncoder, position: int) -> int:
    """Return the number of columns of a category in X. Rare levels share one."""
    rare = encoder.infrequent_categories_[position]
    return len(encoder.categories_[position]) - (0 if rare is None else len(rare) - 1)
