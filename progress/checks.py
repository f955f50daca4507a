"""System checks of the progress storage: it exists, accepts its options, and has its table."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from progress.exceptions import StorageUnavailable
from progress.storage import get_storage


def check_storage(**_: Any) -> list[checks.CheckMessage]:
    """Check the storage. A storage on the network is called once, for at most a few seconds."""
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
    except (
        StorageUnavailable
    ) as error:  # The storage may be back before anybody asks for it, so this is only a warning.
        hint = "Nobody can earn points until it does. Check the AWS credentials and region, and DYNAMODB_ENDPOINT_URL."
        return [
            checks.Warning(f"The storage of progress does not answer: {error.__cause__}", hint=hint, id="progress.W001")
        ]
    return []
