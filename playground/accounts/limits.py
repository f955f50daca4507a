"""The limits of accounts, by the settings. Read when they are needed, so that tests may change them."""

from __future__ import annotations

from django.conf import settings

from playground.accounts.throttle import Limit

RESETS_PER_ADDRESS_PER_HOUR = 30  # password links requested from one address
RESETS_PER_NETWORK_PER_HOUR = 100  # password links requested from one network (IPv4 /24, IPv6 /48)

HOUR = 3600


def sign_ups_from_address() -> Limit:
    return Limit("sign-up", settings.SIGN_UPS_PER_ADDRESS_PER_HOUR, HOUR)


def resets_from_address() -> Limit:
    return Limit("reset-address", RESETS_PER_ADDRESS_PER_HOUR, HOUR)


def resets_from_network() -> Limit:
    return Limit("reset-network", RESETS_PER_NETWORK_PER_HOUR, HOUR)
