"""Leases: the exclusive right of one worker to a row of a queue, for a limited time.

A row has the fields `worked_by`, `lease_until` and `attempts`. A worker claims it by one conditional UPDATE, which
succeeds for one of several concurrent workers. The token in `worked_by` is new for every claim. So a worker whose lease
has expired no longer finds the row by its token once another worker has claimed the row.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import Error, close_old_connections, connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

Claim = TypeVar("Claim")

logger = logging.getLogger(__name__)


def claim(rows: QuerySet[Any], worker: str, seconds: float, **fields: Any) -> str | None:
    """Claim a row. Return the token, or None if another worker was faster.

    Parameters
    ----------
    rows
        One row, filtered by the condition under which it is free. Empty if the row is not free any more.
    worker
        Name of the worker, for people who look into the table. The token begins with it.
    seconds
        Duration of the lease.
    fields
        Other fields to change in the same UPDATE.
    """
    token = f"{worker}:{uuid.uuid4().hex[:12]}"
    changes = {"worked_by": token, "lease_until": compute_expiry(seconds), "attempts": F("attempts") + 1, **fields}
    return token if rows.update(**changes) else None


def renew(rows: QuerySet[Any], seconds: float) -> int:
    """Extend the leases of these rows. Return their number."""
    return rows.update(lease_until=compute_expiry(seconds))


def give_back(rows: QuerySet[Any], **fields: Any) -> int:
    """End the leases of these rows, and change other fields in the same UPDATE. Return the number of rows."""
    return rows.update(**{"worked_by": "", "lease_until": None, **fields})


def expire(rows: QuerySet[Any]) -> int:
    """Let the leases of these rows expire now. Return their number."""
    return renew(rows, -1)


def has_expired() -> Q:
    """Return the condition that the lease of a row has expired."""
    return Q(lease_until__lt=timezone.now())


def is_free() -> Q:
    """Return the condition that a row has no lease, or an expired one."""
    return Q(lease_until=None) | has_expired()


def compute_expiry(seconds: float) -> datetime:
    """Return the end of a lease that begins now."""
    return timezone.now() + timedelta(seconds=seconds)


class LeaseKeeper(Generic[Claim]):
    """Renews the leases that this process holds, in one thread for all of them.

    Parameters
    ----------
    renew
        Renews the leases of some claims.
    find_interval
        Returns the seconds between renewals.
    """

    def __init__(self, renew: Callable[[Iterable[Claim]], Any], find_interval: Callable[[], float]) -> None:
        self._renew = renew
        self._find_interval = find_interval
        self._held: set[Claim] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def hold(self, claim: Claim) -> Iterator[None]:
        """Renew the lease of this claim until the block ends."""
        with self._lock:
            self._held.add(claim)
            # After a fork, the child process does not have the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(claim)

    def _run(self) -> None:
        """Renew all held leases again and again. Ends when none is held at the time of a renewal."""
        timer = threading.Event()  # never set
        while True:
            timer.wait(self._find_interval())
            with self._lock:
                held = self._held.copy()
                if not held:
                    self._thread = None
                    break
            try:
                close_old_connections()
                self._renew(held)
            except Error:
                logger.exception("leases could not be renewed")
                connection.close()
        connection.close()
