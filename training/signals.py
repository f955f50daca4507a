"""What other apps may react to. Sent on commit, in whichever process recorded the run's end."""

from django.dispatch import Signal

run_finished = Signal()
"""Arguments: `run_id` (UUID) and `status` (RunStatus, final)."""
