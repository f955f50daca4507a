"""Check a network layer by layer on torch's meta device: shapes, sizes and problems. Called by the preflight."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import prod
from typing import Any

from training.datasets.plan import Plan
from training.exceptions import SpecRefused
from training.limits import Limits
from training.messages.checks import LayerShape
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import BATCH_SIZE, HIDDEN_UNITS, complete, default_criterion
from training.trainers.networks.criterion_check import check_criterion
from training.trainers.networks.layer import Layer, Shape
from training.trainers.networks.layers import LAYERS, parse_layer
from training.trainers.networks.network import MODULES, RUN_CHUNK, BatchNorm
from training.trainers.networks.shape_check import check_layer

MAX_OUTPUT_BYTES = 512 * 2**20
"""Memory for the outputs of all layers for a training batch, or of two layers for a chunk of test rows."""

BYTES = 4  # of a float32
MANY_PARAMETERS = 100  # per training row


class NetworkCheck:
    """Infer the shapes of a network's layers and collect its problems."""

    def __init__(self, spec: TrainingSpec, plan: Plan | None, limits: Limits) -> None:
        self.spec, self.plan, self.limits = spec, plan, limits
        self.problems: list[Problem] = []
        self.shapes: list[LayerShape] = []
        self.layers: list[Layer | None] = []
        problem_type = plan.problem_type if plan else spec.problem_type or ProblemType.CLASSIFICATION
        self.criterion = spec.criterion or default_criterion(problem_type)
        self.entries = complete(spec, plan).user_arch if plan else spec.user_arch

    def run(self) -> None:
        """Collect shapes and problems."""
        if len(self.entries) > self.limits.layers:
            self._report(
                "too_many_layers",
                "user_arch",
                f"The network has {len(self.entries)} layers; at most {self.limits.layers} are allowed.",
            )
            return
        self._parse()
        self._walk()
        self._check_memory()
        self._check_parameters()
        self._check_activations()
        self._check_batch_norms()
        layers = [layer for layer in self.layers if layer]
        if self.plan is not None and layers and len(layers) == len(self.layers):
            shapes = [tuple(shape.output_shape) if shape.output_shape else None for shape in self.shapes]
            self.problems += check_criterion(
                self.plan, self.criterion, layers, shapes, has_class_weight=self.spec.class_weight is not None
            )

    def describe(self) -> str:
        """Return the network in a few words, such as `Linear 16 → ReLU → Linear 3`."""
        return " → ".join(layer.describe() if layer else "?" for layer in self.layers)[:200]

    def _report(self, *args: Any) -> None:
        self.problems.append(build_problem(*args))

    def _parse(self) -> None:
        for position, entry in enumerate(self.entries):
            try:
                self.layers.append(parse_layer(entry))
            except SpecRefused as error:
                data = error.data
                fix = _fix_name(error.meant, position)
                self._report(data.code, f"user_arch[{position}]", data.message, data.hint, fix)
                self.layers.append(None)

    def _walk(self) -> None:
        shape: Shape | None = (self.plan.n_features,) if self.plan else None
        for position, layer in enumerate(self.layers):
            if layer is None:
                self.shapes.append(LayerShape(name="?", output_shape=None, parameters=0))
                shape = None
                continue
            given = layer.arguments.get(layer.entry.size_argument or "")
            if shape is None and isinstance(given, int) and layer.entry.axes in ((), (1, 2)):
                shape = (given,)  # the layer before is unknown: use the given size
            parameters = 0
            if shape is None:
                units = layer.arguments.get("out_features")
                shape = (units,) if isinstance(units, int) else None
            else:
                flattened = any(later and later.name == "Flatten" for later in self.layers[position:])
                checked = check_layer(layer, shape, position, is_flattened_later=flattened)
                shape, parameters = checked.shape, checked.parameters
                if checked.problem:
                    self.problems.append(checked.problem)
            known = None if shape is None else list(shape)
            self.shapes.append(LayerShape(name=layer.name, output_shape=known, parameters=parameters))

    def _check_memory(self) -> None:
        """Report the first layer whose outputs need too much memory. Nothing is allocated."""
        train_rows, test_rows = self.spec.batch_size or BATCH_SIZE, RUN_CHUNK
        if self.plan is not None:
            train_rows, test_rows = min(train_rows, len(self.plan.train)), min(test_rows, len(self.plan.test))
        sizes = [prod(shape.output_shape or (0,)) * BYTES for shape in self.shapes]
        kept = list(accumulate(sizes))
        passing = [size + before for size, before in zip(sizes, [0, *sizes], strict=False)]
        for position, shape in enumerate(self.shapes):
            if max(2 * kept[position] * train_rows, passing[position] * test_rows) <= MAX_OUTPUT_BYTES:
                continue
            message = f"{shape.name} has {sizes[position] // BYTES:,} outputs for each row, which need too much memory."
            hint = "Use fewer units or channels, pooling before it, or a smaller batch size."
            fitting = MAX_OUTPUT_BYTES // (2 * kept[-1])
            fix = [PatchOperation(op="add", path="/batch_size", value=fitting)]
            helps = fitting >= 1 and max(passing) * test_rows <= MAX_OUTPUT_BYTES
            self._report("too_large_outputs", f"user_arch[{position}]", message, hint, fix if helps else [])
            return

    def _check_parameters(self) -> None:
        parameters = sum(shape.parameters for shape in self.shapes)
        if parameters > self.limits.parameters:
            self._report(
                "too_many_parameters",
                "user_arch",
                f"The network has {parameters:,} parameters; at most {self.limits.parameters:,} are allowed.",
                "Use fewer units or fewer layers.",
            )
        elif self.plan and parameters > MANY_PARAMETERS * len(self.plan.train):
            self._report(
                "far_more_parameters_than_rows",
                "user_arch",
                f"The network has {parameters:,} parameters and only {len(self.plan.train):,} training rows: "
                "it can memorise them (overfitting).",
                "Use fewer units or layers, and check whether the test loss rises.",
            )
        if parameters == 0 and self.layers and None not in self.layers:
            value = {"layer": "Linear", "out_features": HIDDEN_UNITS[0]}
            message = "No layer of this network has weights, so there is nothing to learn."
            fix = [PatchOperation(op="add", path="/user_arch/0", value=value)]
            self._report("nothing_to_learn", "user_arch", message, "Add a Linear layer.", fix)

    def _check_activations(self) -> None:
        """Report weighted layers without a non-linearity between them. Unknown layers may be one."""
        weighted = [position for position, layer in enumerate(self.layers) if layer and layer.entry.is_weighted]
        for first, second in pairwise(weighted):
            if all(layer and layer.entry.is_straight for layer in self.layers[first:second]):
                names = [self.shapes[at].name for at in (first, second)]
                pair = f"Two {names[0]} layers" if names[0] == names[1] else f"A {names[0]} and a {names[1]}"
                self._report(
                    "no_activation_between_linears",
                    f"user_arch[{second}]",
                    f"{pair} without an activation between them can only learn what a single layer can.",
                    "Put an activation such as ReLU between them.",
                    [PatchOperation(op="add", path=f"/user_arch/{second}", value={"layer": "ReLU"})],
                )

    def _check_batch_norms(self) -> None:
        norms = (at for at, layer in enumerate(self.layers) if layer and issubclass(MODULES[layer.name], BatchNorm))
        position = next(norms, None)
        if position is not None and self.spec.batch_size == 1:
            message = f"{self.shapes[position].name} standardises over a batch, which needs more than one row."
            fix = [PatchOperation(op="replace", path="/batch_size", value=BATCH_SIZE)]
            self._report("batch_of_one", "batch_size", message, f"Use a batch size such as {BATCH_SIZE}.", fix)


def _fix_name(meant: str, position: int) -> list[PatchOperation]:
    """Return the fix of a misspelt layer name, if the intended layer needs no arguments."""
    entry = LAYERS.get(meant)
    if entry is None or any(argument.required for argument in entry.arguments):
        return []
    return [PatchOperation(op="replace", path=f"/user_arch/{position}", value={"layer": meant})]
