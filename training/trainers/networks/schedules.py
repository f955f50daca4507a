"""Learning-rate schedules: torch's schedulers on an optimiser without parameters of the network."""

from __future__ import annotations

import torch
from torch.optim import lr_scheduler

from training.spec import Schedule, TrainingSpec
from training.trainers.checkpoint import State


class LearningRate:
    """The learning rate of the current epoch, in `value`. The spec is a completed one."""

    def __init__(self, spec: TrainingSpec) -> None:
        assert spec.learning_rate and spec.epochs and spec.schedule_step and spec.schedule_gamma
        self._optimizer = torch.optim.SGD([torch.zeros(1)], lr=spec.learning_rate)
        self._plateau: lr_scheduler.ReduceLROnPlateau | None = None
        self._scheduler: lr_scheduler.LRScheduler | None = None
        if spec.schedule is Schedule.STEP:
            self._scheduler = lr_scheduler.StepLR(self._optimizer, spec.schedule_step, spec.schedule_gamma)
        elif spec.schedule is Schedule.COSINE:
            self._scheduler = lr_scheduler.CosineAnnealingLR(self._optimizer, spec.epochs)
        elif spec.schedule is Schedule.PLATEAU:
            self._plateau = lr_scheduler.ReduceLROnPlateau(
                self._optimizer, factor=spec.schedule_gamma, patience=spec.schedule_step
            )

    @property
    def value(self) -> float:
        return self._optimizer.param_groups[0]["lr"]

    def end_epoch(self, val_loss: float | None) -> None:
        """Update the rate after an epoch. Only the schedule `plateau` uses `val_loss`."""
        if self._plateau is not None and val_loss is not None:
            self._plateau.step(val_loss)
        elif self._scheduler is not None:
            self._optimizer.step()  # schedulers warn if no optimiser step came before
            self._scheduler.step()

    def get_state(self) -> State:
        """Return the state for a checkpoint."""
        scheduler = self._plateau or self._scheduler
        return {"value": self.value, "scheduler": None if scheduler is None else scheduler.state_dict()}

    def set_state(self, state: State) -> None:
        """Restore a state that `get_state` returned."""
        scheduler = self._plateau or self._scheduler
        self._optimizer.param_groups[0]["lr"] = state["value"]
        if scheduler is not None:
            scheduler.load_state_dict(state["scheduler"])
