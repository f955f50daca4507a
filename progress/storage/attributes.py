"""The DynamoDB item of a learner: names of attributes, reading and writing. Does not import boto3.

`user_id` is the partition key, `updated` a time (ISO 8601, UTC), `last_award` the random id of the last award. All
other attributes are numbers: the points of each earned question under `question/<module>/<section>/<question>`, and
sums under `section/<module>/<section>` and `module/<module>`. In identifiers `%` is written `%25` and `/` is written
`%2F`, so names are unique. A name has at most 1.3 KB in UTF-8; DynamoDB allows 64 KB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from progress.records import QuestionKey, Record, get_key

USER_ID = "user_id"
UPDATED = "updated"
LAST_AWARD = "last_award"


def parse_item(item: Mapping[str, Mapping[str, Any]]) -> Record:
    """Return the record in a DynamoDB item (`{name: {"N": "10"}}`). Sums and unknown attributes are skipped."""
    earned: dict[QuestionKey, int] = {}
    for name, value in item.items():
        if (key := _find_key(name)) is not None:
            earned[key] = int(value["N"])
    updated = item.get(UPDATED)
    return Record(item[USER_ID]["S"], earned, datetime.fromisoformat(updated["S"]) if updated else None)


def express_award(earned: Mapping[QuestionKey, int], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts of an UpdateItem that sets questions and texts and adds to the sums, on condition that no
    question is set.

    All names are placeholders, since an attribute name may be a reserved word and may hold any character.
    """
    sums: Counter[str] = Counter()
    for key, points in earned.items():
        sums[_join("section", key.module_id, key.section_id)] += points
        sums[_join("module", key.module_id)] += points
    questions = {
        f"#q{number}": _join("question", key.module_id, key.section_id, key.question_id)
        for number, key in enumerate(earned)
    }
    others = {f"#t{number}": name for number, name in enumerate(texts)}
    totals = {f"#s{number}": name for number, name in enumerate(sums)}
    values = dict(zip(questions, map(_number, earned.values()), strict=True))
    values |= dict(zip(totals, map(_number, sums.values()), strict=True))
    values |= {name: {"S": text} for name, text in zip(others, texts.values(), strict=True)}
    sets = ", ".join(f"{name} = {_value(name)}" for name in (*questions, *others))
    adds = ", ".join(f"{name} {_value(name)}" for name in totals)
    return {
        "UpdateExpression": f"SET {sets} ADD {adds}",
        "ConditionExpression": " AND ".join(f"attribute_not_exists({name})" for name in questions),
        "ExpressionAttributeNames": questions | others | totals,
        "ExpressionAttributeValues": {_value(name): value for name, value in values.items()},
    }


def render_time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


@lru_cache(maxsize=20_000)
def _find_key(name: str) -> QuestionKey | None:
    kind, *identifiers = name.split("/")
    if kind != "question" or len(identifiers) != 3:
        return None
    return get_key(*(unquote(identifier) for identifier in identifiers))


def _join(kind: str, *identifiers: str) -> str:
    return "/".join([kind, *(identifier.replace("%", "%25").replace("/", "%2F") for identifier in identifiers)])


def _value(name: str) -> str:
    """Return the placeholder of the value of an attribute."""
    return name.replace("#", ":")


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
