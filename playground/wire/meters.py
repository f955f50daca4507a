"""Counters of sockets and frames for /metrics. Each process has its own, which begin at zero when it starts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("playground_sockets_open", "Sockets that are open in this process.", ["app"])
FRAMES = Counter(
    "playground_frames",
    "Frames from clients; `event` is empty for unknown events.",
    ["app", "event", "outcome"],
)


def app_of(consumer: object) -> str:
    """Return the label of a consumer: the name of its app."""
    return type(consumer).__module__.partition(".")[0]
