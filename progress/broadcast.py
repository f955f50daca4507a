"""The ONLY caller of the channel layer here: tells a learner's open sockets that what they have earned changed, or why
it did not.

A nudge carries no totals: whoever hears it reads the storage, so that of two awards the later total is shown last.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from playground.wire.groups import send_to_group, serve_from_this_loop
from progress.records import QuestionKey

__all__ = ["announce", "group_of", "serve_from_this_loop", "tell_tried"]


def announce(owner: str, key: QuestionKey | None = None, points: int = 0, *, but: str = "") -> None:
    """On commit. `key` and `points` are what was just earned, None after a merge or a reset; `but` is a channel."""
    message = {
        "type": "progress.changed",
        "earned": [key.module_id, key.section_id, key.question_id, points] if key else [],
        "but": but,
    }
    transaction.on_commit(lambda: send_to_group(group_of(owner), message))


def tell_tried(owner: str, key: QuestionKey, run_id: UUID, shortfalls: list[str]) -> None:
    """On commit: a run was tried on a lab, and fell short of it."""
    message = {
        "type": "progress.tried",
        "key": [key.module_id, key.section_id, key.question_id],
        "run_id": run_id.hex,
        "shortfalls": shortfalls,
    }
    transaction.on_commit(lambda: send_to_group(group_of(owner), message))


def group_of(owner: str) -> str:
    return f"progress.{owner.replace(':', '.')}"
