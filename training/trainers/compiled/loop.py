"""The compiled loop: hands batches to compiled code, some at a time, so that it can be cancelled. Driven by `fit`."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from training.datasets.preprocessing import PreparedData
from training.spec import Criterion, TrainingSpec
from training.trainers.base import Cancelled, IsCancelled
from training.trainers.compiled.kernel import Rows, go_through
from training.trainers.compiled.kinds import LOSSES, STEPS
from training.trainers.compiled.program import build_program
from training.trainers.compiled.steps import Rule
from training.trainers.networks.batches import split_batches
from training.trainers.networks.criteria import REGRESSION_CRITERIA
from training.trainers.networks.holdout import hold_back
from training.trainers.networks.network import Dropout
from training.trainers.networks.objectives import balanced_weights
from training.trainers.networks.parameters import flatten

CALL_SECONDS = 0.01  # that one call of compiled code should take at most: how soon a cancel is heard
FIRST_BATCHES = 16  # of the first call, when nothing is known yet of the time that they take
TEST_ROWS = 256  # that go through the network at once when it is tested: their numbers stay in the cache
MAX_MASKS = 2**20  # numbers of dropout masks that are drawn ahead


class CompiledLoop:
    """The network's parameters become views of one flat vector, which compiled code changes in place.

    Shuffles and dropout masks are drawn by torch, in the order in which autograd would draw them.
    """

    def __init__(self, network: nn.Sequential, spec: TrainingSpec, data: PreparedData) -> None:
        assert spec.criterion and spec.optimizer_name and spec.batch_size
        self._loss = int(LOSSES[spec.criterion])
        self._is_regression = spec.criterion in REGRESSION_CRITERIA
        self._shuffle = spec.shuffle
        flat = flatten(network)
        real = flat.vector.numpy().dtype
        holdout = hold_back(data, spec)
        fit = slice(None) if holdout is None else holdout.fit
        weights = _weigh_classes(spec.criterion, data, data.y_train[fit], flat.vector.dtype)

        def rows(X: np.ndarray, y: np.ndarray) -> Rows:
            return Rows(np.ascontiguousarray(X, real), y.astype(np.int64), y.astype(real), weights)

        self._train = rows(data.X_train[fit], data.y_train[fit])
        self._test = rows(data.X_test, data.y_test)
        self._validation = holdout and rows(data.X_train[holdout.validation], data.y_train[holdout.validation])
        self._sizes = split_batches(len(self._train.labels), spec.batch_size, network)
        self._bounds = np.cumsum([0, *self._sizes])
        self._order = np.arange(self._bounds[-1])
        self._counters: list[Any] = [
            module.num_batches_tracked for module in network if isinstance(module, nn.BatchNorm1d)
        ]
        n_features, batch_rows = data.X_train.shape[1], max(self._sizes)
        self._dropouts = _find_dropouts(network, n_features)
        masked = batch_rows * sum(width for width, _ in self._dropouts)
        self._max_batches = min(len(self._sizes), max(1, MAX_MASKS // masked)) if masked else len(self._sizes)
        self._batches = min(FIRST_BATCHES, self._max_batches)
        tested = max(len(rows.labels) for rows in (self._test, self._validation) if rows)
        capacity = max(batch_rows, min(TEST_ROWS, tested))
        self._program = build_program(network, n_features, flat, capacity, batch_rows, self._max_batches)
        self._masks = torch.from_numpy(self._program.masks)
        self._moments = np.zeros((2, len(self._program.parameters)), real)
        self._count = 0  # of the steps taken
        self._rule: dict[str, Any] = {
            "loss": self._loss,
            "step": int(STEPS[spec.optimizer_name]),
            "decay": spec.weight_decay,
            "momentum": spec.momentum,
            "clip": math.inf if spec.gradient_clip is None else spec.gradient_clip,
        }

    def train_epoch(self, rate: float, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        rule = Rule(rate=rate, **self._rule)
        if self._shuffle:
            self._order = torch.randperm(len(self._order)).numpy()
        measured = np.zeros(3)
        first, n_batches = 0, len(self._sizes)
        while first < n_batches:
            if is_cancelled():
                raise Cancelled
            last = min(first + self._batches, n_batches)
            if self._dropouts:
                self._draw_masks(first, last)
            began = perf_counter()
            go_through(
                self._program, self._train, rule, self._order, self._bounds, first, last,
                self._moments, self._count, measured, True,
            )  # fmt: skip
            if last < n_batches:
                self._set_pace(perf_counter() - began)
            self._count += last - first
            first = last
        for counter in self._counters:
            counter += n_batches
        n_rows = len(self._order)
        return measured[0] / n_rows, None if self._is_regression else measured[2] / n_rows

    def test(self) -> tuple[float, float | None]:
        return self._measure(self._test)

    def validate(self) -> float | None:
        return self._measure(self._validation)[0] if self._validation else None

    def _measure(self, rows: Rows) -> tuple[float, float | None]:
        n, capacity = len(rows.labels), self._program.capacity
        bounds = np.append(np.arange(0, n, capacity), n)
        measured = np.zeros(3)
        go_through(
            self._program, rows, Rule(rate=0.0, **self._rule), np.arange(n), bounds, 0, len(bounds) - 1,
            self._moments, 0, measured, False,
        )  # fmt: skip
        return measured[0] / measured[1], None if self._is_regression else measured[2] / n

    def _draw_masks(self, first: int, last: int) -> None:
        start = 0
        for size in self._sizes[first:last]:
            for width, p in self._dropouts:
                if p > 0:  # otherwise torch draws none
                    self._masks[start : start + size * width].bernoulli_(1 - p)
                start += self._program.mask_rows * width

    def _set_pace(self, seconds: float) -> None:
        if seconds > CALL_SECONDS:
            self._batches = max(1, self._batches // 2)
        elif seconds < CALL_SECONDS / 2:
            self._batches = min(2 * self._batches, self._max_batches)


def _find_dropouts(network: nn.Sequential, width: int) -> list[tuple[int, float]]:
    """Width and rate of each dropout."""
    found = []
    for module in network:
        width = module.out_features if isinstance(module, nn.Linear) else width
        if isinstance(module, Dropout):
            found.append((width, module.p))
    return found


def _weigh_classes(criterion: Criterion, data: PreparedData, y: np.ndarray, real: torch.dtype) -> np.ndarray:
    n_classes = len(data.classes or ())
    if criterion is Criterion.WCELOSS:
        return balanced_weights(torch.from_numpy(y), n_classes, real).numpy()
    return torch.ones(n_classes, dtype=real).numpy()
