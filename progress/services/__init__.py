"""Read, grade and award. Consumer, admin and labs change progress only through these functions."""

from progress.services.answering import confirm, submit_answer
from progress.services.earning import award, carry_over, parse_user_id, read_many, read_progress, read_totals, reset
from progress.services.modules import get_module, list_modules
from progress.worth import add_up

__all__ = [
    "add_up",
    "award",
    "carry_over",
    "confirm",
    "get_module",
    "list_modules",
    "parse_user_id",
    "read_many",
    "read_progress",
    "read_totals",
    "reset",
    "submit_answer",
]
