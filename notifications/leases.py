"""Keeps the claims of this process from lapsing while their messages are on their way. Called by delivery."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator

from django.db import Error, close_old_connections, connection

from notifications import outbox

logger = logging.getLogger(__name__)

_held: set[outbox.Claim] = set()
_lock = threading.Lock()
_keeper: threading.Thread | None = None


@contextlib.contextmanager
def holding(claim: outbox.Claim) -> Iterator[None]:
    """Renews the claim's lease, in a thread that all of this process share, for as long as the block takes."""
    global _keeper
    with _lock:
        _held.add(claim)
        # Not alive after a fork, say: then another is started.
        if _keeper is None or not _keeper.is_alive():
            _keeper = threading.Thread(target=_keep, name="mail-leases", daemon=True)
            _keeper.start()
    try:
        yield
    finally:
        with _lock:
            _held.discard(claim)


def _keep() -> None:
    """Ends when nothing has been held for a while."""
    global _keeper
    pause = threading.Event()  # never set: it only waits
    while True:
        pause.wait(outbox.LEASE_SECONDS / 4)
        with _lock:
            held = _held.copy()
            if not held:
                _keeper = None
                break
        try:
            close_old_connections()
            outbox.renew(held)
        except Error:
            logger.exception("the leases of mail could not be renewed")
            connection.close()
    connection.close()
