"""Estimate of how long a sweep takes, from the numbers of rows, columns, layers and epochs. Nothing is trained.

The constants come from one calibration with the built-in tables, so the estimate is rough. `python -m tests.benchmarks
sweep` prints it beside the seconds that a sweep takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

from training.datasets.plan import Plan
from training.messages.checks import LayerShape
from training.spec import Trainer, TrainingSpec
from training.sweeps.variation import Variation
from training.trainers.compiled.choice import choose_trainer
from training.trainers.defaults import complete
from training.trainers.estimators import parse_estimator
from training.trainers.estimators.entry import COUNTED_BY, EstimatorChoice, Learning
from training.trainers.networks.layers import parse_layer
from training.work.prepared import build_cache_key

RUN_SECONDS = 0.005  # to start a training and to compute its score
PREPARE_SECONDS = 0.02  # for a split, and CELL_SECONDS for each of its numbers
CELL_SECONDS = 1e-7
STEP_SECONDS = {Trainer.COMPILED: 2e-5, Trainer.AUTOGRAD: 3e-4}
LAYER_SECONDS = {Trainer.COMPILED: 3e-6, Trainer.AUTOGRAD: 6e-5}  # in one step
PRODUCT_SECONDS = 6 / 2.5e10  # for a weight and a row: forward pass and backward pass
SPLIT_SECONDS = 2.5e-8  # for a number of a row in one level of a tree


def estimate_seconds(
    variation: Variation,
    epochs: Sequence[int],
    find_plan: Callable[[TrainingSpec], Plan],
    find_shapes: Callable[[TrainingSpec], Sequence[LayerShape]],
) -> float | None:
    """Return about how many seconds all trainings take, one after the other. None if it cannot be estimated.

    `epochs` is the number of epochs of each combination. `find_shapes` returns the layers of a spec, from its check.
    """
    total, folds = 0.0, 1
    for combination, count in zip(variation.combinations, epochs, strict=True):
        plan = find_plan(combination.spec)
        spec = complete(combination.spec, plan)
        if spec.user_model is None:
            seconds: float | None = count * _estimate_epoch(spec, plan, find_shapes(combination.spec))
        else:
            seconds = _estimate_fit(parse_estimator(spec.user_model), plan)
        if seconds is None:
            return None
        total += seconds + RUN_SECONDS
        folds = spec.folds or 1
    splits = {build_cache_key(combination.spec): combination.spec for combination in variation.combinations}
    preparing = sum(_estimate_preparing(find_plan(spec)) for spec in splits.values())
    test = (total + preparing) / len(variation.combinations)  # the best combination is trained again
    return round(((total + preparing) * folds + test) * len(variation.seeds), 2)


def _estimate_preparing(plan: Plan) -> float:
    return PREPARE_SECONDS + len(plan.frame) * plan.n_features * CELL_SECONDS


def _estimate_epoch(spec: TrainingSpec, plan: Plan, shapes: Sequence[LayerShape]) -> float:
    """Return the seconds of one epoch of a network: its steps, and one pass over the test rows."""
    layers = [parse_layer(entry) for entry in spec.user_arch]
    trainer = choose_trainer(layers, spec, plan.n_features)
    # A convolution uses each parameter once for each position of its output.
    products = sum(shape.parameters * prod((shape.output_shape or [1])[1:]) for shape in shapes)
    rows = len(plan.train)
    steps = math.ceil(rows / (spec.batch_size or rows))
    computing = (rows + len(plan.test) / 3) * products * PRODUCT_SECONDS
    return steps * (STEP_SECONDS[trainer] + LAYER_SECONDS[trainer] * len(shapes)) + computing


def _estimate_fit(choice: EstimatorChoice, plan: Plan) -> float | None:
    """Return the seconds of fitting an estimator. None for support vector machines: it depends on the values."""
    entry, settings = choice.entry, choice.settings
    if entry.module == "svm":
        return None
    rows, columns, outputs = len(plan.train), plan.n_features, len(plan.classes or (1,))
    count = settings.get(COUNTED_BY.get(entry.learning, "n_estimators"), 1)
    steps = count if isinstance(count, int) else 1
    tree = rows * math.log2(rows + 1) * columns * SPLIT_SECONDS
    if entry.learning is Learning.TREES:
        share = settings.get("max_features")
        part = share if isinstance(share, float) else 1 / math.sqrt(columns) if share else 1.0
        return steps * (0.004 + tree * part)
    if entry.learning is Learning.STAGES:
        return steps * outputs * (0.001 + tree / 3)
    if entry.learning is Learning.ROUNDS:
        return steps * outputs * (0.005 + rows * columns * 5e-9)
    if entry.learning is Learning.PASSES:
        sizes = settings["hidden_layer_sizes"]
        widths = [columns, *(sizes if isinstance(sizes, tuple) else ()), outputs]
        products = sum(one * two for one, two in pairwise(widths))
        return steps * (0.005 + rows * products * PRODUCT_SECONDS)
    if entry.module == "ensemble":
        return steps * (0.003 + tree / 10)
    return tree if entry.module == "tree" else 0.01 + rows * columns * outputs * 5e-8
