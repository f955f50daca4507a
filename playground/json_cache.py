"""The serializer of the cache in Redis: JSON instead of Django's pickle. Named in `CACHES`.

Unpickling runs code that the bytes choose, so a server that unpickles what it reads from Redis belongs to everybody
who can write there.
"""

from __future__ import annotations

import json
import logging
from typing import Any

logger = logging.getLogger(__name__)


class JsonSerializer:
    """What the cache holds is JSON: text, numbers, true, false, null, and lists and objects of them."""

    def dumps(self, value: Any) -> bytes:
        """Return the value as JSON. Raises TypeError for what JSON cannot hold."""
        return json.dumps(value, allow_nan=False).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value, or None for bytes that are no JSON: as if nothing were cached."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            logger.warning("the cache holds something that is not JSON; it counts as absent")
            return None
