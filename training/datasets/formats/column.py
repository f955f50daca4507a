"""A column's format, whatever its kind; written to and read from JSON, for the files of a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from training.datasets.formats.dates import DateFormat
from training.datasets.formats.durations import DurationFormat
from training.datasets.formats.labels import LabelFormat
from training.datasets.formats.numeric import NumberFormat

ColumnFormat = Annotated[NumberFormat | DateFormat | DurationFormat | LabelFormat, Field(discriminator="kind")]
_FORMATS: TypeAdapter[dict[str, ColumnFormat]] = TypeAdapter(dict[str, ColumnFormat])


def write_formats(formats: dict[str, ColumnFormat]) -> str:
    return _FORMATS.dump_json(formats, exclude_defaults=False).decode()


def parse_formats(text: str) -> dict[str, ColumnFormat]:
    return _FORMATS.validate_json(text)


def get_unit(form: ColumnFormat | None) -> str | None:
    """Return the unit of a column of numbers, None where it has none."""
    if isinstance(form, NumberFormat | DurationFormat):
        return form.unit or None
    return None
