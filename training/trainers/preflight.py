"""Looks at a spec before anything is trained: every shape, every problem, each with a fix where there is one."""

from __future__ import annotations

from typing import Any

from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused
from training.limits import Limits
from training.messages import LayerShape, Level, PatchOperation, Problem, TrainingChecked
from training.spec import Criterion, Optimizer, ProblemType, TrainingSpec
from training.trainers.criteria import BINARY_CRITERIA, count_outputs, fitting_criteria
from training.trainers.defaults import BATCH_SIZE, complete, default_criterion
from training.trainers.estimators import parse_estimator
from training.trainers.layers import LAYERS, Layer, parse_layer
from training.trainers.network import Shape, infer_shape

UNUSUAL_LEARNING_RATES = {
    Optimizer.ADAM: 0.1,
    Optimizer.ADAMW: 0.1,
    Optimizer.RMSPROP: 0.1,
    Optimizer.ADAGRAD: 2.0,
    Optimizer.SGD: 5.0,
}
TINY_LEARNING_RATE = 1e-6
PROBABILITY_LAYERS = ("Softmax", "LogSoftmax", "Sigmoid")

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


def check(spec: TrainingSpec, data: PreparedData | None, limits: Limits) -> TrainingChecked:
    """What would happen with this spec, complete or not. Allocates no weights. `data` is None where no table is known."""
    problems = list(data.notes) if data else []
    checked = TrainingChecked(model=_describe_default(spec))
    if data is not None:
        checked = checked.model_copy(
            update={
                "data": data.table,
                "rows": data.rows,
                "columns": data.columns,
                "features": data.X_train.shape[1],
                "problem_type": data.problem_type.value,
                "target": data.target,
                "classes": list(data.classes) if data.classes else None,
            }
        )
    problems += _check_settings(spec, data, limits)
    if spec.user_model is not None:
        model, found = _check_estimator(spec, data)
        if spec.user_arch:
            found.append(_problem("both_models", "user_model", fix=[PatchOperation(op="remove", path="/user_model")]))
        return checked.model_copy(update={"model": model, "problems": problems + found})
    network = NetworkCheck(spec, data, limits)
    network.run()
    return checked.model_copy(
        update={
            "model": network.describe(),
            "layers": network.shapes,
            "parameters": sum(shape.parameters for shape in network.shapes),
            "problems": problems + network.problems,
        }
    )


