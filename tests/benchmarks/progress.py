"""Awards a second and their p99 on each storage of progress, requests per award of DynamoDB, and the gradebook.

In a process and a data folder of its own, since it needs Django's database: `python -m tests.benchmarks.progress`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tests.benchmarks import gradebook
from tests.benchmarks.report import report
from tests.server import ROOT
from tests.stand_ins import AWS_ENVIRONMENT, DYNALITE, StandIn, start_dynalite, start_moto

if TYPE_CHECKING:
    from progress.storage.base import ProgressStorage

LEARNERS = 50
QUESTIONS = 40
THREADS = 8


def measure() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **AWS_ENVIRONMENT, "DATA_DIR": folder, "LOG_LEVEL": "WARNING"}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "-m", "tests.benchmarks.progress"]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def _measure_all() -> bool:
    from progress.storage import get_named_storage

    held = [_measure("memory", get_named_storage("memory"), THREADS)]
    held += [_measure("SQLite, the default", get_named_storage("orm"), threads) for threads in (THREADS, 1)]
    if DYNALITE:
        held += [_measure_dynamodb("dynalite", start_dynalite, threads) for threads in (THREADS, 1)]
    else:
        held.append(report("awards in DynamoDB (dynalite)", "not measured: there is no dynalite here", "–", False))
    held.append(_measure_dynamodb("moto", start_moto, 1))  # which is not exact with more
    held.append(gradebook.measure_export("SQLite"))
    if DYNALITE:
        held.append(_measure_dynamodb_export())
    held.append(gradebook.measure_pages())  # last: it leaves ten thousand learners behind
    return all(held)


def _measure_dynamodb_export() -> bool:
    from django.conf import settings
    from django.test import override_settings

    from progress.storage import get_storage

    server = start_dynalite()
    options = {"table": "userProgress", "endpoint_url": server.url}
    try:
        with override_settings(PROGRESS_STORAGE={**settings.PROGRESS_STORAGES["dynamodb"], "OPTIONS": options}):
            storage: Any = get_storage()
            storage.create_table()
            pages = storage._client.get_paginator("scan")
            held = gradebook.measure_export(
                "DynamoDB (dynalite)", lambda: list(pages.paginate(TableName="userProgress"))
            )
    finally:
        server.kill()
    return held


def _measure_dynamodb(name: str, start: Callable[[], StandIn], threads: int) -> bool:
    from progress.storage.dynamodb import DynamoDBStorage

    server = start()
    try:
        storage = DynamoDBStorage(table="userProgress", endpoint_url=server.url)
        storage.create_table()
        asked: list[str] = []
        storage._client.meta.events.register("before-send.dynamodb", lambda request, **_: asked.append(request.url))
        held = _measure(f"DynamoDB ({name})", storage, threads, asked)
    finally:
        server.kill()
    return held


def _measure(name: str, storage: ProgressStorage, threads: int, asked: list[str] | None = None) -> bool:
    """`asked` grows with each request over the network."""
    from progress.records import QuestionKey

    awards = [
        (f"user:{threads}-{learner}", QuestionKey(f"m{question % 6}", f"s{question % 12}", f"q{question}"))
        for question in range(QUESTIONS)
        for learner in range(LEARNERS)
    ]
    times: list[float] = []

    def award(arguments: tuple[str, Any]) -> bool:
        began = perf_counter()
        was_new = storage.award(*arguments, 10).was_new
        times.append(perf_counter() - began)
        return was_new

    began = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        new = sum(pool.map(award, awards))
    total = perf_counter() - began
    requests = len(asked) / len(awards) if asked is not None else None
    p50, p99 = (1000 * statistics.quantiles(times, n=100)[rank - 1] for rank in (50, 99))
    kept = sum(len(record.earned) for page in storage.iterate() for record in page if f":{threads}-" in record.user_id)
    return report(
        f"{len(awards):,} awards, {name}, {threads} at once",
        f"{len(awards) / total:,.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        + (f", {requests:g} requests an award" if requests is not None else ""),
        "all kept" + (", 1 request an award" if requests is not None else ""),
        new == kept == len(awards) and requests in (None, 1),
    )


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    sys.exit(0 if _measure_all() else 1)
