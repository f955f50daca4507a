"""A walk through a network's layers on torch's meta device: each shape, and every problem. Called by the preflight."""

from __future__ import annotations

from typing import Any

from training.datasets.plan import Plan
from training.exceptions import SpecRefused
from training.limits import Limits
from training.parts import LayerShape, Level, PatchOperation, Problem
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.criteria import BINARY_CRITERIA, count_outputs, fitting_criteria
from training.trainers.defaults import HIDDEN_UNITS, complete, default_criterion
from training.trainers.layers import LAYERS, Layer, parse_layer
from training.trainers.network import Shape, infer_shape
from training.trainers.problems import build_problem

PROBABILITY_LAYERS = ("Softmax", "LogSoftmax", "Sigmoid")


class NetworkCheck:
    """One walk through the layers, collecting shapes and problems."""

    def __init__(self, spec: TrainingSpec, plan: Plan | None, limits: Limits) -> None:
        self.spec, self.plan, self.limits = spec, plan, limits
        self.problems: list[Problem] = []
        self.shapes: list[LayerShape] = []
        self.layers: list[Layer | None] = []
        problem_type = plan.problem_type if plan else spec.problem_type or ProblemType.CLASSIFICATION
        self.criterion = spec.criterion or default_criterion(problem_type)
        self.problem_type = problem_type
        self.entries = complete(spec, plan).user_arch if plan else spec.user_arch

    def run(self) -> None:
        if len(self.entries) > self.limits.layers:
            self._report(
                "too_many_layers",
                "user_arch",
                f"The network has {len(self.entries)} layers; at most {self.limits.layers} are allowed.",
            )
            return
        self._walk()
        parameters = sum(shape.parameters for shape in self.shapes)
        if parameters > self.limits.parameters:
            self._report(
                "too_many_parameters",
                "user_arch",
                f"The network has {parameters:,} parameters; at most {self.limits.parameters:,} are allowed.",
                "Use fewer units or fewer layers.",
            )
        if parameters == 0 and self.layers and None not in self.layers:
            add = PatchOperation(
                op="add", path="/user_arch/0", value={"layer": "Linear", "out_features": HIDDEN_UNITS[0]}
            )
            message = "No layer of this network has weights, so there is nothing to learn."
            self._report("nothing_to_learn", "user_arch", message, "Add a Linear layer.", [add])
        self._check_activations()
        if self.plan is not None and self.layers and None not in self.layers:
            self._check_criterion([layer for layer in self.layers if layer])

    def describe(self) -> str:
        return " → ".join(layer.describe() if layer else "?" for layer in self.layers)[:200]

    def _report(self, *args: Any) -> None:
        self.problems.append(build_problem(*args))

    def _walk(self) -> None:
        shape: Shape | None = (self.plan.n_features,) if self.plan else None
        for position, entry in enumerate(self.entries):
            try:
                layer = parse_layer(entry)
            except SpecRefused as error:
                data = error.data
                where = f"user_arch[{position}]"
                self._report(data.code, where, data.message, data.hint, _fix_name(error.meant, position))
                self.layers.append(None)
                self.shapes.append(LayerShape(name="?", output_shape=None, parameters=0))
                shape = None
                continue
            self.layers.append(layer)
            shape = self._place(layer, position, shape)

    def _place(self, layer: Layer, position: int, shape: Shape | None) -> Shape | None:
        """The shape after the layer; None where it cannot be known."""
        given = layer.arguments.get(layer.entry.size_argument or "")
        if shape is None and isinstance(given, int):
            shape = (given,)  # what comes before is unknown: believe the layer
        if shape is None:
            units = layer.arguments.get("out_features")
            after = (units,) if isinstance(units, int) else None
            self.shapes.append(LayerShape(name=layer.name, output_shape=list(after) if after else None, parameters=0))
            return after
        if given is not None and given != shape[layer.entry.size_axis]:
            arriving = shape[layer.entry.size_axis]
            mended = layer.as_object(**{str(layer.entry.size_argument): None})
            self._report(
                "size_mismatch",
                f"user_arch[{position}]",
                f"{layer.name} expects {given} numbers, but {arriving} arrive.",
                f"Set {layer.entry.size_argument} to {arriving}, or leave it out to have it filled in.",
                [_replace_layer(position, mended)],
            )
            layer = parse_layer(mended)
        try:
            inferred, parameters = infer_shape(layer, shape)
        except (RuntimeError, ValueError, IndexError) as error:
            message = f"{layer.name} does not fit what arrives: {str(error).splitlines()[0][:150]}"
            self._report("size_mismatch", f"user_arch[{position}]", message)
            self.shapes.append(LayerShape(name=layer.name, output_shape=None, parameters=0))
            return None
        self.shapes.append(LayerShape(name=layer.name, output_shape=list(inferred), parameters=parameters))
        return inferred

    def _check_activations(self) -> None:
        for position, (first, second) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=1):
            if first and second and first.name == second.name == "Linear":
                self._report(
                    "no_activation_between_linears",
                    f"user_arch[{position}]",
                    "Two Linear layers in a row can only learn what one could.",
                    "Put an activation such as ReLU between them.",
                    [PatchOperation(op="add", path=f"/user_arch/{position}", value={"layer": "ReLU"})],
                    Level.WARNING,
                )

    def _check_criterion(self, layers: list[Layer]) -> None:
        assert self.plan is not None
        criterion, last, end = self.criterion, layers[-1].name, len(layers) - 1
        n_classes = len(self.plan.classes or ())
        if criterion not in fitting_criteria(self.problem_type):
            better = default_criterion(self.problem_type)
            self._report(
                "criterion_mismatch",
                "criterion",
                f"{criterion} is not for {self.problem_type}.",
                f"Use {better}.",
                [PatchOperation(op="add", path="/criterion", value=better.value)],
            )
            return
        if criterion in BINARY_CRITERIA and n_classes != 2:
            self._report(
                "bce_needs_binary",
                "criterion",
                f"{criterion} tells two classes apart, and {self.plan.target!r} has {n_classes}.",
                "Use CELOSS.",
                [PatchOperation(op="add", path="/criterion", value=Criterion.CELOSS.value)],
            )
            return
        self._check_output_size(layers, count_outputs(criterion, n_classes))
        remove_last = [PatchOperation(op="remove", path=f"/user_arch/{end}")]
        where = f"user_arch[{end}]"
        if criterion is Criterion.BCELOSS and last != "Sigmoid":
            add = [PatchOperation(op="add", path="/user_arch/-", value={"layer": "Sigmoid"})]
            message = "BCELOSS compares probabilities, and this network's output is not one."
            self._report("bce_needs_sigmoid", where, message, "End the network with a Sigmoid.", add)
        elif criterion is Criterion.BCEWITHLOGITSLOSS and last in PROBABILITY_LAYERS:
            message = f"BCEWITHLOGITSLOSS applies the Sigmoid itself; after {last} the network learns slowly."
            hint = f"Remove the last {last}."
            self._report("sigmoid_before_logits", where, message, hint, remove_last, Level.WARNING)
        elif criterion in (Criterion.CELOSS, Criterion.WCELOSS) and last in ("Softmax", "Sigmoid"):
            message = f"{criterion} applies Softmax itself; after {last} the network learns slowly."
            hint = f"Remove the last {last}."
            self._report("softmax_before_celoss", where, message, hint, remove_last, Level.WARNING)
        elif self.problem_type is ProblemType.REGRESSION and last in (*PROBABILITY_LAYERS, "Tanh", "ReLU"):
            message = f"{last} cannot give every value that the target may have."
            hint = f"Remove the last {last}."
            self._report("bounded_regression", where, message, hint, remove_last, Level.WARNING)

    def _check_output_size(self, layers: list[Layer], expected: int) -> None:
        assert self.plan is not None
        shape = self.shapes[-1].output_shape
        if shape is None or shape == [expected]:
            return
        units = "1 unit" if expected == 1 else f"{expected} units, one for each class"
        wanted = f"{self.plan.target!r} needs {units}" if self.plan.classes else f"regression needs {units}"
        linears = [position for position, layer in enumerate(layers) if layer.name == "Linear"]
        # Only a Linear with nothing but shapeless layers behind it decides the size of the output.
        if linears and all(layer.entry.size_argument is None for layer in layers[linears[-1] + 1 :]):
            position = linears[-1]
            fix = [_replace_layer(position, layers[position].as_object(out_features=expected))]
        else:
            position = len(layers) - 1
            value = {"layer": "Linear", "out_features": expected}
            fix = [PatchOperation(op="add", path="/user_arch/-", value=value)]
        got = " × ".join(map(str, shape))
        message = f"The network ends with {got} numbers, but {wanted}."
        hint = f"Let the last Linear layer have out_features {expected}."
        self._report("wrong_output_size", f"user_arch[{position}]", message, hint, fix)


def _replace_layer(position: int, value: dict[str, Any]) -> PatchOperation:
    return PatchOperation(op="replace", path=f"/user_arch/{position}", value=value)


def _fix_name(meant: str, position: int) -> list[PatchOperation]:
    """The layer that was meant, where it needs no arguments."""
    entry = LAYERS.get(meant)
    if entry is None or any(argument.required for argument in entry.arguments):
        return []
    return [_replace_layer(position, {"layer": meant})]
