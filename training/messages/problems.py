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
    """One operation of JSON Patch (RFC 6902) on the spec that was checked."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Any = None


class Choice(FrozenModel):
    """One of several ways to settle a problem that only the user can decide."""

    label: str = Field(description="What this choice means, in a few words.")
    fix: list[PatchOperation]


class Problem(FrozenModel):
    """Something to mend (`error`: the run would be refused) or to think about (`warning`)."""

    level: Level
    code: str
    where: str = Field(description="The field or item, such as `user_arch[2]`.")
    message: str = Field(description="One sentence that a beginner understands.")
    hint: str = ""
    fix: list[PatchOperation] = Field(
        default=[], description="Apply these to the spec to mend it; empty if nothing fits."
    )
    choices: list[Choice] = Field(
        default=[], description="Where the user has to decide: the ways to settle it, one to be applied."
    )
