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
from progress.records import Record
from progress.totals import add_up, read_worth

CHUNK = 400  # learners a request to the storage, and a piece of the answer
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NOT_COUNTED = "not counted"
BYTE_ORDER_MARK = "\ufeff"  # or else Excel reads names as if they were not UTF-8


def stream_csv(
    request: HttpRequest, learners: QuerySet[Learner], columns: Sequence[Column], name: str, module_id: str = ""
) -> Any:
    """Return a download that starts at once and is never whole in memory, however many learners there are."""
    chunks = build_chunks(learners, columns, module_id)
    content = _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def build_chunks(learners: QuerySet[Learner], columns: Sequence[Column], module_id: str = "") -> Iterator[str]:
    """Yield CSV text: a line of names, one of possible points, then one for each learner.

    The column "points" is the total of the module, or of all. The last column has the points that do not count, of all
    modules. Raises StorageUnavailable, also in the middle.
    """
    worth = read_worth()
    shown = [Column("points", module_id), *columns]
    writer = csv.writer(_Echo())
    titles = [defuse(column.title) for column in columns]
    head = ["learner", "name", "e-mail", "last activity", "points", *titles, NOT_COUNTED]
    nobody = add_up(Record(""), worth)
    out_of = ["", "", "", "out of", *(column.share_of(nobody).whole for column in shown), ""]
    yield BYTE_ORDER_MARK + writer.writerow(head) + writer.writerow(out_of)
    rest = learners.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rest, CHUNK)):
        records = services.read_many([learner.owner for learner in chunk])
        lines = []
        for learner in chunk:
            totals = add_up(records[learner.owner], worth)
            earned = [column.share_of(totals).part for column in shown]
            who = [defuse(text) for text in (learner.get_username(), learner.get_full_name(), learner.email)]
            active = learner.active.isoformat(timespec="seconds") if learner.active else ""
            lines.append(writer.writerow([*who, active, *earned, totals.uncounted.points]))
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
