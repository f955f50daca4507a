"""Django permissions that staff need for learners and modules. The admin checks the same ones."""

VIEW_LEARNERS = "progress.view_learner"
VIEW_MODULES = "progress.view_module"
"""Staff with it also see drafts."""
