from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """Register system checks and receivers of signals."""
        from notifications import checks, consumers, reports, submission  # noqa: F401
