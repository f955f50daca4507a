"""Behaviour of DynamoDB alone: the content of an item, the number of requests, and failing requests."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections import Counter
from typing import Any, ClassVar
from unittest import mock

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from progress.checks import check_storage
from progress.exceptions import RecordFull, StorageUnavailable
from progress.records import QuestionKey
from progress.storage.dynamodb import ATTEMPTS, CONNECTIONS, DynamoDBStorage
from tests.server import find_free_port
from tests.stand_ins import AWS_ENVIRONMENT, StandIn, start_moto

KEY = QuestionKey("neurons", "layers", "how-many")


class Requests:
    """Counts the HTTP requests of a storage, and may answer some of them in the server's stead."""

    def __init__(self, storage: DynamoDBStorage) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[Any] = []
        storage._client.meta.events.register("before-send.dynamodb", self._hear)

    def _hear(self, request: Any, **_: Any) -> Any:
        self.counts[request.headers["X-Amz-Target"].decode().partition(".")[2]] += 1
        return self.faults.pop(0)(request) if self.faults else None


def throttle(request: Any) -> AWSResponse:
    kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    return answer(400, {"__type": kind, "message": "Too much."})


def lose_the_answer(request: Any) -> None:
    """Carry out a request on the server and drop the response."""
    response = URLLib3Session().send(request)
    assert response.status_code == 200, response.content
    raise ReadTimeoutError(endpoint_url=request.url)


def answer(status: int, content: dict[str, Any]) -> AWSResponse:
    class Body:
        def stream(self) -> list[bytes]:
            return [json.dumps(content).encode()]

    return AWSResponse("http://stand-in", status, {"Content-Type": "application/x-amz-json-1.0"}, Body())


