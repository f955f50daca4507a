"""Measure what one run costs on PostgreSQL, Redis and Celery, and what an award costs on DynamoDB.

playground/docs/capacity.md computes from these numbers how many machines many learners need.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, fields
from unittest import mock

import psutil
import psycopg
import redis

from tests.benchmarks.report import report
from tests.server import UVICORN, Server, Talk, Worker
from tests.services import PostgreSQL, Redis
from tests.stand_ins import AWS_ENVIRONMENT, start_dynalite

RUNS, IDLE_SECONDS = 100, 10
LESSON = {"default": "IRIS", "epochs": 100}
QUESTIONS = 100
SHOWN = (1, 20, 40, 100)  # of them
SIZE = "SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_stat_user_tables WHERE relname LIKE 'training_%'"
FILES = "SELECT coalesce(sum(size), 0) FROM training_artifact"
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Reading:
    """Of all meters at one moment: bytes, counts, seconds of a processor."""

    table_bytes: float
    file_bytes: float
    transactions: float
    redis_commands: float
    redis_bytes: float
    server_seconds: float
    worker_seconds: float

    def since(self, before: Reading) -> Reading:
        return Reading(*(getattr(self, each.name) - getattr(before, each.name) for each in fields(self)))


def measure() -> bool:
    _measure_runs()
    _measure_awards()
    return True


def _measure_runs() -> None:
    with ExitStack() as stack:
        broker, postgres = Redis(), PostgreSQL()
        stack.callback(broker.close)
        stack.callback(postgres.close)
        environment = {"REDIS_URL": broker.url, "DATABASE_URL": postgres.url, "TRAINING_ENGINE": "celery"}
        server = Server(command=UVICORN, TRAINING_WORKERS="2", TRAINING_MAX_RUNS_PER_OWNER="1000", **environment)
        stack.callback(server.close)
        worker = Worker(server).start()
        stack.callback(worker.kill)
        server.start()
        database = stack.enter_context(psycopg.connect(postgres.url, autocommit=True))
        messages = redis.Redis.from_url(broker.url)

        def read() -> Reading:
            database.execute("SELECT pg_stat_force_next_flush()")
            stats = messages.info("stats")
            counts = [float(database.execute(query).fetchone()[0]) for query in (SIZE, FILES, COMMITS)]  # type: ignore[index]
            redis_bytes = stats["total_net_input_bytes"] + stats["total_net_output_bytes"]
            return Reading(
                *counts,
                stats["total_commands_processed"],
                redis_bytes,
                _processor_seconds(server.pid),
                _processor_seconds(worker.pid),
            )

        with Talk(server) as talk:
            server.wait_until_compiled()
            before = read()
            time.sleep(IDLE_SECONDS)
            idle = read().since(before)
            before, began = read(), time.monotonic()
            for seed in range(RUNS):
                talk.send("runTraining", **LESSON, seed=seed)
                talk.receive_until("trainingArtifacts")
            seconds = time.monotonic() - began
        run = read().since(before)
        serving, working = (_memories(process.pid) for process in (server, worker))
    report(
        "the whole set, memory",
        f"server {sum(serving):.0f} MB; worker, {len(working)} processes, {sum(working):.0f} MB, the largest"
        f" {max(working):.0f}",
        "–",
        True,
    )
    report(
        f"the whole set, nobody there, for {IDLE_SECONDS} s",
        f"{idle.transactions / IDLE_SECONDS:.1f} transactions and {idle.redis_commands / IDLE_SECONDS:.0f} commands of"
        f" Redis a second; processors {idle.server_seconds / IDLE_SECONDS:.1%} server,"
        f" {idle.worker_seconds / IDLE_SECONDS:.1%} worker",
        "–",
        True,
    )
    share = seconds / IDLE_SECONDS  # of what would have been done anyway
    report(
        f"the whole set, {RUNS} runs of IRIS one after the other, each",
        f"{run.table_bytes / RUNS / 1e3:.0f} kB of tables and indexes, {run.file_bytes / RUNS / 1e3:.0f} kB of files;"
        f" {(run.transactions - share * idle.transactions) / RUNS:.0f} transactions;"
        f" {(run.redis_commands - share * idle.redis_commands) / RUNS:.0f} commands and"
        f" {(run.redis_bytes - share * idle.redis_bytes) / RUNS / 1e3:.0f} kB of Redis; processors"
        f" {1000 * (run.server_seconds - share * idle.server_seconds) / RUNS:.0f} ms server,"
        f" {1000 * (run.worker_seconds - share * idle.worker_seconds) / RUNS:.0f} ms worker",
        "–",
        True,
    )


def _processor_seconds(pid: int) -> float:
    """Of the process and all that it has started."""
    parent = psutil.Process(pid)
    times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _memories(pid: int) -> list[float]:
    """Return the memory in MB of the process and of its children. Shared memory is divided among its users (PSS)."""
    parent = psutil.Process(pid)
    return [process.memory_full_info().pss / 1e6 for process in (parent, *parent.children(recursive=True))]


def _measure_awards() -> None:
    """Of one learner, question by question: the item grows, and DynamoDB bills by its size."""
    from progress.records import QuestionKey
    from progress.storage.dynamodb import DynamoDBStorage

    server = start_dynalite()
    units: list[float] = []
    try:
        with mock.patch.dict(os.environ, AWS_ENVIRONMENT):
            storage = DynamoDBStorage(table="footprint", endpoint_url=server.url)
        storage.create_table()
        events = storage._client.meta.events

        def ask(params: dict[str, object], **_: object) -> None:
            params["ReturnConsumedCapacity"] = "TOTAL"

        def note(parsed: dict[str, dict[str, float]], **_: object) -> None:
            units.append(parsed["ConsumedCapacity"]["CapacityUnits"])

        events.register("provide-client-params.dynamodb.UpdateItem", ask)
        events.register("after-call.dynamodb.UpdateItem", note)
        for number in range(QUESTIONS):
            key = QuestionKey(f"module-{number // 20}", f"section-{number // 5}", f"question-{number}")
            storage.award("user:1", key, 10)
    finally:
        server.kill()
    shown = ", ".join(f"{units[number - 1]:g} for question {number}" for number in SHOWN)
    report("write units of DynamoDB an award", f"{shown}; mean {sum(units) / len(units):.1f}", "–", True)
