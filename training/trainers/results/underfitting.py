"""Whether a model is too simple for what the columns say. Called by the diagnosis.

It is too simple where a random forest scores higher on rows that it has not learned from than the model does on its own
training rows.
"""

from __future__ import annotations

import math
from typing import Any

from training.messages.insights import Diagnosis, Finding
from training.messages.problems import PatchOperation
from training.messages.results import AuxiliaryOutputs
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import LEARNING_RATES
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer
from training.trainers.results.experiments import FORESTS, set_field, use_estimator
from training.trainers.results.scout import MAX_ROWS, Scout
from training.trainers.results.sentence import CERTAINTY

ENOUGH = {ProblemType.CLASSIFICATION: 0.97, ProblemType.REGRESSION: 0.95}  # on training rows; nobody is sent further
MIN_LEAD = {ProblemType.CLASSIFICATION: 0.03, ProblemType.REGRESSION: 0.05}  # of the forest, less is not worth a word
SIZES = ((64, 64), (128, 128, 128))  # units of the hidden layers that are proposed one after the other
RATE_RANGE = 10.01  # the usual learning rate may be divided by it; a larger one, or a smaller one still, is odd


def find_underfitting(
    auxiliary: AuxiliaryOutputs, spec: TrainingSpec, train_score: float | None, scout: Scout | None
) -> Diagnosis | None:
    """train_score: the headline's metric on training rows, None where it is not known."""
    problem_type = auxiliary.require_problem_type()
    if train_score is None or scout is None or not train_score < ENOUGH[problem_type]:
        return None
    forest = parse_estimator({"estimator": FORESTS[problem_type]})
    if spec.user_model is not None and parse_estimator(spec.user_model).settings == forest.settings:
        return None
    tried = scout.try_out(forest)
    possible = math.nan if tried is None else tried.score
    if not possible - train_score >= _find_margin(problem_type, possible):
        return None
    advice, patch = _propose(auxiliary, spec, problem_type)
    return Diagnosis(
        code=Finding.UNDERFITTING,
        title="Underfitting: the model is too simple",
        sentence=_describe(auxiliary, train_score, possible),
        advice=advice,
        patch=patch,
    )


def _find_margin(problem_type: ProblemType, possible: float) -> float:
    if problem_type is ProblemType.REGRESSION:
        return MIN_LEAD[problem_type]
    return max(MIN_LEAD[problem_type], CERTAINTY * math.sqrt(possible * (1 - possible) / MAX_ROWS))


def _describe(auxiliary: AuxiliaryOutputs, train_score: float, possible: float) -> str:
    if auxiliary.is_classification:
        return (
            f"Only {train_score:.0%} of the rows it learned from are right, and {auxiliary.accuracy:.0%} of the test "
            f"rows. More is possible: a random forest is right for {possible:.0%} of training rows that it never saw."
        )
    return (
        f"R² is only {train_score:.2f} on the rows it learned from, and {auxiliary.r2:.2f} on the test rows. More is "
        f"possible: a random forest has {possible:.2f} on training rows that it never saw."
    )


def _propose(
    auxiliary: AuxiliaryOutputs, spec: TrainingSpec, problem_type: ProblemType
) -> tuple[str, list[PatchOperation]]:
    if spec.user_model is None:
        if is_odd_rate(spec):
            return "Leave the learning rate out: one that usually works is used.", [set_field("learning_rate", None)]
        layers = grow_network(spec)
        if layers is not None:
            units = " and ".join(str(layer["out_features"]) for layer in layers[:-1] if layer["layer"] == "Linear")
            return f"Give the network more to work with: hidden layers of {units} units.", [
                set_field("user_arch", layers)
            ]
    return "Try a random forest, which follows bends that this model cannot.", use_estimator(FORESTS[problem_type])


def is_odd_rate(spec: TrainingSpec) -> bool:
    """Whether a network's learning rate is so far from the usual one that it may be all that is wrong."""
    if spec.optimizer_name is None or spec.learning_rate is None:
        return False
    usual = LEARNING_RATES[spec.optimizer_name]
    return not usual / RATE_RANGE <= spec.learning_rate <= usual


def grow_network(spec: TrainingSpec) -> list[dict[str, Any]] | None:
    """The network with the next of SIZES as its hidden layers. None where it is that large, or where it is no plain
    stack of units.
    """
    layers = [parse_layer(layer) for layer in spec.user_arch]
    weighted = [position for position, layer in enumerate(layers) if layer.entry.is_weighted]
    if not weighted or any(layer.name != "Linear" for layer in layers if layer.entry.axes or layer.entry.is_weighted):
        return None
    hidden = [int(layers[position].arguments["out_features"]) for position in weighted[:-1]]  # type: ignore[arg-type]
    for units in SIZES:
        if len(hidden) < len(units) or sum(hidden) < sum(units):
            grown = [{"layer": "Linear", "out_features": n} if n else {"layer": "ReLU"} for u in units for n in (u, 0)]
            last = layers[weighted[-1]].as_object(in_features=None)
            return [*grown, last, *(layer.as_object() for layer in layers[weighted[-1] + 1 :])]
    return None
