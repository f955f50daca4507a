"""Messages about the check of a spec before it is trained."""

from __future__ import annotations

from pydantic import Field

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.base import FrozenModel
from training.messages.problems import Problem
from training.spec import TrainingSpec


class LayerShape(FrozenModel):
    """A layer as it would be built. `output_shape` is without the batch dimension; null if a problem prevents it."""

    name: str
    output_shape: list[int] | None
    parameters: int


class CheckTraining(TrainingSpec, ClientMessage):
    """Check a spec, complete or not, without training it. Answered by `trainingChecked`."""

    event_name = "checkTraining"


class TrainingChecked(ServerMessage):
    """The result of a check. `rows` and `columns` are those of the table; `features` is the number of model inputs."""

    event_name = "trainingChecked"

    data: str = Field(default="", description="The table's name.")
    model: str = Field(default="", description="The network or estimator in a few words.")
    rows: int | None = None
    columns: int | None = None
    features: int | None = None
    problem_type: str | None = None
    target: str | None = None
    classes: list[str] | None = None
    class_counts: list[int] | None = Field(default=None, description="Rows of each class, in the order of `classes`.")
    layers: list[LayerShape] = []
    parameters: int = 0
    problems: list[Problem] = []
