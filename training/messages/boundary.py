"""The decision boundary of a model in training, on a grid over two columns."""

from __future__ import annotations

from pydantic import Field

from training.messages.base import FrozenModel, RunEventMessage

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""The characters of cells, as in base64url. The position of a character, 0 to 63, is the value of the cell."""


LEVELS = len(ALPHABET)


FrameOrder = tuple[int, bool]
"""The key that sorts the frames of a run: the epoch, and whether the frame is the final one."""


NO_FRAME: FrameOrder = (0, False)


class BoundaryAxis(FrozenModel):
    """An axis of the grid: `steps` evenly spaced values of a column, from `minimum` to `maximum`."""

    name: str
    minimum: float
    maximum: float
    steps: int


class BoundaryFrame(FrozenModel):
    """The model's output after an epoch on each cell: rows in ascending order of y, in a row in ascending order of x.

    `final`: the frame of the stored model, which after early stopping is not that of the last epoch.
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
    """The output of a model in training on a grid over two columns. All other columns have their usual value.

    `points`: some training rows, as [x, y, class index or target]. Only the first message of a run has them.
    """

    event_name = "trainingBoundary"

    x: BoundaryAxis
    y: BoundaryAxis
    classes: list[str] | None = None
    values: tuple[float, float] | None = Field(default=None, description="The predictions of 0 and 63 in a regression.")
    points: list[tuple[float, float, float]] = []
    frames: list[BoundaryFrame]

    def after(self, last: FrameOrder) -> TrainingBoundary | None:
        """Return the message with only the frames after `last`. None if there are none."""
        fresh = [frame for frame in self.frames if frame.order > last]
        points = self.points if last == NO_FRAME else []
        return self.model_copy(update={"frames": fresh, "points": points}) if fresh else None
