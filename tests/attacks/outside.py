"""Base class of attacks on and through the services outside of the server: one Redis and one PostgreSQL for all."""

from __future__ import annotations

from functools import cache
from multiprocessing.util import Finalize

from tests.attacks.cases import AttackTestCase
from tests.services import PostgreSQL, Redis


@cache
def find_redis() -> Redis:
    redis = Redis()
    Finalize(None, redis.close, exitpriority=5)  # after the server that uses it
    return redis


@cache
def find_postgres() -> PostgreSQL:
    postgres = PostgreSQL()
    Finalize(None, postgres.close, exitpriority=5)
    return postgres


class OutsideTestCase(AttackTestCase):
    """A server on Redis and PostgreSQL. A test that stops one starts it again."""

    redis: Redis
    postgres: PostgreSQL

    @classmethod
    def setUpClass(cls) -> None:
        cls.redis, cls.postgres = find_redis(), find_postgres()
        cls.environment = {"REDIS_URL": cls.redis.url, "DATABASE_URL": cls.postgres.url}
        super().setUpClass()
