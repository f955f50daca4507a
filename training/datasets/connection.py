"""Connect to the address of a link after checking it, within the bytes and seconds of one fetch.

Proxies of environment variables are not used, since they would resolve the name themselves.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from time import monotonic
from typing import Any

from training.datasets.addresses import Address, is_allowed, is_in
from training.exceptions import LinkRefused, LinkUnreachable, UploadTooLarge

CONNECT_SECONDS = 5
CHUNK = 65_536
MAX_OVERHEAD_BYTES = 1_000_000  # of headers and chunk lengths, besides the file
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class LinkLimits:
    """The bounds of one fetch.

    `seconds` covers the whole fetch with its redirects. `networks`, such as `10.1.0.0/16`, are allowed besides public
    addresses, on every port. `ports` are those allowed for public addresses.
    """

    max_bytes: int
    seconds: float
    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)


@dataclass(frozen=True)
class Target:
    """The parts of a link. `host` is a name in ASCII, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


class Bound:
    """The bytes and seconds left for one fetch, over all its connections."""

    def __init__(self, limits: LinkLimits) -> None:
        self.limits = limits
        self._deadline = monotonic() + limits.seconds
        self._bytes_left = limits.max_bytes + MAX_OVERHEAD_BYTES

    def seconds_left(self) -> float:
        """Return the seconds until the deadline. Raises TimeoutError after it."""
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def count(self, received: int) -> None:
        """Count received bytes. Raises UploadTooLarge."""
        self._bytes_left -= received
        if self._bytes_left < 0:
            raise UploadTooLarge(f"The file behind the link is larger than {self.limits.max_bytes:,} bytes.")


class _BoundStream(io.RawIOBase):
    """Read from a socket within a bound.

    Each wait ends at the deadline of the whole fetch, so that a slow server cannot extend it.
    """

    def __init__(self, connected: socket.socket, bound: Bound) -> None:
        self._socket = connected
        self._bound = bound

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._bound.seconds_left())
        received = self._socket.recv_into(buffer)
        self._bound.count(received)
        return received


class BoundSocket:
    """The methods of a socket that http.client calls, within a bound."""

    def __init__(self, connected: socket.socket, bound: Bound) -> None:
        self._socket = connected
        self._bound = bound

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_BoundStream(self._socket, self._bound), CHUNK)

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._bound.seconds_left())
        self._socket.sendall(data)

    def close(self) -> None:
        """Do nothing: http.client calls it before the answer is read. `fetch` closes the socket."""


def resolve(target: Target, bound: Bound) -> list[Address]:
    """Return the addresses of the name. Raises LinkRefused if one of them is not allowed."""
    limits = bound.limits
    addresses = _look_up(target, bound.seconds_left())
    for address in addresses:
        if not is_allowed(address, limits.networks):
            raise LinkRefused("The link leads to an address that is not public.")
        if target.port not in limits.ports and not is_in(address, limits.networks):
            ports = ", ".join(map(str, limits.ports))
            raise LinkRefused(f"The link leads to port {target.port}. Links are followed to these ports only: {ports}.")
    return addresses


def _look_up(target: Target, seconds: float) -> list[Address]:
    """Resolve the name in a thread, since the system's resolver cannot be interrupted. A late answer is discarded.

    Raises TimeoutError, LinkUnreachable.
    """
    found: list[list[Any]] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.append([])

    thread = threading.Thread(target=ask, name="link-name", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TimeoutError
    # A dictionary keeps the resolver's order, which prefers addresses that this machine reaches best.
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0]).split("%")[0]) for entry in found[0]))
    if not addresses:
        raise LinkUnreachable(f"There is no server called {target.host[:100]!r}.")
    return addresses


def connect(target: Target, addresses: list[Address], bound: Bound) -> socket.socket:
    """Connect to the first of these addresses that accepts. Raises LinkUnreachable, OSError."""
    failure: OSError | None = None
    for address in addresses:
        try:
            seconds = min(CONNECT_SECONDS, bound.seconds_left())
            connected = socket.create_connection((str(address), target.port), timeout=seconds)
        except OSError as error:
            failure = error
            continue
        try:
            if target.scheme == "https":
                connected.settimeout(bound.seconds_left())
                # The certificate is checked against the name, although the connection is to the address.
                connected = _tls().wrap_socket(connected, server_hostname=target.host.rstrip("."))
        except BaseException:
            connected.close()
            raise
        return connected
    assert failure is not None, "a name has an address"
    raise LinkUnreachable(f"The link cannot be opened: {type(failure).__name__}.") from failure


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
