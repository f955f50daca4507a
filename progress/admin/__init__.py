"""Register the admin pages of the app: the catalogue editor and the gradebook."""

from progress.admin.catalogue import ModuleAdmin, QuestionAdmin, SectionAdmin
from progress.admin.learners import LearnerAdmin

__all__ = ["LearnerAdmin", "ModuleAdmin", "QuestionAdmin", "SectionAdmin"]
