"""Diagnose target leakage: a model whose feature importance is concentrated in a single column.

Called by `training/work/build.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from training.messages.insights import Diagnosis, Finding
from training.trainers.results.experiments import set_field
from training.trainers.results.importance import REPEATS, ColumnImportance, Importance
from training.trainers.results.summary import CERTAINTY, FEW_ROWS

LEAK_SCORE = 0.95  # lower scores are not suspicious
LEAK_SHARE = 0.8  # of the gain over the baseline that is lost without the column
LEAK_CERTAIN = 0.5  # of the gain that is lost with certainty
LEAK_REST = 0.05  # the importance of any other column, at most, relative to the first one
MIN_GAIN = 0.1  # over the baseline


def find_target_leakage(
    importance: Importance, baseline: float, learned_from: Sequence[str], constant: Collection[str] = ()
) -> list[Diagnosis]:
    """Diagnose a column that gives the answer away. Returns a list with at most one diagnosis.

    Nothing is reported for models with a single column, fewer than 30 rows, or scores and importances within chance.

    Parameters
    ----------
    importance : Importance
    baseline : float
        The score of the baseline.
    learned_from : sequence of str
        The columns of the model.
    constant : collection of str
        Columns that are constant in the training rows.
    """
    columns = [column for column in importance.columns if column.column not in constant]
    if len(columns) < 2 or importance.rows < FEW_ROWS:
        return []
    first, *others = sorted(columns, key=lambda column: -column.importance)
    gain = importance.score - baseline
    numbers = [importance.score, baseline, *(value for each in columns for value in (each.importance, each.spread))]
    if not all(map(math.isfinite, numbers)) or importance.score < LEAK_SCORE or gain < MIN_GAIN:
        return []
    if first.importance < LEAK_SHARE * gain or first.importance - _margin(first) < LEAK_CERTAIN * gain:
        return []
    if any(each.importance + _margin(each) > LEAK_REST * first.importance for each in others):
        return []
    return [
        Diagnosis(
            code=Finding.GIVES_AWAY,
            title="One column gives the answer away",
            sentence=f"The model uses {first.column!r} almost alone: without it, the score falls to about the "
            "baseline. This may be target leakage.",
            advice="Is this column known before the target is known? If not, leave it out. The score will fall to what "
            "the other columns can predict.",
            patch=[set_field("features", [name for name in learned_from if name != first.column])],
        )
    ]


def _margin(column: ColumnImportance) -> float:
    """Return the uncertainty of an importance, which is a mean over several shuffles."""
    return CERTAINTY * column.spread / math.sqrt(REPEATS)
