"""Which two columns' boundary is watched: the default, and what is wrong with those that are asked for. Called by the
preflight and by whoever completes a spec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.messages.boundary import LEVELS
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec import TrainingSpec

if TYPE_CHECKING:
    from training.datasets.plan import Plan


def find_default_boundary(plan: Plan) -> tuple[str, str] | None:
    """The columns of a table of just two numbers, where the boundary is all there is to see."""
    if len(plan.numbers) != 2 or plan.dates or plan.categories or plan.texts or _has_too_many_classes(plan):
        return None
    return plan.numbers[0], plan.numbers[1]


def check_boundary(spec: TrainingSpec, plan: Plan | None) -> list[Problem]:
    """At most one problem, whose fix is to watch none."""
    if spec.boundary is None or plan is None:
        return []
    x, y = spec.boundary
    unusable = next((name for name in (x, y) if name not in plan.numbers), None)
    if unusable is not None:
        message = f"The boundary is asked for along {unusable!r}, which is no column of numbers that is learned from."
    elif x == y:
        message = f"The boundary is asked for between {x!r} and itself."
    elif _has_too_many_classes(plan):
        message = f"The boundary is drawn between {LEVELS} classes at most, and {plan.target!r} has more."
    else:
        return []
    hint = "Name two different columns of numbers, or leave it out."
    fix = [PatchOperation(op="remove", path="/boundary")]
    return [build_problem("bad_boundary", "boundary", message, hint, fix)]


def _has_too_many_classes(plan: Plan) -> bool:
    return len(plan.classes or ()) > LEVELS
