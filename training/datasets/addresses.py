"""Decide which IP addresses links may lead to, by IANA's two special-purpose registries and the address space.

The blocks are listed here because `ipaddress.is_global` depends on the version of Python: 3.11.7 knows neither
3fff::/20 nor 5f00::/16. To update the list, compare it with the tables at
https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Block(NamedTuple):
    """One row of a registry. `reachable` is None if the registry says N/A or nothing, which counts as False."""

    network: Network
    name: str
    source: str
    reachable: bool | None = False


def _block(network: str, name: str, source: str, reachable: bool | None = False) -> Block:
    return Block(ip_network(network), name, source, reachable)


AS_OF = datetime.date(2025, 10, 9)
"""The day on which IANA last updated the registries that are listed here."""

IANA_IPV4 = (
    _block("0.0.0.0/8", "This network", "RFC 791"),
    _block("0.0.0.0/32", "This host on this network", "RFC 1122"),
    _block("10.0.0.0/8", "Private-Use", "RFC 1918"),
    _block("100.64.0.0/10", "Shared Address Space", "RFC 6598"),
    _block("127.0.0.0/8", "Loopback", "RFC 1122"),
    _block("169.254.0.0/16", "Link Local", "RFC 3927"),
    _block("172.16.0.0/12", "Private-Use", "RFC 1918"),
    _block("192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890"),
    _block("192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335"),
    _block("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
    _block("192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", True),
    _block("192.0.0.10/32", "Traversal Using Relays around NAT Anycast", "RFC 8155", True),
    _block("192.0.0.170/32", "NAT64/DNS64 Discovery", "RFC 8880"),
    _block("192.0.0.171/32", "NAT64/DNS64 Discovery", "RFC 8880"),
    _block("192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737"),
    _block("192.31.196.0/24", "AS112-v4", "RFC 7535", True),
    _block("192.52.193.0/24", "AMT", "RFC 7450", True),
    _block("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "RFC 7526", None),
    _block("192.88.99.2/32", "6a44-relay anycast address", "RFC 6751"),
    _block("192.168.0.0/16", "Private-Use", "RFC 1918"),
    _block("192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", True),
    _block("198.18.0.0/15", "Benchmarking", "RFC 2544"),
    _block("198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737"),
    _block("203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737"),
    _block("240.0.0.0/4", "Reserved", "RFC 1112"),
    _block("255.255.255.255/32", "Limited Broadcast", "RFC 919"),
)
IANA_IPV6 = (
    _block("::1/128", "Loopback Address", "RFC 4291"),
    _block("::/128", "Unspecified Address", "RFC 4291"),
    _block("::ffff:0:0/96", "IPv4-mapped Address", "RFC 4291"),
    _block("64:ff9b::/96", "IPv4-IPv6 Translation", "RFC 6052", True),
    _block("64:ff9b:1::/48", "IPv4-IPv6 Translation", "RFC 8215"),
    _block("100::/64", "Discard-Only Address Block", "RFC 6666"),
    _block("100:0:0:1::/64", "Dummy IPv6 Prefix", "RFC 9780"),
    _block("2001::/23", "IETF Protocol Assignments", "RFC 2928"),
    _block("2001::/32", "TEREDO", "RFC 4380", None),
    _block("2001:1::1/128", "Port Control Protocol Anycast", "RFC 7723", True),
    _block("2001:1::2/128", "Traversal Using Relays around NAT Anycast", "RFC 8155", True),
    _block("2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", "RFC 9665", True),
    _block("2001:2::/48", "Benchmarking", "RFC 5180"),
    _block("2001:3::/32", "AMT", "RFC 7450", True),
    _block("2001:4:112::/48", "AS112-v6", "RFC 7535", True),
    _block("2001:10::/28", "Deprecated (previously ORCHID)", "RFC 4843", None),
    _block("2001:20::/28", "ORCHIDv2", "RFC 7343", True),
    _block("2001:30::/28", "Drone Remote ID Protocol Entity Tags", "RFC 9374", True),
    _block("2001:db8::/32", "Documentation", "RFC 3849"),
    _block("2002::/16", "6to4", "RFC 3056", None),
    _block("2620:4f:8000::/48", "Direct Delegation AS112 Service", "RFC 7534", True),
    _block("3fff::/20", "Documentation", "RFC 9637"),
    _block("5f00::/16", "Segment Routing (SRv6) SIDs", "RFC 9602"),
    _block("fc00::/7", "Unique-Local", "RFC 4193"),
    _block("fe80::/10", "Link-Local Unicast", "RFC 4291"),
)
OTHERS = (
    _block("224.0.0.0/4", "Multicast", "RFC 5771"),
    _block("::/96", "Deprecated (IPv4-compatible addresses)", "RFC 4291"),
    _block("fec0::/10", "Deprecated (site-local addresses)", "RFC 3879"),
    _block("ff00::/8", "Multicast", "RFC 4291"),
)
"""Blocks that other registries of IANA keep, and to which no link may lead either."""

NEAREST = frozenset({"Port Control Protocol Anycast", "Traversal Using Relays around NAT Anycast"})
"""Names of globally reachable blocks that are refused all the same: the nearest router answers, mostly one's own."""

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 from which IANA assigns public addresses."""

NAT64 = IPv6Network("64:ff9b::/96")
"""A gateway sends what goes there to the IPv4 address in the last 32 bits."""

# The most specific block comes first, since it decides.
_BLOCKS = sorted((*IANA_IPV4, *IANA_IPV6, *OTHERS), key=lambda block: block.network.prefixlen, reverse=True)


def is_allowed(address: Address, networks: Iterable[str] = ()) -> bool:
    """Return whether links may lead to this address: it is public, or in one of `networks` such as `10.1.0.0/16`."""
    if is_in(address, networks):
        return True
    if isinstance(address, IPv6Address) and address in NAT64:
        return is_allowed(IPv4Address(int(address) & 0xFFFFFFFF), networks)
    return is_public(address)


def is_in(address: Address, networks: Iterable[str]) -> bool:
    """Return whether one of `networks` holds the address."""
    return any(address in ip_network(network) for network in networks)


def is_public(address: Address) -> bool:
    """Return whether the registries call the address globally reachable. Embedded addresses are not examined.

    IPv4 addresses outside all blocks are public. IPv6 addresses are public only in ranges that IANA has assigned.
    """
    block = find_block(address)
    if block is None:
        return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
    return block.reachable is True and block.name not in NEAREST


@lru_cache(maxsize=1_000)
def find_block(address: Address) -> Block | None:
    """Return the most specific block that holds the address, or None."""
    return next((block for block in _BLOCKS if address in block.network), None)
