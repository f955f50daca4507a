"""Messages about sweeps and comparisons."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.base import FrozenModel, RunEventMessage, RunResult
from training.messages.events import TrainingResult
from training.messages.problems import Problem
from training.messages.runs import RunKind
from training.spec import TrainingSpec

MAX_VARIED = 10  # paths of one sweep


MAX_VALUES = 10_000  # of one path


class _Sweep(ClientMessage):
    spec: TrainingSpec
    vary: dict[str, Annotated[tuple[JsonValue, ...], Field(max_length=MAX_VALUES)]] = Field(
        min_length=1,
        max_length=MAX_VARIED,
        description="The values to try, by their path in the spec: a field (`learning_rate`, `seed`), a layer "
        "(`user_arch[1]`) or an argument (`user_arch[0].out_features`, `user_model.max_depth`).",
    )


class RunSweep(_Sweep):
    """Train every combination of these values. Answered by `trainingQueued`, then by the events of the sweep."""

    event_name = "runSweep"


class CheckSweep(_Sweep):
    """Check a sweep, count its trainings and estimate their time. Answered by `sweepChecked`."""

    event_name = "checkSweep"


class CompareTraining(ClientMessage):
    """Compare two of my finished runs on the same table: their specs, and whether their gain is larger than chance.

    Answered by `trainingQueued`, then by the events of the comparison.
    """

    event_name = "compareTraining"

    run_id: UUID
    other_run_id: UUID


class SweepChecked(ServerMessage):
    """The result of the check of a sweep.

    `seconds` is a rough estimate of how long all trainings take in a free worker. It is null if there is no estimate.
    """

    event_name = "sweepChecked"

    data: str = ""
    model: str = ""
    target: str | None = None
    runs: int = 0
    combinations: int = 0
    seconds: float | None = None
    problems: list[Problem] = []


class SweepScore(FrozenModel):
    """The score of one training. If it failed, `score` is null and `message` says why.

    The scores of a sweep are on training rows that are held back, or means over the spec's `folds`. So no choice is
    made on the test rows. The scores of a comparison are on the test rows.

    `combination` counts from 0, and the last path varies fastest. In a comparison, 0 is `run_id` and 1 `other_run_id`.
    `baseline` is the metric of a prediction without the features.
    """

    combination: int
    values: dict[str, Any] = Field(description="The values that vary, without the seed, by their paths.")
    seed: int
    metric: str = Field(default="", description="`accuracy` or `r2`. Empty if the training failed.")
    score: float | None = None
    baseline: float | None = None
    code: str = ""
    message: str = ""


class SweepProgress(RunEventMessage):
    """Progress of a sweep or comparison: `done` of `total` trainings have ended. `results` are the new ones."""

    event_name = "sweepProgress"

    progress: float = Field(ge=0, le=100)
    done: int
    total: int
    results: list[SweepScore]
    eta_seconds: float | None = None


class CombinationResult(FrozenModel):
    """The result of one combination. `scores[i]` belongs to `seeds[i]`; it is null if that training failed.

    `mean` and `spread` (standard deviation, null for a single score) are those of the scores, which are computed on
    training rows that are held back. Only the best combination has `test_scores`, one for each seed: the scores on the
    test rows after training on all training rows. A run of the sweep's `spec` with these `changes` and the seed has the
    same score.
    """

    combination: int
    values: dict[str, Any]
    changes: dict[str, Any] = Field(description="The changed fields of the spec.")
    mean: float | None
    spread: float | None
    seeds: list[int]
    scores: list[float | None]
    baseline: float | None
    failed: int = Field(description="The number of failed trainings.")
    message: str = Field(default="", description="Why the first of them failed.")
    test_scores: list[float | None] = Field(default=[], description="Only for the best combination.")
    test_mean: float | None = None
    test_spread: float | None = None


class SweepLead(FrozenModel):
    """The gain of the best combination over the second.

    `margin` is the half-width of the 95 % confidence interval of `gain`. If the gain is not larger, chance alone may
    explain it, and `distinguishable` is false.
    """

    gain: float
    margin: float
    distinguishable: bool


class SweepResult(RunResult):
    """The end of a sweep: its combinations, the best first. Combinations with a failed training come last."""

    event_name = "sweepResult"

    metric: str = ""
    higher_is_better: bool = True
    measured_on: Literal["validation", "folds"] = Field(
        default="validation", description="The rows of the scores: a part of the training rows, or folds of them."
    )
    spec: dict[str, Any] = Field(default={}, description="The spec as it was sent, without `csvData`.")
    combinations: list[CombinationResult] = []
    lead: SweepLead | None = Field(
        default=None,
        description="Gain of the first over the second. Null with one seed, or if a training failed.",
    )


class Difference(FrozenModel):
    """A difference between two specs. `where` is the path; a value is null if the spec has none."""

    where: str
    value: Any = None
    other: Any = None


class TrainingCompared(RunResult):
    """The end of a comparison: both specs are trained with the same seeds on the same splits.

    The scores are on the test rows, which is sound for two specs that were chosen before. To choose between many specs,
    use a sweep.

    `gain` is `mean` - `other_mean`, and `margin` is the half-width of its 95 % confidence interval. If the gain is not
    larger, chance alone may explain it, and `distinguishable` is false.
    """

    event_name = "trainingCompared"

    compared: tuple[UUID, UUID] | None = Field(default=None, description="The two runs, in the order of the request.")
    differences: list[Difference] = []
    metric: str = ""
    higher_is_better: bool = True
    seeds: list[int] = []
    scores: list[float | None] = []
    other_scores: list[float | None] = []
    mean: float | None = None
    other_mean: float | None = None
    gain: float | None = None
    margin: float | None = None
    distinguishable: bool = False
    sentence: str = ""


RESULTS: dict[RunKind, type[RunResult]] = {
    RunKind.TRAINING: TrainingResult,
    RunKind.SWEEP: SweepResult,
    RunKind.COMPARISON: TrainingCompared,
}
"""The last event of each kind of run, unless it is cancelled."""

SWEEP_STREAM = (SweepProgress, SweepResult, TrainingCompared)
"""The events of the streams of sweeps and comparisons, besides `trainingCancelled`."""
