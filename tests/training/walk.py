"""Follows the experiment of every card that a run shows: whether the score holds, and where experiments lead."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
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
from training.messages.insights import Diagnosis, Finding
from training.messages.problems import PatchOperation
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.results.seeds import CONFIDENCE, Gain, compare_paired
from training.trainers.train import train

MAX_STEPS = 8  # experiments in a row
UNJUDGED = (Finding.GIVES_AWAY, Finding.LEAKING_SPLIT)  # these take away what no honest score has
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


def _patients() -> pd.DataFrame:
    random = np.random.default_rng(11)
    patient = np.repeat(np.arange(40), 8)
    X = random.normal(size=(40, 3))[patient] + random.normal(0, 0.05, (320, 3))
    return _frame(X, random.choice(["ill", "well"], 40)[patient]).assign(patient_id=[f"P{n:02}" for n in patient])


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
    "patients": _patients,
}
TABLES = ("WINE", "BREAST CANCER", "DIABETES", "MOONS", "XOR", "SPIRAL", *GENERATED)


def _models(*written: str) -> dict[str, Fields]:
    return {model: {"user_model": model} for model in written}


def list_starts(problem_type: ProblemType, outputs: int) -> dict[str, Fields]:
    """Specs as learners send them, by what they are called; outputs: of the last layer."""
    wide = ["nn.Linear(256)", "nn.ReLU()", "nn.Linear(256)", "nn.ReLU()", f"nn.Linear({outputs})"]
    networks: dict[str, Fields] = {
        "the page's network": {"user_arch": ["nn.Linear(16)", "nn.ReLU()", f"nn.Linear({outputs})"]},
        "default": {},
        "6 epochs": {"epochs": 6},
        "a tiny rate": {"learning_rate": 1e-6, "epochs": 20},
        "a huge rate": {"learning_rate": 0.5, "epochs": 60},
        "wide layers": {"user_arch": wide},
    }
    if problem_type is ProblemType.REGRESSION:
        return networks | _models(
            "Ridge()", "DecisionTreeRegressor()", "DecisionTreeRegressor(max_depth=1)", "KNeighborsRegressor()",
            "SVR()", "GradientBoostingRegressor()", "MLPRegressor()",
        )  # fmt: skip
    return networks | _models(
        "LogisticRegression()", "DecisionTreeClassifier()", "DecisionTreeClassifier(max_depth=1)",
        "KNeighborsClassifier()", "SVC()", "GradientBoostingClassifier()", "MLPClassifier()",
    )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """The result of a run: its metrics, the headline metric, and its cards."""

    metrics: Mapping[str, float]
    headline: str
    cards: tuple[Diagnosis, ...]


@dataclass(frozen=True)
class Step:
    """One experiment that was followed. `path`: the findings that led there, the last one is the experiment's own.
    `metric` is what its card says to judge by; before, after: the metric of the runs.
    """

    table: str
    start: str
    seed: int
    path: tuple[str, ...]
    metric: str
    before: float
    after: float

    @property
    def finding(self) -> str:
        return self.path[-1]


@dataclass
class Walk:
    """The findings of a walk. All fields but `steps` and `shown` list faults."""

    steps: list[Step] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    led_back: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def add(self, other: Walk) -> None:
        self.steps += other.steps
        self.shown += other.shown
        self.led_back += other.led_back
        self.contradictions += other.contradictions
        self.unfinished += other.unfinished


@cache
def load(table: str) -> Table:
    return load_builtin(table) if table in BUILTINS else Table(table, GENERATED[table](), "y")


@cache
def prepare_for(table: str, written: str) -> PreparedData:
    """written: the fields of a spec that decide about its data, in JSON."""
    return prepare(make_plan(load(table), TrainingSpec.model_validate_json(written), Limits()))


def starts_of(table: str) -> dict[str, Fields]:
    data = prepare_for(table, "{}")
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


@dataclass(frozen=True)
class Follower:
    """Follows every card's experiment from one spec on, with one seed."""

    walk: Walk
    table: str
    start: str
    seed: int

    def follow(self, fields: Fields) -> None:
        before = run_once(self.table, fields, self.seed)
        if before is not None:
            self._follow((), fields, before, [_key(fields)])

    def _follow(self, path: tuple[str, ...], fields: Fields, before: Run, visited: list[str]) -> None:
        walk, codes = self.walk, [card.code.value for card in before.cards]
        where = f"{self.table}, {self.start}, seed {self.seed}: {' > '.join(path) or 'start'}"
        walk.shown.update(codes)
        if len(codes) > 1 and {"all_well", "noted"} & set(codes):
            walk.contradictions.append(f"{where}: {codes}")
        for card, code in zip(before.cards, codes, strict=True):
            if all(operation.path.removeprefix("/") in IGNORED for operation in card.patch):
                continue  # no experiment, or one that changes nothing about the model
            changed = apply(card.patch, fields)
            if _key(changed) in visited:
                walk.led_back.append(f"{where} > {code}")
                continue
            after = run_once(self.table, changed, self.seed)
            if len(visited) > MAX_STEPS or after is None:
                walk.unfinished.append(f"{where} > {code}")
                continue
            metric = card.metric or before.headline
            scores = before.metrics[metric], after.metrics[metric]
            walk.steps.append(Step(self.table, self.start, self.seed, (*path, code), metric, *scores))
            self._follow((*path, code), changed, after, [*visited, _key(changed)])


