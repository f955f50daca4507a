"""Keep progress in a DynamoDB table, one item per learner (see attributes.py). The only module of the app that uses
boto3.

An item holds at most 400 KB. That is about 5,000 questions with short identifiers, and at least 300 with the longest.
Beyond that an award raises RecordFull.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError
from django.core.exceptions import ImproperlyConfigured

from progress.exceptions import RecordFull, StorageUnavailable
from progress.records import Award, Page, QuestionKey, Record
from progress.storage.attributes import (
    LAST_AWARD,
    UPDATED,
    USER_ID,
    express_award,
    parse_item,
    render_time,
)
from progress.storage.base import PAGE_LIMIT, ProgressStorage

logger = logging.getLogger(__name__)

# A person waits for the answer: three attempts of two seconds each.
TIMEOUT_SECONDS = 2
ATTEMPTS = 3
# More concurrent requests would queue at the server, where their timeout runs. Here they wait before it starts.
CONNECTIONS = 20
TURN_SECONDS = 10
BATCH_SIZE = 100  # largest number of keys of BatchGetItem
BATCHES_AT_ONCE = 4
# An UpdateItem expression has at most 4 KB. This many questions need at most half of it; moto fails at twice as many.
QUESTIONS_PER_UPDATE = 40


class DynamoDBStorage(ProgressStorage):
    """Storage in which each award is one conditional UpdateItem: atomic, idempotent, without a read. Reads are
    consistent.
    """

    def __init__(self, *, table: str, endpoint_url: str | None = None, region: str | None = None) -> None:
        """Connect to the table. AWS's default chain finds a region and credentials that are not given."""
        if not re.fullmatch(r"[\w.-]{3,255}", table, re.ASCII):
            raise ImproperlyConfigured(f"{table!r} is no DynamoDB table: 3 to 255 letters, digits, dots, _ and -.")
        self._table = table
        self._endpoint_url = endpoint_url
        self._region = region
        self._client = self._build_client(ATTEMPTS)
        self._turns = threading.BoundedSemaphore(CONNECTIONS)

    def get(self, user_id: str) -> Record:
        item = self._find_item(user_id)
        return parse_item(item) if item else Record(user_id)

    def get_many(self, user_ids: Collection[str]) -> dict[str, Record]:
        wanted = list(dict.fromkeys(user_ids))
        batches = [wanted[start : start + BATCH_SIZE] for start in range(0, len(wanted), BATCH_SIZE)]
        with ThreadPoolExecutor(BATCHES_AT_ONCE) as pool:  # read one page while the next is requested
            items = [item for batch in pool.map(self._get_batch, batches) for item in batch]
        found = {record.user_id: record for record in map(parse_item, items)}
        return {user_id: found.get(user_id) or Record(user_id) for user_id in wanted}

    def award(self, user_id: str, key: QuestionKey, points: int) -> Award:
        return self._earn(user_id, {key: points}, datetime.now(UTC))

    def merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None = None) -> Record:
        record = self.get(user_id)
        while missing := [key for key in earned if key not in record.earned]:
            some = {key: earned[key] for key in missing[:QUESTIONS_PER_UPDATE]}
            times = [moment for moment in (record.updated, when or datetime.now(UTC)) if moment]
            # If another call earned one of them meanwhile, the record shows which.
            record = self._earn(user_id, some, max(times)).record
        return record

    def list_page(self, cursor: str | None = None, limit: int = PAGE_LIMIT) -> Page:
        start = {"ExclusiveStartKey": _key(cursor)} if cursor is not None else {}
        with self._turn():
            answer = self._client.scan(TableName=self._table, Limit=limit, ConsistentRead=True, **start)
        last = answer.get("LastEvaluatedKey")
        return Page(tuple(parse_item(item) for item in answer["Items"]), last[USER_ID]["S"] if last else None)

    def reset(self, user_id: str) -> None:
        with self._turn():
            self._client.delete_item(TableName=self._table, Key=_key(user_id))

    def count(self) -> int:
        with self._turn():
            pages = self._client.get_paginator("scan").paginate(TableName=self._table, Select="COUNT")
            return sum(page["Count"] for page in pages)

    def check(self) -> None:
        try:
            with _answering():
                described = self._build_client(attempts=1).describe_table(TableName=self._table)["Table"]
        except StorageUnavailable as error:
            if _code(error.__cause__) == "ResourceNotFoundException":
                raise ImproperlyConfigured(f"DynamoDB has no table {self._table!r}.") from error
            raise
        if described["KeySchema"] != _SCHEMA["KeySchema"]:
            raise ImproperlyConfigured(f"The DynamoDB table {self._table!r} has another key than {USER_ID} alone.")

    def create_table(self) -> bool:
        """Create the table, billed per request, and wait until it is ready. Return False if it exists."""
        with self._turn():
            try:
                self._client.create_table(TableName=self._table, BillingMode="PAY_PER_REQUEST", **_SCHEMA)
                made = True
            except self._client.exceptions.ResourceInUseException:
                made = False
            waiter = self._client.get_waiter("table_exists")
            waiter.wait(TableName=self._table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return made

    def __str__(self) -> str:
        return f"table {self._table} at {self._client.meta.endpoint_url}"

    def _find_item(self, user_id: str) -> dict[str, Any] | None:
        with self._turn():
            answer = self._client.get_item(TableName=self._table, Key=_key(user_id), ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _earn(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime) -> Award:
        """Award all of these questions, or none if one of them is already earned."""
        this_award = uuid4().hex
        try:
            with self._turn():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **express_award(earned, {UPDATED: render_time(when), LAST_AWARD: this_award}),
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Some emulators do not return the item.
            item = error.response.get("Item") or self._find_item(user_id) or _key(user_id)
            # The award was new if its response was lost on the network and the client sent it again.
            return Award(parse_item(item), was_new=item.get(LAST_AWARD) == {"S": this_award})
        return Award(parse_item(answer["Attributes"]), was_new=True)

    def _get_batch(self, user_ids: list[str]) -> list[dict[str, Any]]:
        """Return the items of at most 100 learners. Unprocessed keys are requested again, with increasing delays."""
        request = {self._table: {"Keys": [_key(user_id) for user_id in user_ids], "ConsistentRead": True}}
        items: list[dict[str, Any]] = []
        idle = 0  # rounds without a result; other rounds may continue, since a large answer comes in parts
        while request:
            with self._turn():
                answer = self._client.batch_get_item(RequestItems=request)
            some = answer["Responses"].get(self._table, [])
            items += some
            request = answer.get("UnprocessedKeys") or {}
            idle = 0 if some else idle + 1
            if request and idle >= ATTEMPTS:
                raise StorageUnavailable("Progress cannot be read just now: too much is asked of its storage.")
            if request:
                time.sleep(random.uniform(0.5, 1) * 0.1 * 2**idle)
        return items

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a free connection, and convert errors of a request into the app's errors."""
        if not self._turns.acquire(timeout=TURN_SECONDS):
            logger.error("DynamoDB has %s requests under way, and none ended in %s s.", CONNECTIONS, TURN_SECONDS)
            raise StorageUnavailable("Progress cannot be reached just now.")
        try:
            with _answering():
                yield
        except StorageUnavailable as error:
            logger.error("DynamoDB did not do as asked: %s", error.__cause__)
            raise
        finally:
            self._turns.release()

    def _build_client(self, attempts: int) -> Any:
        config = Config(
            connect_timeout=TIMEOUT_SECONDS,
            read_timeout=TIMEOUT_SECONDS,
            retries={
                "mode": "standard",
                "total_max_attempts": attempts,
            },  # retries throttling and outages, with backoff
            max_pool_connections=CONNECTIONS,
        )
        # boto3's default session is not safe for building clients in several threads.
        session = boto3.session.Session(region_name=self._region)
        try:
            return session.client("dynamodb", endpoint_url=self._endpoint_url, config=config)
        except NoRegionError as error:
            raise ImproperlyConfigured("DynamoDB needs a region: set AWS_DEFAULT_REGION.") from error
        except (BotoCoreError, ValueError) as error:  # for example an endpoint that is not a URL
            raise ImproperlyConfigured(f"DynamoDB cannot be used like this: {error}") from error


_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": USER_ID, "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": USER_ID, "KeyType": "HASH"}],
}


@contextmanager
def _answering() -> Iterator[None]:
    """Convert errors of DynamoDB and the network into the app's errors. A failed condition is raised unchanged."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code == "ConditionalCheckFailedException":
            raise
        if code == "ValidationException" and "Item size" in str(error):
            raise RecordFull("There is no room for more progress of this learner.") from error
        if code == "ValidationException":
            raise  # a mistake in this module
        raise StorageUnavailable("Progress cannot be reached just now.") from error
    except BotoCoreError as error:
        raise StorageUnavailable("Progress cannot be reached just now.") from error


def _code(error: BaseException | None) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _key(user_id: str) -> dict[str, dict[str, str]]:
    return {USER_ID: {"S": user_id}}
