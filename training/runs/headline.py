"""The one number of a finished run beside its baseline, kept with the run so that a list needs no results."""

from __future__ import annotations

import math
from typing import Any


def read_headline(auxiliary: dict[str, Any]) -> dict[str, Any]:
    """A result's `auxiliary_outputs` -> fields of TrainingRun. What is undefined (NaN, or null already) stays None."""
    headline = auxiliary.get("headline") or {}
    return {
        "metric": headline.get("metric", ""),
        "value": _find_finite(headline.get("value")),
        "baseline": _find_finite(headline.get("baseline")),
    }


def _find_finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
