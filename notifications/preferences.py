"""What a user may set, and what is answered: values alone, for the socket and the form alike. Imports no Django."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

MAX_NAME = 60
MAX_ADDRESS = 254  # of RFC 5321's path, without its brackets


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def _parse_name(name: str) -> str:
    """Of the letters of any script, but nothing that breaks a line, hides, or turns the direction of what follows."""
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in name):
        raise PydanticCustomError("hidden_characters", "use letters and signs that can be seen")
    return " ".join(name.split())


class Preferences(BaseModel):
    """What is to change; what is absent or null stays as it is. Unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    display_name: Annotated[str, AfterValidator(_parse_name)] | None = Field(
        default=None, max_length=MAX_NAME, description="What you are called on your pages."
    )
    email: str | None = Field(
        default=None,
        max_length=MAX_ADDRESS,
        description="Where your e-mails go. It counts once you have followed the link that is sent there; empty: none.",
    )
    notify_when_finished: bool | None = Field(
        default=None, description="Whether every run of yours that ends is reported by e-mail."
    )
    theme: Theme | None = Field(default=None, description="Light, dark, or as the system says.")
    beginner_mode: bool | None = Field(
        default=None, description="Whether pages show the settings that are needed first, and the rest when asked."
    )


class CurrentSettings(BaseModel):
    """How things are set now."""

    model_config = ConfigDict(frozen=True)

    display_name: str = ""
    email: str = Field(default="", description="The confirmed address; empty while there is none.")
    pending_email: str = Field(default="", description="An address that is not confirmed yet.")
    notify_when_finished: bool = False
    theme: Theme = Theme.SYSTEM
    beginner_mode: bool = True
