"""Limits new guest sessions per network address. Otherwise visits without cookies would fill the table of sessions."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.cache import cache

HOUR = 3_600  # seconds

logger = logging.getLogger(__name__)


def may_begin_session(address: str) -> bool:
    """Count a new session. Return whether it may be stored.

    address: a key of `hash_address`. While the cache does not answer, every session may be stored.
    """
    key = f"newcomers.{address}"
    try:
        cache.add(key, 0, HOUR)
        return cache.incr(key) <= settings.GUEST_SESSIONS_PER_ADDRESS_PER_HOUR
    except ValueError:  # the key expired between the two calls
        return True
    except Exception:  # each cache has errors of its own
        logger.warning("new sessions cannot be counted", exc_info=True)
        return True
