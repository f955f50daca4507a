"""The names of Celery's queues for training, for those who send and those who take."""

TRAINING = "training"
"""One message for each job that may be waiting, each a hint to look."""

GPU = "gpu"
"""The same for runs that ask for a GPU."""

QUESTIONS = "questions"
"""Checks, predictions, tables: what somebody waits for. Never behind a run."""


def presence_of(queue: str) -> str:
    """The cache's key that is there while a warm worker takes this queue."""
    return f"station.{queue}"
