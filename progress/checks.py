"""System checks: that the storage of progress is one, takes its options, and has its table. Registered by the app."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from progress.exceptions import StorageUnavailable
from progress.storage import get_storage


def check_storage(**_: Any) -> list[checks.CheckMessage]:
    """Crosses the network only where the storage is across it, and then once, for at most a few seconds."""
    try:
        storage = get_storage()
    except ImproperlyConfigured as error:
        return [
            checks.Error(
                str(error), hint="playground/docs/settings.md says what PROGRESS_STORAGE may be.", id="progress.E001"
            )
        ]
    try:
        storage.check()
    except ImproperlyConfigured as error:
        hint = "Run `python manage.py create_progress_table`, or set PROGRESS_TABLE to the table that there is."
        return [checks.Error(str(error), hint=hint, id="progress.E002")]
    except StorageUnavailable as error:  # it may be back by the time that somebody asks for it: no reason not to start
        hint = "Nobody can earn points until it does. Check the AWS credentials and region, and DYNAMODB_ENDPOINT_URL."
        return [
            checks.Warning(f"The storage of progress does not answer: {error.__cause__}", hint=hint, id="progress.W001")
        ]
    return []
