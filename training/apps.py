from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from training import checks, files  # noqa: F401 - which checks, and what listens

        files.connect()
