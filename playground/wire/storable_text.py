"""Text that every database and file accepts. Called for all text of users: specs, tables, messages."""

from __future__ import annotations

import re
from typing import Any

# PostgreSQL refuses NUL, and UTF-8 cannot encode half of a surrogate pair. JSON permits both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def make_storable(value: Any) -> Any:
    """Return a JSON value in whose text U+FFFD replaces each character that cannot be stored."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {make_storable(key): make_storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_storable(item) for item in value]
    return value
