"""How a table's file is read. Absent options are detected; a description states all of them as they were used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class ReadingOptions(BaseModel):
    """The options of the one reader. Lines are counted from 1, as editors count them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = Field(default=None, max_length=40, description="Such as `utf-8`, `cp1252`, `shift_jis`.")
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="The character between cells; a space for any blanks."
    )
    decimal: Literal[".", ","] | None = Field(default=None, description="The decimal mark of numbers.")
    thousands: Literal["", ",", ".", " ", "'"] | None = Field(
        default=None, description="The mark between thousands; empty for none, a space for any kind of blank."
    )
    header_row: int | None = Field(
        default=None, ge=0, le=10_000_000, description="The line with the column names; 0 where there is none."
    )
    skip_rows: tuple[Annotated[int, Field(ge=1, le=1_000_000_000)], ...] | None = Field(
        default=None,
        max_length=10_000,
        description="Lines that are no observations: titles, units, repeated headers, totals. An empty list keeps all.",
    )
    comment: str | None = Field(
        default=None, max_length=3, description="Lines that begin with it are left out; empty for none."
    )
    missing: tuple[Annotated[str, StringConstraints(max_length=100)], ...] | None = Field(
        default=None,
        max_length=100,
        description="Texts that mean `no value` in every column, besides empty cells; an empty list reads all as text.",
    )
    sheet: str | None = Field(default=None, max_length=200, description="The sheet of a workbook; the first if absent.")


def apply_to_other_file(options: ReadingOptions | None) -> ReadingOptions | None:
    """Return the options for another file of the same kind: without numbers of lines, which are the first file's."""
    if options is None:
        return None
    lines: dict[str, None] = {"skip_rows": None}
    return options.model_copy(update=lines if options.header_row == 0 else {**lines, "header_row": None})
