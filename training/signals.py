"""Signals of runs. Engines react to the first three, other apps to `run_finished`."""

from __future__ import annotations

from django.dispatch import Signal

run_queued = Signal()
"""A run waits in a queue, for the first time or again. Argument: `queue` (str). Sent on commit."""

run_cancel_requested = Signal()
"""A running run is to be stopped. Argument: `run_id` (UUID). Sent on commit."""

file_requested = Signal()
"""A visitor waits for a file of a finished run that is still to be made."""

run_finished = Signal()
"""A run has ended. Arguments: `run_id` (UUID) and `status` (RunStatus, a final one). Sent after the commit, in the
process that recorded the end.

It is sent at least once for each run: again if the process was killed before all receivers were called, or if a
receiver raised an exception. So receivers must be idempotent.
"""
