"""The compiled training loop: passes batches to compiled code, a few at a time. Called by `fit_network`."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from training.datasets.preprocessing import PreparedData
from training.spec import Criterion, TrainingSpec
from training.trainers.base import Cancelled, IsCancelled
from training.trainers.checkpoint import State
from training.trainers.compiled.dropout_masks import DropoutMasks
from training.trainers.compiled.kernel import Rows, run_batches
from training.trainers.compiled.operations import LOSSES, STEPS
from training.trainers.compiled.optimizers import Rule
from training.trainers.compiled.program import build_program
from training.trainers.criteria import REGRESSION_CRITERIA
from training.trainers.networks.batches import split_batches
from training.trainers.networks.holdout import compute_row_weights, hold_back
from training.trainers.networks.objectives import balanced_weights, find_score_threshold
from training.trainers.networks.parameters import flatten

CALL_SECONDS = 0.01  # for one call of compiled code: a cancel waits for its end
FIRST_BATCHES = 16  # batches of the first call, whose time is unknown
TEST_ROWS = 256  # rows per forward pass in evaluation: their outputs fit into the CPU cache


class Judged(NamedTuple):
    """Rows to evaluate, in chunks that `bounds` delimits."""

    rows: Rows
    order: np.ndarray
    bounds: np.ndarray


class CompiledLoop:
    """Train a network epoch by epoch with compiled code.

    Its parameters become views of one flat vector, which compiled code updates in place. Shuffles are drawn by torch,
    as in the autograd loop.
    """

    def __init__(self, network: nn.Sequential, spec: TrainingSpec, data: PreparedData) -> None:
        assert spec.criterion and spec.optimizer_name and spec.batch_size
        self._is_regression = spec.criterion in REGRESSION_CRITERIA
        self._shuffle = spec.shuffle
        flat = flatten(network)
        real = flat.vector.numpy().dtype
        holdout = hold_back(data, spec)
        fit = slice(None) if holdout is None else holdout.fit
        loss_weights = compute_row_weights(data, spec, holdout)
        weights = _weigh_classes(spec.criterion, data, data.y_train[fit], loss_weights.of_classes, flat.vector.dtype)

        def rows(X: np.ndarray, y: np.ndarray, shares: np.ndarray | None = None) -> Rows:
            shares = np.ones(len(y), real) if shares is None else shares.astype(real)
            return Rows(np.ascontiguousarray(X, real), y.astype(np.int64), y.astype(real), weights, shares)

        self._train = rows(data.X_train[fit], data.y_train[fit], loss_weights.of_fit)
        judged = {"test": rows(data.X_test, data.y_test)}
        if holdout is not None:
            held = holdout.judge
            judged["validation"] = rows(data.X_train[held], data.y_train[held], loss_weights.of_validation)
        sizes = split_batches(len(self._train.labels), spec.batch_size, network)
        self._bounds = np.cumsum([0, *sizes])
        self._order = np.arange(self._bounds[-1])
        norms = [module for module in network if isinstance(module, nn.BatchNorm1d)]
        self._counters: list[Any] = [norm.num_batches_tracked for norm in norms]
        self._masks = DropoutMasks(network, data.X_train.shape[1], sizes, flat.vector.dtype)
        self._batches = min(FIRST_BATCHES, self._masks.max_batches)
        capacity = max(*sizes, min(TEST_ROWS, max(len(each.labels) for each in judged.values())))
        self._judged = {name: _in_order(each, capacity) for name, each in judged.items()}
        self._program = build_program(network, data.X_train.shape[1], flat, capacity, self._masks)
        self._moments = np.zeros((2, len(self._program.parameters)), real)
        self._count = 0  # updates so far
        self._rule = Rule(
            loss=int(LOSSES[spec.criterion]),
            step=int(STEPS[spec.optimizer_name]),
            rate=0.0,
            decay=spec.weight_decay,
            momentum=spec.momentum,
            clip=math.inf if spec.gradient_clip is None else spec.gradient_clip,
            cut=math.nan if (cut := find_score_threshold(spec)) is None else cut,
        )

    def train_epoch(self, rate: float, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        """Train for one epoch with a learning rate. Returns the mean loss, and the accuracy in a classification.

        Raises Cancelled.
        """
        if rate != self._rule.rate:
            self._rule = self._rule._replace(rate=rate)
        if self._shuffle:
            self._order = torch.randperm(len(self._order)).numpy()
        measured = np.zeros(3)
        first, n_batches = 0, len(self._bounds) - 1
        while first < n_batches:
            if is_cancelled():
                raise Cancelled
            last = min(first + self._batches, n_batches)
            self._masks.draw(first, last)
            began = perf_counter()
            run_batches(
                self._program, self._train, self._rule, self._order, self._bounds, first, last,
                self._moments, self._count, measured, True,
            )  # fmt: skip
            if last < n_batches:
                self._set_pace(perf_counter() - began)
            self._count += last - first
            first = last
        for counter in self._counters:
            counter += n_batches
        loss, rows, right = measured.tolist()
        return loss / rows, None if self._is_regression else right / rows

    def test(self) -> tuple[float, float | None]:
        """Return the loss on the test rows, and the accuracy in a classification."""
        return self._measure(self._judged["test"])

    def validate(self) -> float | None:
        """Return the loss on the validation rows, None if there are none."""
        return self._measure(self._judged["validation"])[0] if "validation" in self._judged else None

    def get_state(self) -> State:
        """Return the state of the optimiser for a checkpoint."""
        return {"memory": torch.from_numpy(self._moments.copy()), "steps": self._count}

    def set_state(self, state: State) -> None:
        """Restore a state that `get_state` returned."""
        self._moments[:] = state["memory"].numpy()
        self._count = state["steps"]

    def _measure(self, judged: Judged) -> tuple[float, float | None]:
        measured = np.zeros(3)
        run_batches(
            self._program, judged.rows, self._rule, judged.order, judged.bounds, 0, len(judged.bounds) - 1,
            self._moments, 0, measured, False,
        )  # fmt: skip
        loss, share, right = measured.tolist()
        return loss / share if share else math.nan, None if self._is_regression else right / len(judged.order)

    def _set_pace(self, seconds: float) -> None:
        """Adapt the number of batches per call to the time that the last call took."""
        if seconds > CALL_SECONDS:
            self._batches = max(1, self._batches // 2)
        elif seconds < CALL_SECONDS / 2:
            self._batches = min(2 * self._batches, self._masks.max_batches)


def _in_order(rows: Rows, capacity: int) -> Judged:
    n = len(rows.labels)
    return Judged(rows, np.arange(n), np.array([*range(0, n, capacity), n]))


def _weigh_classes(
    criterion: Criterion, data: PreparedData, y: np.ndarray, chosen: np.ndarray | None, real: torch.dtype
) -> np.ndarray:
    n_classes = len(data.classes or ())
    if criterion is Criterion.WCELOSS:
        return balanced_weights(torch.from_numpy(y), n_classes, real).numpy()
    if chosen is not None:
        return torch.tensor(chosen, dtype=torch.float32).to(real).numpy()  # equal to autograd's to the last bit
    return torch.ones(n_classes, dtype=real).numpy()
