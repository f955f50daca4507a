"""The registry of scikit-learn estimators, and their trainer. Imports scikit-learn only to build one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.names import get_entry
from training.parts import EpochRow
from training.spec import ProblemType
from training.trainers.arguments import Argument, Kind, bind
from training.trainers.base import Cancelled, Fitted, IsCancelled, OnEpoch
from training.trainers.calls import Literal, Syntax, parse_call

if TYPE_CHECKING:
    from training.datasets.preprocessing import PreparedData

MODULES = ("linear_model", "ensemble")

ESTIMATOR_SYNTAX = Syntax(
    key="estimator",
    prefixes=(*MODULES, *(f"sklearn.{module}" for module in MODULES)),
    max_length=500,
    code="bad_estimator",
    example='"RandomForestClassifier(max_depth=3)" or {"estimator": "RandomForestClassifier", "max_depth": 3}',
)

CLASSIFY, REGRESS = ProblemType.CLASSIFICATION, ProblemType.REGRESSION


@dataclass(frozen=True)
class EstimatorEntry:
    """One estimator: `module` is where scikit-learn keeps it. `seeded` ones take the spec's seed as random_state."""

    name: str
    module: str
    problem_type: ProblemType
    about: str
    arguments: tuple[Argument, ...]
    seeded: bool = True


@dataclass(frozen=True)
class EstimatorChoice:
    """An estimator as somebody asked for it."""

    entry: EstimatorEntry
    arguments: Mapping[str, Literal]


_FOREST_ARGUMENTS = (
    Argument("n_estimators", Kind.INTEGER, "How many trees vote.", default=100, minimum=1, maximum=1_000),
    Argument(
        "max_depth",
        Kind.INTEGER,
        "How many questions a tree may ask; None: any.",
        optional=True,
        minimum=1,
        maximum=100,
    ),
    Argument("min_samples_split", Kind.INTEGER, "Rows that a split needs.", default=2, minimum=2, maximum=10_000),
    Argument(
        "min_samples_leaf", Kind.INTEGER, "Rows that a leaf keeps at least.", default=1, minimum=1, maximum=10_000
    ),
)

ESTIMATORS: dict[str, EstimatorEntry] = {
    entry.name: entry
    for entry in (
        EstimatorEntry(
            "LogisticRegression",
            "linear_model",
            CLASSIFY,
            "Draws one straight border between classes. Quick, and easy to explain.",
            (
                Argument("C", Kind.NUMBER, "Larger: trusts the data more.", default=1.0, minimum=1e-6, maximum=1e6),
                Argument("max_iter", Kind.INTEGER, "Steps at most.", default=1_000, minimum=1, maximum=100_000),
            ),
        ),
        EstimatorEntry(
            "RandomForestClassifier",
            "ensemble",
            CLASSIFY,
            "Many decision trees vote. Rarely a bad choice.",
            _FOREST_ARGUMENTS,
        ),
        EstimatorEntry(
            "RandomForestRegressor",
            "ensemble",
            REGRESS,
            "Averages many decision trees. Rarely a bad choice.",
            _FOREST_ARGUMENTS,
        ),
    )
}


def parse_estimator(entry: Any) -> EstimatorChoice:
    """A text or an object -> EstimatorChoice.

    Raises SpecRefused: `bad_estimator`, `unknown_estimator`, `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    call = parse_call(entry, ESTIMATOR_SYNTAX)
    known = get_entry(call.name, ESTIMATORS, "estimator")
    return EstimatorChoice(known, bind(call, known.arguments))


def palette() -> list[dict[str, Any]]:
    """The registry as JSON values, for the page."""
    return [
        {
            "name": entry.name,
            "about": entry.about,
            "problem_type": entry.problem_type.value,
            "arguments": [argument.describe() for argument in entry.arguments],
        }
        for entry in ESTIMATORS.values()
    ]


def build_estimator(choice: EstimatorChoice, seed: int) -> Any:
    """An unfitted scikit-learn estimator, on one thread."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression

    classes = {kind.__name__: kind for kind in (LogisticRegression, RandomForestClassifier, RandomForestRegressor)}
    arguments = {argument.name: argument.default for argument in choice.entry.arguments} | dict(choice.arguments)
    if choice.entry.seeded:
        arguments["random_state"] = seed
    return classes[choice.entry.name](**arguments)


def fit_estimator(
    choice: EstimatorChoice, data: PreparedData, seed: int, *, on_epoch: OnEpoch, is_cancelled: IsCancelled
) -> Fitted:
    """Fits in one step and reports it as one epoch, without losses. Raises Cancelled."""
    estimator = build_estimator(choice, seed)
    if is_cancelled():
        raise Cancelled
    began = time.perf_counter()
    estimator.fit(data.X_train, data.y_train)
    train_time = time.perf_counter() - began
    if is_cancelled():
        raise Cancelled
    predictions = estimator.predict(data.X_test)
    if data.classes is None:
        row = EpochRow(epoch=1, train_time=train_time, train_loss=None, test_loss=None)
        on_epoch(row)
        return Fitted(estimator, [row], data.to_units(predictions), None)
    row = EpochRow(
        epoch=1,
        train_time=train_time,
        train_loss=None,
        test_loss=None,
        train_acc=float((estimator.predict(data.X_train) == data.y_train).mean()),
        test_acc=float((predictions == data.y_test).mean()),
    )
    on_epoch(row)
    import numpy as np

    probabilities = np.zeros((len(predictions), len(data.classes)))
    # A class with no training rows has no column in the estimator's answer.
    probabilities[:, estimator.classes_] = estimator.predict_proba(data.X_test)
    probabilities /= probabilities.sum(1, keepdims=True)  # some answer in float32, whose sums are one only nearly
    return Fitted(estimator, [row], predictions, probabilities)
