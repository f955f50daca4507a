"""Limits of runs and sweeps. The web process reads them from the settings and sends them to workers."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_SECONDS = 30  # limit of the time for the answer to a question
QUESTION_MEMORY_MB = 1_024  # limit of the memory for the answer to a question


@dataclass(frozen=True)
class Limits:
    epochs: int = 10_000
    layers: int = 50
    parameters: int = 5_000_000
    features: int = 5_000
    rows: int = 1_000_000
    cells: int = 100_000_000
    """Rows times numbers a row, after preparation."""
    seconds: float = 600.0
    memory_mb: int = 2_048
    gpu: bool = False
    """Whether there are workers for runs that ask for a GPU."""

    @classmethod
    def from_settings(cls) -> Limits:
        from django.conf import settings  # imported here, since trainers use the class without Django

        return cls(
            epochs=settings.TRAINING_MAX_EPOCHS,
            parameters=settings.TRAINING_MAX_PARAMETERS,
            rows=settings.TRAINING_MAX_ROWS,
            seconds=settings.TRAINING_MAX_SECONDS,
            memory_mb=settings.TRAINING_MAX_MEMORY_MB,
            gpu=settings.TRAINING_GPU,
        )


@dataclass(frozen=True)
class SweepLimits:
    """The limits of a whole sweep or comparison. `epochs`: of all its trainings together."""

    runs: int = 500
    epochs: int = 500_000
    seconds: float = 600.0

    @classmethod
    def from_settings(cls) -> SweepLimits:
        from django.conf import settings

        return cls(
            runs=settings.TRAINING_MAX_SWEEP_RUNS,
            seconds=settings.TRAINING_MAX_SWEEP_SECONDS,
        )
