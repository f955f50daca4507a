"""Text that every database and file takes. Called where people's own words become values: specs, tables, messages."""

from __future__ import annotations

import re
from typing import Any

# PostgreSQL stores no NUL, and nobody encodes half of a surrogate pair. JSON lets both through.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def make_storable(value: Any) -> Any:
    """A JSON value whose text has U+FFFD, the replacement character, where there was what nobody can store."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {make_storable(key): make_storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_storable(item) for item in value]
    return value
