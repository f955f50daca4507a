"""Which criteria fit which kind of problem. Imports no torch."""

from __future__ import annotations

from training.spec import Criterion, ProblemType

CLASS_CRITERIA = frozenset({Criterion.CELOSS, Criterion.WCELOSS})
BINARY_CRITERIA = frozenset({Criterion.BCELOSS, Criterion.BCEWITHLOGITSLOSS})
REGRESSION_CRITERIA = frozenset({Criterion.MSELOSS, Criterion.L1LOSS, Criterion.HUBERLOSS})


def fitting_criteria(problem_type: ProblemType) -> frozenset[Criterion]:
    """Return the criteria for a kind of problem."""
    return REGRESSION_CRITERIA if problem_type is ProblemType.REGRESSION else CLASS_CRITERIA | BINARY_CRITERIA


def count_outputs(criterion: Criterion, n_classes: int) -> int:
    """Return how many outputs a network needs: one per class, or a single one."""
    return n_classes if criterion in CLASS_CRITERIA else 1
