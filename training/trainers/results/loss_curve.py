"""Analyse loss curves: whether a loss still falls, where it was lowest, how often it jumps. Called by the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.messages.events import EpochRow

MIN_EPOCHS = 5  # fewer epochs show no trend
WINDOW_SHARE = 5  # the last fifth of the epochs is compared with the fifth before it
FALLING = 0.05  # the fraction by which the loss must fall between the two to count as falling
WORTH = 0.1  # or, extrapolated to twice the epochs, by this fraction of the first loss
MIN_RISE = 0.1  # the fraction by which the loss must rise after its minimum
NOTICED = 0.05  # changes below this fraction of the first loss are noise
JUMP = 0.2  # the fraction by which a loss must exceed the previous one to count as a jump
SMOOTHED = 20  # the minimum is found in means over a twentieth of the epochs


@dataclass(frozen=True)
class Curve:
    """Values float64 (n,) at ascending epochs (n,). Values that are not finite are left out."""

    epochs: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[EpochRow], name: str) -> Curve:
        """Return the curve of a field of the epochs."""
        values = np.array([getattr(row, name) for row in rows], np.float64)  # None becomes NaN
        finite = np.isfinite(values)
        return cls(np.array([row.epoch for row in rows], np.int64)[finite], values[finite])

    @classmethod
    def of_validation(cls, rows: Sequence[EpochRow]) -> Curve:
        """Return the loss on validation rows if there are any, or else on the test rows."""
        return cls.of(rows, "val_loss" if rows and rows[-1].val_loss is not None else "test_loss")

    def mean_near(self, epoch: int) -> float:
        """Return the mean over a few epochs around `epoch`."""
        near = np.abs(self.epochs - epoch) <= 1 + len(self) // SMOOTHED
        return float(self.values[near].mean())

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class LossMinimum:
    """The epoch with the lowest loss, that loss, and the last loss. Losses are means over a few epochs."""

    epoch: int
    lowest: float
    last: float


def is_still_falling(curve: Curve) -> bool:
    """Return whether as many epochs again are worthwhile: the loss is lowest at the end, and falls by enough."""
    if len(curve) < MIN_EPOCHS:
        return False
    window = max(1, len(curve) // WINDOW_SHARE)
    last, before = curve.values[-window:], curve.values[-2 * window : -window]
    if curve.values.argmin() < len(curve) - window:
        return False
    fall = before.mean() - last.mean()
    return bool(fall > FALLING * before.mean() or fall * len(curve) / window > WORTH * curve.values[0])


def find_loss_minimum(learned: Curve, judged: Curve) -> LossMinimum | None:
    """Return where the validation loss was lowest; None if it did not rise, or rose with the training loss."""
    if len(judged) < MIN_EPOCHS or len(learned) != len(judged):
        return None
    width = max(1, len(judged) // SMOOTHED)
    smooth, smooth_learned = _smooth(judged.values, width), _smooth(learned.values, width)
    lowest = int(smooth.argmin())
    rise = smooth[-1] - smooth[lowest]
    if (
        rise < max(MIN_RISE * smooth[lowest], NOTICED * judged.values[0])
        or smooth_learned[-1] >= smooth_learned[lowest]
    ):
        return None
    return LossMinimum(int(judged.epochs[lowest + width // 2]), float(smooth[lowest]), float(smooth[-1]))


def count_jumps(curve: Curve) -> int:
    """Return the number of epochs in which the loss jumped up."""
    if len(curve) < MIN_EPOCHS:
        return 0
    rises = np.diff(curve.values)
    return int((rises > np.maximum(JUMP * curve.values[:-1], NOTICED * curve.values[0])).sum())


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Return moving means (n - width + 1,) over `width` values."""
    return np.convolve(values, np.full(width, 1 / width), mode="valid")
