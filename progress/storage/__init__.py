"""Choose the storage of progress. `get_storage()` returns the configured one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from progress.storage.base import ProgressStorage


@cache
def get_storage() -> ProgressStorage:
    """Return the storage that `PROGRESS_STORAGE` describes. Raises ImproperlyConfigured."""
    return build_storage(settings.PROGRESS_STORAGE)


def get_named_storage(name: str) -> ProgressStorage:
    """Return a storage of `PROGRESS_STORAGES` by name, or one by the dotted path of its class. Raises
    ImproperlyConfigured.
    """
    return build_storage(settings.PROGRESS_STORAGES.get(name) or {"BACKEND": name})


def build_storage(description: Mapping[str, Any]) -> ProgressStorage:
    """Build a storage from `{"BACKEND": dotted path of a class, "OPTIONS": {keyword arguments}}`.

    Raises ImproperlyConfigured.
    """
    if unknown := set(description) - {"BACKEND", "OPTIONS"}:
        raise ImproperlyConfigured(f"PROGRESS_STORAGE has BACKEND and OPTIONS, not {', '.join(sorted(unknown))}.")
    path = description.get("BACKEND", "")
    try:
        backend = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"PROGRESS_STORAGE: there is no {path!r}. It is one of {', '.join(settings.PROGRESS_STORAGES)}, "
            "or the dotted path of a class on progress.storage.base.ProgressStorage."
        ) from error
    if not (isinstance(backend, type) and issubclass(backend, ProgressStorage)):
        raise ImproperlyConfigured(f"PROGRESS_STORAGE: {path} is no class on ProgressStorage.")
    try:
        return backend(**description.get("OPTIONS", {}))
    except TypeError as error:  # an unknown or missing option
        raise ImproperlyConfigured(f"PROGRESS_STORAGE: {path} does not take these OPTIONS: {error}.") from error


@receiver(setting_changed)
def _forget_storage(*, setting: str, **_: Any) -> None:
    if setting in ("PROGRESS_STORAGE", "PROGRESS_STORAGES"):
        get_storage.cache_clear()
