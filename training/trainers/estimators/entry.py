"""One estimator as the registry describes it, and one as somebody asked for it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from training.spec import ProblemType
from training.trainers.arguments import Argument
from training.trainers.calls import Literal

CLASSIFY, REGRESS = ProblemType.CLASSIFICATION, ProblemType.REGRESSION


class Learning(StrEnum):
    """How an estimator learns: what its steps are, if it has any. `steps.py` takes them."""

    AT_ONCE = "at_once"
    TREES = "trees"
    """A forest that grows, tree by tree."""
    ROUNDS = "rounds"
    """Boosting that asks a scorer after each round."""
    STAGES = "stages"
    """Boosting that tells a monitor of each stage."""
    PASSES = "passes"
    """Passes over the training rows."""


COUNTED_BY = {
    Learning.TREES: "n_estimators",
    Learning.ROUNDS: "max_iter",
    Learning.STAGES: "n_estimators",
    Learning.PASSES: "max_iter",
}
"""The argument that says how many steps an estimator takes."""

MAX_ROWS = {Learning.AT_ONCE: 1, Learning.TREES: 25, Learning.ROUNDS: 25, Learning.STAGES: 100, Learning.PASSES: 100}
"""How many epochs a run reports at most; several steps make one where there are more. Fewer where looking is dear."""


@dataclass(frozen=True)
class EstimatorEntry:
    """One estimator; `sklearn.<module>.<name>` is its class. `fixed` arguments are not the learner's to choose.

    `takes_weights`: whether its `fit` takes `sample_weight`.
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
    """An estimator as somebody asked for it; `arguments` holds what was given."""

    entry: EstimatorEntry
    arguments: Mapping[str, Literal]

    @property
    def settings(self) -> dict[str, Literal]:
        """Every argument, by name."""
        defaults = {argument.name: argument.default for argument in self.entry.arguments}
        return {**defaults, **self.arguments, **self.entry.fixed}

    @property
    def has_class_weight(self) -> bool:
        """Whether the estimator has an argument for the weights of classes."""
        return any(argument.name == "class_weight" for argument in self.entry.arguments)

    @property
    def marks(self) -> list[int]:
        """After how many steps the run reports, ascending; its epochs are as many, or fewer if learning stops early."""
        learning = self.entry.learning
        steps = 1 if learning is Learning.AT_ONCE else self.settings[COUNTED_BY[learning]]
        assert isinstance(steps, int)
        rows = min(steps, MAX_ROWS[learning])
        return [round(steps * row / rows) for row in range(1, rows + 1)]
