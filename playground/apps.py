from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out


class PlaygroundConfig(AppConfig):
    name = "playground"

    def ready(self) -> None:
        from playground import checks  # noqa: F401 - which registers itself
        from playground.accounts.adoption import adopt_guest  # with models, which are not there before

        if settings.TRAINING_ENGINE == "celery":
            import playground.celery  # noqa: F401 - so that what sends messages finds the application

        user_logged_in.connect(adopt_guest)
        user_logged_out.connect(adopt_guest)