def _key(fields: Fields) -> str:
    spec = TrainingSpec.model_validate({name: value for name, value in fields.items() if name not in IGNORED})
    return spec.model_dump_json()


@cache
def _train(table: str, written: str, seed: int) -> Run | None:
    spec = TrainingSpec.model_validate_json(written).model_copy(update={"seed": seed})
    data = prepare_for(table, spec.model_dump_json(include={"features", "split", "seed"}))
    try:
        outcome = train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
    except TrainingDiverged:
        return None
    auxiliary = outcome.auxiliary
    return Run(auxiliary.metrics, auxiliary.headline.metric, tuple(auxiliary.diagnosis))


def run_once(table: str, fields: Fields, seed: int) -> Run | None:
    """None where it diverged. The same training is done once."""
    return _train(table, _key(fields), seed)


def walk_table(table: str, seeds: Sequence[int], starts: Sequence[str] | None = None) -> Walk:
    """From each start, or from those named."""
    walk = Walk()
    for start, fields in starts_of(table).items():
        if starts is None or start in starts:
            for seed in seeds:
                Follower(walk, table, start, seed).follow(fields)
    _train.cache_clear()
    prepare_for.cache_clear()
    return walk


@dataclass(frozen=True)
class Judged:
    """The effect of the experiments of one kind of card on one table. gain: over seeds, None for a single seed."""

    table: str
    finding: str
    metric: str
    experiments: int
    seeds: int
    gain: Gain | None

    @property
    def is_lowered(self) -> bool:
        return self.gain is not None and self.gain.gain < -self.gain.margin


def judge(walk: Walk, confidence: float = CONFIDENCE) -> list[Judged]:
    """Compares runs with those that their cards led to. Experiments of the same seed are averaged first: they share the
    split, and so its luck. `confidence` is that all intervals hold together (Bonferroni's correction).
    """
    kinds: dict[tuple[str, str, str], list[Step]] = defaultdict(list)
    for step in walk.steps:
        if step.finding not in UNJUDGED:
            kinds[step.table, step.finding, step.metric].append(step)
    each = 1 - (1 - confidence) / max(1, len(kinds))
    return [Judged(*kind, len(steps), *_compare(steps, each)) for kind, steps in sorted(kinds.items())]


def _compare(steps: Sequence[Step], confidence: float) -> tuple[int, Gain | None]:
    seeds = sorted({step.seed for step in steps})
    means = [np.mean([(step.before, step.after) for step in steps if step.seed == seed], axis=0) for seed in seeds]
    if len(seeds) < 2:
        return len(seeds), None
    before, after = zip(*means, strict=True)
    return len(seeds), compare_paired(after, before, confidence=confidence)
