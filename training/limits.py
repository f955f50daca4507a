"""What one run, sweep and owner may cost. Plain values: made from the settings in the web process, sent to workers."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER_SECONDS = 30  # that answering one question may take
QUESTION_MEMORY_MB = 1_024  # that answering one question may take


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
        from django.conf import settings  # here, since workers and trainers use the class without Django

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
    """Of a whole sweep or comparison. `epochs` are those of all its trainings together."""

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
