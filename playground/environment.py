"""Reads one environment variable each, as the type that it has to be. Called by the settings alone."""

from __future__ import annotations

import difflib
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from playground.data_dir import refuse_data_dir

ON, OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
PREFIXES = ("DJANGO_", "PLAYGROUND_")
"""What other projects write before names such as SECRET_KEY."""
SIMILARITY = 0.85
"""The ratio of difflib from which two names count as one with a slip: ALOWED_HOSTS has 0.96, REDIS_HOST 0.63."""

_read: set[str] = {"DATABASE_URL"}


def find_misspelled(environment: Iterable[str]) -> dict[str, str]:
    """Return the variables that no setting reads although their names resemble one that does, with that name."""
    found = {}
    for name in sorted(set(environment) - _read):
        bare = name.upper()
        for prefix in PREFIXES:
            bare = bare.removeprefix(prefix)
        similar = difflib.get_close_matches(bare, sorted(_read), n=1, cutoff=SIMILARITY)
        if similar and len(bare) > 3:
            found[name] = similar[0]
    return found


def env_text(name: str, default: str = "") -> str:
    _read.add(name)
    return os.environ.get(name) or default


def env_int(name: str, default: int, least: int = 0) -> int:
    """Return a number. Raises ImproperlyConfigured for what is no whole number, or less than `least`."""
    text = env_text(name).strip()
    if not text:
        return default
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        raise _refuse(name, text, f"a whole number, such as {default}") from None
    if number < least:
        raise _refuse(name, text, f"{least} or more")
    return number


def env_flag(name: str, default: bool = False) -> bool:
    """Raises ImproperlyConfigured for what is neither on nor off."""
    text = env_text(name).strip().lower()
    if text and text not in ON + OFF:
        raise _refuse(name, text, "1 or 0")
    return text in ON if text else default


def env_choice(name: str, default: str, choices: Iterable[str]) -> str:
    """One of these, however it is capitalised. Raises ImproperlyConfigured for anything else."""
    text = env_text(name, default)
    by_folded = {choice.casefold(): choice for choice in choices}
    if text.strip().casefold() not in by_folded:
        raise _refuse(name, text, f"one of {', '.join(by_folded.values())}")
    return by_folded[text.strip().casefold()]


def env_list(name: str, default: str = "") -> list[str]:
    """What stands between commas."""
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]


def read_database(default: str, **options: Any) -> dict[str, Any]:
    """What DATABASE_URL describes, for Django's DATABASES; options as of `dj_database_url.config`.

    Raises ImproperlyConfigured, without the address: it may hold a password.
    """
    try:
        return dict(dj_database_url.config(default=default, **options))
    except ValueError:
        raise ImproperlyConfigured(
            "The environment variable DATABASE_URL has to be an address such as postgres://name:password@host:5432/name."
        ) from None


def read_secret(path: Path) -> str:
    """Return the secret in this file, which is made at the first call, for its owner alone.

    Raises ImproperlyConfigured where it can be neither made nor read.
    """
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read_made_secret(path)
        with os.fdopen(descriptor, "w") as file:
            file.write(key := secrets.token_urlsafe(50))
    except OSError as error:
        raise refuse_data_dir(path, error) from None
    return key


def _read_made_secret(path: Path) -> str:
    """Return it as soon as the process that makes it has written it. Raises ImproperlyConfigured for an empty file."""
    for _ in range(50):
        if secret := path.read_text():
            return secret
        time.sleep(0.02)
    raise ImproperlyConfigured(f"{path} is empty, as after a full disk. Delete it, or set SECRET_KEY.")


def _refuse(name: str, text: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"The environment variable {name} is {text[:60]!r}, and has to be {wanted}.")
