from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_delete, post_migrate, post_save, pre_save

from training.signals import run_finished


class ProgressConfig(AppConfig):
    name = "progress"

    def ready(self) -> None:
        # These modules import models, which are not loaded before `ready`.
        from progress.checks import check_storage
        from progress.labs import check_finished_run
        from progress.loading import load_shipped
        from progress.models import Question, Section
        from progress.recount import find_old_module, plan_recount, plan_recount_of_deleted
        from progress.roles import create_roles

        checks.register(check_storage)
        post_migrate.connect(load_shipped, sender=self)
        post_migrate.connect(create_roles, sender=self)
        run_finished.connect(check_finished_run)
        for model in (Question, Section):
            pre_save.connect(find_old_module, sender=model)
            post_save.connect(plan_recount, sender=model)
        post_delete.connect(plan_recount_of_deleted, sender=Question)
