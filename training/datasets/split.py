"""Which rows are learned from and which are kept for testing. Called by `plan`."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from training.parts import Problem
from training.problems import build_problem, build_refusal
from training.spec import ProblemType, TrainingSpec


def split_rows(
    y: np.ndarray, spec: TrainingSpec, problem_type: ProblemType, notes: list[Problem]
) -> tuple[np.ndarray, np.ndarray]:
    """y: class indices or numbers (n,) -> positions of training and test rows, by the seed; classes keep their shares
    where each has rows enough. Raises SpecRefused: `train_split_too_small`.
    """
    rows = np.arange(len(y))
    n_test = max(1, round(len(y) * spec.test_size))
    if len(y) - n_test < 2:
        raise build_refusal(
            "train_split_too_small",
            "test_size",
            f"With test_size {spec.test_size:g} fewer than 2 rows are left to learn from.",
            "Lower test_size.",
        )
    if not spec.shuffle:
        return rows[:-n_test], rows[-n_test:]
    stratify = None
    if problem_type is ProblemType.CLASSIFICATION:
        counts = np.bincount(y)
        if counts.min() >= 2 and min(n_test, len(y) - n_test) >= len(counts):
            stratify = y
        else:
            notes.append(
                build_problem(
                    "not_stratified", "test_size", "Some classes have too few rows to be in both splits in proportion."
                )
            )
    train, test = train_test_split(rows, test_size=n_test, random_state=spec.seed or 0, stratify=stratify)
    return train, test
