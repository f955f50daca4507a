"""Convert a PyTorch network, and turn its outputs into probabilities or predictions by its criterion."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch
from torch import nn

from training.artifacts.graph.answers import Answer, add_best, add_complement, add_shares, add_sign, add_softmax
from training.artifacts.graph.nodes import Nodes
from training.exceptions import ExportUnsupported
from training.spec import Criterion
from training.trainers.criteria import CLASS_CRITERIA, REGRESSION_CRITERIA
from training.trainers.trained import TrainedModel

OPSET = 20  # the first opset that concatenates strings


def add_network(nodes: Nodes, X: str, trained: TrainedModel) -> Answer:
    """X: float32 (n, n_features). Raises ExportUnsupported."""
    import onnx

    n_features = trained.preparation.n_features
    graph = onnx.load_model_from_string(_export(trained.model, n_features)).graph
    outputs = nodes.to_double(nodes.include(graph, X))
    criterion, last_layer = trained.criterion, trained.layers[-1].name
    if criterion in REGRESSION_CRITERIA:
        return Answer(outputs)
    if criterion in CLASS_CRITERIA:  # as objectives.compute_probabilities does
        is_done = last_layer == "Softmax"
        n_classes = len(trained.preparation.classes or ())
        values = add_shares(nodes, outputs) if is_done else add_softmax(nodes, outputs, n_classes)
        return Answer(values, add_best(nodes, outputs))
    if criterion is Criterion.BCEWITHLOGITSLOSS:
        return Answer(add_complement(nodes, nodes.add("Sigmoid", outputs)), add_sign(nodes, outputs))
    return Answer(add_complement(nodes, outputs), add_sign(nodes, outputs, border=0.5))


def _export(network: nn.Sequential, n_features: int) -> bytes:
    buffer = io.BytesIO()
    axes = {"X": {0: "batch"}, "outputs": {0: "batch"}}
    example = torch.zeros(2, n_features)
    try:
        with warnings.catch_warnings():
            # torch's newer exporter takes seconds where this one takes milliseconds.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                nn.Sequential(*map(_replace, network)).eval(),
                (example,),
                buffer,  # type: ignore[arg-type]  # the newer exporter takes none, and this one does
                dynamo=False,
                input_names=["X"],
                output_names=["outputs"],
                dynamic_axes=axes,
                opset_version=OPSET,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise ExportUnsupported("A layer of this network has no form in ONNX.") from error
    return buffer.getvalue()


def _replace(layer: nn.Module) -> nn.Module:
    for kind, axes in ((nn.AdaptiveAvgPool1d, 1), (nn.AdaptiveAvgPool2d, 2)):
        if isinstance(layer, kind):
            return _Means(layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * axes)
    return layer


class _Means(nn.Module):
    """Adaptive average pooling as products with constant matrices, since ONNX has no pooling with windows of
    different widths.
    """

    def __init__(self, sizes: tuple[int | None, ...]) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if len(self.sizes) == 2:
            inputs = (inputs.transpose(-1, -2) @ _means(int(inputs.shape[-2]), self.sizes[0])).transpose(-1, -2)
        return inputs @ _means(int(inputs.shape[-1]), self.sizes[-1])


def _means(width: int, windows: int | None) -> torch.Tensor:
    """Return (width, windows): the weight of each position in each window. Torch's formula gives the bounds."""
    windows = windows or width  # None keeps an axis as it is in torch
    shares = np.zeros((width, windows), np.float32)
    for window in range(windows):
        start, end = window * width // windows, -(-(window + 1) * width // windows)
        shares[start:end, window] = 1 / (end - start)
    return torch.from_numpy(shares)
