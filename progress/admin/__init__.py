"""The admin: the catalogue to edit, and the gradebook to look at."""

from progress.admin.catalogue import ModuleAdmin, QuestionAdmin, SectionAdmin
from progress.admin.learners import LearnerAdmin

__all__ = ["LearnerAdmin", "ModuleAdmin", "QuestionAdmin", "SectionAdmin"]
