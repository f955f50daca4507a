"""System checks of the settings of training. Registered when the app is ready."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from training.engines.base import ENGINES

BROKERS = ("redis", "rediss", "sqs")


@register()
def check_engine(**_: Any) -> list[CheckMessage]:
    if settings.TRAINING_ENGINE in ENGINES:
        return []
    hint = f"It is one of {', '.join(ENGINES)}."
    return [Error(f"TRAINING_ENGINE is {settings.TRAINING_ENGINE!r}.", hint=hint, id="training.E001")]


@register()
def check_celery(**_: Any) -> list[CheckMessage]:
    if settings.TRAINING_ENGINE != "celery":
        return []
    found: list[CheckMessage] = []
    if not settings.REDIS_URL:
        hint = "Set REDIS_URL, such as redis://localhost:6379/0: answers and broadcasts of the workers come through it."
        found.append(Error("TRAINING_ENGINE is celery, and there is no Redis.", hint=hint, id="training.E003"))
    elif urlsplit(settings.CELERY_BROKER_URL).scheme not in BROKERS and not _is_misspelled_redis():
        hint = "Write redis://…, rediss://… or sqs://, or leave CELERY_BROKER_URL unset for REDIS_URL."
        found.append(Error("CELERY_BROKER_URL names no broker that is known.", hint=hint, id="training.E004"))
    return found


def _is_misspelled_redis() -> bool:
    """Return whether the broker's address is REDIS_URL without a scheme, which the project's checks report."""
    return settings.CELERY_BROKER_URL == settings.REDIS_URL and "://" not in settings.REDIS_URL


@register()
def check_networks(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for network in settings.LINK_NETWORKS:
        try:
            ip_network(network)
        except ValueError as error:
            hint = "Write networks with their length, as 10.1.0.0/16 or fd00::/8, and commas between them."
            found.append(Error(f"LINK_NETWORKS: {error}.", hint=hint, id="training.E002"))
    return found


@register()
def check_ports(**_: Any) -> list[CheckMessage]:
    wrong = [port for port in settings.LINK_PORTS if not (port.isdecimal() and 0 < int(port) < 65_536)]
    hint = "Write port numbers with commas between them, as 80,443."
    return [Error(f"LINK_PORTS: {port!r} is not a port.", hint=hint, id="training.E005") for port in wrong]
