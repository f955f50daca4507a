"""System checks of the settings that every app shares: what `manage.py check` says before a server is started."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string

REDIS_SCHEMES = ("redis", "rediss", "unix")


@register()
def check_addresses(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    url = urlsplit(settings.PUBLIC_URL)
    if url.scheme not in ("http", "https") or not url.netloc:
        hint = "Write it as visitors do, with its scheme: https://lab.example.org."
        found.append(Error(f"PUBLIC_URL is {settings.PUBLIC_URL!r}.", hint=hint, id="playground.E001"))
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in REDIS_SCHEMES:
        # Without its text, which may hold a password.
        hint = "Write redis://host:6379/0, or rediss:// where it speaks TLS."
        found.append(Error("REDIS_URL has no scheme that Redis knows.", hint=hint, id="playground.E002"))
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if "://" not in origin:
            hint = f"Write https://{origin}."
            found.append(Error(f"CSRF_TRUSTED_ORIGINS has {origin!r}.", hint=hint, id="playground.E003"))
    return found


@register()
def check_file_storage(**_: Any) -> list[CheckMessage]:
    """Nothing is sent to it: `/readyz` says whether it answers."""
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
    """A key of each machine's own would sign out whoever meets another machine."""
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
