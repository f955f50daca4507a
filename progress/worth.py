"""The points that questions give: read from the catalogue, and added up for a learner."""

from __future__ import annotations

from collections.abc import Mapping

from progress.models import Module, Question
from progress.records import QuestionKey, Record, get_key
from progress.totals import Totals


def read_worth(*, drafts: bool = False) -> dict[QuestionKey, int]:
    """Return the questions that count and their points, in the order of the catalogue. One query.

    With `drafts`, also the questions of modules that are not published.
    """
    questions = Question.objects.order_by(
        "section__module__order", "section__module__slug", "section__order", "section_id", "order", "pk"
    )
    if not drafts:
        questions = questions.filter(section__module__status=Module.Status.PUBLISHED)
    rows = questions.values_list("section__module__slug", "section__slug", "slug", "points")
    return {get_key(*place): points for *place, points in rows}


def add_up(record: Record, worth: Mapping[QuestionKey, int] | None = None) -> Totals:
    """Return a learner's totals. `worth` is what `read_worth` returned; it is read where absent."""
    return Totals(record, read_worth() if worth is None else worth)
