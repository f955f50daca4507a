"""The registry of estimators. The parser, the page's palette and the estimators are made from it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from training.name_lookup import get_entry
from training.spec import ProblemType
from training.trainers.arguments import bind
from training.trainers.calls import Syntax, parse_call
from training.trainers.estimators import boosting, linear, neighbours, networks, trees
from training.trainers.estimators.entry import EstimatorChoice, EstimatorEntry

FAMILIES: dict[str, tuple[EstimatorEntry, ...]] = {
    "Trees and forests": trees.ENTRIES,
    "Boosting": boosting.ENTRIES,
    "Linear models": linear.ENTRIES,
    "Neighbours and kernels": neighbours.ENTRIES,
    "Neural networks": networks.ENTRIES,
}

ESTIMATORS: dict[str, EstimatorEntry] = {entry.name: entry for entries in FAMILIES.values() for entry in entries}

_MODULES = sorted({entry.module for entry in ESTIMATORS.values()})

ESTIMATOR_SYNTAX = Syntax(
    key="estimator",
    prefixes=(*_MODULES, *(f"sklearn.{module}" for module in _MODULES)),
    max_length=500,
    code="bad_estimator",
    example='"RandomForestClassifier(max_depth=3)" or {"estimator": "RandomForestClassifier", "max_depth": 3}',
)


def parse_estimator(entry: Any) -> EstimatorChoice:
    """Parse an estimator, which is a string or an object.

    Raises SpecRefused: `bad_estimator`, `unknown_estimator`, `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    call = parse_call(entry, ESTIMATOR_SYNTAX)
    known = get_entry(call.name, ESTIMATORS, "estimator")
    return EstimatorChoice(known, bind(call, known.arguments))


def find_counterpart(entry: EstimatorEntry) -> str:
    """Return the name of the estimator of the same family for the other problem type. Without one, return a random
    forest.
    """
    for one, other in (("Classifier", "Regressor"), ("SVC", "SVR"), ("LogisticRegression", "LinearRegression")):
        for name in (entry.name.replace(one, other), entry.name.replace(other, one)):
            if name in ESTIMATORS and ESTIMATORS[name].problem_type is not entry.problem_type:
                return name
    classify = entry.problem_type is ProblemType.CLASSIFICATION
    return "RandomForestRegressor" if classify else "RandomForestClassifier"


def palette() -> list[dict[str, Any]]:
    """Return the registry as JSON values, for the page."""
    return [
        {
            "name": entry.name,
            "group": family,
            "about": entry.about,
            "problem_type": entry.problem_type.value,
            "arguments": [argument.describe() for argument in entry.arguments],
        }
        for family, entries in FAMILIES.items()
        for entry in entries
    ]


def build_estimator(choice: EstimatorChoice, seed: int) -> Any:
    """Return an unfitted estimator that uses one thread. Its `fit` gives the same model as `fit_estimator`. Loads
    scikit-learn.
    """
    kind = getattr(import_module(f"sklearn.{choice.entry.module}"), choice.entry.name)
    estimator = kind(**choice.settings)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    return estimator
