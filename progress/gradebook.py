"""Read learners' progress for staff: columns and sorting of the gradebook, one learner, one question.

Called by the admin, which has checked the permissions. Points come from the storage through services.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from progress import services
from progress.catalogue import CHOICE_KINDS
from progress.models import Attempt, Learner, Module, Question, Section, Standing
from progress.records import get_key
from progress.totals import Share, Totals
from progress.worth import add_up, read_worth

SHOWN_TRIES = 20  # attempts shown of one learner at one question
SHOWN_ANSWERS = 30  # different answers shown for one question


@dataclass(frozen=True)
class Column:
    """A column of the gradebook: all modules, one module, one section, or one question."""

    title: str
    module_id: str = ""
    section_id: str = ""
    question_id: str = ""

    def share_of(self, totals: Totals) -> Share:
        """Return the points that a learner has earned in this column, and the possible points."""
        return totals.of(self.module_id, self.section_id, self.question_id)


@dataclass(frozen=True)
class QuestionLine:
    """One question on a learner's page. `tries` are the newest attempts. `earned` is None if nothing is earned."""

    question: Question
    earned: int | None
    attempts: int
    tries: list[Attempt]


@dataclass(frozen=True)
class SectionLines:
    title: str
    share: Share
    questions: list[QuestionLine]


@dataclass(frozen=True)
class ModuleLines:
    title: str
    share: Share
    sections: list[SectionLines]


@dataclass(frozen=True)
class AnswerCount:
    """One answer, how often it was given, and the number of attempts at the question."""

    answer: str
    correct: bool
    times: Share


def list_modules() -> list[Column]:
    """Return the published modules in their order. One query."""
    modules = Module.objects.filter(status=Module.Status.PUBLISHED)
    return [Column(title, slug) for title, slug in modules.values_list("title", "slug")]


def list_sections(module_id: str) -> list[Column]:
    """Return the sections of a published module in their order. One query."""
    sections = Section.objects.filter(module__slug=module_id, module__status=Module.Status.PUBLISHED)
    return [Column(title, module_id, slug) for title, slug in sections.values_list("title", "slug")]


def list_questions(module_id: str = "") -> list[Column]:
    """Return the questions that count, of one module or of all. One query."""
    keys = [key for key in read_worth() if module_id in ("", key.module_id)]
    places = [(key.module_id, key.section_id, key.question_id) for key in keys]
    return [Column(" / ".join(place), *place) for place in places]


def with_standings(learners: QuerySet[Learner], module_id: str = "") -> QuerySet[Learner]:
    """Return learners with `points` and `active`, in one module or in all. Staff are included once they have progress.

    `points` are those of published modules, as in every total. `active` covers all modules.
    """
    standings = Standing.objects.filter(user_id=OuterRef("pk")).order_by()
    if module_id:
        standings = standings.filter(module_id=module_id)
    counted = standings.filter(
        module_id__in=Module.objects.filter(status=Module.Status.PUBLISHED).order_by().values("slug")
    )
    return learners.annotate(  # type: ignore[no-redef]
        points=Coalesce(Subquery(counted.values("user_id").annotate(total=Sum("points")).values("total")), Value(0)),
        active=Subquery(standings.values("user_id").annotate(last=Max("active")).values("last")),
    ).filter(Q(is_staff=False) | Q(pk__in=Standing.objects.values("user_id")))


def describe_learner(learner: Learner) -> tuple[Totals, list[ModuleLines]]:
    """Return what one learner earned and tried in the published modules, per question."""
    totals = add_up(services.read_many([learner.owner])[learner.owner])
    tries: defaultdict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(owner=learner.owner).order_by("-number"):
        tries[attempt.question_id].append(attempt)
    modules = []
    for module in Module.objects.filter(status=Module.Status.PUBLISHED).prefetch_related("sections__questions"):
        sections = []
        for section in module.sections.all():
            lines = [
                QuestionLine(
                    question=question,
                    earned=totals.counted.earned.get(get_key(module.slug, section.slug, question.slug)),
                    attempts=tries[question.pk][0].number if tries[question.pk] else 0,
                    tries=tries[question.pk][:SHOWN_TRIES],
                )
                for question in section.questions.all()
            ]
            sections.append(SectionLines(section.title, totals.of(module.slug, section.slug), lines))
        modules.append(ModuleLines(module.title, totals.of(module.slug), sections))
    return totals, modules


@dataclass(frozen=True)
class QuestionResults:
    """Results of one question over all learners.

    `answered` and `right` count learners, guests included. `at_once` counts learners whose first answer was correct.
    """

    answered: int
    right: Share
    at_once: Share
    attempts: int
    answers: list[AnswerCount]
    last: datetime | None


def describe_question(question: Question) -> QuestionResults:
    attempts = Attempt.objects.filter(question=question).order_by()
    counted = attempts.aggregate(
        answered=Count("owner", distinct=True),
        right=Count("owner", distinct=True, filter=Q(correct=True)),
        at_once=Count("owner", distinct=True, filter=Q(correct=True, number=1)),
        attempts=Count("pk"),
        last=Max("when"),
    )
    given = list(attempts.values_list("answer", "correct").annotate(times=Count("pk")).order_by("-times", "-correct"))
    total = counted["attempts"]
    if question.kind in CHOICE_KINDS:
        answers = _count_choices(question, given, total)
    else:
        answers = [
            AnswerCount(say_answer(answer), correct, Share(times, total))
            for answer, correct, times in given[:SHOWN_ANSWERS]
        ]
    return QuestionResults(
        answered=counted["answered"],
        right=Share(counted["right"], counted["answered"]),
        at_once=Share(counted["at_once"], counted["answered"]),
        attempts=total,
        answers=answers,
        last=counted["last"],
    )


def say_answer(answer: Any) -> str:
    """Return a recorded answer as text: a text, a number, choices, or the result of a lab run."""
    if isinstance(answer, dict):
        return ", ".join(f"{name} {value:g}" for name, value in answer.items() if isinstance(value, int | float))
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return f"{answer:g}" if isinstance(answer, float) else str(answer)


def _count_choices(question: Question, given: list[Any], total: int) -> list[AnswerCount]:
    """Return each choice in order, and how many attempts selected it."""
    times: defaultdict[str, int] = defaultdict(int)
    for answer, _, count in given:
        for chosen in answer if isinstance(answer, list) else [answer]:
            times[str(chosen)] += count
    return [AnswerCount(each.text, each.correct, Share(times[each.slug], total)) for each in question.choices.all()]
