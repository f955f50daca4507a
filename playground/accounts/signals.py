"""Signals by which accounts ask for e-mails. Notifications receives them."""

from django.dispatch import Signal

address_given = Signal()
"""A visitor gave an address, which a link in an e-mail must confirm.

Arguments: `identity` (Identity), `address` (str). Sent within the transaction that stores the address. A receiver that
raises a PlaygroundError refuses the change.
"""

password_reset_requested = Signal()
"""Somebody asked for a new password.

Arguments: `address` (str), which need not belong to an account. A receiver that raises a PlaygroundError refuses the
request.
"""
