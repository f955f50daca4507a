"""Read all settings of operators from the environment and from `.env`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from playground.environment.fields import Section
from playground.environment.mail import Mail, MailPolicy
from playground.environment.server import Accounts, Address, Log, Metrics, Requests, Sockets
from playground.environment.storage import Database, Files, Progress, Retention
from playground.environment.training import Engine, Tables, TrainingLimits

ENV_FILE: Path | None = Path(__file__).resolve().parents[2] / ".env"
"""The file with variables. None: there is none, as in tests."""
LONGEST = 60
"""Characters of a wrong value that an error message quotes."""


class WrongSettings(ImproperlyConfigured):
    """Values of settings that cannot be used. `lines` has one message for each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Environment(
    Address,
    Accounts,
    Database,
    Files,
    Retention,
    Engine,
    TrainingLimits,
    Tables,
    Progress,
    Mail,
    MailPolicy,
    Sockets,
    Requests,
    Log,
    Metrics,
    BaseSettings,
):
    """All settings."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", validate_default=False, defer_build=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_blank(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A blank variable counts as unset."""
        return {name: value for name, value in values.items() if not isinstance(value, str) or value.strip()}


SECTIONS = tuple(base for base in Environment.__bases__ if issubclass(base, Section))
"""The sections in the order of the documentation, which is the order of the base classes."""


def read_environment() -> Environment:
    """Return the settings. A variable of the environment wins over the same variable in `.env`.

    The variables in `.env` are added to the environment of this process, so that libraries such as boto3, and the
    processes that this one starts, see them too.
    Raises WrongSettings, or ImproperlyConfigured if `.env` cannot be read.
    """
    for name, value in _read_file(ENV_FILE).items():
        os.environ.setdefault(name, value)
    try:
        return Environment()
    except ValidationError as error:
        lines = sorted(_explain(details) for details in error.errors(include_url=False))
    raise WrongSettings(lines)  # outside of the block, since the cause would show secret values


def list_fields(section: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the name and the field of each setting of a section."""
    yield from section.model_fields.items()


def _read_file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        # Without interpolation: a password may contain `${`.
        values = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error}. Correct it, or delete it.") from None
    return {name: value for name, value in values.items() if value is not None}


def _explain(details: ErrorDetails) -> str:
    """Return a line that names the variable, its value unless it is secret, and what to write instead."""
    name = str(details["loc"][0])
    field = Environment.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    given = "" if extra["is_secret"] else f" is {os.environ.get(name, '')[:LONGEST]!r}, and"
    return f"The environment variable {name}{given} has to be {_describe_values(details, field)}."


def _describe_values(details: ErrorDetails, field: FieldInfo) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "greater_than_equal":
            return f"{context['ge']} or more"
        case "less_than_equal":
            return f"{context['le']} or less"
        case "bool_parsing":
            return "1 or 0"
        case "literal_error":
            return f"one of {context['expected'].replace(' or ', ', ')}".replace("'", "")
        case "value_error":
            return str(context["error"])
        case _:
            return f"a whole number, such as {field.default}"
