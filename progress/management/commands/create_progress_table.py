"""`python manage.py create_progress_table`: create the DynamoDB table for progress."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from playground.wire.errors import PlaygroundError
from progress.storage import get_named_storage


class Command(BaseCommand):
    help = "Makes the DynamoDB table for progress, billed by request. Does nothing where it is there already."
    requires_system_checks = []  # the check that asks for the table would fail before it exists

    def handle(self, *args: Any, **options: Any) -> None:
        from progress.storage.dynamodb import DynamoDBStorage  # imported here, since it loads boto3

        try:
            storage = get_named_storage("dynamodb")
            assert isinstance(storage, DynamoDBStorage)
            made = storage.create_table()
            storage.check()
        except PlaygroundError as error:
            raise CommandError(f"{error.message} {error.__cause__}") from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Made the {storage}, billed by request." if made else f"The {storage} is there already.")
