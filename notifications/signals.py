"""What the rest of the app may react to. Sent on commit, in whichever process delivered."""

from django.dispatch import Signal

email_delivered = Signal()
"""Arguments: `message` (EmailMessage), which a road has taken."""

email_failed = Signal()
"""Arguments: `message` (EmailMessage), which is not tried again; its `last_error` says why."""
