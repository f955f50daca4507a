"""Counters of training in this process, for /metrics. Epochs are counted by the process that records them."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

EPOCHS = Counter("playground_epochs_recorded", "Epochs that this process has recorded.")
DELIVERY = Histogram(
    "playground_event_delivery_seconds",
    "From an event's commit, in whichever process, to its frame on a socket of this one.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
