"""Export the gradebook as CSV, line by line. Called by the admin."""

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
from progress.worth import add_up, read_worth

CHUNK = 400  # learners per storage request and per chunk of the response
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NOT_COUNTED = "not counted"
BYTE_ORDER_MARK = "\ufeff"  # Excel needs the byte order mark to read UTF-8


def stream_csv(
    request: HttpRequest, learners: QuerySet[Learner], columns: Sequence[Column], name: str, module_id: str = ""
) -> Any:
    """Return a streaming download. Memory use does not depend on the number of learners."""
    chunks = build_chunks(learners, columns, module_id)
    content = _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def build_chunks(learners: QuerySet[Learner], columns: Sequence[Column], module_id: str = "") -> Iterator[str]:
    """Yield CSV text: a header line, a line of possible points, then one line per learner.

    The column "points" is the total of the module, or of all modules. The last column has the points that no total
    counts, of all modules. Raises StorageUnavailable, also after the first lines.
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
    """Return text with a leading apostrophe if a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" \n").startswith(FORMULA_STARTS) else text


class _Echo:
    """File-like object for csv.writer whose `write` returns the line, so that `writerow` returns it too."""

    def write(self, text: str) -> str:
        return text


async def _in_threads(chunks: Iterator[str]) -> AsyncIterator[str]:
    while (chunk := await sync_to_async(lambda: next(chunks, None))()) is not None:
        yield chunk
