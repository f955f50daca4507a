"""The contract of playground.py on what a laptop has, and on what a university has."""

from __future__ import annotations

from typing import ClassVar

from tests.contracts.playground import PlaygroundContract, RunContract
from tests.services import PostgreSQL, Redis, needs_postgres, needs_redis


class LaptopTests(RunContract):
    """Nothing but Python: SQLite, memory, files, processes of the server."""


class Elsewhere(PlaygroundContract):
    """Redis for the channel layer, the cache, and where there is one the broker."""

    redis: ClassVar[Redis]

    @classmethod
    def setUpClass(cls) -> None:
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.close)
        cls.environment = {**cls.environment, "REDIS_URL": cls.redis.url}
        super().setUpClass()


class OnPostgreSQL(PlaygroundContract):
    postgres: ClassVar[PostgreSQL]

    @classmethod
    def setUpClass(cls) -> None:
        cls.postgres = PostgreSQL()
        cls.addClassCleanup(cls.postgres.close)
        cls.environment = {**cls.environment, "DATABASE_URL": cls.postgres.url}
        super().setUpClass()


@needs_redis
class CeleryTests(Elsewhere, RunContract):
    """Celery beside SQLite and files."""

    environment: ClassVar[dict[str, str]] = {"TRAINING_ENGINE": "celery"}
    has_worker: ClassVar[bool] = True


@needs_redis
@needs_postgres
class UniversityTests(OnPostgreSQL, Elsewhere, RunContract):
    """Celery, PostgreSQL, Redis."""

    environment: ClassVar[dict[str, str]] = {"TRAINING_ENGINE": "celery"}
    has_worker: ClassVar[bool] = True


@needs_redis
@needs_postgres
class DepartmentTests(OnPostgreSQL, Elsewhere, RunContract):
    """The server's own workers, PostgreSQL, Redis."""
