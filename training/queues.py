"""The names of the queues of training. Celery's queues have the same names."""

TRAINING = "training"
"""Runs without a GPU. In Celery, each message is a hint that a job may be waiting."""

GPU = "gpu"
"""Runs that ask for a GPU."""

QUESTIONS = "questions"
"""Questions: checks, predictions, tables. They have workers of their own, since a visitor waits for them."""


def build_presence_key(queue: str) -> str:
    """Return the key in the cache that exists while a warm worker takes this queue.

    The prefix must not change: servers and workers of different versions run together during an upgrade.
    """
    return f"station.{queue}"
