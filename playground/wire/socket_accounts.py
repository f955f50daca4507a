"""Accounts of what sockets use in this process: open sockets, and bytes that are received and not yet answered.

Each socket has an `Account`. `BoundedInflow` opens it. The server's protocol and the consumer charge it. Called only
from the event loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from django.conf import settings

MAX_SOCKETS_PER_OWNER = 30
"""Open sockets of one user or guest. A page has up to three."""
ADDRESSES = 3
"""One network address may hold at most WIRE_MAX_HELD_BYTES divided by this."""
OBJECT_BYTES = 64
"""Memory of an empty JSON object or array, as Python holds it."""
FIELD_BYTES = 150
"""Memory of a field: its name and its part of the object's table."""
SMALL_BYTES = 16_384
"""The most memory of a small frame. Small frames may use twice the limits, so that large ones do not block them."""
VALUE_BYTES = 32
"""Memory of one number or short text, with its place in an object."""
SHARE = 2
"""At a limit of the process, an address may use the limit divided by SHARE times the number of addresses."""
EXCESS = 2
"""Addresses below their share may together exceed a limit of the process up to this factor."""


class Account:
    """What one socket uses. It counts for the process and for the socket's network address.

    `unfinished` bytes belong to a message that is not complete. `waiting` bytes are the estimated memory of complete
    messages that are not answered.
    """

    def __init__(self, address: str) -> None:
        """`address` is a normalized network address (`playground.wire.address`)."""
        self.address = address
        self._owner = ""
        self._unfinished = 0
        self._waiting = 0
        self._closed = False
        _sockets[address] += 1

    @staticmethod
    def has_room_for_socket(address: str) -> bool:
        """Return whether this address and this process may have one more socket."""
        count, total = _sockets[address] + 1, _sockets.total() + 1
        is_within_total = total <= settings.WIRE_MAX_SOCKETS or _is_within_share(
            count, total, settings.WIRE_MAX_SOCKETS, {*_sockets, address}
        )
        return count <= settings.WIRE_MAX_SOCKETS_PER_ADDRESS and is_within_total

    def claim(self, owner: str) -> bool:
        """Count the socket for its owner. Return False and count nothing if the owner has MAX_SOCKETS_PER_OWNER."""
        if _owners[owner] >= MAX_SOCKETS_PER_OWNER:
            return False
        self._owner = owner
        _owners[owner] += 1
        return True

    def set_unfinished(self, size: int) -> bool:
        """Set the bytes of the message that is not complete. Return whether they are within the limits."""
        self._charge(size - self._unfinished)
        self._unfinished = size if not self._closed else 0
        return size == 0 or self._is_within_limits(size)

    def add_waiting(self, size: int) -> bool:
        """Charge a message that waits for its answer. Return False and charge nothing if that exceeds a limit."""
        self._charge(size)
        if self._is_within_limits(size):
            self._waiting += size
            return True
        self._charge(-size)
        return False

    def remove_waiting(self, size: int) -> None:
        """Remove the charge for a message that is answered."""
        if not self._closed:
            self._waiting -= size
            self._charge(-size)

    def close(self) -> None:
        """Remove all charges when the socket is closed."""
        if self._closed:
            return
        self._charge(-self._unfinished - self._waiting)
        self._closed = True
        _sockets[self.address] -= 1
        _owners[self._owner] -= 1
        for counter, key in ((_sockets, self.address), (_bytes, self.address), (_owners, self._owner)):
            if counter[key] <= 0:
                del counter[key]

    def _charge(self, size: int) -> None:
        if not self._closed:
            _bytes[self.address] += size

    def _is_within_limits(self, size: int) -> bool:
        room = 2 if size <= SMALL_BYTES else 1
        held, total = _bytes[self.address], _bytes.total()
        if held > room * limit_address():
            return False
        return total <= room * settings.WIRE_MAX_HELD_BYTES or _is_within_share(
            held, total, settings.WIRE_MAX_HELD_BYTES, [each for each, bytes_ in _bytes.items() if bytes_ > SMALL_BYTES]
        )


def limit_address() -> int:
    """Return the bytes that the sockets of one network address may hold."""
    return settings.WIRE_MAX_HELD_BYTES // ADDRESSES


def _is_within_share(held: int, total: int, limit: int, addresses: Collection[str]) -> bool:
    """Return whether an address uses less than its share although the process exceeds `limit`.

    Without shares, a few addresses could use up the limit. addresses: those between which the limit is shared.
    """
    return total <= EXCESS * limit and held <= limit // (SHARE * max(1, len(addresses)))


_sockets: Counter[str] = Counter()
_owners: Counter[str] = Counter()
_bytes: Counter[str] = Counter()


def estimate_memory(text: str) -> int:
    """Return an upper bound of the bytes that a frame uses as text and parsed, from the counts of some characters.

    A frame of 1 MB of small objects can use 25 MB. The bound is up to twice as large.
    """
    objects = text.count("{") + text.count("[")
    fields, values = text.count(":"), text.count(",") + 1
    return 2 * len(text) + OBJECT_BYTES * objects + FIELD_BYTES * fields + VALUE_BYTES * values
