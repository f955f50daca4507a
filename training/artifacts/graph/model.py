"""Convert a trained model to the bytes of `model.onnx`: columns in, labels and probabilities or predictions out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from training.artifacts.graph.answers import Answer, add_best
from training.artifacts.graph.estimators import add_estimator
from training.artifacts.graph.features import add_features, build_inputs, describe_inputs
from training.artifacts.graph.network import OPSET, add_network
from training.artifacts.graph.nodes import ML_DOMAIN, RUNTIME_DOMAIN, Nodes
from training.datasets.preparation import Preparation
from training.trainers.trained import TrainedModel

if TYPE_CHECKING:
    import onnx

PRODUCT, VERSION = "deep-learning-playground", "0.1.0"
ML_OPSET = 3  # the first opset whose trees compare in double precision
IR_VERSION = 9  # the first version with this opset


def build_onnx(trained: TrainedModel) -> bytes:
    """Build the graph with one input of shape (batch, 1) per column, under its name.

    Inputs are double for numbers, double days since 1970-01-01 UTC for dates, and strings for categories and texts.
    Missing values are NaN or "". Outputs are `label` string (batch,) and `probabilities` float32 (batch, n_classes), or
    `prediction` double (batch, 1) in the target's units. An underscore is added to an output name that is also a
    column's name. Raises ExportUnsupported.
    """
    import onnx
    from onnx import helper

    preparation = trained.preparation
    nodes = Nodes(preparation.columns)
    X = add_features(nodes, preparation)
    if isinstance(trained.model, nn.Module):
        answer = add_network(nodes, X, trained)
    else:
        answer = add_estimator(nodes, X, trained.model, preparation.classes)
    outputs = _add_outputs(nodes, answer, preparation)
    imports = [("", OPSET), (ML_DOMAIN, ML_OPSET)] + ([(RUNTIME_DOMAIN, 1)] if preparation.texts else [])
    graph = helper.make_graph(nodes.nodes, "model", build_inputs(preparation), outputs, nodes.constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(*imported) for imported in imports],
        ir_version=IR_VERSION,
        producer_name=PRODUCT,
        producer_version=VERSION,
    )
    helper.set_model_props(model, _describe(preparation, [output.name for output in outputs]))
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _add_outputs(nodes: Nodes, answer: Answer, preparation: Preparation) -> list[onnx.ValueInfoProto]:
    from onnx import TensorProto, helper

    if preparation.classes is None:
        scaled = nodes.add("Mul", answer.values, nodes.constant(preparation.target_scale))
        name = nodes.free_name("prediction")
        nodes.add("Add", scaled, nodes.constant(preparation.target_mean), called=name)
        return [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["batch", 1], f"{preparation.target}.")]
    label, probabilities = nodes.free_name("label"), nodes.free_name("probabilities")
    if preparation.threshold is None:
        best = answer.chosen or add_best(nodes, answer.values)
    else:
        second = nodes.add("Gather", answer.values, nodes.constant(1, np.int64), axis=1)
        is_said = nodes.add("GreaterOrEqual", second, nodes.constant(preparation.threshold))
        best = nodes.add("Cast", is_said, to=TensorProto.INT64)
    nodes.add("Gather", nodes.constant(np.array(preparation.classes, object), object), best, called=label)
    nodes.add("Cast", answer.values, to=TensorProto.FLOAT, called=probabilities)
    return [
        helper.make_tensor_value_info(label, TensorProto.STRING, ["batch"], f"{preparation.target}."),
        helper.make_tensor_value_info(
            probabilities,
            TensorProto.FLOAT,
            ["batch", len(preparation.classes)],
            "Of each class, in the order of the metadata `classes`.",
        ),
    ]


def _describe(preparation: Preparation, outputs: list[str]) -> dict[str, str]:
    """Return the metadata. Lists and objects are written as JSON."""
    facts = {
        "product": PRODUCT,
        "version": VERSION,
        "problem_type": preparation.problem_type.value,
        "target": preparation.target,
        "inputs": json.dumps(describe_inputs(preparation), ensure_ascii=False),
        "outputs": json.dumps(outputs, ensure_ascii=False),
    }
    if preparation.classes is not None:
        facts["classes"] = json.dumps(preparation.classes, ensure_ascii=False)
    if preparation.threshold is not None:
        facts["threshold"] = json.dumps(preparation.threshold)
    return facts
