"""Read the headline of a finished run, which is stored in the run's row so that lists need not read results."""

from __future__ import annotations

from typing import Any

from training.messages.results import AuxiliaryOutputs, find_finite


def read_headline(auxiliary: AuxiliaryOutputs) -> dict[str, Any]:
    """Return the fields `metric`, `value` and `baseline` of TrainingRun. Numbers that are undefined are None."""
    headline = auxiliary.headline
    if headline is None:
        return {"metric": "", "value": None, "baseline": None}
    return {
        "metric": headline.metric.value,
        "value": find_finite(headline.value),
        "baseline": find_finite(headline.baseline),
    }
