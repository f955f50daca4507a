"""Read, grade, award: the only way to progress, for consumer, admin and labs alike."""

from progress.services.answering import confirm, submit_answer
from progress.services.earning import award, carry_over, parse_user_id, read_many, read_progress, reset
from progress.services.modules import get_module, list_modules

__all__ = [
    "award",
    "carry_over",
    "confirm",
    "get_module",
    "list_modules",
    "parse_user_id",
    "read_many",
    "read_progress",
    "reset",
    "submit_answer",
]
