"""What the rest of the app may react to. Sent on commit, in whichever process stored or delivered."""

from django.dispatch import Signal

email_queued = Signal()
"""No arguments. There is something to send: whoever delivers in this process looks now, be it a thread or a task."""

email_delivered = Signal()
"""Arguments: `message` (EmailMessage), which a road has taken."""

email_failed = Signal()
"""Arguments: `message` (EmailMessage), which is not tried again; its `last_error` says why."""
