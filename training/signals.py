"""What other apps may react to: `run_finished`, once a run's end is committed, in whichever process recorded it."""

from __future__ import annotations

from django.dispatch import Signal

run_finished = Signal()
"""Arguments: `run_id` (UUID) and `status` (RunStatus, final).

Sent by `training/runs/announcer.py`, at least once: again where a process was killed in between, or a receiver raised,
which is logged. So whoever receives it twice must do no more than once.
"""
