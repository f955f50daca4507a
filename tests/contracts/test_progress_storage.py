"""The contract of progress_storage.py, on every storage of progress there is; DynamoDB on two stand-ins."""

from __future__ import annotations

import os
import uuid
from typing import ClassVar
from unittest import mock

from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase

from progress.records import QuestionKey
from progress.storage import get_named_storage
from progress.storage.dynamodb import DynamoDBStorage
from tests.contracts.progress_storage import OutageContract, RaceContract, StorageContract
from tests.stand_ins import AWS_ENVIRONMENT, StandIn, needs_dynalite, start_dynalite, start_moto


class MemoryStorageTests(RaceContract, StorageContract, SimpleTestCase):
    def setUp(self) -> None:
        self.storage = get_named_storage("memory")


class ORMStorageTests(RaceContract, OutageContract, StorageContract, TransactionTestCase):
    def setUp(self) -> None:
        self.storage = get_named_storage("orm")

    def break_storage(self) -> None:
        def rename(old: str, new: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

        rename("progress_earned", "progress_gone")
        self.addCleanup(rename, "progress_gone", "progress_earned")

    def test_what_is_read_takes_as_many_queries_for_many_learners_as_for_one(self):
        for number in range(30):
            self.storage.award(f"user:{number}", QuestionKey("m", "s", f"q{number % 4}"), 10)
        for learners in (1, 30):
            with self.assertNumQueries(1):
                self.storage.get_many([f"user:{number}" for number in range(learners)])
            with self.assertNumQueries(2):
                self.storage.list_page(limit=learners)


class DynamoDBContract(OutageContract, StorageContract, SimpleTestCase):
    """A table of its own for each test, on one server for all of a class; a server that a test broke is replaced."""

    server: ClassVar[StandIn | None]

    @classmethod
    def start_server(cls) -> StandIn:
        raise NotImplementedError

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = None
        cls.addClassCleanup(cls.stop_server)
        cls.enterClassContext(mock.patch.dict(os.environ, AWS_ENVIRONMENT))

    @classmethod
    def stop_server(cls) -> None:
        if cls.server is not None:
            cls.server.kill()
            cls.server = None

    def setUp(self) -> None:
        if self.server is None:
            type(self).server = self.start_server()
        assert self.server is not None
        self.storage = DynamoDBStorage(table=f"progress-{uuid.uuid4()}", endpoint_url=self.server.url)
        self.assertTrue(self.storage.create_table())

    def break_storage(self) -> None:
        self.stop_server()


@needs_dynalite
class DynaliteTests(RaceContract, DynamoDBContract):
    @classmethod
    def start_server(cls) -> StandIn:
        return start_dynalite()


class MotoTests(DynamoDBContract):
    """Without the races: moto is not atomic under concurrent writers."""

    @classmethod
    def start_server(cls) -> StandIn:
        return start_moto()


del DynamoDBContract  # so that it is not collected by itself