class NetworkCheck:
    """One walk through the layers, collecting shapes and problems."""

    def __init__(self, spec: TrainingSpec, data: PreparedData | None, limits: Limits) -> None:
        self.spec, self.data, self.limits = spec, data, limits
        self.problems: list[Problem] = []
        self.shapes: list[LayerShape] = []
        self.layers: list[Layer | None] = []
        problem_type = data.problem_type if data else spec.problem_type or ProblemType.CLASSIFICATION
        self.criterion = spec.criterion or default_criterion(problem_type)
        self.problem_type = problem_type
        self.entries = complete(spec, data).user_arch if data else spec.user_arch

    def run(self) -> None:
        if len(self.entries) > self.limits.layers:
            self.problems.append(
                _problem(
                    "too_many_layers",
                    "user_arch",
                    f"The network has {len(self.entries)} layers; at most {self.limits.layers} are allowed.",
                )
            )
            return
        self._walk()
        parameters = sum(shape.parameters for shape in self.shapes)
        if parameters > self.limits.parameters:
            self.problems.append(
                _problem(
                    "too_many_parameters",
                    "user_arch",
                    f"The network has {parameters:,} parameters; at most {self.limits.parameters:,} are allowed.",
                    "Use fewer units or fewer layers.",
                )
            )
        self._check_activations()
        if self.data is not None and self.layers and None not in self.layers:
            self._check_criterion([layer for layer in self.layers if layer])

    def describe(self) -> str:
        return " → ".join(layer.describe() if layer else "?" for layer in self.layers)[:200]

    def _walk(self) -> None:
        shape: Shape | None = (self.data.X_train.shape[1],) if self.data else None
        for position, entry in enumerate(self.entries):
            try:
                layer = parse_layer(entry)
            except SpecRefused as error:
                data = error.data
                where = f"user_arch[{position}]"
                self.problems.append(
                    _problem(data.code, where, data.message, data.hint, _fix_name(data.hint, position))
                )
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
            self.problems.append(
                _problem(
                    "size_mismatch",
                    f"user_arch[{position}]",
                    f"{layer.name} expects {given} numbers, but {arriving} arrive.",
                    f"Set {layer.entry.size_argument} to {arriving}, or leave it out to have it filled in.",
                    [_replace_layer(position, mended)],
                )
            )
            layer = parse_layer(mended)
        try:
            after, parameters = infer_shape(layer, shape)
        except (RuntimeError, ValueError, IndexError) as error:
            message = f"{layer.name} does not fit what arrives: {str(error).splitlines()[0][:150]}"
            self.problems.append(_problem("size_mismatch", f"user_arch[{position}]", message))
            self.shapes.append(LayerShape(name=layer.name, output_shape=None, parameters=0))
            return None
        self.shapes.append(LayerShape(name=layer.name, output_shape=list(after), parameters=parameters))
        return after

    def _check_activations(self) -> None:
        for position, (first, second) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=1):
            if first and second and first.name == second.name == "Linear":
                self.problems.append(
                    _problem(
                        "no_activation_between_linears",
                        f"user_arch[{position}]",
                        "Two Linear layers in a row can only learn what one could.",
                        "Put an activation such as ReLU between them.",
                        [PatchOperation(op="add", path=f"/user_arch/{position}", value={"layer": "ReLU"})],
                        Level.WARNING,
                    )
                )

    def _check_criterion(self, layers: list[Layer]) -> None:
        assert self.data is not None
        criterion, last, end = self.criterion, layers[-1].name, len(layers) - 1
        n_classes = len(self.data.classes or ())
        if criterion not in fitting_criteria(self.problem_type):
            better = default_criterion(self.problem_type)
            self.problems.append(
                _problem(
                    "criterion_mismatch",
                    "criterion",
                    f"{criterion} is not for {self.problem_type}.",
                    f"Use {better}.",
                    [PatchOperation(op="add", path="/criterion", value=better.value)],
                )
            )
            return
        if criterion in BINARY_CRITERIA and n_classes != 2:
            self.problems.append(
                _problem(
                    "bce_needs_binary",
                    "criterion",
                    f"{criterion} tells two classes apart, and {self.data.target!r} has {n_classes}.",
                    "Use CELOSS.",
                    [PatchOperation(op="add", path="/criterion", value=Criterion.CELOSS.value)],
                )
            )
            return
        self._check_output_size(layers, count_outputs(criterion, n_classes))
        remove_last = [PatchOperation(op="remove", path=f"/user_arch/{end}")]
        where = f"user_arch[{end}]"
        if criterion is Criterion.BCELOSS and last != "Sigmoid":
            add = [PatchOperation(op="add", path="/user_arch/-", value={"layer": "Sigmoid"})]
            message = "BCELOSS compares probabilities, and this network's output is not one."
            self.problems.append(_problem("bce_needs_sigmoid", where, message, "End the network with a Sigmoid.", add))
        elif criterion is Criterion.BCEWITHLOGITSLOSS and last in PROBABILITY_LAYERS:
            message = f"BCEWITHLOGITSLOSS applies the Sigmoid itself; after {last} the network learns slowly."
            hint = f"Remove the last {last}."
            self.problems.append(_problem("sigmoid_before_logits", where, message, hint, remove_last, Level.WARNING))
        elif criterion in (Criterion.CELOSS, Criterion.WCELOSS) and last in ("Softmax", "Sigmoid"):
            message = f"{criterion} applies Softmax itself; after {last} the network learns slowly."
            hint = f"Remove the last {last}."
            self.problems.append(_problem("softmax_before_celoss", where, message, hint, remove_last, Level.WARNING))
        elif self.problem_type is ProblemType.REGRESSION and last in (*PROBABILITY_LAYERS, "Tanh", "ReLU"):
            message = f"{last} cannot give every value that the target may have."
            hint = f"Remove the last {last}."
            self.problems.append(_problem("bounded_regression", where, message, hint, remove_last, Level.WARNING))

    def _check_output_size(self, layers: list[Layer], expected: int) -> None:
        assert self.data is not None
        shape = self.shapes[-1].output_shape
        if shape is None or shape == [expected]:
            return
        units = "1 unit" if expected == 1 else f"{expected} units, one for each class"
        wanted = f"{self.data.target!r} needs {units}" if self.data.classes else f"regression needs {units}"
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
        self.problems.append(_problem("wrong_output_size", f"user_arch[{position}]", message, hint, fix))


