"""Turn text columns into features: TF-IDF of words and word pairs, and the number of words.

Called by `plan` and `preprocessing`. Only plain scikit-learn is used, so that `train.py` and `model.skops` need nothing
else. Python's `\\w` is the class `[\\p{L}\\p{N}_]`: letters, digits and the underscore. Combining marks are not
letters: they end a word, as in `cafe` + U+0301, and so do the vowel signs of Indic scripts. Case is folded by
`str.lower`. In scripts without spaces between words, such as Chinese, each run of letters is one word.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from training.datasets.formats.labels import write_label
from training.limits import Limits
from training.messages.problems import Problem
from training.problems import build_problem

WORD = r"\w+"
MAX_TERMS = 500  # per column
MIN_TEXTS = 2  # number of rows in which a term must occur
SAMPLE_CHARACTERS = 10_000_000  # of a column's training rows, from which its terms are chosen


def read_texts(series: pd.Series) -> pd.Series:
    """Return the cells as text, with the empty text for missing ones."""
    return series.map(write_label, na_action="ignore").astype(object).where(series.notna(), "")


def build_term_weigher(texts: pd.Series, max_terms: int) -> Pipeline:
    """Return an unfitted transformer from one column to the TF-IDF of its terms. `texts`: of the training rows.

    If the texts are long, the terms are chosen from a sample, since all word pairs would not fit into memory.
    """
    vectorizer = _build_vectorizer(max_terms)
    sample = take_sample(texts)
    if len(sample) < len(texts):
        vectorizer.set_params(vocabulary=vectorizer.fit(sample).vocabulary_)
    # Sparse until the preparation stacks all columns.
    return make_pipeline(_build_imputer(), ColumnTransformer([("terms", vectorizer, 0)], sparse_threshold=1.0))


def get_vectorizer(weigher: Pipeline) -> TfidfVectorizer:
    """Return the vectorizer of a pipeline of `build_term_weigher`. It is fitted if the pipeline is."""
    columns = weigher[-1]
    return columns.named_transformers_["terms"] if hasattr(columns, "transformers_") else columns.transformers[0][1]


def _build_vectorizer(max_terms: int) -> TfidfVectorizer:
    return TfidfVectorizer(
        token_pattern=WORD, ngram_range=(1, 2), min_df=MIN_TEXTS, max_features=max_terms, dtype=np.float32
    )


def _build_imputer() -> SimpleImputer:
    return SimpleImputer(strategy="constant", fill_value="", keep_empty_features=True)


def take_sample(texts: pd.Series) -> pd.Series:
    """Return the first texts, up to SAMPLE_CHARACTERS characters in total; the last one may exceed it."""
    before = texts.str.len().cumsum().shift(fill_value=0)
    return texts[(before < SAMPLE_CHARACTERS).to_numpy()]


def build_length_scaler(n_columns: int) -> Pipeline:
    """Return an unfitted transformer from text columns to their standardised numbers of words.

    The group of the pattern is empty: each word counts as the empty term, the only one of the vocabulary.
    """
    count = {"token_pattern": rf"(){WORD}", "vocabulary": [""]}
    counters = [(f"words_{position + 1}", CountVectorizer(**count), position) for position in range(n_columns)]
    return make_pipeline(_build_imputer(), ColumnTransformer(counters, sparse_threshold=0), StandardScaler())


def choose_max_terms(n_texts: int, n_others: int, rows: int, limits: Limits) -> int:
    """Return the number of terms that each of `n_texts` columns may have beside `n_others` features."""
    room = min(limits.features, limits.cells // rows) - n_others - n_texts
    return min(MAX_TERMS, max(1, room // max(1, n_texts)))


def find_terms(train: pd.DataFrame, names: Sequence[str], max_terms: int, notes: list[Problem]) -> tuple[int, ...]:
    """Return the number of terms of each text column."""
    if names and max_terms < MAX_TERMS:
        message = f"Only {max_terms:,} terms of each text column are learned, since the table is large."
        notes.append(build_problem("fewer_terms", "features", message, "Leave out columns, or train on fewer rows."))
    terms = []
    for name in names:
        texts = read_texts(train[name])
        sample = take_sample(texts)
        if len(sample) < len(texts):
            message = f"The terms of {name!r} are chosen by {len(sample):,} of {len(texts):,} training rows, since its"
            notes.append(build_problem("terms_of_sample", "features", f"{message} texts are long."))
        terms.append(_count_terms(sample, max_terms))
        if not terms[-1]:
            message = f"No word of {name!r} occurs in two training rows: only the number of words is learned from it."
            notes.append(build_problem("no_terms", "features", message))
    return tuple(terms)


def _count_terms(texts: pd.Series, max_terms: int) -> int:
    """Return the number of terms that `build_term_weigher` finds in a sample. Stops at `max_terms`."""
    analyze = _build_vectorizer(max_terms).build_analyzer()
    once: set[str] = set()
    repeated: set[str] = set()
    for text in texts:
        terms = set(analyze(text))
        repeated |= once & terms
        once |= terms
        if len(repeated) >= max_terms:
            return max_terms
    return len(repeated)
