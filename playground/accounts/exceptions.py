"""Errors of accounts and user settings. Imports no Django."""

from __future__ import annotations

from playground.wire.errors import PlaygroundError


class AddressRefused(PlaygroundError):
    """The text is not an e-mail address that mail can be sent to."""

    code = "address_refused"
    hint = "Give one address such as ada@example.org, without a name or anything else around it."


class HeaderInjection(PlaygroundError):
    """A value for an e-mail header contains a line break, which could add headers."""

    code = "header_injection"
    hint = "Keep it on one line."


class ConfirmationRefused(PlaygroundError):
    """The link that confirms an address is forged, expired, used, or replaced by a newer one."""

    code = "confirmation_refused"
    hint = "Give the address in your settings once more: a new link is sent."
    status = 403


class UnsubscriptionRefused(PlaygroundError):
    """The link that stops reports is forged."""

    code = "unsubscription_refused"
    hint = "Open your settings and clear the box for reports."
    status = 403
