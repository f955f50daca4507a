"""JSON serializer for the Redis cache, instead of Django's pickle. Named in `CACHES`.

Unpickling runs code that the bytes contain. With pickle, every client that can write to Redis could control the server.
"""

from __future__ import annotations

import json
import logging
from typing import Any

logger = logging.getLogger(__name__)


class JsonSerializer:
    """Serializer of JSON values: text, numbers, true, false, null, and lists and objects of them."""

    def dumps(self, value: Any) -> bytes:
        """Return the value as JSON. Raises TypeError for a value that JSON does not have."""
        return json.dumps(value, allow_nan=False).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value. Invalid JSON gives None, as if nothing were cached."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            logger.warning("the cache holds something that is not JSON; it counts as absent")
            return None
