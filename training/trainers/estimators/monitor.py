"""Monitor the fit of an estimator: report epochs, cancel, and offer checkpoints. Used by `incremental_fit`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from training.datasets.preparation import Preparation
from training.datasets.preprocessing import PreparedData
from training.messages.events import EpochRow
from training.trainers.base import Cancelled, IsCancelled, OnEpoch, OnModel
from training.trainers.checkpoint import NONE, Checkpoint, Checkpoints
from training.trainers.estimators.entry import EstimatorChoice
from training.trainers.estimators.objects import dump_object, load_object
from training.trainers.estimators.outputs import predict_estimator, score

Output = Callable[[], np.ndarray]
Ask = Callable[[Any, np.ndarray, Preparation], tuple[np.ndarray, np.ndarray | None]]


class FitMonitor:
    """Report the progress of a fit.

    `report_steps`: the numbers of steps after which an epoch ends. `rows`: the epochs so far.
    """

    def __init__(
        self,
        data: PreparedData,
        choice: EstimatorChoice,
        on_epoch: OnEpoch,
        is_cancelled: IsCancelled,
        on_model: OnModel | None = None,
        checkpoints: Checkpoints = NONE,
        weights: np.ndarray | None = None,
    ) -> None:
        self.data, self.report_steps = data, choice.report_steps
        self._weights = weights
        self.rows: list[EpochRow] = []
        self._learning = choice.entry.learning.value
        self._on_epoch, self._is_cancelled, self._on_model = on_epoch, is_cancelled, on_model
        self._checkpoints = checkpoints
        self._began = time.perf_counter()

    def weigh(self, order: np.ndarray | slice = slice(None)) -> dict[str, np.ndarray]:
        """Return the weights of the training rows as arguments of `fit`, in the given order of the rows."""
        return {} if self._weights is None else {"sample_weight": self._weights[order]}

    def resume(self, estimator: Any) -> dict[str, Any] | None:
        """Restore the estimator and the epochs from the checkpoint of an earlier attempt.

        Returns the other objects of the checkpoint. Returns None if there is no checkpoint of this kind of estimator.
        """
        start = self._checkpoints.start
        if start is None or start.trainer != self._learning:
            return None
        self.rows = list(start.rows)
        more: dict[str, Any] = load_object(start.state["objects"])
        vars(estimator).update(vars(more.pop("estimator")))
        return more

    def offer(self, take: Callable[[], Any], **more: Any) -> None:
        """Offer a checkpoint after an epoch.

        `take` returns the estimator in its current state. `more`: other objects that are needed to continue.
        """
        self._checkpoints.offer(
            lambda: Checkpoint(
                self._learning, tuple(self.rows), {"objects": dump_object({"estimator": take(), **more})}
            )
        )
        self._began = time.perf_counter()

    def check(self) -> None:
        """Raise Cancelled if the run was cancelled."""
        if self._is_cancelled():
            raise Cancelled

    def report(
        self,
        estimator: Any,
        train: Output,
        test: Output,
        *,
        y_train: np.ndarray | None = None,
        y_test: np.ndarray | None = None,
        ask: Ask | None = predict_estimator,
    ) -> None:
        """End an epoch: evaluate the estimator, outside of the epoch's time, and report it.

        `y_train` and `y_test` are given if only some of the rows are evaluated. `ask` predicts other rows, None if that
        is impossible during the fit.
        """
        elapsed = time.perf_counter() - self._began
        data = self.data
        train_loss, train_acc = score(estimator, train(), data.y_train if y_train is None else y_train, data)
        test_loss, test_acc = score(estimator, test(), data.y_test if y_test is None else y_test, data)
        self.add(elapsed, train_loss, test_loss, train_acc, test_acc)
        if self._on_model and ask:
            self._on_model(len(self.rows), lambda X: ask(estimator, X, data.preparation))
            self._began = time.perf_counter()

    def add(
        self,
        train_time: float,
        train_loss: float | None,
        test_loss: float | None,
        train_acc: float | None,
        test_acc: float | None,
    ) -> None:
        """Add and report an epoch."""
        row = EpochRow(
            epoch=len(self.rows) + 1,
            train_time=train_time,
            train_loss=train_loss,
            test_loss=test_loss,
            train_acc=train_acc,
            test_acc=test_acc,
        )
        self.rows.append(row)
        self._on_epoch(row)
        self._began = time.perf_counter()
