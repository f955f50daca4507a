"""Checkpoints of trainings in the file storage: written at intervals, read when an interrupted run continues."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from training.jobs.jobs import Checkpointing
from training.trainers.checkpoint import Checkpoint, Checkpoints
from training.updates import CheckpointStored

COST = 0.05  # the largest share of the time for writing: slow writes are done less often

IsStopping = Callable[[], bool]

logger = logging.getLogger(__name__)


class Interrupted(Exception):  # not an error: another worker continues the run
    """Raised at the end of an epoch when the engine stops, after a checkpoint has been written."""


class StoredCheckpoints(Checkpoints):
    """Write the checkpoints of one training.

    Parameters
    ----------
    begin
        Called with the name of the trainer before the first epoch.
    report
        Called with each checkpoint that is stored.
    is_stopping
        If it returns True at the end of an epoch, a checkpoint is written at once and the training is interrupted.
    """

    def __init__(
        self,
        run_id: UUID,
        checkpointing: Checkpointing,
        *,
        begin: Callable[[str], None],
        report: Callable[[CheckpointStored], None],
        is_stopping: IsStopping,
    ) -> None:
        self._folder = f"checkpoints/{run_id}"
        self._run_id, self._begin, self._report, self._is_stopping = run_id, begin, report, is_stopping
        self._every = checkpointing
        self._epochs, self._due = 0, monotonic() + checkpointing.seconds
        if checkpointing.kept:
            self._delete_others(checkpointing.kept)
            self.start = self._find_start(checkpointing.kept)

    def begin(self, trainer: str) -> None:
        self._begin(trainer)

    def offer(self, take: Callable[[], Checkpoint]) -> None:
        """Write a checkpoint if one is due. Raises Interrupted."""
        self._epochs += 1
        if self._is_stopping():
            self._keep(take)
            raise Interrupted
        if self._epochs >= self._every.epochs and (now := monotonic()) >= self._due:
            self._keep(take)
            self._epochs, self._due = 0, monotonic() + max(self._every.seconds, (monotonic() - now) / COST)

    def _keep(self, take: Callable[[], Checkpoint]) -> None:
        # Each write has a new name, so that a reader of the previous checkpoint is not disturbed.
        location = f"{self._folder}/{uuid4().hex}"
        try:
            checkpoint = take()
            default_storage.save(location, ContentFile(checkpoint.to_bytes()))
        except Exception:
            # For example a full disk, or no memory. The run must go on without the checkpoint.
            logger.warning("run %s goes on without a checkpoint", self._run_id, exc_info=True)
            with contextlib.suppress(Exception):
                default_storage.delete(location)
            return
        self._report(CheckpointStored(self._run_id, location, checkpoint.epoch))

    def _find_start(self, locations: Sequence[str]) -> Checkpoint | None:
        for location in locations:
            try:
                with default_storage.open(location) as file:
                    return Checkpoint.parse(file.read())
            except Exception as error:
                # Damaged, deleted or unavailable: use an older checkpoint, or start from the beginning.
                logger.warning("run %s does not go on from %s: %s", self._run_id, location, error)
        return None

    def _delete_others(self, kept: Sequence[str]) -> None:
        """Delete checkpoints that an earlier attempt stored and did not report."""
        with contextlib.suppress(Exception):  # as in `_keep`
            for name in default_storage.listdir(self._folder)[1]:
                if (location := f"{self._folder}/{name}") not in kept:
                    default_storage.delete(location)