class DynamoDBTests(SimpleTestCase):
    server: ClassVar[StandIn]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.enterClassContext(mock.patch.dict(os.environ, AWS_ENVIRONMENT))
        cls.server = start_moto()
        cls.addClassCleanup(cls.server.kill)

    def setUp(self) -> None:
        self.table = f"progress-{uuid.uuid4()}"
        self.storage = DynamoDBStorage(table=self.table, endpoint_url=self.server.url)
        self.storage.create_table()
        self.requests = Requests(self.storage)

    def item(self, user_id: str) -> dict[str, Any]:
        return self.storage._client.get_item(TableName=self.table, Key={"user_id": {"S": user_id}})["Item"]

    def test_an_award_is_one_request_and_one_that_was_given_before_too(self):
        self.assertTrue(self.storage.award("user:1", KEY, 10).was_new)
        self.assertEqual(self.requests.counts, {"UpdateItem": 1})
        self.assertFalse(self.storage.award("user:1", KEY, 10).was_new)
        self.assertEqual(self.requests.counts, {"UpdateItem": 2})

    def test_many_learners_are_read_by_the_hundred(self):
        self.storage.get_many([f"user:{number}" for number in range(250)])
        self.assertEqual(self.requests.counts, {"BatchGetItem": 3})
        self.storage.list_page()
        self.assertEqual(self.requests.counts, {"BatchGetItem": 3, "Scan": 1})

    def test_merging_a_hundred_questions_takes_few_requests(self):
        self.storage.merge("user:1", {QuestionKey("m", "s", f"q{number}"): 1 for number in range(100)})
        self.assertEqual(self.requests.counts, {"GetItem": 1, "UpdateItem": 3})

    def test_the_item_holds_a_number_for_each_question_section_and_module(self):
        self.storage.award("user:1", KEY, 10)
        self.storage.award("user:1", QuestionKey("neurons", "a/b %", "size"), 5)
        self.storage.merge("user:1", {QuestionKey("neurons", "layers", "why"): 3, QuestionKey("loss", "what", "is"): 2})
        item = self.item("user:1")
        self.assertEqual(item.pop("user_id"), {"S": "user:1"})
        self.assertRegex(item.pop("updated")["S"], r"^20\d\d-\d\d-\d\dT.*\+00:00$")
        self.assertEqual(len(item.pop("last_award")["S"]), 32)
        self.assertEqual(
            {name: value["N"] for name, value in item.items()},
            {
                "question/neurons/layers/how-many": "10",
                "question/neurons/layers/why": "3",
                "question/neurons/a%2Fb %25/size": "5",
                "question/loss/what/is": "2",
                "section/neurons/layers": "13",
                "section/neurons/a%2Fb %25": "5",
                "section/loss/what": "2",
                "module/neurons": "18",
                "module/loss": "2",
            },
        )

    def test_throttling_is_waited_out(self):
        self.requests.faults = [throttle, throttle]
        self.assertTrue(self.storage.award("user:1", KEY, 10).was_new)
        self.assertEqual(self.requests.counts, {"UpdateItem": 3})

    def test_throttling_without_end_is_an_outage(self):
        for ask in (
            lambda: self.storage.get("user:1"),
            lambda: self.storage.get_many(["user:1"]),
            lambda: self.storage.award("user:1", KEY, 10),
            lambda: self.storage.list_page(),
        ):
            self.requests.faults = [throttle] * ATTEMPTS
            with self.assertRaises(StorageUnavailable), self.assertLogs("progress"):
                ask()
        self.assertEqual(self.storage.get("user:1").points, 0)

    def test_an_award_whose_answer_was_lost_is_earned_once_and_by_this_award(self):
        self.requests.faults = [lose_the_answer]
        award = self.storage.award("user:1", KEY, 10)
        self.assertEqual(self.requests.counts, {"UpdateItem": 2})
        self.assertTrue(award.was_new)
        self.assertEqual(award.record.points, 10)
        self.assertEqual(self.item("user:1")["module/neurons"], {"N": "10"})

    def test_learners_who_were_left_unprocessed_are_asked_for_again(self):
        for number in range(9):
            self.storage.award(f"user:{number}", KEY, number)

        def leave(request: Any) -> AWSResponse:
            """All but the first, as DynamoDB does under load."""
            asked = json.loads(request.body)["RequestItems"][self.table]["Keys"]
            item = self.item(asked[0]["user_id"]["S"])
            unprocessed = {self.table: {"Keys": asked[1:], "ConsistentRead": True}}
            return answer(200, {"Responses": {self.table: [item]}, "UnprocessedKeys": unprocessed})

        self.requests.counts.clear()
        self.requests.faults = [leave, lambda request: None] * (ATTEMPTS + 2)  # None: for `item`, asked in between
        records = self.storage.get_many([f"user:{number}" for number in range(9)])
        self.assertEqual({name: record.points for name, record in records.items()}, {f"user:{n}": n for n in range(9)})
        self.assertEqual(self.requests.counts["BatchGetItem"], ATTEMPTS + 3)

    def test_learners_who_stay_unprocessed_are_an_outage(self):
        def leave_all(request: Any) -> AWSResponse:
            return answer(200, {"Responses": {}, "UnprocessedKeys": json.loads(request.body)["RequestItems"]})

        self.requests.faults = [leave_all] * ATTEMPTS
        with self.assertRaises(StorageUnavailable):
            self.storage.get_many(["user:1", "user:2"])

    def test_a_server_that_never_answers_is_an_outage_within_ten_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            storage = DynamoDBStorage(
                table=self.table, endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}", region="eu-central-1"
            )
            began = time.monotonic()
            with self.assertRaises(StorageUnavailable), self.assertLogs("progress"):
                storage.award("user:1", KEY, 10)
            self.assertLess(time.monotonic() - began, 10)

    def test_who_asks_while_all_connections_are_taken_waits_for_a_turn(self):
        leave, there = threading.Event(), threading.Semaphore(0)

        def linger(request: Any) -> None:
            there.release()
            self.assertTrue(leave.wait(30))

        self.requests.faults = [linger] * CONNECTIONS
        threads = [threading.Thread(target=self.storage.get, args=(f"user:{number}",)) for number in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for _ in threads:
            self.assertTrue(there.acquire(timeout=30))
        try:
            with (
                mock.patch("progress.storage.dynamodb.TURN_SECONDS", 0.05),
                self.assertRaises(StorageUnavailable),
                self.assertLogs("progress"),
            ):
                self.storage.get("user:1")
        finally:
            leave.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(self.storage.get("user:1").points, 0)

    def test_more_than_an_item_takes_is_said_and_leaves_what_is_there(self):
        wide = {QuestionKey("学" * 100, "学" * 100, f"{number:0>100}"): 1 for number in range(800)}
        with self.assertRaises(RecordFull):
            self.storage.merge("user:1", wide)
        record = self.storage.get("user:1")
        self.assertGreater(len(record.earned), 300)
        with self.assertRaises(RecordFull):
            self.storage.merge("user:1", wide)
        self.assertEqual(self.storage.get("user:1"), record)

    def test_refused_credentials_are_an_outage_too(self):
        def refuse(request: Any) -> AWSResponse:
            return answer(400, {"__type": "com.amazon.coral.service#UnrecognizedClientException", "message": "No."})

        self.requests.faults = [refuse]
        with self.assertRaises(StorageUnavailable), self.assertLogs("progress", "ERROR") as logs:
            self.storage.get("user:1")
        self.assertIn("UnrecognizedClientException", logs.output[0])


class SystemCheckTests(SimpleTestCase):
    """Faults that are found when the server starts, with a hint for the operator."""

    server: ClassVar[StandIn]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = start_moto()
        cls.addClassCleanup(cls.server.kill)

    def setUp(self) -> None:
        self.enterContext(mock.patch.dict(os.environ, AWS_ENVIRONMENT))

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        options = {"table": "userProgress", "endpoint_url": self.server.url, **options}
        description = {"BACKEND": "progress.storage.dynamodb.DynamoDBStorage", "OPTIONS": options}
        with override_settings(PROGRESS_STORAGE=description):
            return check_storage()

    def test_a_missing_table_is_an_error_and_one_that_is_there_is_none(self):
        (message,) = self.check(table="others")
        self.assertEqual((message.id, message.level), ("progress.E002", checks.ERROR))
        self.assertIn("create_progress_table", message.hint or "")
        self.assertTrue(DynamoDBStorage(table="mine", endpoint_url=self.server.url).create_table())
        self.assertFalse(DynamoDBStorage(table="mine", endpoint_url=self.server.url).create_table())
        self.assertEqual(self.check(table="mine"), [])

    def test_a_table_with_another_key_is_an_error(self):
        storage = DynamoDBStorage(table="wrong", endpoint_url=self.server.url)
        storage._client.create_table(
            TableName="wrong",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "uid", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "uid", "KeyType": "HASH"}],
        )
        (message,) = self.check(table="wrong")
        self.assertEqual(message.id, "progress.E002")
        with self.assertRaises(ImproperlyConfigured):
            storage.check()

    def test_an_unknown_option_is_an_error(self):
        (message,) = self.check(tabel="userProgress")
        self.assertEqual(message.id, "progress.E001")
        self.assertIn("tabel", message.msg)

    def test_a_server_out_of_reach_is_a_warning_and_soon(self):
        began = time.monotonic()
        (message,) = self.check(endpoint_url=f"http://127.0.0.1:{find_free_port()}")
        self.assertEqual((message.id, message.level), ("progress.W001", checks.WARNING))
        self.assertIn("Could not connect", message.msg)
        self.assertLess(time.monotonic() - began, 5)

    def test_a_name_that_no_table_can_have_is_an_error(self):
        for table in ("", "t", "user progress", "x" * 256):
            (message,) = self.check(table=table)
            self.assertEqual(message.id, "progress.E001")

    def test_an_endpoint_that_is_no_address_is_an_error(self):
        (message,) = self.check(endpoint_url="nonsense")
        self.assertEqual(message.id, "progress.E001")

    def test_a_missing_region_is_an_error_with_the_variable_that_sets_it(self):
        del os.environ["AWS_DEFAULT_REGION"]
        with mock.patch.dict(os.environ, AWS_CONFIG_FILE="/dev/null"):
            (message,) = self.check()
        self.assertEqual(message.id, "progress.E001")
        self.assertIn("AWS_DEFAULT_REGION", message.msg)

    def test_what_is_no_storage_is_an_error(self):
        for description in (
            {"BACKEND": "dynamo"},
            {"BACKEND": "progress.storage.redis.RedisStorage"},
            {"BACKEND": "progress.records.Record"},
            {"BACKEND": "progress.storage.orm.ORMStorage", "OPTIONS": {"table": "x"}},
            {"BACKEND": "progress.storage.orm.ORMStorage", "OPTION": {}},
            {},
        ):
            with self.subTest(description), override_settings(PROGRESS_STORAGE=description):
                (message,) = check_storage()
                self.assertEqual((message.id, message.level), ("progress.E001", checks.ERROR))
                self.assertTrue(message.hint)
