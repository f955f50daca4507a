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
    """Check a spec. The answer is TrainingChecked. `source`: None if the spec names no table yet."""

    spec: TrainingSpec
    source: Source | None
    limits: Limits


@dataclass(frozen=True)
class SweepQuestion:
    """Check a sweep. The answer is SweepChecked. `timed`: whether to estimate how long it takes."""

    spec: TrainingSpec
    vary: Vary
    source: Source | None
    limits: Limits
    sweep_limits: SweepLimits
    timed: bool


@dataclass(frozen=True)
class DescribeQuestion:
    """Describe a table, with its columns read as `choices` say. The answer is DatasetDescribed."""

    source: Source
    choices: dict[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class FetchQuestion:
    """Fetch a table from a link, store it as `source`, and describe it. The answer is DatasetDescribed."""

    url: str
    source: Stored
    limits: LinkLimits


@dataclass(frozen=True)
class PredictQuestion:
    """Predict rows with the model of a run. The answer is Predictions.

    `explain`: whether to compute the contribution of each column.
    """

    run: FinishedRun
    rows: tuple[Mapping[str, Cell], ...]
    explain: bool = False


@dataclass(frozen=True)
class TestRowsQuestion:
    """List test rows of a run by actual and predicted class, None for any. The answer is TestRows."""

    run: FinishedRun
    actual: str | None
    predicted: str | None
    limit: int
    offset: int


TableQuestion = DescribeQuestion | FetchQuestion | TestRowsQuestion


Question = CheckQuestion | SweepQuestion | PredictQuestion | TableQuestion
