"""Which two features the decision boundary is drawn over: the default, and the check of a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.messages.boundary import LEVELS
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec import TrainingSpec

if TYPE_CHECKING:
    from training.datasets.plan import Plan


def find_default_boundary(plan: Plan) -> tuple[str, str] | None:
    """Return the two features of a table that has exactly two numeric features; None for other tables."""
    if len(plan.numbers) != 2 or plan.dates or plan.categories or plan.texts or _has_too_many_classes(plan):
        return None
    return plan.numbers[0], plan.numbers[1]


def check_boundary(spec: TrainingSpec, plan: Plan | None) -> list[Problem]:
    """Return the problem of a decision boundary that cannot be drawn, in a list. Its fix removes it."""
    if spec.boundary is None or plan is None:
        return []
    x, y = spec.boundary
    unusable = next((name for name in (x, y) if name not in plan.numbers), None)
    if unusable is not None:
        message = f"The decision boundary needs numeric features, and {unusable!r} is not one."
    elif x == y:
        message = f"The decision boundary needs two different features; {x!r} is given twice."
    elif _has_too_many_classes(plan):
        message = f"The decision boundary is drawn for at most {LEVELS} classes, and {plan.target!r} has more."
    else:
        return []
    hint = "Name two different numeric features, or leave it out."
    fix = [PatchOperation(op="remove", path="/boundary")]
    return [build_problem("bad_boundary", "boundary", message, hint, fix)]


def _has_too_many_classes(plan: Plan) -> bool:
    return len(plan.classes or ()) > LEVELS
