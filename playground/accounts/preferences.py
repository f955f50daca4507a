"""User settings as values: what a client may change, and what the server answers. Imports no Django."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from playground.theme import Theme

MAX_NAME = 60
MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1: 256 characters with the angle brackets


def _parse_name(name: str) -> str:
    """Return the name with single spaces. Refuse characters that break lines, are invisible or change direction."""
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in name):
        raise PydanticCustomError("hidden_characters", "use visible letters and signs only")
    return " ".join(name.split())


class Preferences(BaseModel):
    """Changes of user settings. A field that is absent or null stays as it is. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    display_name: Annotated[str, AfterValidator(_parse_name)] | None = Field(
        default=None, max_length=MAX_NAME, description="The name that your pages show."
    )
    email: str | None = Field(
        default=None,
        max_length=MAX_ADDRESS,
        description="Your e-mail address. A link is sent there; e-mails go to the address once the link is opened. "
        "Empty: no address.",
    )
    notify_when_finished: bool | None = Field(
        default=None, description="Whether an e-mail reports each of your runs when it ends."
    )
    theme: Theme | None = Field(default=None, description="Light, dark, or as your device is set.")
    beginner_mode: bool | None = Field(
        default=None, description="Whether pages show only the basic settings until you ask for all."
    )


class CurrentSettings(BaseModel):
    """The settings of a user, with defaults for what was never set."""

    model_config = ConfigDict(frozen=True)

    display_name: str = ""
    email: str = Field(default="", description="The confirmed address; empty if there is none.")
    pending_email: str = Field(default="", description="An address that is not confirmed yet.")
    notify_when_finished: bool = False
    theme: Theme = Theme.SYSTEM
    beginner_mode: bool = True
