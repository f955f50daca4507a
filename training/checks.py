"""What `manage.py check` says of the settings for training. Registered by the app."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from training.engines.base import ENGINES


@register()
def check_engine(**_: Any) -> list[CheckMessage]:
    if settings.TRAINING_ENGINE in ENGINES:
        return []
    hint = f"It is one of {', '.join(ENGINES)}."
    return [Error(f"TRAINING_ENGINE is {settings.TRAINING_ENGINE!r}.", hint=hint, id="training.E001")]
