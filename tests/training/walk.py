"""Follows the experiment of every card that a run shows: whether the score holds, and where experiments lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_regression

from training.datasets.builtin import BUILTINS, load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.table import Table
from training.exceptions import TrainingDiverged
from training.limits import Limits
from training.parts import Diagnosis, PatchOperation
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.results.seeds import Gain, compare_paired
from training.trainers.train import train

MAX_STEPS = 8  # experiments in a row
DOWNLOADED = {"CALIFORNIAHOUSING"}
MIN_PAIRS = 4
IGNORED = ("folds",)  # fields that change what is measured besides, and nothing about the model

Fields = dict[str, Any]


def _imbalanced() -> pd.DataFrame:
    X, y = make_classification(500, 8, n_informative=3, weights=[0.93], flip_y=0.02, class_sep=0.7, random_state=1)
    return _frame(X, np.where(y == 1, "yes", "no"))


def _noise() -> pd.DataFrame:
    random = np.random.default_rng(2)
    return _frame(random.normal(size=(300, 6)), random.choice(["a", "b"], 300))


def _noise_amount() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return _frame(random.normal(size=(300, 6)), random.normal(50, 10, 300))


def _line() -> pd.DataFrame:
    X, y = make_regression(300, 8, n_informative=5, noise=30, random_state=4)
    return _frame(X, y)


def _few_rows() -> pd.DataFrame:
    X, y = make_classification(80, 200, n_informative=10, random_state=5)
    return _frame(X, np.where(y == 1, "yes", "no"))


def _categories() -> pd.DataFrame:
    random = np.random.default_rng(6)
    shop, day = random.choice(list("ABCDEFGH"), 600), random.choice(["Mon", "Tue", "Sat", "Sun"], 600)
    busy = np.isin(shop, list("ACE")) ^ np.isin(day, ["Sat", "Sun"])
    frame = pd.DataFrame({"shop": shop, "day": day, "size": random.normal(100, 20, 600).round()})
    return frame.assign(y=np.where(busy ^ (random.random(600) < 0.1), "busy", "calm"))


def _waves() -> pd.DataFrame:
    random = np.random.default_rng(7)
    X = random.uniform(-2, 2, (500, 2))
    return _frame(X, np.sin(3 * X[:, 0]) * X[:, 1] + random.normal(0, 0.1, 500))


def _wide() -> pd.DataFrame:
    X, y = make_classification(400, 100, n_informative=8, n_classes=3, random_state=8)
    return _frame(X, np.array(["low", "middle", "high"])[y])


def _rare_noise() -> pd.DataFrame:
    random = np.random.default_rng(9)
    return _frame(random.normal(size=(400, 5)), np.where(random.random(400) < 0.1, "yes", "no"))


def _leak() -> pd.DataFrame:
    random = np.random.default_rng(10)
    X = random.normal(size=(300, 4))
    y = np.where(X[:, 0] + random.normal(size=300) > 0, "yes", "no")
    return _frame(X, y).assign(paid=np.where(y == "yes", 1.0, 0.0) + random.normal(0, 0.05, 300))


def _frame(X: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({f"x{n}": X[:, n] for n in range(X.shape[1])}).assign(y=y)


GENERATED: dict[str, Callable[[], pd.DataFrame]] = {
    "imbalanced": _imbalanced,
    "noise": _noise,
    "noise, an amount": _noise_amount,
    "noise, a rare class": _rare_noise,
    "line": _line,
    "waves": _waves,
    "few rows": _few_rows,
    "wide": _wide,
    "categories": _categories,
    "leak": _leak,
}
TABLES = (*(name for name in BUILTINS if name not in DOWNLOADED), *GENERATED)

_BOTH: dict[str, Fields] = {
    "default": {},
    "6 epochs": {"epochs": 6},
    "a tiny rate": {"learning_rate": 1e-6, "epochs": 20},
    "a huge rate": {"learning_rate": 0.5, "epochs": 60},
    "SGD": {"optimizer_name": "SGD", "learning_rate": 3.0, "epochs": 60},
}


def _wide_network(outputs: int) -> Fields:
    return {"user_arch": ["nn.Linear(256)", "nn.ReLU()", "nn.Linear(256)", "nn.ReLU()", f"nn.Linear({outputs})"]}


def _models(*written: str) -> dict[str, Fields]:
    return {model: {"user_model": model} for model in written}


def list_starts(problem_type: ProblemType, outputs: int) -> dict[str, Fields]:
    """Specs as learners send them, by what they are called; outputs: of the last layer."""
    networks = {
        **_BOTH,
        "no hidden layer": {"user_arch": [f"nn.Linear({outputs})"]},
        "the page's network": {"user_arch": ["nn.Linear(16)", "nn.ReLU()", f"nn.Linear({outputs})"]},
        "one narrow layer": {"user_arch": ["nn.Linear(2)", "nn.ReLU()", f"nn.Linear({outputs})"]},
        "wide layers": _wide_network(outputs),
    }
    if problem_type is ProblemType.REGRESSION:
        return networks | _models(
            "Ridge()", "Lasso(alpha=1.0)", "DecisionTreeRegressor()", "RandomForestRegressor()",
            "KNeighborsRegressor()", "SVR()", "GradientBoostingRegressor()", "HistGradientBoostingRegressor()",
            "MLPRegressor()", "AdaBoostRegressor()", "DecisionTreeRegressor(max_depth=1)",
            "KNeighborsRegressor(n_neighbors=1)",
        )  # fmt: skip
    return networks | _models(
        "LogisticRegression()", "DecisionTreeClassifier()", "RandomForestClassifier()", "KNeighborsClassifier()",
        "SVC()", "GaussianNB()", "GradientBoostingClassifier()", "HistGradientBoostingClassifier()", "MLPClassifier()",
        "AdaBoostClassifier()", "LogisticRegression(C=0.001)", "DecisionTreeClassifier(max_depth=1)",
        "KNeighborsClassifier(n_neighbors=1)", "SVC(kernel='linear')", "GradientBoostingClassifier(n_estimators=10)",
    )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a run came to: its metrics with the headline's, and its cards."""

    metrics: Mapping[str, float]
    headline: str
    cards: tuple[Diagnosis, ...]


