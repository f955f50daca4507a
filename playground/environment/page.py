"""The settings page of the documentation, built from the fields."""

from __future__ import annotations

from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from playground.environment.fields import Section
from playground.environment.reading import SECTIONS, list_fields

INTRODUCTION = """\
# Settings

Every setting is an environment variable. None is required: without any, the playground runs on one machine with SQLite,
files on disk and its own worker processes.

Variables can also be written into the file `.env` beside `manage.py`, one `NAME=value` a line. A variable of the
environment wins over the same one in the file. Git ignores the file. Keep it readable for its owner only
(`chmod 600 .env`). An example:

```ini
PUBLIC_URL=https://lab.example.org
ALLOWED_HOSTS=lab.example.org
DATABASE_URL=postgres://name:password@host:5432/name
EMAIL_BACKEND=smtp
EMAIL_HOST=mail.example.org
```

Switches are `1` or `0`. Lists have commas between their items. A blank value counts as unset. A server or worker does
not start with a value that it cannot use: it prints one line for each. Variables that look like a misspelled setting
or were settings in earlier versions cause a warning in the log. `python manage.py check` shows both.
"""


def build_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, *(_build_section(section) for section in SECTIONS)])


def _build_section(section: type[Section]) -> str:
    head = ["| setting | values | default | description |", "|---|---|---|---|"]
    rows = [_build_row(name, field) for name, field in list_fields(section)]
    introduction = " ".join((section.__doc__ or "").split())
    return "\n".join([f"## {section.title}", "", introduction, "", *head, *rows, ""])


def _build_row(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    description = str(field.description)
    if extra["needed"]:
        description += f" Needed {extra['needed']}."
    default = str(extra["shown"] or _format_default(field.default))
    return f"| `{name}` | {describe_values(name, field)} | {default} | {description} |"


def describe_values(name: str, field: FieldInfo) -> str:
    """Return the type of a setting with its unit and bounds, such as `seconds, 1 or more`."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if kind is bool:
        return "`1` or `0`"
    if kind is int:
        bounds = {type(each).__name__: each for each in field.metadata}
        least, most = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
        span = f"{least:,} to {most:,}" if most is not None else f"{least:,} or more"
        return f"{find_unit(name, field)}, {span}"
    if kind == list[str]:
        return "list"
    return "path" if NoneType in get_args(kind) else "text"


def find_unit(name: str, field: FieldInfo) -> str:
    """Return what a number counts: the unit of the field, or the last word of its name."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    last = name.rpartition("_")[2]
    return str(extra["unit"] or {"MB": "MB"}.get(last, last.lower()))


def _format_default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if isinstance(value, int):
        return f"{value:,}"
    text = ",".join(value) if isinstance(value, list) else str(value)
    return f"`{text}`" if text else "none"
