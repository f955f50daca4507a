"""Loss and accuracy by epoch as PNG. Uses matplotlib's objects directly: pyplot keeps global state."""

from __future__ import annotations

import io
from collections.abc import Sequence

from training.parts import EpochRow

TRAIN_COLOUR, TEST_COLOUR = "#2563a8", "#d9730d"


def build_loss_plot(rows: Sequence[EpochRow]) -> bytes:
    return _plot(rows, [row.train_loss for row in rows], [row.test_loss for row in rows], "Loss")


def build_accuracy_plot(rows: Sequence[EpochRow]) -> bytes:
    return _plot(rows, [row.train_acc for row in rows], [row.test_acc for row in rows], "Accuracy")


def _plot(rows: Sequence[EpochRow], train: Sequence[float | None], test: Sequence[float | None], name: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    epochs = [row.epoch for row in rows]
    for values, label, colour, style in ((train, "train", TRAIN_COLOUR, "-"), (test, "test", TEST_COLOUR, "--")):
        numbers = [float("nan") if value is None else value for value in values]
        axes.plot(epochs, numbers, style, label=label, color=colour, marker="o" if len(rows) == 1 else None)
    axes.set_xlabel("Epoch")
    axes.set_ylabel(name)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
