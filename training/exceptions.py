"""Errors of training, each with a stable code. `playground/wire` renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.wire.errors import PlaygroundError, RateLimited

if TYPE_CHECKING:
    from training.messages.problems import Choice, PatchOperation


class RunNotFound(PlaygroundError):
    """The run does not exist. Strangers get the same answer, since they must not learn that a run exists."""

    code = "run_not_found"
    hint = (
        "Check the address, or the run_id. A run belongs to the visitor who started it: sign in, or use the browser "
        "that you started it from."
    )
    status = 404


class ShareNotFound(PlaygroundError):
    """The link is forged or withdrawn, or its run is deleted. The answer does not say which."""

    code = "share_not_found"
    hint = "Ask the person who gave you the link for a new one."
    status = 404


class SharingDisabled(PlaygroundError):
    code = "sharing_disabled"
    hint = "Send the report of the run instead, or ask the operator of this server to set TRAINING_SHARING."
    status = 403


class NotShareable(PlaygroundError):
    """The run is a sweep or a comparison, which cannot be shared."""

    code = "not_shareable"
    hint = "Share a single run: open the one that you want to show, and share that."


class DatasetNotFound(PlaygroundError):
    """The dataset does not exist. Strangers get the same answer, since they must not learn that a dataset exists."""

    code = "dataset_not_found"
    hint = "Check the dataset_id, or upload the table again."
    status = 404


class ArtifactNotFound(PlaygroundError):
    code = "artifact_not_found"
    hint = "The run's page lists what can be downloaded."
    status = 404


class ArtifactNotReady(PlaygroundError):
    code = "artifact_not_ready"
    hint = "It is being built; try again in a few seconds."
    status = 503


class FileGone(PlaygroundError):
    """A row points to a file that the storage no longer has."""

    code = "file_gone"
    hint = "Upload the table again, or train again."
    status = 404


class RunNotFinished(PlaygroundError):
    code = "run_not_finished"
    hint = "Wait until the run has succeeded; a failed or cancelled one has no model."
    status = 409


class RunActive(PlaygroundError):
    code = "run_active"
    hint = "Stop it first; then it can be deleted."
    status = 409


class UploadTooLarge(PlaygroundError):
    code = "upload_too_large"
    hint = "Train on a sample of the rows, or ask the operator of this server to raise UPLOAD_MAX_BYTES."
    status = 413


class LinkRefused(PlaygroundError):
    code = "link_refused"
    hint = "Use a link that anybody may open, or download the file and upload it here."


class LinkUnreachable(PlaygroundError):
    code = "link_unreachable"
    hint = "Check the link in a browser, or download the file and upload it here."


class LinksDisabled(PlaygroundError):
    code = "links_disabled"
    hint = "Download the file and upload it here."
    status = 403


class TooManyRuns(PlaygroundError):
    code = "too_many_runs"
    hint = "Wait until one finishes, or cancel one."
    status = 429


class QueueFull(PlaygroundError):
    code = "queue_full"
    hint = "Try again in a few minutes."
    status = 503


class TooManyWatched(PlaygroundError):
    code = "too_many_watched"
    hint = "Open another socket, or wait until some of them finish."
    status = 429


class TooManyDatasets(PlaygroundError):
    code = "too_many_datasets"
    hint = "Use a table that you have uploaded already."
    status = 429


class StorageFull(PlaygroundError):
    code = "storage_full"
    hint = "Delete runs that you no longer need, on the page of your runs: their files go with them."
    status = 507


class UnreadableTable(PlaygroundError):
    code = "unreadable_table"
    hint = "Save the table as CSV (comma-separated, UTF-8) with one header row, and try again."


class EngineUnavailable(PlaygroundError):
    code = "engine_unavailable"
    hint = "Try again in a few seconds."
    status = 503


class AnswerTimeout(PlaygroundError):
    code = "answer_timeout"
    hint = "Try again, or with a smaller table."
    status = 503


class QuestionLimitReached(RateLimited):
    """An owner asks too many questions at once, or has used too much time of the workers while others wait."""

    hint = "Wait for a minute, then ask again, or ask about fewer rows or combinations."


class QuestionsFull(PlaygroundError):
    code = "queue_full"
    hint = "Try again in a minute."
    status = 503


class SpecRefused(PlaygroundError):
    """A problem of level `error`. The code is that of the problem.

    `meant` is the known name that an unknown one resembles. `fix` and `choices` are those of the problem.
    """

    code = "spec_refused"

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str = "",
        where: str = "",
        meant: str = "",
        fix: tuple[PatchOperation, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> None:
        self.meant, self.fix, self.choices = meant, fix, choices
        super().__init__(message, hint=hint, where=where)
        self.data = self.data.model_copy(update={"code": code})

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_refusal, (
            self.message,
            self.data.code,
            self.data.hint,
            self.data.where,
            self.fix,
            self.choices,
        )


def _rebuild_refusal(
    message: str, code: str, hint: str, where: str, fix: tuple[PatchOperation, ...], choices: tuple[Choice, ...]
) -> SpecRefused:
    return SpecRefused(message, code=code, hint=hint, where=where, fix=fix, choices=choices)


class TrainingDiverged(PlaygroundError):
    code = "diverged"
    hint = "Lower the learning rate, for example to a tenth, or add a BatchNorm1d layer."


class TimeLimitReached(PlaygroundError):
    code = "time_limit"
    hint = "Train fewer epochs, a smaller model, or fewer rows."


class MemoryLimitReached(PlaygroundError):
    code = "memory_limit"
    hint = "Use a smaller model, a smaller batch, or fewer rows."


class QuestionTooLarge(MemoryLimitReached):
    hint = "Use fewer rows or columns, or a smaller model."

    @classmethod
    def build(cls, megabytes: int) -> QuestionTooLarge:
        return cls(f"Answering this needed more than the {megabytes:,} MB of memory that a question may use.")


class WorkerLost(PlaygroundError):
    code = "worker_lost"
    hint = "Start it again; if it happens again, use a smaller model or fewer rows."
    status = 500


class SweepFailed(PlaygroundError):
    """None of the sweep's trainings, or too few of them, have a score."""

    code = "sweep_failed"
    hint = "Try other values, smaller learning rates for example."


class NotComparable(PlaygroundError):
    """The two runs are on different tables or targets, or one of them has no model."""

    code = "not_comparable"
    hint = "Compare two finished runs on the same table that predict the same column."


class NoDifference(PlaygroundError):
    code = "no_difference"
    hint = "Change something between the two: the layers, the learning rate, the columns."


class TrainingBroke(PlaygroundError):
    """An unexpected error. The log has the traceback with the id of the run."""

    code = "training_broke"
    hint = "Change the model or the data and try again; the details are in the server's log."
    status = 500


class ExportUnsupported(PlaygroundError):
    code = "export_unsupported"
    hint = "Take the model home as model.pt or model.skops instead."


class ExportInexact(PlaygroundError):
    """The exported model differs from the original, so it is not offered."""

    code = "export_inexact"
    hint = "Take the model home as model.pt or model.skops instead."
