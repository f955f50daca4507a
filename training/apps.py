from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from training import checks, files  # noqa: F401 - the import registers the checks
        from training.engines import receivers

        files.connect()
        receivers.connect()
