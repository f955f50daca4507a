"""Questions that a worker answers with one message. All of them can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.datasets.link import LinkLimits
from training.datasets.sources import Source, Stored
from training.jobs.jobs import FinishedRun
from training.limits import Limits, SweepLimits
from training.spec import TrainingSpec
from training.spec.columns import ColumnChoice
from training.spec.inline_table import Cell
from training.sweeps.variation import Vary


@dataclass(frozen=True)
class CheckQuestion:
    """What would happen with this spec? Answered by TrainingChecked. No source: the spec names none yet."""

    spec: TrainingSpec
    source: Source | None
    limits: Limits


@dataclass(frozen=True)
class SweepQuestion:
    """What would happen with this sweep? Answered by SweepPreflight. `timed`: and how long would it take?"""

    spec: TrainingSpec
    vary: Vary
    source: Source | None
    limits: Limits
    sweep_limits: SweepLimits
    timed: bool


@dataclass(frozen=True)
class DescribeQuestion:
    """What is in this table, its columns read as `choices` say? Answered by DatasetDescribed."""

    source: Source
    choices: dict[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class FetchQuestion:
    """Fetch what the link leads to, store it where `source` says, and tell what is in it: DatasetDescribed."""

    url: str
    source: Stored
    limits: LinkLimits


@dataclass(frozen=True)
class PredictQuestion:
    """What does the model of this run say of these rows, and why where that is to be explained? Answered by
    Predictions.
    """

    run: FinishedRun
    rows: tuple[Mapping[str, Cell], ...]
    explain: bool = False


@dataclass(frozen=True)
class TestRowsQuestion:
    """Which test rows are these things (`actual`), and were said to be those (`predicted`)? None: any. Answered by
    TestRows.
    """

    run: FinishedRun
    actual: str | None
    predicted: str | None
    limit: int
    offset: int


TableQuestion = DescribeQuestion | FetchQuestion | TestRowsQuestion


Question = CheckQuestion | SweepQuestion | PredictQuestion | TableQuestion
