"""Which criterion is for what: what the preflight, the defaults and the objectives share. Imports no torch."""

from __future__ import annotations

from training.spec import Criterion, ProblemType

CLASS_CRITERIA = frozenset({Criterion.CELOSS, Criterion.WCELOSS})
BINARY_CRITERIA = frozenset({Criterion.BCELOSS, Criterion.BCEWITHLOGITSLOSS})
REGRESSION_CRITERIA = frozenset({Criterion.MSELOSS, Criterion.L1LOSS, Criterion.HUBERLOSS})


def fitting_criteria(problem_type: ProblemType) -> frozenset[Criterion]:
    return REGRESSION_CRITERIA if problem_type is ProblemType.REGRESSION else CLASS_CRITERIA | BINARY_CRITERIA


def count_outputs(criterion: Criterion, n_classes: int) -> int:
    """How many units the last layer needs: one for each class, or a single one."""
    return n_classes if criterion in CLASS_CRITERIA else 1