def _check_settings(spec: TrainingSpec, data: PreparedData | None, limits: Limits) -> list[Problem]:
    problems = []
    if spec.epochs is not None and spec.epochs > limits.epochs:
        problems.append(
            _problem(
                "too_many_epochs",
                "epochs",
                f"{spec.epochs:,} epochs are more than the {limits.epochs:,} that are allowed.",
                f"Use at most {limits.epochs:,}.",
                [PatchOperation(op="replace", path="/epochs", value=limits.epochs)],
            )
        )
    if (
        data is not None
        and spec.user_model is None
        and spec.batch_size is not None
        and spec.batch_size > len(data.y_train)
    ):
        problems.append(
            _problem(
                "batch_too_large",
                "batch_size",
                f"There are only {len(data.y_train)} training rows, so every epoch is a single step.",
                f"Use a batch size such as {BATCH_SIZE}.",
                [PatchOperation(op="replace", path="/batch_size", value=min(BATCH_SIZE, len(data.y_train)))],
                Level.WARNING,
            )
        )
    optimizer = spec.optimizer_name or Optimizer.ADAM
    rate = spec.learning_rate
    if rate is not None and (rate > UNUSUAL_LEARNING_RATES[optimizer] or rate < TINY_LEARNING_RATE):
        size = (
            "large: the loss may jump about or become no number"
            if rate > TINY_LEARNING_RATE
            else "small: little will be learned"
        )
        problems.append(
            _problem(
                "learning_rate_unusual",
                "learning_rate",
                f"A learning rate of {rate:g} is very {size} with {optimizer}.",
                "Leave it out to use one that usually works.",
                [PatchOperation(op="remove", path="/learning_rate")],
                Level.WARNING,
            )
        )
    return problems


def _check_estimator(spec: TrainingSpec, data: PreparedData | None) -> tuple[str, list[Problem]]:
    try:
        choice = parse_estimator(spec.user_model)
    except SpecRefused as error:
        return "", [_problem(error.data.code, "user_model", error.data.message, error.data.hint)]
    entry = choice.entry
    if data is not None and entry.problem_type is not data.problem_type:
        message = f"{entry.name} is for {entry.problem_type}, and {data.target!r} makes this {data.problem_type}."
        return entry.name, [
            _problem("estimator_problem_mismatch", "user_model", message, "Choose an estimator for it.")
        ]
    return entry.name, []


def _describe_default(spec: TrainingSpec) -> str:
    return "" if spec.user_arch or spec.user_model else "default network"


def _problem(
    code: str,
    where: str,
    message: str = "",
    hint: str = "",
    fix: list[PatchOperation] | None = None,
    level: Level = Level.ERROR,
) -> Problem:
    return Problem(level=level, code=code, where=where, message=message or CODES[code], hint=hint, fix=fix or [])


def _replace_layer(position: int, value: dict[str, Any]) -> PatchOperation:
    return PatchOperation(op="replace", path=f"/user_arch/{position}", value=value)


def _fix_name(hint: str, position: int) -> list[PatchOperation]:
    """`Did you mean ReLU?` as data, where the layer meant needs no arguments."""
    if not hint.startswith("Did you mean "):
        return []
    name = hint.removeprefix("Did you mean ").split("?")[0]
    entry = LAYERS.get(name)
    if entry is None or any(argument.required for argument in entry.arguments):
        return []
    return [_replace_layer(position, {"layer": name})]
