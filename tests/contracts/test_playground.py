"""The contracts on what a laptop has, a department, a university, and a university at Amazon's."""

from __future__ import annotations

from typing import ClassVar

import boto3

# Modules and not their classes, which would be found here as tests on nothing in particular.
from tests.contracts import continuity, playground, runs
from tests.server import UVICORN
from tests.services import PostgreSQL, Redis, needs_postgres, needs_redis
from tests.stand_ins import AWS_ENVIRONMENT, start_moto

BUCKET = "lab-files"


class LaptopTests(runs.RunContract, continuity.LossContract):
    """Nothing but Python: SQLite, memory, files, processes of the server."""


class Elsewhere(playground.PlaygroundContract):
    """Redis for the channel layer, the cache, and where there is no other the broker. uvicorn serves."""

    command: ClassVar[tuple[str, ...]] = UVICORN
    redis: ClassVar[Redis]

    @classmethod
    def setUpClass(cls) -> None:
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.close)
        cls.environment = {**cls.environment, "REDIS_URL": cls.redis.url}
        super().setUpClass()


class OnPostgreSQL(playground.PlaygroundContract):
    postgres: ClassVar[PostgreSQL]

    @classmethod
    def setUpClass(cls) -> None:
        cls.postgres = PostgreSQL()
        cls.addClassCleanup(cls.postgres.close)
        cls.environment = {**cls.environment, "DATABASE_URL": cls.postgres.url}
        super().setUpClass()


class AtAmazon(playground.PlaygroundContract):
    """Files in a bucket. moto stands in."""

    @classmethod
    def setUpClass(cls) -> None:
        moto = start_moto()
        cls.addClassCleanup(moto.kill)
        secret = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        boto3.client("s3", endpoint_url=moto.url, region_name="us-east-1", **secret).create_bucket(Bucket=BUCKET)
        files = {"FILE_STORAGE": "s3", "S3_BUCKET": BUCKET, "S3_ENDPOINT_URL": moto.url, "NO_PROXY": "*"}
        cls.environment = {**cls.environment, **AWS_ENVIRONMENT, **files, "AWS_ENDPOINT_URL_SQS": moto.url}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        assert not (cls.server.data_dir / "files").exists(), "a file is on the disk"


@needs_redis
class CeleryTests(Elsewhere, runs.RunContract, continuity.LossContract, continuity.SharedContract):
    """Celery beside SQLite and files."""

    environment: ClassVar[dict[str, str]] = {"TRAINING_ENGINE": "celery"}
    has_worker: ClassVar[bool] = True


@needs_redis
@needs_postgres
class UniversityTests(
    AtAmazon, OnPostgreSQL, Elsewhere, runs.RunContract, continuity.LossContract, continuity.SharedContract
):
    """Celery, PostgreSQL, Redis, S3."""

    environment: ClassVar[dict[str, str]] = {"TRAINING_ENGINE": "celery"}
    has_worker: ClassVar[bool] = True


@needs_redis
class QueueServiceTests(AtAmazon, Elsewhere, playground.CoreContract):
    """Celery whose messages go through SQS; answers still come back through Redis."""

    environment: ClassVar[dict[str, str]] = {"TRAINING_ENGINE": "celery", "CELERY_BROKER_URL": "sqs://"}
    has_worker: ClassVar[bool] = True


@needs_redis
@needs_postgres
class DepartmentTests(OnPostgreSQL, Elsewhere, runs.RunContract, continuity.LossContract, continuity.SharedContract):
    """The server's own workers, PostgreSQL, Redis."""
