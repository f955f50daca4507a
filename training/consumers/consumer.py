"""TrainingConsumer, the socket at /ws/training/."""

from __future__ import annotations

from training.consumers.datasets import DatasetHandlers
from training.consumers.predictions import PredictionHandlers
from training.consumers.runs import RunHandlers
from training.consumers.sharing import SharingHandlers
from training.consumers.sweeps import SweepHandlers
from training.consumers.watching import WatchingConsumer


class TrainingConsumer(WatchingConsumer):
    """Trains, checks, lists and shares runs, and sends the events of the runs that the client watches."""

    handlers = (SweepHandlers, RunHandlers, PredictionHandlers, DatasetHandlers, SharingHandlers)
