"""Build `model.onnx`: a trained model and its preparation as one graph. Called by workers.

The graph needs nothing but a runtime such as onnxruntime.
"""

from training.artifacts.graph.check import check_onnx
from training.artifacts.graph.model import build_onnx

__all__ = ["build_onnx", "check_onnx"]
