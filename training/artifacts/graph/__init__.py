"""`model.onnx`: a trained model and its preparation as one graph, which needs nothing but a runtime such as
onnxruntime. Called by workers.
"""

from training.artifacts.graph.check import check_onnx
from training.artifacts.graph.model import build_onnx

__all__ = ["build_onnx", "check_onnx"]
