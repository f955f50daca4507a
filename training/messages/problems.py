"""Problems of a spec or a table, with the changes of the spec that fix them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from training.messages.base import FrozenModel


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class PatchOperation(FrozenModel):
    """An operation of JSON Patch (RFC 6902) on the spec that was checked."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Any = None


class Choice(FrozenModel):
    """One of several solutions of a problem, between which the user has to decide."""

    label: str = Field(description="The solution in a few words.")
    fix: list[PatchOperation]


class Problem(FrozenModel):
    """An error, for which a run is refused, or a warning."""

    level: Level
    code: str
    where: str = Field(description="The field or item, such as `user_arch[2]`.")
    message: str = Field(description="One sentence that a beginner understands.")
    hint: str = ""
    fix: list[PatchOperation] = Field(
        default=[], description="Changes of the spec that fix the problem. Empty if none is known."
    )
    choices: list[Choice] = Field(default=[], description="Solutions of which the user has to choose one.")
