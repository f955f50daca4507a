"""System checks of the settings that every app shares. Commands, servers and workers run them when they start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string

from playground.data_dir import find_data_dir_problem, is_open, take_restricted
from playground.environment.names import find_misspelled, find_removed
from playground.environment.server import SHORTEST_TOKEN

REDIS_SCHEMES = ("redis", "rediss", "unix")


@register()
def check_addresses(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    url = urlsplit(settings.PUBLIC_URL)
    if url.scheme not in ("http", "https") or not url.netloc:
        hint = "Write it as visitors do, with its scheme: https://lab.example.org."
        found.append(Error(f"PUBLIC_URL is {settings.PUBLIC_URL!r}.", hint=hint, id="playground.E001"))
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in REDIS_SCHEMES:
        # Without its value, which may contain a password.
        hint = "Write redis://host:6379/0, or rediss:// where it speaks TLS."
        found.append(Error("REDIS_URL has no scheme that Redis knows.", hint=hint, id="playground.E002"))
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if "://" not in origin:
            hint = f"Write https://{origin}."
            found.append(Error(f"CSRF_TRUSTED_ORIGINS has {origin!r}.", hint=hint, id="playground.E003"))
    return found


@register()
def check_hosts(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"ALLOWED_HOSTS has {host!r}, which is no host name.",
            hint="Write names without scheme, port and path, with commas between them: lab.example.org,localhost.",
            id="playground.E008",
        )
        for host in settings.ALLOWED_HOSTS
        if "/" in host or " " in host or (host.rpartition(":")[2].isdecimal() and "]" not in host)
    ]


@register()
def check_data_dir(**_: Any) -> list[CheckMessage]:
    """Check that the folder can be written to, has room, and is readable by its owner only."""
    folder = Path(settings.DATA_DIR)
    if problem := find_data_dir_problem(folder):
        hint = "Make room there, or set DATA_DIR to a folder that this user may write to."
        return [Error(problem, hint=hint, id="playground.E007")]
    found: list[CheckMessage] = []
    if restricted := take_restricted():
        paths = ", ".join(restricted[:5]) + (", …" if len(restricted) > 5 else "")
        found.append(Info(f"Other users of this machine can no longer read {paths}.", id="playground.I001"))
    if os.name == "posix" and is_open(folder):
        hint = f"Run `chmod 700 {folder}`, or set DATA_DIR to a folder that holds nothing else."
        found.append(
            CheckWarning(f"Other users of this machine can read DATA_DIR, {folder}.", hint=hint, id="playground.W003")
        )
    return found


@register()
def check_names(**_: Any) -> list[CheckMessage]:
    """Find environment variables that are not read, although they look like a setting or were one."""
    found: list[CheckMessage] = [
        CheckWarning(
            f"The environment variable {name} is not read.", hint=f"Did you mean {similar}?", id="playground.W004"
        )
        for name, similar in find_misspelled(os.environ).items()
    ]
    found += [
        CheckWarning(
            f"The environment variable {name} is no longer read.", hint=f"{reason} Remove it.", id="playground.W006"
        )
        for name, reason in find_removed(os.environ).items()
    ]
    return found


@register()
def check_file_storage(**_: Any) -> list[CheckMessage]:
    """Check the name of the storage. Nothing is sent to it: `/readyz` checks whether it answers."""
    chosen = settings.STORAGES["default"]
    try:
        import_string(chosen["BACKEND"])
    except ImportError as error:
        hint = f"FILE_STORAGE is one of {', '.join(settings.FILE_STORAGES)}, or the class of any Django storage."
        return [Error(f"FILE_STORAGE cannot be used: {error}", hint=hint, id="playground.E004")]
    if chosen["BACKEND"] == settings.FILE_STORAGES["s3"]["BACKEND"] and not chosen["OPTIONS"]["bucket_name"]:
        hint = "Set S3_BUCKET to the name of the bucket that keeps the files."
        return [Error("FILE_STORAGE is s3, and no bucket is named.", hint=hint, id="playground.E005")]
    return []


@register(Tags.security, deploy=True)
def check_secret_key(**_: Any) -> list[CheckMessage]:
    """Check that a key is given. With a key for each machine, the sessions of one are invalid on another."""
    if settings.SECRET_KEY_IS_GIVEN:
        return []
    hint = "Set SECRET_KEY to at least 50 random characters, the same for all processes, and keep it out of the code."
    return [Error("SECRET_KEY was made for this machine alone.", hint=hint, id="playground.E006")]


@register(Tags.security, deploy=True)
def check_public_url(**_: Any) -> list[CheckMessage]:
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    hint = "Set PUBLIC_URL to the https:// address; cookies are then sent over https alone."
    return [CheckWarning("PUBLIC_URL is not an https address.", hint=hint, id="playground.W001")]


@register(Tags.security, deploy=True)
def check_metrics_token(**_: Any) -> list[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORTEST_TOKEN:
        return []
    hint = f"Set METRICS_TOKEN to at least {SHORTEST_TOKEN} random characters."
    return [CheckWarning("METRICS_TOKEN is short enough to be guessed.", hint=hint, id="playground.W005")]
