"""Who counts before they add must count one after the other, or two may find room for one."""

from __future__ import annotations

from django.db import connection


def take_turn(name: str) -> None:
    """Waits for its turn, which lasts until this transaction ends.

    SQLite needs nothing more: its transactions begin IMMEDIATE, so that there is one writer at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def share_turn(name: str) -> None:
    """Wait until no other transaction holds the turn (`take_turn`), and keep others from taking it until this one ends.

    Any number of transactions share a turn. On SQLite transactions exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])
