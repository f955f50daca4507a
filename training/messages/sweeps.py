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
        description="What to try, by where it stands in the spec: a field (`learning_rate`, `seed`), a layer "
        "(`user_arch[1]`) or an argument (`user_arch[0].out_features`, `user_model.max_depth`).",
    )


class RunSweep(_Sweep):
    """Train every combination of these values. Answered by `trainingQueued`, then the sweep's stream."""

    event_name = "runSweep"


class CheckSweep(_Sweep):
    """How many runs would that be, how long would they take, and what is wrong? Answered by `sweepChecked`."""

    event_name = "checkSweep"


class CompareTraining(ClientMessage):
    """What differs between two of my finished runs on the same table, and is the gain larger than the noise of seeds?

    Answered by `trainingQueued`, then the comparison's stream.
    """

    event_name = "compareTraining"

    run_id: UUID
    other_run_id: UUID


class SweepChecked(ServerMessage):
    """What would happen with a sweep. `seconds` is a rough estimate, from counts, of how long the training takes once a
    worker is free. It is null where it cannot be estimated.
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
    """One training of a sweep or a comparison. `score` is null where it failed, and `message` says why.

    A sweep's scores are on training rows that are held back, or the mean over the spec's `folds`: the test rows choose
    nothing. A comparison's are on the test rows.

    `combination` counts from 0, in the order in which the last path varies fastest; in a comparison, 0 is `run_id`
    and 1 `other_run_id`. `baseline` is the same metric without looking at the features.
    """

    combination: int
    values: dict[str, Any] = Field(description="What varies but the seed: path to value.")
    seed: int
    metric: str = Field(default="", description="`accuracy` or `r2`; empty where it failed.")
    score: float | None = None
    baseline: float | None = None
    code: str = ""
    message: str = ""


class SweepProgress(RunEventMessage):
    """Trainings that are done, `done` of `total`; `results` are those that are new."""

    event_name = "sweepProgress"

    progress: float = Field(ge=0, le=100)
    done: int
    total: int
    results: list[SweepScore]
    eta_seconds: float | None = None


class CombinationResult(FrozenModel):
    """What became of one combination. `scores[i]` is that of `seeds[i]`, null where that training failed.

    `mean` and `spread` (standard deviation, null for a single one) are over the scores that there are. They are on
    training rows that are held back. Only the best combination has `test_scores`, one a seed: trained on all training
    rows and measured on the test rows, as the sweep's `spec` with these `changes` and that seed is by itself.
    """

    combination: int
    values: dict[str, Any]
    changes: dict[str, Any] = Field(description="The fields of the spec that the values change.")
    mean: float | None
    spread: float | None
    seeds: list[int]
    scores: list[float | None]
    baseline: float | None
    failed: int = Field(description="How many of its trainings failed.")
    message: str = Field(default="", description="Why the first of those failed.")
    test_scores: list[float | None] = Field(default=[], description="Of the best combination alone.")
    test_mean: float | None = None
    test_spread: float | None = None


class SweepLead(FrozenModel):
    """How far the best combination is ahead of the second. `margin` is the half-width of the 95 % confidence interval
    of `gain`; where the gain is no larger than that, seeds alone may explain it, and `distinguishable` is false.
    """

    gain: float
    margin: float
    distinguishable: bool


class SweepResult(RunResult):
    """The sweep is over: its combinations, best first; those of which a training failed come last."""

    event_name = "sweepResult"

    metric: str = ""
    higher_is_better: bool = True
    measured_on: Literal["validation", "folds"] = Field(
        default="validation", description="What the scores are on: a part of the training rows, or folds of them."
    )
    spec: dict[str, Any] = Field(default={}, description="What the combinations change, as sent, less `csvData`.")
    combinations: list[CombinationResult] = []
    lead: SweepLead | None = Field(
        default=None, description="Of the first over the second; null with a single seed, or where a training failed."
    )


class Difference(FrozenModel):
    """One thing that differs between two specs, at the same place of both; null where it is left out."""

    where: str
    value: Any = None
    other: Any = None


class TrainingCompared(RunResult):
    """Whether `run_id`'s spec does better than `other_run_id`'s, both trained with the same seeds on the same splits.

    The scores are on the test rows: a comparison of two specs that were chosen before chooses nothing by them. To
    choose among many, use a sweep.

    `gain` is `mean` - `other_mean`; `margin` is the half-width of its 95 % confidence interval. Where the gain is no
    larger than that, seeds alone may explain it, and `distinguishable` is false.
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
"""The event that ends each kind of run, where it is not cancelled."""

SWEEP_STREAM = (SweepProgress, SweepResult, TrainingCompared)
"""The events of the streams of sweeps and comparisons, besides `trainingCancelled`."""
