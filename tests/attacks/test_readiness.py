"""/readyz answers 503 as long as one part that serving needs does not work, and tells a stranger nothing else."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
from typing import Any

import boto3
from django.test import SimpleTestCase

from tests.attacks.cases import ATTACKED, COMMANDS, AttackTestCase
from tests.server import Server, visit
from tests.services import Redis, needs_redis
from tests.stand_ins import AWS_ENVIRONMENT, start_moto

SECONDS = 60
PARTS = {"database", "migrations", "channel_layer", "broker", "engine", "files", "progress"}


def ask(server: Server) -> tuple[int, dict[str, Any]]:
    try:
        with visit(f"{server.url}/readyz") as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def wait_until(server: Server, status: int, **parts: str) -> dict[str, Any]:
    """Ask until the answer has this status, and these parts theirs. Return it."""
    deadline = time.monotonic() + SECONDS
    found: Any = None
    while time.monotonic() < deadline:
        try:
            found = ask(server)
        except OSError as error:  # it does not listen yet
            found = error
        else:
            states = {name: part["status"] for name, part in found[1]["checks"].items()}
            if found[0] == status and states.items() >= parts.items():
                return found[1]
        time.sleep(0.2)  # the answer is kept for a second
    raise AssertionError(f"{found}\n{server.log()}")


class MigrationTests(AttackTestCase):
    def edit(self, statement: str) -> None:
        self.server.manage(
            "shell",
            "--no-imports",
            "-c",
            f"from django.db import connection; connection.cursor().execute({statement!r})",
        )

    def test_a_database_without_a_migration_is_not_ready(self):
        wait_until(self.server, 200)
        move = "UPDATE django_migrations SET name = '{}' WHERE app = 'training' AND name = '{}'"
        self.edit(move.format("gone", "0001_initial"))
        try:
            report = wait_until(self.server, 503, migrations="failed", database="ok")
        finally:
            self.edit(move.format("0001_initial", "gone"))
        self.assertEqual(set(report["checks"]), PARTS)
        for part in report["checks"].values():
            self.assertEqual(set(part), {"status", "milliseconds"})
        wait_until(self.server, 200)

    def test_a_flood_of_questions_asks_the_parts_once_a_second(self):
        wait_until(self.server, 200)
        answers: list[str] = []

        def flood() -> None:
            for _ in range(20):
                with visit(f"{self.server.url}/readyz") as response:
                    answers.append(response.read().decode())

        began = time.monotonic()
        threads = [threading.Thread(target=flood) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # The milliseconds of each answer tell one round of checks from the next.
        self.assertEqual(len(answers), 100)
        self.assertLessEqual(len(set(answers)), time.monotonic() - began + 2)


@needs_redis
class ServiceTests(SimpleTestCase):
    """A server on S3, DynamoDB and Celery: each of them is missing or goes away."""

    def test_every_service_that_is_missing_is_found(self):
        moto, redis = start_moto(), Redis()
        self.addCleanup(moto.kill)
        self.addCleanup(redis.close)
        keys = {
            "aws_access_key_id": "a",
            "aws_secret_access_key": "b",
            "region_name": AWS_ENVIRONMENT["AWS_DEFAULT_REGION"],
        }
        s3, dynamodb = (boto3.client(name, endpoint_url=moto.url, **keys) for name in ("s3", "dynamodb"))
        environment = {
            "FILE_STORAGE": "s3",
            "S3_BUCKET": "no-such-bucket",
            "S3_ENDPOINT_URL": moto.url,
            "PROGRESS_STORAGE": "dynamodb",
            "DYNAMODB_ENDPOINT_URL": moto.url,
            "TRAINING_ENGINE": "celery",
            "REDIS_URL": redis.url,
            "NO_PROXY": "*",
            **AWS_ENVIRONMENT,
        }
        server = Server(command=COMMANDS[ATTACKED], **environment)
        self.addCleanup(server.close)
        server.manage("create_progress_table")
        server.launch()
        working = {"database": "ok", "migrations": "ok", "channel_layer": "ok", "broker": "ok", "progress": "ok"}
        wait_until(server, 503, files="failed", engine="failed", **working)
        s3.create_bucket(Bucket="no-such-bucket")
        wait_until(server, 503, files="ok", engine="failed", **working)
        self.assertEqual(s3.list_objects_v2(Bucket="no-such-bucket").get("Contents", []), [])
        for table in dynamodb.list_tables()["TableNames"]:
            dynamodb.delete_table(TableName=table)
        wait_until(server, 503, progress="failed", files="ok")
        redis.kill()
        report = wait_until(server, 503, broker="failed", channel_layer="failed", engine="failed", database="ok")
        for secret in ("no-such-bucket", moto.url, str(redis.port), "Error"):
            self.assertNotIn(secret, json.dumps(report))
