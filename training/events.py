"""StoredEvent: an event of a run as it is stored and sent."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from playground.wire.envelope import encode


class _Row(NamedTuple):
    seq: int
    event: str
    data: dict[str, Any]


class StoredEvent(_Row):
    """The number, name and data of an event. A tuple, so that rows and broadcasts convert to it directly."""

    @cached_property
    def text(self) -> str:
        """The frame of the event, encoded once for all connections of this process."""
        return encode(self.event, self.data)
