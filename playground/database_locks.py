"""Named locks in the database, for transactions that count rows before they add one.

Two such transactions at once might both find room for one row. SQLite needs no lock: its transactions begin IMMEDIATE,
so it has one writer at a time.
"""

from __future__ import annotations

from django.db import connection


def lock(name: str) -> None:
    """Wait until no other transaction holds the lock, and hold it until this transaction ends."""
    _execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name)


def lock_shared(name: str) -> None:
    """Wait until no other transaction holds the lock exclusively, and share it until this transaction ends.

    Any number of transactions share a lock. Meanwhile `lock` waits.
    """
    _execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", name)


def _execute(statement: str, name: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, [name])
