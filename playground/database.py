"""Whether the database answers and has every migration. Asked when a server starts, and by /readyz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@contextmanager
def open_cursor() -> Iterator[CursorWrapper]:
    """Yield a cursor of a new connection: one that is kept could still work where new ones do not."""
    with closing(_connect()) as fresh, fresh.cursor() as cursor:
        yield cursor


def list_unapplied_migrations() -> list[str]:
    """Return `app.name` of each migration of the code that the database lacks. Raises DatabaseError."""
    with closing(_connect()) as fresh:
        applied = set(MigrationRecorder(fresh).applied_migrations())
    return [
        f"{app}.{name}"
        for (app, name), replaced in _list_migrations()
        if (app, name) not in applied and not (replaced and applied.issuperset(replaced))
    ]


def find_database_problem() -> str:
    """Return one line that says what is wrong and what to do, or an empty text."""
    try:
        unapplied = list_unapplied_migrations()
    except DatabaseError as error:
        reason = str(error).strip().split("\n")[0]
        return f"The database cannot be used: {reason}. Start it, or correct DATABASE_URL."
    if unapplied:
        some = ", ".join(unapplied[:3]) + (", …" if len(unapplied) > 3 else "")
        return f"The database lacks {len(unapplied)} migrations ({some}). Run `python manage.py migrate`."
    return ""


def _connect() -> BaseDatabaseWrapper:
    return connections.create_connection(DEFAULT_DB_ALIAS)


@cache
def _list_migrations() -> list[tuple[tuple[str, str], Sequence[tuple[str, str]]]]:
    """Return the key of each migration in the code, with the keys of those that it replaces."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return [
        (key, migration.replaces) for key, migration in sorted(loader.disk_migrations.items()) if key not in replaced
    ]
