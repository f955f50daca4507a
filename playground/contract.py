"""The contract of the whole playground: every app's sockets in one AsyncAPI document."""

from __future__ import annotations

from functools import cache
from typing import Any

from playground.wire.contract import build_contract
from progress.consumers import ProgressConsumer
from training.consumers import TrainingConsumer

VERSION = "0.1.0"
SOCKETS = {"/ws/training/": TrainingConsumer, "/ws/progress/": ProgressConsumer}


@cache
def get_contract() -> dict[str, Any]:
    return build_contract(SOCKETS, title="Deep Learning Playground", version=VERSION)
