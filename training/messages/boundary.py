"""The decision boundary of a model in training, on a grid over two columns."""

from __future__ import annotations

from pydantic import Field

from training.messages.base import FrozenModel, RunEventMessage

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""One character a cell: its place here, 0 to 63, is what the cell says. It is that of base64url."""


LEVELS = len(ALPHABET)


FrameOrder = tuple[int, bool]
"""By which the frames of a run follow each other: the epoch, and whether it is the final one."""


NO_FRAME: FrameOrder = (0, False)


class BoundaryAxis(FrozenModel):
    """One side of the grid: `steps` values of a column, evenly spread, the first and the last among them."""

    name: str
    minimum: float
    maximum: float
    steps: int


class BoundaryFrame(FrozenModel):
    """What the model says after an epoch, cell by cell: row by row from the lowest y on, in each from the lowest x on.

    `final`: of the model that is kept, which after early stopping is not the last epoch's.
    """

    epoch: int = Field(ge=1)
    cells: str = Field(
        description="One character a cell of A–Z a–z 0–9 - _, which count from 0 to 63. Two classes: the probability "
        "of the second, in 64 steps. More classes: the index of one. Regression: the prediction, from the first to the "
        "second of `values`."
    )
    final: bool = False

    @property
    def order(self) -> FrameOrder:
        return self.epoch, self.final


class TrainingBoundary(RunEventMessage):
    """What a model in training says on a grid over two columns; all others stay at their usual value.

    `points`: some rows that it learns from, as [x, y, class index or target]. A run's later messages leave them out.
    """

    event_name = "trainingBoundary"

    x: BoundaryAxis
    y: BoundaryAxis
    classes: list[str] | None = None
    values: tuple[float, float] | None = Field(default=None, description="What 0 and 63 stand for in a regression.")
    points: list[tuple[float, float, float]] = []
    frames: list[BoundaryFrame]

    def after(self, last: FrameOrder) -> TrainingBoundary | None:
        """What is new in it where everything up to the frame `last` has been recorded; None where nothing is."""
        fresh = [frame for frame in self.frames if frame.order > last]
        points = self.points if last == NO_FRAME else []
        return self.model_copy(update={"frames": fresh, "points": points}) if fresh else None
