"""Whether a model leans on one column alone, as it does where that column gives the answer away. Called by `build`."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from training.messages.insights import Diagnosis, Finding
from training.trainers.results.experiments import set_field
from training.trainers.results.importance import REPEATS, ColumnImportance, Importance
from training.trainers.results.sentence import CERTAINTY, FEW_ROWS

LEAK_SCORE = 0.95  # from here on the model is so good that one has to ask why
LEAK_SHARE = 0.8  # of what the model knows more than the baseline, that is gone with the column
LEAK_CERTAIN = 0.5  # of it, that luck with the shuffles does not explain
LEAK_REST = 0.05  # no other column matters more than this share of the first one's importance
MIN_GAIN = 0.1  # over the baseline: where guessing is that good, a score shows nothing


def diagnose_importance(
    importance: Importance, baseline: float, learned_from: Sequence[str], constant: Collection[str] = ()
) -> list[Diagnosis]:
    """Find the column that gives the answer away. Returns an empty list where there is none.

    baseline: the headline's score of a guess that ignores the columns. constant: the columns in which all training rows
    are the same. The list is also empty where the model has one column only, which is then the task; where there are
    fewer than 30 rows; and where a score or an importance could be luck.
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
            sentence=f"The model leans on {first.column!r} alone: without it, it would know next to nothing.",
            advice="Would you know this column before you know the answer? If not, leave it out. The score will fall: "
            "what is left of it is what the other columns say.",
            patch=[set_field("features", [name for name in learned_from if name != first.column])],
        )
    ]


def _margin(column: ColumnImportance) -> float:
    """How far luck may have moved an importance, which is a mean over several shuffles."""
    return CERTAINTY * column.spread / math.sqrt(REPEATS)
