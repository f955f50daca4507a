"""Which files a finished run has, by their public names. Imports nothing heavy: the web process asks it, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONTENT_TYPES = {
    "model.pt": "application/octet-stream",
    "model.skops": "application/octet-stream",
    "results.csv": "text/csv; charset=utf-8",
    "loss.png": "image/png",
    "accuracy.png": "image/png",
}

# Made from the epochs alone, by any worker at any time; the model's own file is written by the job that trained it.
DRAWN_LATER = ("results.csv", "loss.png", "accuracy.png")


def promised_names(auxiliary: dict[str, Any]) -> list[str]:
    """The files that a run with these `auxiliary_outputs` gets."""
    if auxiliary["kind"] == "estimator":
        return ["model.skops", "results.csv"]
    names = ["model.pt", "results.csv", "loss.png"]
    if "confusion_matrix" in auxiliary:
        names.append("accuracy.png")
    return names


def names_drawn_later(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in DRAWN_LATER]