@dataclass
class Pairs:
    """The scores before and after one card's experiment, a pair a seed; `metric` is what the card says to judge by."""

    metric: str
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    def compare(self) -> Gain | None:
        """None for so few pairs that they do not show the noise."""
        return compare_paired(self.after, self.before) if len(self.before) >= MIN_PAIRS else None


@dataclass
class Walk:
    """What was found. Keys of `pairs`: table, start, and the findings followed, the last one being the pair's own."""

    pairs: dict[tuple[str, str, tuple[str, ...]], Pairs] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    led_back: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    runs: int = 0


@cache
def load(table: str) -> Table:
    return load_builtin(table) if table in BUILTINS else Table(table, GENERATED[table](), "y")


@cache
def prepare_for(table: str, seed: int, features: tuple[str, ...] = ()) -> PreparedData:
    return prepare(make_plan(load(table), TrainingSpec(seed=seed, features=features), Limits()))


def starts_of(table: str) -> dict[str, Fields]:
    data = prepare_for(table, 0)
    return list_starts(data.problem_type, len(data.classes or (0,)))


def apply(patch: Sequence[PatchOperation], fields: Fields) -> Fields:
    """As the page does it."""
    changed = dict(fields)
    for operation in patch:
        name = operation.path.removeprefix("/")
        changed.pop(name, None)
        if operation.op != "remove" and operation.value is not None:
            changed[name] = operation.value
    return changed


def follow(walk: Walk, table: str, start: str, fields: Fields, seed: int, run: Callable[..., Run | None]) -> None:
    """Follows every card's experiment from here on, one seed."""
    first = run(table, fields, seed)
    if first is not None:
        _follow(walk, (table, start), (), fields, seed, first, [_key(fields)], run)


def _follow(
    walk: Walk,
    origin: tuple[str, str],
    followed: tuple[str, ...],
    fields: Fields,
    seed: int,
    before: Run,
    visited: list[str],
    run: Callable[..., Run | None],
) -> None:
    walk.runs += 1
    table, start = origin
    codes = [card.code.value for card in before.cards]
    where = f"{table}, {start}, seed {seed}: {' > '.join(followed) or 'start'}"
    if "all_well" in codes and len(codes) > 1:
        walk.contradictions.append(f"{where}: {codes}")
    for card in before.cards:
        walk.shown[card.code.value] += 1
        if all(operation.path.removeprefix("/") in IGNORED for operation in card.patch):
            continue  # no experiment, or one that changes nothing about the model
        path = (*followed, card.code.value)
        changed = apply(card.patch, fields)
        if _key(changed) in visited:
            walk.led_back.append(f"{where} > {card.code.value}")
            continue
        if len(path) > MAX_STEPS:
            walk.too_long.append(where)
            continue
        after = run(table, changed, seed)
        if after is None:
            walk.too_long.append(f"{where}: diverged")
            continue
        metric = card.metric or before.headline
        pairs = walk.pairs.setdefault((table, start, path), Pairs(metric))
        pairs.before.append(before.metrics[metric])
        pairs.after.append(after.metrics[metric])
        _follow(walk, origin, path, changed, seed, after, [*visited, _key(changed)], run)


def _key(fields: Fields) -> str:
    spec = TrainingSpec.model_validate({name: value for name, value in fields.items() if name not in IGNORED})
    return spec.model_dump_json()


@cache
def _train(table: str, written: str, seed: int) -> Run | None:
    spec = TrainingSpec.model_validate_json(written).model_copy(update={"seed": seed})
    data = prepare_for(table, seed, spec.features)
    try:
        outcome = train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
    except TrainingDiverged:
        return None
    auxiliary = outcome.auxiliary
    cards = tuple(Diagnosis.model_validate(card) for card in auxiliary["diagnosis"])
    return Run(auxiliary["metrics"], auxiliary["headline"]["metric"], cards)


def run_once(table: str, fields: Fields, seed: int) -> Run | None:
    """None where it diverged. The same training is done once."""
    return _train(table, _key(fields), seed)


def walk_table(table: str, seeds: Sequence[int], starts: Sequence[str] | None = None) -> Walk:
    walk = Walk()
    for start, fields in starts_of(table).items():
        if starts is None or start in starts:
            for seed in seeds:
                follow(walk, table, start, fields, seed, run_once)
    _train.cache_clear()
    prepare_for.cache_clear()
    return walk


def lowered(walk: Walk) -> Iterator[tuple[str, Pairs, Gain]]:
    """The experiments after which the score is lower by more than the seeds' noise."""
    for (table, start, path), pairs in walk.pairs.items():
        gain = pairs.compare()
        if gain is not None and gain.gain < -gain.margin:
            yield f"{table}, {start}: {' > '.join(path)}", pairs, gain
