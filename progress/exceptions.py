"""What can go wrong with progress, each with its stable code; rendered in playground/wire."""

from __future__ import annotations

from playground.wire.errors import PlaygroundError


class StorageUnavailable(PlaygroundError):
    """The storage of progress did not answer: nobody knows what is earned, which is not "nothing"."""

    code = "storage_unavailable"
    hint = "What you have earned is safe. Try again in a minute."
    status = 503


class RecordFull(PlaygroundError):
    """What one learner has earned is larger than the storage takes."""

    code = "record_full"
    hint = "Tell whoever runs this server: PROGRESS_STORAGE=orm has no such limit, and move_progress moves there."
    status = 507
