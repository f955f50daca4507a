"""The network address of a visitor, as the server saw it, and the keyed hash under which it is counted.

Called wherever a limit counts visitors by address. The database only ever holds the hash.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

UNKNOWN = "unknown"
"""The address of all visitors of a server that listens on a Unix socket and trusts no proxy headers."""

IPV6_PREFIX = 64  # bits: providers give a whole /64 to one customer
KEY_LENGTH = 32  # hexadecimal digits, 128 bits


def read_address(connection: HttpRequest | Mapping[str, Any]) -> str:
    """Return the network of a request or an ASGI scope: an IPv4 address, an IPv6 /64 network, or UNKNOWN.

    Behind a proxy the ASGI server must trust what the proxy says (`--proxy-headers`); no header is read here.
    """
    if isinstance(connection, HttpRequest):
        return normalize_address(str(connection.META.get("REMOTE_ADDR") or ""))
    client = connection.get("client")
    return normalize_address(str(client[0] or "") if client else "")


def normalize_address(text: str) -> str:
    """Return the network that one customer of a provider has: `203.0.113.7`, or `2001:db8:1:2::/64`.

    An IPv4 address inside IPv6 (`::ffff:203.0.113.7`) is that IPv4 address. Anything that is no address is UNKNOWN.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
        address = address.ipv4_mapped
    return str(address)


def hash_address(address: str) -> str:
    """Return the key under which a normalized address is counted: an HMAC with the server's SECRET_KEY."""
    return salted_hmac("playground.wire.address", address, algorithm="sha256").hexdigest()[:KEY_LENGTH]
