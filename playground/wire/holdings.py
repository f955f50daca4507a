"""Counts what sockets occupy in this process: open sockets, and bytes that are received and not yet answered.

Each socket has an `Account`. `BoundedInflow` opens it; the server's protocol and the consumer charge it. Called from
the event loop only.
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
"""The most memory of a small frame. Small frames may use twice the limits, so that large ones cannot starve them."""
VALUE_BYTES = 32
"""Memory of one number or short text, with its place in an object."""
SHARE = 2
"""An address may hold a limit of the process, divided by so many times the number of addresses, when it is reached."""
EXCESS = 2
"""A limit of the process is exceeded up to so many times for addresses that hold less than their share."""


class Account:
    """What one socket occupies. It counts for the process and for the socket's network address.

    The bytes of a socket are `unfinished` (received, and no whole message yet) and `waiting` (whole messages that wait
    for their answers, as the memory that they are estimated to take).
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
        """Count the socket for its owner. Return False, and count nothing, where the owner has as many as allowed."""
        if _owners[owner] >= MAX_SOCKETS_PER_OWNER:
            return False
        self._owner = owner
        _owners[owner] += 1
        return True

    def set_unfinished(self, size: int) -> bool:
        """Set the bytes that are received and no whole message yet. Return whether they may be kept."""
        self._charge(size - self._unfinished)
        self._unfinished = size if not self._closed else 0
        return size == 0 or self._is_within_limits(size)

    def add_waiting(self, size: int) -> bool:
        """Charge a message that waits for its answer. Return False, and charge nothing, where there is no room."""
        self._charge(size)
        if self._is_within_limits(size):
            self._waiting += size
            return True
        self._charge(-size)
        return False

    def remove_waiting(self, size: int) -> None:
        """Discharge a message that is answered."""
        if not self._closed:
            self._waiting -= size
            self._charge(-size)

    def close(self) -> None:
        """Discharge everything, since the socket is closed."""
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
    """Return whether an address holds so little that it is served although the process holds more than `limit`.

    Otherwise few addresses could take all that there is. `addresses` are those that the limit is shared between.
    """
    return total <= EXCESS * limit and held <= limit // (SHARE * max(1, len(addresses)))


_sockets: Counter[str] = Counter()
_owners: Counter[str] = Counter()
_bytes: Counter[str] = Counter()


def estimate_memory(text: str) -> int:
    """Return the bytes that a frame takes at most, as text and parsed. Counting characters costs far less than parsing.

    A frame of 1 MB can take 25 MB, where it consists of small objects. This estimates up to twice as much.
    """
    objects = text.count("{") + text.count("[")
    fields, values = text.count(":"), text.count(",") + 1
    return 2 * len(text) + OBJECT_BYTES * objects + FIELD_BYTES * fields + VALUE_BYTES * values
