"""What staff see of learners' progress, as values: the gradebook's columns and order, one learner, one question.

Called by the admin, which has checked who asks. Points come from the storage through services.
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
from progress.records import Record, get_key

SHOWN_TRIES = 20  # of one learner at one question
SHOWN_ANSWERS = 30  # different ones to one question


@dataclass(frozen=True)
class Share:
    """So many of so many points, or of anything else that is counted."""

    part: int
    whole: int

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when nothing is missing, even where earlier content gave more than there is now."""
        if self.part >= self.whole:
            return 100 if self.whole else 0
        return min(99, round(100 * self.part / self.whole))


@dataclass(frozen=True)
class Column:
    """A module, or one section of it, or one question, with the points that there are."""

    title: str
    points: int
    module_id: str
    section_id: str = ""
    question_id: str = ""

    def share_of(self, record: Record) -> Share:
        if self.question_id:
            earned = record.earned.get(get_key(self.module_id, self.section_id, self.question_id), 0)
        elif self.section_id:
            earned = record.section_points(self.module_id, self.section_id)
        else:
            earned = record.module_points(self.module_id)
        return Share(earned, self.points)


@dataclass(frozen=True)
class QuestionLine:
    """One question on a learner's page; `tries` are the newest attempts. `earned` is None while nothing is."""

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
    """An answer that was given, how often, and out of how many attempts at the question."""

    answer: str
    correct: bool
    times: Share


def list_modules() -> list[Column]:
    """The published modules, in one query."""
    modules = Module.objects.filter(status=Module.Status.PUBLISHED).annotate(
        available=Sum("sections__questions__points")
    )
    return [Column(module.title, module.available or 0, module.slug) for module in modules]


def list_sections(module_id: str) -> list[Column]:
    sections = Section.objects.filter(module__slug=module_id).annotate(available=Sum("questions__points"))
    return [Column(section.title, section.available or 0, module_id, section.slug) for section in sections]


def list_questions(module_id: str = "") -> list[Column]:
    """Every question of one module, or of all published ones."""
    questions = Question.objects.filter(section__module__status=Module.Status.PUBLISHED)
    if module_id:
        questions = questions.filter(section__module__slug=module_id)
    rows = questions.order_by(
        "section__module__order", "section__module__slug", "section__order", "section_id", "order", "pk"
    ).values_list("section__module__slug", "section__slug", "slug", "points")
    return [Column(" / ".join(row[:3]), row[3], *row[:3]) for row in rows]


def with_standings(learners: QuerySet[Learner], module_id: str = "") -> QuerySet[Learner]:
    """Learners with `points` and `active`, in one module or in all; of staff, those who have begun to learn."""
    standings = Standing.objects.filter(user_id=OuterRef("pk")).order_by()
    if module_id:
        standings = standings.filter(module_id=module_id)
    per_user = standings.values("user_id")
    return learners.annotate(  # type: ignore[no-redef]
        points=Coalesce(Subquery(per_user.annotate(total=Sum("points")).values("total")), Value(0)),
        active=Subquery(per_user.annotate(last=Max("active")).values("last")),
    ).filter(Q(is_staff=False) | Q(pk__in=Standing.objects.values("user_id")))


def describe_learner(learner: Learner) -> tuple[Record, list[ModuleLines], list[Column]]:
    """What one learner earned and tried, down to the question; and what they earned that is in no module any more."""
    record = services.read_many([learner.owner])[learner.owner]
    tries: defaultdict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(owner=learner.owner).order_by("-number"):
        tries[attempt.question_id].append(attempt)
    known = set()
    modules = []
    for module in Module.objects.prefetch_related("sections__questions"):
        sections = []
        for section in module.sections.all():
            lines = []
            for question in section.questions.all():
                key = get_key(module.slug, section.slug, question.slug)
                known.add(key)
                theirs = tries[question.pk]
                lines.append(
                    QuestionLine(
                        question=question,
                        earned=record.earned.get(key),
                        attempts=theirs[0].number if theirs else 0,
                        tries=theirs[:SHOWN_TRIES],
                    )
                )
            sections.append(SectionLines(section.title, _sum(lines), lines))
        share = Share(sum(each.share.part for each in sections), sum(each.share.whole for each in sections))
        if module.status == Module.Status.PUBLISHED or share.part:
            modules.append(ModuleLines(module.title, share, sections))
    gone = [
        Column(" / ".join((key.module_id, key.section_id, key.question_id)), points, key.module_id)
        for key, points in sorted(record.earned.items())
        if key not in known
    ]
    return record, modules, gone


@dataclass(frozen=True)
class QuestionResults:
    """`answered` and `right` count learners, guests included; `at_once` those who were right the first time."""

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
    """A recorded answer, for people: text, a number, choices, or what a lab's run showed."""
    if isinstance(answer, dict):
        return ", ".join(f"{name} {value:g}" for name, value in answer.items() if isinstance(value, int | float))
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return f"{answer:g}" if isinstance(answer, float) else str(answer)


def _count_choices(question: Question, given: list[Any], total: int) -> list[AnswerCount]:
    """Each choice, in order, and how many attempts made it."""
    times: defaultdict[str, int] = defaultdict(int)
    for answer, _, count in given:
        for chosen in answer if isinstance(answer, list) else [answer]:
            times[str(chosen)] += count
    return [AnswerCount(each.text, each.correct, Share(times[each.slug], total)) for each in question.choices.all()]


def _sum(lines: list[QuestionLine]) -> Share:
    return Share(sum(line.earned or 0 for line in lines), sum(line.question.points for line in lines))
