"""Read and write the earlier system's records (a `uid` and a `progressData` JSON string each) for the commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from progress.records import MODULE_TOTAL, SECTION_TOTAL, QuestionKey, Record, parse_wire
from progress.totals import Totals

MAX_UID_LENGTH = 100
PROGRESS, NOT_COUNTED = "progressData", "notCounted"


@dataclass(frozen=True)
class Entry:
    """One learner of a file.

    `problem` says why the entry cannot be imported. `totals_differ` is True if the file's totals are not the sums of
    its questions.
    """

    uid: str
    earned: dict[QuestionKey, int]
    problem: str = ""
    totals_differ: bool = False


def read_entries(path: Path) -> list[Entry]:
    """Return the entries of a JSON array, of JSON lines, or of the output of `aws dynamodb scan` or an export to S3.

    Raises ValueError for other content, OSError if the file cannot be read.
    """
    return [_parse_entry(number, row) for number, row in enumerate(_read_rows(path.read_text("utf-8-sig")), start=1)]


def render_entry(totals: Totals) -> str:
    """Return one line of JSON. Points that no total counts are in a separate field, so that none is lost."""
    entry = {"uid": totals.record.user_id, PROGRESS: _render(totals.counted)}
    if totals.uncounted.earned:
        entry[NOT_COUNTED] = _render(totals.uncounted)
    return json.dumps(entry)


def _render(record: Record) -> str:
    return json.dumps(record.to_wire(), ensure_ascii=False)


def _read_rows(text: str) -> list[Any]:
    if not text.strip():
        raise ValueError("It is empty.")
    try:
        content = json.loads(text)
    except ValueError:
        lines = (line for line in text.splitlines() if line.strip())
        return [json.loads(line) for line in lines]
    if isinstance(content, dict):
        content = content.get("Items", [content])
    if not isinstance(content, list):
        raise ValueError("There are no records in it.")
    return content


def _parse_entry(number: int, row: Any) -> Entry:
    uid = f"record {number}"
    try:
        fields = _plain(row)
        if "uid" not in fields or PROGRESS not in fields:
            raise ValueError("It lacks a uid or a progressData.")
        if not isinstance(fields["uid"], str) or not 1 <= len(fields["uid"]) <= MAX_UID_LENGTH:
            raise ValueError(f"Its uid is not text of 1 to {MAX_UID_LENGTH} characters.")
        uid = fields["uid"]
        progress, earned = _parse_part(fields[PROGRESS], PROGRESS)
        _, uncounted = _parse_part(fields.get(NOT_COUNTED, "{}"), NOT_COUNTED)
    except ValueError as error:  # JSONDecodeError is a ValueError
        return Entry(uid, {}, problem=str(error))
    return Entry(uid, uncounted | earned, totals_differ=not _sums_up(progress, Record(uid, earned)))


def _parse_part(text: Any, name: str) -> tuple[Any, dict[QuestionKey, int]]:
    """Return a JSON string as it is, and parsed as points per question. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"Its {name} is not a JSON string.")
    progress = json.loads(text)
    return progress, parse_wire(progress)


def _plain(row: Any) -> dict[str, Any]:
    """Return the fields without DynamoDB's type wrappers: `{"uid": {"S": "…"}}` -> `{"uid": "…"}`."""
    if isinstance(row, dict) and isinstance(row.get("Item"), dict):
        row = row["Item"]
    if not isinstance(row, dict):
        raise ValueError("It is not a JSON object.")
    return {
        name: value["S"] if isinstance(value, dict) and set(value) == {"S"} else value for name, value in row.items()
    }


def _sums_up(progress: dict[str, Any], record: Record) -> bool:
    """Return whether the totals in the file are the sums of its questions."""
    for module_id, module in progress.items():
        points = record.module_points(module_id)
        if module.get(MODULE_TOTAL, points) != points:
            return False
        for section_id in module.keys() - {MODULE_TOTAL}:
            points = record.section_points(module_id, section_id)
            if module[section_id].get(SECTION_TOTAL, points) != points:
                return False
    return True
