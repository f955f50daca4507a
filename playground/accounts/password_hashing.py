"""Password checks, with a bound on how many run at once. Each hash keeps a core busy for about half a second.

Two bounds hold for each process: HASHES_AT_ONCE in all, and ATTEMPTS_PER_ADDRESS attempts at once
from one network address. An attempt that finds no place within WAIT_SECONDS is refused and not counted.

`reserve_core` is held for the hash alone, never during a query: otherwise a slow database would use up the
places of all addresses.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.models import User

HASHES_AT_ONCE = max(1, (os.cpu_count() or 1) - 1)  # passwords that one process checks at once
ATTEMPTS_PER_ADDRESS = 2  # passwords that one process checks at once for one network address
WAIT_SECONDS = 10  # that an attempt waits for each of these two places


class TooManyHashes(Exception):
    """No place was free in time. The password was not checked."""


@dataclass
class _Address:
    """The attempts of one network address. `users`: threads that use its places or wait for one."""

    places: threading.Semaphore
    users: int = 0


_cores = threading.Semaphore(HASHES_AT_ONCE)
_addresses: dict[str, _Address] = {}
_lock = threading.Lock()


def check_password(user: User | None, password: str) -> bool:
    """Return whether this is the user's password. Takes the same time if there is no user.

    Like `AbstractBaseUser.check_password`, it stores a new hash if the settings of the hash have changed.
    Raises TooManyHashes.
    """
    with reserve_core():
        if user is None:
            make_password(password)
            return False
        is_right, is_outdated = verify_password(password, user.password)
        if is_right and is_outdated:
            user.password = make_password(password)
    if is_right and is_outdated:
        user.save(update_fields=["password"])
    return is_right


@contextmanager
def reserve_core() -> Iterator[None]:
    """Hold one of the places for a hash. Raises TooManyHashes."""
    if not _cores.acquire(timeout=WAIT_SECONDS):
        raise TooManyHashes
    try:
        yield
    finally:
        _cores.release()


@contextmanager
def reserve_attempt(address: str) -> Iterator[None]:
    """Hold one of the places of a network address. Only attempts of this address wait for it. Raises TooManyHashes."""
    with _lock:
        entry = _addresses.get(address)
        if entry is None:
            entry = _Address(threading.Semaphore(ATTEMPTS_PER_ADDRESS))
            _addresses[address] = entry
        entry.users += 1
    try:
        if not entry.places.acquire(timeout=WAIT_SECONDS):
            raise TooManyHashes
        try:
            yield
        finally:
            entry.places.release()
    finally:
        with _lock:
            entry.users -= 1
            if not entry.users:
                del _addresses[address]
