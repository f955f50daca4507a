"""Limits the rate of frames of one socket by a token bucket, and measures how long a client has exceeded it."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic


@dataclass
class RateLimit:
    """`per_second` frames on average, `burst` at once. A refused frame costs nothing but counts as abuse."""

    per_second: float
    burst: float
    _tokens: float = field(init=False)
    _updated: float = field(init=False)
    _refusing_since: float | None = field(init=False, default=None)
    _last_refused: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._tokens = self.burst
        self._updated = monotonic()

    def allow(self) -> bool:
        """Return whether one more frame is within the rate. A refusal counts as abuse."""
        now = monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._updated) * self.per_second)
        self._updated = now
        if self._tokens >= 1:
            self._tokens -= 1
            return True
        self.refuse()
        return False

    def refuse(self) -> None:
        """Count a frame that is refused, for whatever reason, as abuse."""
        now = monotonic()
        # A second without refusals means the client has slowed down: what it did before is forgiven.
        if self._refusing_since is None or now - self._last_refused > 1:
            self._refusing_since = now
        self._last_refused = now

    @property
    def abuse_seconds(self) -> float:
        """For how long the client has kept sending frames that were refused."""
        return 0.0 if self._refusing_since is None else self._last_refused - self._refusing_since
