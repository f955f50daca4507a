"""What a loss does over the epochs: falls on, turns, jumps. Called by the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.messages.events import EpochRow

MIN_EPOCHS = 5  # fewer show no trend
WINDOW_SHARE = 5  # the last fifth of the epochs is compared with the fifth before
FALLING = 0.05  # the share by which the loss has to fall between the two: less is not worth as long again
WORTH = 0.1  # unless, going on so, as long again would take this share of the first loss off
TURN_RISE = 0.1  # the share by which the loss rises after its lowest point before that is a turn
NOTICED = 0.05  # of the first loss: what happens below that is noise around a model that is done
JUMP = 0.2  # the share by which one epoch's loss exceeds the last one's before that is a jump
SMOOTHED = 20  # a turn is looked for in means over a twentieth of the epochs


@dataclass(frozen=True)
class Curve:
    """`values` float64 (n,) at the epochs `epochs` (n,), ascending; those that are no number are left out."""

    epochs: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[EpochRow], name: str) -> Curve:
        values = np.array([getattr(row, name) for row in rows], np.float64)  # None becomes NaN
        finite = np.isfinite(values)
        return cls(np.array([row.epoch for row in rows], np.int64)[finite], values[finite])

    @classmethod
    def judging(cls, rows: Sequence[EpochRow]) -> Curve:
        """Of rows that are not learned from: those held back for this where there are any, or else the test rows."""
        return cls.of(rows, "val_loss" if rows and rows[-1].val_loss is not None else "test_loss")

    def mean_near(self, epoch: int) -> float:
        """The mean over some epochs around this one, as many as curves are smoothed over, and one more on each side."""
        near = np.abs(self.epochs - epoch) <= 1 + len(self) // SMOOTHED
        return float(self.values[near].mean())

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Turn:
    """Where a loss was lowest, what it was there, and what it came to. Losses are means over a few epochs."""

    epoch: int
    lowest: float
    last: float


def is_still_falling(curve: Curve) -> bool:
    """Whether as many epochs again are worth it: it is lowest at its end, and still goes down by enough."""
    if len(curve) < MIN_EPOCHS:
        return False
    window = max(1, len(curve) // WINDOW_SHARE)
    last, before = curve.values[-window:], curve.values[-2 * window : -window]
    if curve.values.argmin() < len(curve) - window:
        return False
    fall = before.mean() - last.mean()
    return bool(fall > FALLING * before.mean() or fall * len(curve) / window > WORTH * curve.values[0])


def find_overfitting(learned: Curve, judged: Curve) -> Turn | None:
    """None where the loss of rows not learned from did not turn, or that of the training rows turned with it."""
    if len(judged) < MIN_EPOCHS or len(learned) != len(judged):
        return None
    width = max(1, len(judged) // SMOOTHED)
    smooth, smooth_learned = _smooth(judged.values, width), _smooth(learned.values, width)
    lowest = int(smooth.argmin())
    rise = smooth[-1] - smooth[lowest]
    if (
        rise < max(TURN_RISE * smooth[lowest], NOTICED * judged.values[0])
        or smooth_learned[-1] >= smooth_learned[lowest]
    ):
        return None
    return Turn(int(judged.epochs[lowest + width // 2]), float(smooth[lowest]), float(smooth[-1]))


def count_jumps(curve: Curve) -> int:
    """In how many epochs the loss leapt up."""
    if len(curve) < MIN_EPOCHS:
        return 0
    rises = np.diff(curve.values)
    return int((rises > np.maximum(JUMP * curve.values[:-1], NOTICED * curve.values[0])).sum())


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Means (n - width + 1,) over `width` neighbours."""
    return np.convolve(values, np.full(width, 1 / width), mode="valid")
