"""What a setting is made of: the types of its value, and its default, description, unit and bounds."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_settings import NoDecode


def setting(
    default: Any,
    description: str,
    *,
    unit: str = "",
    least: int | None = None,
    most: int | None = None,
    needed: str = "",
    shown: str = "",
    is_secret: bool = False,
) -> Any:
    """Declare a setting.

    Parameters
    ----------
    default
        The value without a variable.
    description
        One or more sentences for operators, in Markdown.
    unit
        What a number counts, where the name does not say it.
    least, most
        The bounds of a number, inclusive.
    needed
        The condition under which an operator has to set it.
    shown
        How the documentation writes the default, where its value says too little.
    is_secret
        Whether error messages leave the value out.
    """
    extra: JsonDict = {"unit": unit, "needed": needed, "shown": shown, "is_secret": is_secret}
    return Field(default, description=description, ge=least, le=most, json_schema_extra=extra)


class Section(BaseModel):
    """Settings for one purpose. The docstring of a subclass is its introduction in the documentation."""

    model_config = ConfigDict(defer_build=True)  # only the class of all settings is built

    title: ClassVar[str]


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _split(value: Any) -> Any:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _check_database_url(value: str) -> str:
    import dj_database_url

    try:
        dj_database_url.parse(value)
    except ValueError:
        raise ValueError("an address such as postgres://name:password@host:5432/name") from None
    return value


Flag = Annotated[bool, BeforeValidator(_strip)]
"""1 or 0, and the other words that pydantic reads as true or false."""
Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]
"""Words with commas between them."""
DatabaseAddress = Annotated[str, AfterValidator(_check_database_url)]
