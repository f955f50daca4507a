from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import pre_delete


class PlaygroundConfig(AppConfig):
    name = "playground"

    def ready(self) -> None:
        from playground import checks  # noqa: F401 - which registers itself
        from playground.account_data.deletion import close_deleted  # with models, which are not loaded before
        from playground.account_data.guest_transfer import transfer_guest
        from playground.accounts.forms import AdminSignInForm
        from playground.accounts.known_browser_cookie import remember_signed_in

        if settings.TRAINING_ENGINE == "celery":
            import playground.celery  # noqa: F401 - so that `current_app` is this application

        pre_delete.connect(close_deleted)
        admin.site.login_form = AdminSignInForm
        user_logged_in.connect(remember_signed_in)
        user_logged_in.connect(transfer_guest)
        user_logged_out.connect(transfer_guest)
