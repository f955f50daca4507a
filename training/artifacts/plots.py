"""Draw the curves of a run as PNG. It uses matplotlib's objects, since pyplot keeps global state."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from training.messages.events import EpochRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAIN_COLOUR, TEST_COLOUR = "#2563a8", "#d9730d"


def build_loss_plot(rows: Sequence[EpochRow]) -> bytes:
    return _plot(rows, [row.train_loss for row in rows], [row.test_loss for row in rows], "Loss")


def build_accuracy_plot(rows: Sequence[EpochRow]) -> bytes:
    return _plot(rows, [row.train_acc for row in rows], [row.test_acc for row in rows], "Accuracy")


def build_figure(width: float = 7, height: float = 4) -> Figure:
    """Return an empty figure of this size in inches, ready to be saved."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def style(axes: Axes, x: str, y: str) -> None:
    """Apply the style that all plots of a run share."""
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def write_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _plot(rows: Sequence[EpochRow], train: Sequence[float | None], test: Sequence[float | None], name: str) -> bytes:
    figure = build_figure()
    axes = figure.add_subplot()
    epochs = [row.epoch for row in rows]
    lines: Any = ((train, "train", TRAIN_COLOUR, "-"), (test, "test", TEST_COLOUR, "--"))
    for values, label, colour, style_of_line in lines:
        numbers = [float("nan") if value is None else value for value in values]
        axes.plot(epochs, numbers, style_of_line, label=label, color=colour, marker="o" if len(rows) == 1 else None)
    style(axes, "Epoch", name)
    axes.legend(frameon=False)
    return write_png(figure)
