"""Draw the results of a run as PNG, each plot from its stored `auxiliary_outputs` alone."""

from __future__ import annotations

import math
from typing import Any

from training.artifacts.plots import TEST_COLOUR, TRAIN_COLOUR, build_figure, style, write_png
from training.messages.results import AuxiliaryOutputs

MAX_CLASSES = 40  # of a confusion matrix; more would be too small to read
NUMBERED_CLASSES = 20  # up to so many have their counts written into the cells
MAX_NAMED_CURVES = 10
LABEL_LENGTH = 22
QUIET_COLOUR = "#9aa7b5"


def build_confusion_plot(auxiliary: AuxiliaryOutputs) -> bytes:
    """Draw the confusion matrix as PNG: rows are actual classes, colours the share of the row.

    Of more than MAX_CLASSES classes, those with the most mistakes are drawn.
    """
    import numpy as np

    matrix = np.array(auxiliary.confusion_matrix)
    kept = _find_most_confused(matrix)
    names = [_shorten(auxiliary.category_list[index]) for index in kept]
    rows = matrix.sum(1)[kept]
    shown = matrix[np.ix_(kept, kept)]
    size = min(12.0, max(4.2, 2.4 + 0.42 * len(kept)))
    figure = build_figure(size + 1, size)
    axes = figure.add_subplot()
    shares = shown / np.maximum(rows, 1)[:, None]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks: Any = {"labels": names, "parse_math": False, "fontsize": 10 if len(kept) <= NUMBERED_CLASSES else 7}
    axes.set_xticks(range(len(kept)), rotation=90 if _are_long(names) else 0, **ticks)
    axes.set_yticks(range(len(kept)), **ticks)
    axes.set_xlabel("Predicted")
    axes.set_ylabel("Actual")
    if len(kept) <= NUMBERED_CLASSES:
        for row, column in np.ndindex(shown.shape):
            colour = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, f"{shown[row, column]:,}", ha="center", va="center", color=colour, fontsize=9)
    figure.colorbar(image, label="Share of the actual class", shrink=0.7)
    if len(kept) < len(matrix):
        axes.set_title(f"The {len(kept)} of {len(matrix)} classes with the most mistakes", fontsize=10)
    return write_png(figure)


def build_roc_plot(auxiliary: AuxiliaryOutputs) -> bytes:
    """Draw the ROC curve of each class as PNG. Of many classes, the legend names those with the smallest areas."""
    from matplotlib import colormaps

    curves = [
        (curve[2], _shorten(name), curve[0], curve[1])
        for name, curve in zip(auxiliary.category_list, auxiliary.AUC_ROC_curve_data, strict=True)
        if curve is not None
    ]
    curves.sort(key=lambda curve: curve[0])
    figure = build_figure(7, 5)
    axes = figure.add_subplot()
    colours = colormaps["tab10"].colors  # type: ignore[attr-defined]
    for _, _, false_rates, true_rates in curves[MAX_NAMED_CURVES:]:
        axes.plot(false_rates, true_rates, color=QUIET_COLOUR, linewidth=0.6, alpha=0.6)
    for (area, name, false_rates, true_rates), colour in zip(curves[:MAX_NAMED_CURVES], colours, strict=False):
        # The area first: matplotlib leaves out of its legend what begins with an underscore.
        axes.plot(false_rates, true_rates, color=colour, label=f"{area:.3f}  {name}")
    if len(curves) > MAX_NAMED_CURVES:
        axes.plot([], [], color=QUIET_COLOUR, label=f"{len(curves) - MAX_NAMED_CURVES} more, with larger areas")
    axes.plot([0, 1], [0, 1], ":", color="black", linewidth=1, label="0.500  baseline")
    style(axes, "False positive rate", "True positive rate")
    axes.set_aspect("equal")
    legend = figure.legend(title="Area, class", loc="outside right center", frameon=False, fontsize=9)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return write_png(figure)


def build_residuals_plot(auxiliary: AuxiliaryOutputs) -> bytes:
    """Draw predicted against actual values, and a histogram of the residuals, as PNG in the target's units."""
    residuals = auxiliary.residuals
    assert residuals is not None
    figure = build_figure(9, 4)
    scatter, histogram = figure.subplots(1, 2)
    predicted, actual = zip(*residuals.sample, strict=True) if residuals.sample else ((), ())
    scatter.plot(actual, predicted, ".", color=TRAIN_COLOUR, alpha=0.6, markersize=5)
    if actual:
        ends = [min(*predicted, *actual), max(*predicted, *actual)]
        scatter.plot(ends, ends, ":", color="black", linewidth=1, label="perfect prediction")
        scatter.legend(frameon=False)
    else:
        scatter.text(0.5, 0.5, "No prediction is a finite number.", ha="center", transform=scatter.transAxes)
    style(scatter, f"Actual {_shorten(auxiliary.target)}", "Predicted")
    histogram.stairs(residuals.histogram.counts, residuals.histogram.edges, fill=True, color=TRAIN_COLOUR, alpha=0.75)
    if math.isfinite(residuals.mean):
        histogram.axvline(residuals.mean, color=TEST_COLOUR, linestyle="--", label=f"mean {residuals.mean:.3g}")
        histogram.legend(frameon=False)
    style(histogram, "Residual (predicted - actual)", "Test rows")
    return write_png(figure)


def _find_most_confused(matrix: Any) -> Any:
    """Return the positions (n_kept,), ascending, of the MAX_CLASSES classes with the most mistakes."""
    import numpy as np

    if len(matrix) <= MAX_CLASSES:
        return np.arange(len(matrix))
    mistakes = matrix.sum(0) + matrix.sum(1) - 2 * np.diag(matrix)
    return np.sort(np.argsort(-mistakes, kind="stable")[:MAX_CLASSES])


def _shorten(label: str) -> str:
    """Cut a long label in the middle, since long labels often differ at their ends."""
    label = " ".join(label.split())
    half = LABEL_LENGTH // 2
    return label if len(label) <= LABEL_LENGTH else f"{label[:half]}…{label[1 - half :]}"


def _are_long(names: list[str]) -> bool:
    return (len(names) > 3 and max(map(len, names)) > 3) or len(names) > NUMBERED_CLASSES
