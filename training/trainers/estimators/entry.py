"""Describe an estimator in the registry, and an estimator of a spec. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from training.spec import ProblemType
from training.trainers.arguments import Argument
from training.trainers.calls import Literal

CLASSIFY, REGRESS = ProblemType.CLASSIFICATION, ProblemType.REGRESSION


class Learning(StrEnum):
    """How an estimator learns, and what its steps are. `incremental_fit.py` runs them."""

    AT_ONCE = "at_once"
    TREES = "trees"
    """A forest, tree by tree."""
    ROUNDS = "rounds"
    """Boosting that calls a scorer after each round."""
    STAGES = "stages"
    """Boosting that calls a monitor after each stage."""
    PASSES = "passes"
    """Passes over the training rows."""


COUNTED_BY = {
    Learning.TREES: "n_estimators",
    Learning.ROUNDS: "max_iter",
    Learning.STAGES: "n_estimators",
    Learning.PASSES: "max_iter",
}
"""The argument that sets the number of steps."""

MAX_ROWS = {Learning.AT_ONCE: 1, Learning.TREES: 25, Learning.ROUNDS: 25, Learning.STAGES: 100, Learning.PASSES: 100}
"""Maximum number of epochs that a run reports. With more steps, an epoch has several. Fewer if evaluation is slow."""


@dataclass(frozen=True)
class EstimatorEntry:
    """An estimator, whose class is `sklearn.<module>.<name>`.

    `fixed`: arguments that users cannot change. `takes_weights`: whether its `fit` takes `sample_weight`.
    """

    name: str
    module: str
    problem_type: ProblemType
    about: str
    arguments: tuple[Argument, ...]
    learning: Learning = Learning.AT_ONCE
    fixed: Mapping[str, Literal] = field(default_factory=dict)
    takes_weights: bool = True


@dataclass(frozen=True)
class EstimatorChoice:
    """An estimator of a spec. `arguments` holds the arguments that were given."""

    entry: EstimatorEntry
    arguments: Mapping[str, Literal]

    @property
    def settings(self) -> dict[str, Literal]:
        """All arguments, with defaults."""
        defaults = {argument.name: argument.default for argument in self.entry.arguments}
        return {**defaults, **self.arguments, **self.entry.fixed}

    @property
    def has_class_weight(self) -> bool:
        """Whether the estimator has the argument `class_weight`."""
        return any(argument.name == "class_weight" for argument in self.entry.arguments)

    @property
    def report_steps(self) -> list[int]:
        """Return the numbers of steps after which the run reports an epoch, ascending. A fit that stops early
        reports fewer.
        """
        learning = self.entry.learning
        steps = 1 if learning is Learning.AT_ONCE else self.settings[COUNTED_BY[learning]]
        assert isinstance(steps, int)
        rows = min(steps, MAX_ROWS[learning])
        return [round(steps * row / rows) for row in range(1, rows + 1)]
