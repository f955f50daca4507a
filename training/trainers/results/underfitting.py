"""Diagnose underfitting: a model that is too simple for the table. Called by `diagnose`.

A model underfits if its score on training rows is below the score of a random forest on rows that the forest has not
learned from.
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
from training.trainers.results.candidates import MAX_ROWS, CandidateScorer
from training.trainers.results.experiments import FORESTS, set_field, use_estimator
from training.trainers.results.summary import CERTAINTY

HIGH_SCORE = {
    ProblemType.CLASSIFICATION: 0.97,
    ProblemType.REGRESSION: 0.95,
}  # of training rows, without underfitting
MIN_LEAD = {ProblemType.CLASSIFICATION: 0.03, ProblemType.REGRESSION: 0.05}  # of the forest over the model
SIZES = ((64, 64), (128, 128, 128))  # hidden units of the networks that are proposed, in order
RATE_RANGE = 10.01  # learning rates from the default divided by this up to the default are normal


def find_underfitting(
    auxiliary: AuxiliaryOutputs, spec: TrainingSpec, train_score: float | None, scorer: CandidateScorer | None
) -> Diagnosis | None:
    """Diagnose underfitting. `train_score`: accuracy or R² on training rows, None if unknown."""
    problem_type = auxiliary.require_problem_type()
    if train_score is None or scorer is None or not train_score < HIGH_SCORE[problem_type]:
        return None
    forest = parse_estimator({"estimator": FORESTS[problem_type]})
    if spec.user_model is not None and parse_estimator(spec.user_model).settings == forest.settings:
        return None
    tried = scorer.score_candidate(forest)
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
            f"Accuracy is only {train_score:.0%} on training rows, and {auxiliary.accuracy:.0%} on test rows. More is "
            f"possible: a random forest reaches {possible:.0%} in cross-validation."
        )
    return (
        f"R² is only {train_score:.2f} on training rows, and {auxiliary.r2:.2f} on test rows. More is possible: a "
        f"random forest reaches {possible:.2f} in cross-validation."
    )


def _propose(
    auxiliary: AuxiliaryOutputs, spec: TrainingSpec, problem_type: ProblemType
) -> tuple[str, list[PatchOperation]]:
    if spec.user_model is None:
        if is_odd_rate(spec):
            return "Use the default learning rate, which usually works.", [set_field("learning_rate", None)]
        layers = grow_network(spec)
        if layers is not None:
            units = " and ".join(str(layer["out_features"]) for layer in layers[:-1] if layer["layer"] == "Linear")
            return f"Use a larger network: hidden layers of {units} units.", [set_field("user_arch", layers)]
    return "Try a random forest, which can learn more complex relations.", use_estimator(FORESTS[problem_type])


def is_odd_rate(spec: TrainingSpec) -> bool:
    """Return whether the learning rate of a network is far from the default."""
    if spec.optimizer_name is None or spec.learning_rate is None:
        return False
    usual = LEARNING_RATES[spec.optimizer_name]
    return not usual / RATE_RANGE <= spec.learning_rate <= usual


def grow_network(spec: TrainingSpec) -> list[dict[str, Any]] | None:
    """Return the network with the next of SIZES as its hidden layers.

    None if the network is that large, or if it has other weighted layers than Linear.
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
