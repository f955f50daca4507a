"""Events of the stream of one training: progress, result, files. Each is stored and can be replayed."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from training.messages.base import FrozenModel, RunEventMessage, RunResult
from training.messages.results import AuxiliaryOutputs


class EpochRow(FrozenModel):
    """One epoch. Losses are means over rows, in the criterion's units. Accuracies are 0 to 1, null for a regression.

    An estimator that does not learn in steps has a single epoch without losses. There is a validation loss if training
    rows are held back for early stopping or for the learning-rate schedule.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    epoch: int = Field(ge=1)
    train_time: float = Field(description="Seconds that this epoch took.")
    train_loss: float | None
    test_loss: float | None
    val_loss: float | None = None
    train_acc: float | None = None
    test_acc: float | None = Field(default=None, alias="val/test acc")


class ArtifactInfo(FrozenModel):
    name: str
    size: int | None = Field(description="Bytes. Null while the file is being made; a download waits for it.")
    url: str


class TrainingProgress(RunEventMessage):
    """New epochs. It is a list, because fast runs finish hundreds of epochs a second."""

    event_name = "trainingProgress"

    progress: float = Field(ge=0, le=100)
    epochs: list[EpochRow]
    eta_seconds: float | None = None


class TrainingResult(RunResult):
    """The run is over. On failure `success` is false and `code`, `message` and `hint` say what to change."""

    event_name = "trainingResult"

    dl_results: list[EpochRow] = []
    auxiliary_outputs: AuxiliaryOutputs = AuxiliaryOutputs()
    artifacts: list[ArtifactInfo] = []


class TrainingCancelled(RunEventMessage):
    """The run was stopped on request. Its epochs are kept."""

    event_name = "trainingCancelled"

    message: str = "Training was cancelled."


RunEnd = TrainingCancelled | RunResult
"""The events that end a run."""


class TrainingArtifacts(RunEventMessage):
    """All files of a finished run, with their sizes. They are made now."""

    event_name = "trainingArtifacts"

    artifacts: list[ArtifactInfo]
