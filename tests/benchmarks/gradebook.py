"""How long the gradebook takes: its first page with more and more learners, and its export beside a bare scan.

Called by progress.py, in the process that has Django's database to itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.benchmarks.report import median_ms, report, time_of

SIZES = (100, 1_000, 10_000)
REPEATS = 5
EXPORTED = 1_000  # learners
QUESTIONS = 100  # that each of them has earned
PAGE_MS = 500
EXPORT_SECONDS = 2.0
FACTOR = 1.5
LIST = "/admin/progress/learner/"


def measure_pages() -> bool:
    """On the storage in use."""
    held = [_measure_page(size) for size in SIZES]  # all of them, whatever the first says
    return all(held)


def _measure_page(size: int) -> bool:
    _fill(size)
    client = _sign_in()
    client.get(LIST)
    page = median_ms(time_of(lambda: client.get(LIST)) for _ in range(REPEATS))
    by_points = median_ms(time_of(lambda: client.get(LIST, {"o": "-2"})) for _ in range(REPEATS))
    return report(
        f"gradebook, {size:,} learners, median of {REPEATS}",
        f"{page:.0f} ms, sorted by points {by_points:.0f} ms",
        f"at most {PAGE_MS} ms",
        max(page, by_points) <= PAGE_MS,
    )


def measure_export(name: str, scan: Callable[[], Any] | None = None) -> bool:
    """On the storage in use; `scan` reads all its items and makes nothing of them."""
    learners = _fill(EXPORTED)
    client = _sign_in()
    lines = 0

    def export() -> None:
        nonlocal lines
        lines = b"".join(client.get(f"{LIST}export/questions/").streaming_content).count(b"\n")  # type: ignore[union-attr]

    took = min(time_of(export) for _ in range(3))
    limit = EXPORT_SECONDS if scan is None else FACTOR * min(time_of(scan) for _ in range(3))
    return report(
        f"gradebook as CSV, {EXPORTED:,} learners × {QUESTIONS} questions, {name}",
        f"{took:.2f} s" + (f", a bare scan {limit / FACTOR:.2f} s" if scan else ""),
        f"at most {FACTOR} times the scan" if scan else f"at most {EXPORT_SECONDS:g} s",
        took <= limit and lines > learners,
    )


def _fill(size: int) -> int:
    """So many learners who have earned something, in the storage in use."""
    from django.contrib.auth.models import User

    from progress import gradebook, standings
    from progress.records import QuestionKey
    from progress.storage import get_storage

    there = User.objects.filter(username__startswith="learner").count()
    User.objects.bulk_create(User(username=f"learner{number}") for number in range(there, size))
    storage = get_storage()
    columns = gradebook.list_questions()
    keys = [QuestionKey(column.module_id, column.section_id, column.question_id) for column in columns]
    keys += [QuestionKey("more", f"s{number % 5}", f"q{number}") for number in range(QUESTIONS - len(keys))]
    owners = [f"user:{pk}" for pk in User.objects.filter(username__startswith="learner").values_list("pk", flat=True)]
    for number, (owner, record) in enumerate(storage.get_many(owners).items()):
        if not record.earned:
            # All have all that the export is to hold; of more learners each has some, as in a real school.
            some = keys if number < EXPORTED else keys[number % 7 :: 7]
            storage.merge(owner, dict.fromkeys(some, 10))
    standings.rebuild(storage)
    return len(owners)


def _sign_in() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    teacher = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("teacher")
    client = Client(headers={"host": "localhost"})
    client.force_login(teacher)
    return client
