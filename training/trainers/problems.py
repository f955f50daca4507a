"""What may be wrong with a spec: the codes of all problems, and how one is written down. Used by the preflight."""

from __future__ import annotations

from training.parts import Level, PatchOperation, Problem

CODES: dict[str, str] = {
    "bad_layer": "A layer is not written as one call with literal arguments.",
    "unknown_layer": "There is no layer of that name.",
    "bad_estimator": "The estimator is not written as one call with literal arguments.",
    "unknown_estimator": "There is no estimator of that name.",
    "unknown_argument": "A layer or estimator has no such argument.",
    "missing_argument": "A layer or estimator lacks an argument that it needs.",
    "bad_argument": "An argument has the wrong type or is out of bounds.",
    "both_models": "The spec asks for a network and for an estimator.",
    "size_mismatch": "A layer expects another number of inputs than arrive.",
    "nothing_to_learn": "No layer of the network has weights.",
    "wrong_output_size": "The last layer has another number of units than the problem needs.",
    "criterion_mismatch": "The criterion is for the other kind of problem.",
    "bce_needs_binary": "BCELOSS and BCEWITHLOGITSLOSS tell two classes apart, and the target has more.",
    "bce_needs_sigmoid": "BCELOSS needs probabilities, and the network does not end with a Sigmoid.",
    "sigmoid_before_logits": "BCEWITHLOGITSLOSS applies the Sigmoid itself, and the network ends with one.",
    "softmax_before_celoss": "CELOSS applies Softmax itself, and the network ends with one.",
    "bounded_regression": "The last layer squeezes a regression's output.",
    "no_activation_between_linears": "Two Linear layers with nothing between them are no better than one.",
    "estimator_problem_mismatch": "The estimator is for the other kind of problem.",
    "too_many_layers": "The network has more layers than this server allows.",
    "too_many_parameters": "The network has more parameters than this server allows.",
    "too_many_epochs": "The run has more epochs than this server allows.",
    "batch_too_large": "A batch is larger than the training rows.",
    "learning_rate_unusual": "The learning rate is far from what works for the optimiser.",
}
"""Every code that `check` itself may give, and what it means; the preparation of the data adds its own."""


def build_problem(
    code: str,
    where: str,
    message: str = "",
    hint: str = "",
    fix: list[PatchOperation] | None = None,
    level: Level = Level.ERROR,
) -> Problem:
    return Problem(level=level, code=code, where=where, message=message or CODES[code], hint=hint, fix=fix or [])
