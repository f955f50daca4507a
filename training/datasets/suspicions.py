"""Find features that look wrong: constant ones, duplicates, and features that give the target away.

Examines a sample of the training rows. Called by `Plan`, which keeps the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier

from training.datasets.columns import to_days
from training.datasets.planned_rows import PlannedRows
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec import ProblemType

SAMPLE_ROWS = 20_000
SAMPLE_CELLS = 400_000  # of all columns together, so that wide tables take no longer than long ones
MIN_ROWS = 30  # in fewer rows, much is true by chance
NAMED = 5  # columns that a problem lists; the others are counted

MIN_TOLD = 5  # rows outside of the most frequent class or value; with fewer, a good rule may be chance

SKILL = 0.99  # share of the baseline's mistakes that a rule must avoid to give the target away
SAME = 0.9999  # correlation from which on two columns are duplicates
HUGE = 1e38
FEW_VALUES = 100  # number of distinct values from which on numbers are not codes of categories
MAX_COUNTS = 2_000_000  # values times classes that are counted at once
MAX_COMPARED = 500  # numeric columns that are compared with each other


@dataclass(frozen=True)
class Sampled:
    """A column of the sample.

    `codes` (n,) number its distinct values from 0. Numbers are numbered in their order, with a missing value last, and
    `values` holds them. Categories are numbered as they appear, and their `values` are None.
    """

    name: str
    codes: np.ndarray
    n_values: int
    values: np.ndarray | None = None

    @property
    def is_number(self) -> bool:
        return self.values is not None

    def rank(self) -> np.ndarray:
        """Return mean ranks (n,) float64, as Spearman's correlation uses them. A missing value ranks last."""
        counts = np.bincount(self.codes)
        return (np.cumsum(counts) - (counts - 1) / 2)[self.codes]

    def fill(self) -> np.ndarray:
        """Return the numbers (n,), with the mean for missing ones."""
        assert self.values is not None
        numbers = self.values[self.codes]
        missing = np.isnan(numbers)
        return np.where(missing, numbers[~missing].mean(), numbers) if missing.any() else numbers


def find_suspicions(plan: PlannedRows) -> tuple[Problem, ...]:
    """Return at most one problem of each kind, with the names of the first few columns."""
    names = [*plan.numbers, *plan.dates, *plan.categories, *plan.texts]
    rows = _sample(plan.train, len(names))
    sample = plan.frame.iloc[rows]
    without_order = {*plan.categories, *plan.texts}
    columns = [_read(sample[name], is_number=name not in without_order) for name in names]
    constant = {
        column.name
        for column in columns
        if column.n_values == 1 and plan.frame[column.name].iloc[plan.train].nunique(dropna=False) == 1
    }
    columns = [column for column in columns if column.n_values > 1]
    leaking: list[str] = []
    double: dict[str, str] = {}
    if len(rows) >= MIN_ROWS:
        y = plan.y[rows]
        if len(columns) > 1 and (y != y[0]).any():  # if there is no other feature, this is the task
            if plan.problem_type is ProblemType.CLASSIFICATION:
                leaking = [column.name for column in columns if _gives_class_away(column, y)]
            else:
                y_ranks = rankdata(y)
                leaking = [column.name for column in columns if _gives_value_away(column, y, y_ranks)]
        double = dict(_find_doubles(columns))
    found = []
    if leaking:
        message = f"{_list(leaking)} alone {_verb(leaking, 'tells', 'tell')} {plan.target!r} almost without a mistake."
        hint = "Would you know it before you know the target? If not, the model only learns to copy it: leave it out."
        found.append(_build("target_leak", message, hint, names, leaking))
    if constant:
        listed = [name for name in names if name in constant]
        message = (
            f"{_list(listed)} {_verb(listed, 'is', 'are')} the same in every training row: nothing to learn from. "
            f"{_verb(listed, 'It counts', 'They count')} as 0 in every row, so that other values later change nothing."
        )
        found.append(_build("constant_feature", message, "Leave it out.", names, listed))
    if double:
        pairs = [f"{second!r} and {first!r}" for second, first in double.items()]
        message = f"{_list(pairs, quote=False)} say the same."
        found.append(_build("duplicate_feature", message, "One of them is enough.", names, list(double)))
    return tuple(found)


