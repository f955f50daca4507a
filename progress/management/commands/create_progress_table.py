"""`python manage.py create_progress_table`: makes the DynamoDB table that progress is to be kept in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from playground.wire.errors import PlaygroundError
from progress.storage import get_named_storage


class Command(BaseCommand):
    help = "Makes the DynamoDB table for progress, billed by request. Does nothing where it is there already."
    requires_system_checks = []  # one of them asks for the table

    def handle(self, *args: Any, **options: Any) -> None:
        from progress.storage.dynamodb import DynamoDBStorage  # loads boto3: only where it is wanted

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
