"""The socket at /ws/training/: one module of handlers for each topic."""

from training.consumers.consumer import TrainingConsumer

__all__ = ["TrainingConsumer"]