def _sample(train: np.ndarray, n_columns: int) -> np.ndarray:
    """Return positions in the frame in a random order with a fixed seed."""
    size = min(len(train), SAMPLE_ROWS, max(SAMPLE_CELLS // n_columns, 10 * MIN_ROWS))
    return np.random.default_rng(0).choice(train, size, replace=False)


def _read(values: pd.Series, *, is_number: bool) -> Sampled:
    if is_number:
        numbers = to_days(values) if pd.api.types.is_datetime64_any_dtype(values) else values
        uniques, codes = np.unique(numbers.to_numpy(np.float64, na_value=np.nan), return_inverse=True)
        return Sampled(str(values.name), codes, len(uniques), uniques)
    codes, found = pd.factorize(values, use_na_sentinel=False)
    return Sampled(str(values.name), codes, len(found))


def _gives_class_away(column: Sampled, y: np.ndarray) -> bool:
    """Return whether a rule on this column alone, learned on half of the rows, predicts the classes of the other
    half.
    """
    n_classes = int(y.max()) + 1
    if column.n_values * n_classes > MAX_COUNTS:
        return False
    counts = _count(column, y, n_classes)
    most = np.bincount(y).max()
    if len(y) - most < MIN_TOLD:
        return False
    allowed = (1 - SKILL) * (len(y) - most)  # number of mistakes
    if len(y) - counts.max(1).sum() > allowed:
        return False  # not even with a rule for each of its values
    if column.n_values <= len(y) / 2 and (column.n_values <= FEW_VALUES or not column.is_number):
        answers = np.empty_like(y)
        for learned, judged in _halves(len(y)):
            best = _count(column, y, n_classes, learned)
            guess = np.where(best.any(1), best.argmax(1), np.bincount(y[learned]).argmax())
            answers[judged] = guess[column.codes[judged]]
        if (answers != y).sum() <= allowed:
            return True
    # One split per class at most. If the class changes more often from value to value, the rule makes mistakes.
    changes = np.count_nonzero(np.diff(counts.argmax(1)))
    if not column.is_number or changes > n_classes - 1 + 2 * allowed:
        return False
    assert column.values is not None
    numbers = np.clip(column.values, -HUGE, HUGE)[column.codes, None]  # the tree takes float32 and missing values
    answers = np.empty_like(y)
    for learned, judged in _halves(len(y)):
        tree = DecisionTreeClassifier(max_leaf_nodes=n_classes, random_state=0)
        answers[judged] = tree.fit(numbers[learned], y[learned]).predict(numbers[judged])
    return bool((answers != y).sum() <= allowed)


def _gives_value_away(column: Sampled, y: np.ndarray, y_ranks: np.ndarray) -> bool:
    """Return whether the column correlates with the target in rank, or each of its values has one target value."""
    if not np.isfinite(y).all() or len(y) - np.unique(y, return_counts=True)[1].max() < MIN_TOLD:
        return False
    if _is_carried_by_few(column):
        return False
    if column.values is not None:
        present = ~np.isnan(column.values[column.codes])
        ranks = column.rank()[present]
        # Without the rows where a value is missing, the target has other ranks.
        targets = y_ranks if present.all() else rankdata(y[present])
        if len(ranks) >= MIN_ROWS and abs(_correlate(ranks, targets)) >= SAME:
            return True
    if column.n_values > min(len(y) / 4, FEW_VALUES if column.is_number else np.inf):
        return False
    answers = np.full(len(y), np.nan)  # values that were not in the learned half
    for learned, judged in _halves(len(y)):
        counts = np.bincount(column.codes[learned], minlength=column.n_values)
        sums = np.bincount(column.codes[learned], y[learned], minlength=column.n_values)
        with np.errstate(invalid="ignore"):
            answers[judged] = (sums / counts)[column.codes[judged]]
    known = ~np.isnan(answers)
    if known.sum() < len(y) / 2:
        return False
    answers, y = answers[known], y[known]
    return bool(((answers - y) ** 2).sum() < (1 - SAME) * ((y - y.mean()) ** 2).sum())


def _find_doubles(columns: Sequence[Sampled]) -> Iterator[tuple[str, str]]:
    """Return (column, an earlier duplicate): numbers with the same ranks, or categories that map one to one."""
    numbers = [column for column in columns if column.is_number][:MAX_COMPARED]
    if len(numbers) > 1:
        yield from _find_double_numbers(numbers)
    categories = [column for column in columns if not column.is_number]
    seen: dict[bytes, str] = {}
    for column in categories:
        if column.n_values > len(column.codes) / 2 or _is_carried_by_few(column):
            continue
        key = column.codes.tobytes()  # numbered in the order of appearance, so that duplicates are equal
        if key in seen:
            yield column.name, seen[key]
        seen.setdefault(key, column.name)


def _find_double_numbers(numbers: Sequence[Sampled]) -> Iterator[tuple[str, str]]:
    steady = [column for column in numbers if not _is_carried_by_few(column)]
    if len(steady) < 2:
        return
    # Compare numbers, since equal ranks may hide different curves, and ranks, since one huge value may dominate.
    alike = [np.abs(np.corrcoef([read(column) for column in steady])) for read in (Sampled.fill, Sampled.rank)]
    same = np.triu((alike[0] >= SAME) & (alike[1] >= SAME), k=1)
    for second in np.flatnonzero(same.any(0)):
        yield steady[second].name, steady[int(same[:, second].argmax())].name


def _is_carried_by_few(column: Sampled) -> bool:
    """Return whether almost all rows have one value. Two such columns are similar by chance."""
    counts = np.bincount(column.codes)
    return bool(len(column.codes) - counts.max() < MIN_ROWS / 3)


def _count(column: Sampled, y: np.ndarray, n_classes: int, rows: slice = slice(None)) -> np.ndarray:
    """Return the number of rows of each value and class, (n_values, n_classes)."""
    pairs = column.codes[rows] * n_classes + y[rows]
    return np.bincount(pairs, minlength=column.n_values * n_classes).reshape(column.n_values, n_classes)


def _halves(n_rows: int) -> tuple[tuple[slice, slice], ...]:
    """Yield (rows to learn from, rows to judge by), with each half once. The sample is in a random order."""
    first, second = slice(None, n_rows // 2), slice(n_rows // 2, None)
    return (first, second), (second, first)


def _correlate(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    # Not as products of vectors: those start all threads of BLAS, which takes longer than the sums.
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale else 0.0


def _build(code: str, message: str, hint: str, names: list[str], without: list[str]) -> Problem:
    excluded = set(without)
    left = [name for name in names if name not in excluded]
    fix = [PatchOperation(op="add", path="/features", value=left)] if left else []
    return build_problem(code, "features", message, hint, fix)


def _list(names: Sequence[str], *, quote: bool = True) -> str:
    shown = [repr(name) if quote else name for name in names[:NAMED]]
    more = len(names) - len(shown)
    return f"{', '.join(shown)} and {more:,} more" if more else ", ".join(shown)


def _verb(names: Sequence[str], singular: str, plural: str) -> str:
    return singular if len(names) == 1 else plural
