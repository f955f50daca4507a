"""The Django permissions with which staff may act on learners and modules. The admin asks for the same."""

VIEW_LEARNERS = "progress.view_learner"
VIEW_MODULES = "progress.view_module"
"""Staff with it also see drafts."""
