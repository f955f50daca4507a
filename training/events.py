"""One event of a run's log, as it is stored and as it travels."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from playground.wire.envelope import encode


class _Row(NamedTuple):
    seq: int
    event: str
    data: dict[str, Any]


class StoredEvent(_Row):
    """(seq, event, data): a tuple, as rows and nudges are, with room for what is made of it once."""

    @cached_property
    def text(self) -> str:
        """The frame of it, made once for all sockets of this process that get it unchanged."""
        return encode(self.event, self.data)
