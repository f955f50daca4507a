"""Compare a finished `model.onnx` with the model that it was built from, before it is offered for download."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.artifacts.graph.features import to_inputs
from training.exceptions import ExportInexact
from training.trainers.trained import TrainedModel

# Of probabilities, and of predictions in standard deviations of the target (relative if larger than one).
TOLERANCE = 1e-5
MAX_ROWS = 2_000
BATCH_SIZE = 250  # nearest neighbours need memory for each row of a batch times each training row


def check_onnx(content: bytes, trained: TrainedModel, frame: pd.DataFrame) -> None:
    """Run the graph on the rows of a table, typed as read: on all, or on MAX_ROWS rows at equal distances.

    Raises ExportInexact if the outputs differ from the model's.
    """
    frame = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, min(len(frame), MAX_ROWS)).astype(int))]
    given = _run(content, to_inputs(trained.preparation, frame))
    predictions, probabilities = trained.answer(frame)
    if probabilities is None:
        mean, scale = trained.preparation.target_mean, trained.preparation.target_scale
        _compare_numbers((given[0].ravel() - mean) / scale, (predictions - mean) / scale)
    else:
        labels = np.asarray(trained.preparation.classes, object)[predictions]
        _compare_classes(given[0], given[1], labels, probabilities, trained.preparation.threshold)


def _run(content: bytes, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    n_rows = len(next(iter(inputs.values())))
    batches = [
        session.run(None, {name: values[start : start + BATCH_SIZE] for name, values in inputs.items()})
        for start in range(0, n_rows, BATCH_SIZE)
    ]
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def _compare_numbers(given: np.ndarray, expected: np.ndarray) -> None:
    """Return the largest difference in standard deviations of the target."""
    if not (np.abs(given - expected) <= TOLERANCE * np.maximum(1, np.abs(expected))).all():
        far = np.abs(given - expected).max()
        raise ExportInexact(f"The ONNX file is off by up to {far:.3g} standard deviations of the target.")


def _compare_classes(
    labels: np.ndarray,
    given: np.ndarray,
    expected_labels: np.ndarray,
    expected: np.ndarray,
    threshold: float | None,
) -> None:
    if not (np.abs(given - expected) <= TOLERANCE).all():
        raise ExportInexact(f"The ONNX file's probabilities are off by up to {np.abs(given - expected).max():.3g}.")
    wrong = labels != expected_labels
    if wrong.any():
        second, first = np.sort(expected[wrong], axis=1)[:, -2:].T
        margin = first - second if threshold is None else np.abs(expected[wrong, 1] - threshold)
        reason = ", where rounding decides between two" if (margin < TOLERANCE).all() else ""
        raise ExportInexact(
            f"The ONNX file names another class in {int(wrong.sum()):,} of {len(wrong):,} rows{reason}."
        )
