from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import pre_delete


class PlaygroundConfig(AppConfig):
    name = "playground"

    def ready(self) -> None:
        from playground import checks  # noqa: F401 - which registers itself
        from playground.accounts.adoption import adopt_guest  # with models, which are not there before
        from playground.accounts.deletion import close_deleted
        from playground.accounts.forms import AdminSignInForm
        from playground.accounts.known_browser import remember_signed_in

        if settings.TRAINING_ENGINE == "celery":
            import playground.celery  # noqa: F401 - so that what sends messages finds the application

        pre_delete.connect(close_deleted)
        admin.site.login_form = AdminSignInForm
        user_logged_in.connect(remember_signed_in)
        user_logged_in.connect(adopt_guest)
        user_logged_out.connect(adopt_guest)
