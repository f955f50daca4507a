"""What this process counts of its sockets, for /metrics. Each process counts its own, from nothing when it starts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("playground_sockets_open", "Sockets that are open in this process.", ["app"])
FRAMES = Counter(
    "playground_frames",
    "Frames from clients; `event` is empty where it is none that the socket knows.",
    ["app", "event", "outcome"],
)


def app_of(consumer: object) -> str:
    """The label of a consumer's socket: the app that it stands in."""
    return type(consumer).__module__.partition(".")[0]
