"""The gradebook as CSV, line by line, for spreadsheets. Called by the admin."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from progress import services
from progress.gradebook import Column
from progress.models import Learner

CHUNK = 400  # learners a request to the storage, and a piece of the answer
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # or else Excel reads names as if they were not UTF-8


def stream_csv(request: HttpRequest, learners: QuerySet[Learner], columns: Sequence[Column], name: str) -> Any:
    """A download that starts at once and is never whole in memory, however many learners there are."""
    chunks = build_chunks(learners, columns)
    content = _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def build_chunks(learners: QuerySet[Learner], columns: Sequence[Column]) -> Iterator[str]:
    """CSV text: a line of names, then one for each learner. Raises StorageUnavailable, also in the middle."""
    writer = csv.writer(_Echo())
    titles = [defuse(column.title) for column in columns]
    head = ["learner", "name", "e-mail", "last activity", "points", *titles]
    out_of = ["", "", "", "out of", sum(column.points for column in columns), *(column.points for column in columns)]
    yield BYTE_ORDER_MARK + writer.writerow(head) + writer.writerow(out_of)
    rest = learners.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rest, CHUNK)):
        records = services.read_many([learner.owner for learner in chunk])
        lines = []
        for learner in chunk:
            record = records[learner.owner]
            earned = [column.share_of(record).part for column in columns]
            who = [defuse(text) for text in (learner.get_username(), learner.get_full_name(), learner.email)]
            active = learner.active.isoformat(timespec="seconds") if learner.active else ""
            lines.append(writer.writerow([*who, active, sum(earned), *earned]))
        yield "".join(lines)


def defuse(text: str) -> str:
    """Text that a spreadsheet would run as a formula, made text again by an apostrophe in front."""
    return f"'{text}" if text.lstrip(" \n").startswith(FORMULA_STARTS) else text


class _Echo:
    """What csv.writer writes to: `writerow` returns what this returns."""

    def write(self, text: str) -> str:
        return text


async def _in_threads(chunks: Iterator[str]) -> AsyncIterator[str]:
    while (chunk := await sync_to_async(lambda: next(chunks, None))()) is not None:
        yield chunk
