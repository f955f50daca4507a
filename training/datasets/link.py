"""Fetches a table from a link, from public addresses alone: none inside the server's own network.

Each address is checked after its name was resolved, and the connection goes to the very address that was checked, so
that a name which resolves differently the second time gains nothing. Redirects are followed one by one, each checked.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from training.exceptions import LinkRefused, LinkUnreachable, UploadTooLarge

MAX_REDIRECTS = 5
CONNECT_SECONDS = 5
CHUNK = 65_536
REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class LinkLimits:
    """`networks`, such as `10.1.0.0/16`, are allowed besides public addresses."""

    max_bytes: int
    seconds: float
    networks: tuple[str, ...] = ()


def fetch(url: str, sink: BinaryIO, limits: LinkLimits) -> int:
    """Writes what the link leads to into `sink` and returns its size in bytes.

    Raises LinkRefused, LinkUnreachable, UploadTooLarge.
    """
    deadline = monotonic() + limits.seconds
    for _ in range(MAX_REDIRECTS + 1):
        parts = _parse(url)
        response = _get(parts, _resolve(parts, limits), deadline)
        try:
            if response.status in REDIRECTS and (location := response.headers.get("Location")):
                url = urljoin(url, location)
                continue
            if response.status != 200:
                raise LinkUnreachable(f"The link answered with status {response.status} instead of a file.")
            return _copy(response, sink, limits, deadline)
        finally:
            response.close()
    raise LinkUnreachable("The link leads from one redirect to the next.")


def is_allowed(address: Address, networks: tuple[str, ...] = ()) -> bool:
    """Whether links may lead there: a public address, whichever way it is written, or one of `networks`."""
    return all(
        _is_public(each) or any(each in ipaddress.ip_network(network) for network in networks)
        for each in _embedded(address)
    )


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded(address: Address) -> Iterator[Address]:
    """An address, or the IPv4 address that stands inside it for whoever carries it on."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    elif address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address


def _parse(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise LinkRefused("This is not a link.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise LinkRefused("Only http and https links are followed.")
    if parts.username is not None or parts.password is not None:
        raise LinkRefused("Links with a user name or password in them are not followed.")
    return parts


def _port_of(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _resolve(parts: SplitResult, limits: LinkLimits) -> str:
    """The address to connect to. One name with a single forbidden address is refused whole."""
    assert parts.hostname
    try:
        found = socket.getaddrinfo(parts.hostname, _port_of(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise LinkUnreachable(f"There is no server called {parts.hostname[:100]!r}.") from None
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    for address in addresses:
        if not is_allowed(ipaddress.ip_address(address), limits.networks):
            raise LinkRefused("The link leads to an address that is not public.")
    return addresses[0]


def _get(parts: SplitResult, address: str, deadline: float) -> urllib3.BaseHTTPResponse:
    assert parts.hostname
    left = max(deadline - monotonic(), 0.001)
    timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        # The certificate is that of the name, although the connection is to the address.
        pool = urllib3.HTTPSConnectionPool(
            address, _port_of(parts), server_hostname=parts.hostname, assert_hostname=parts.hostname, timeout=timeout
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, _port_of(parts), timeout=timeout)
    host = parts.netloc.rpartition("@")[2]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": host, "User-Agent": "deep-learning-playground", "Accept-Encoding": "identity"}
    try:
        return pool.urlopen("GET", target, headers=headers, redirect=False, retries=False, preload_content=False)
    except (HTTPError, OSError, UnicodeError, ValueError) as error:
        raise LinkUnreachable(f"The link cannot be opened: {type(error).__name__}.") from error


def _copy(response: urllib3.BaseHTTPResponse, sink: BinaryIO, limits: LinkLimits, deadline: float) -> int:
    size = 0
    try:
        while chunk := response.read1(CHUNK, decode_content=False):  # what has arrived, not a whole chunk
            size += len(chunk)
            if size > limits.max_bytes:
                raise UploadTooLarge(f"The file behind the link is larger than {limits.max_bytes:,} bytes.")
            if monotonic() > deadline:
                raise LinkUnreachable(f"The file took longer than {limits.seconds:g} seconds to arrive.")
            sink.write(chunk)
    except (HTTPError, OSError) as error:
        raise LinkUnreachable("The connection broke before all of the file had arrived.") from error
    return size
