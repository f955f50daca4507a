"""Tell a learner's open sockets that earned points changed, or why a lab run earned none.

This is the ONLY module of the app that calls the channel layer. A message carries no totals. Each socket reads them
from the storage, so that the newest totals are shown last.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from playground.wire.groups import send_to_group, serve_from_this_loop
from progress.records import QuestionKey

__all__ = ["announce", "group_of", "serve_from_this_loop", "tell_tried"]


def announce(owner: str, key: QuestionKey | None = None, points: int = 0, *, but: str = "") -> None:
    """Notify the learner's sockets on commit that earned points changed.

    `key` and `points` are what was just earned. They are None after a merge or a reset. The channel `but` is not
    notified.
    """
    message = {
        "type": "progress.changed",
        "earned": [key.module_id, key.section_id, key.question_id, points] if key else [],
        "but": but,
    }
    transaction.on_commit(lambda: send_to_group(group_of(owner), message))


def tell_tried(owner: str, key: QuestionKey, run_id: UUID, shortfalls: list[str]) -> None:
    """Notify the learner's sockets on commit that a run was tried on a lab and did not meet its requirement."""
    message = {
        "type": "progress.tried",
        "key": [key.module_id, key.section_id, key.question_id],
        "run_id": run_id.hex,
        "shortfalls": shortfalls,
    }
    transaction.on_commit(lambda: send_to_group(group_of(owner), message))


def group_of(owner: str) -> str:
    return f"progress.{owner.replace(':', '.')}"
