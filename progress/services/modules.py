"""Read the catalogue for one learner: texts, questions and progress, without answer keys."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from playground.wire.identity import Identity
from progress import attempts
from progress.attempts import Tally
from progress.catalogue import ContentError, QuestionContent
from progress.description import describe_question, with_everything
from progress.exceptions import ModuleNotFound, QuestionIncomplete, QuestionNotFound
from progress.messages import ModuleMessage, Modules
from progress.models import Module, Question
from progress.module_info import ChoiceInfo, ModuleSummary, QuestionInfo, SectionInfo
from progress.permissions import VIEW_MODULES
from progress.records import QuestionKey, Record, get_key
from progress.storage import get_storage
from progress.worth import add_up, read_worth


def list_modules(identity: Identity) -> Modules:
    """Return the published modules with the learner's points, and drafts for staff who may view them.

    Drafts are in no total; their `points` are those that they will give. Raises StorageUnavailable.
    """
    totals = add_up(get_storage().get(identity.owner))
    possible = add_up(Record(""), read_worth(drafts=True)) if identity.may(VIEW_MODULES) else totals
    modules = _visible_to(identity).annotate(
        section_count=Count("sections", distinct=True), question_count=Count("sections__questions", distinct=True)
    )
    return Modules(
        modules=[
            ModuleSummary(
                moduleID=module.slug,
                title=module.title,
                summary=module.summary,
                sections=module.section_count,
                questions=module.question_count,
                points=possible.of(module.slug).whole,
                earned=totals.of(module.slug).part,
                draft=module.status == Module.Status.DRAFT,
            )
            for module in modules
        ],
        points=totals.of().whole,
        earned=totals.of().part,
        notCounted=totals.uncounted.points,
    )


def get_module(identity: Identity, slug: str) -> ModuleMessage:
    """Return one module for this learner. Raises ModuleNotFound, StorageUnavailable."""
    module = with_everything(_visible_to(identity).filter(slug=slug)).first()
    if module is None:
        raise ModuleNotFound("There is no such module.", where="moduleID")
    totals = add_up(get_storage().get(identity.owner))
    is_draft = module.status == Module.Status.DRAFT
    possible = add_up(Record(""), read_worth(drafts=True)) if is_draft else totals
    questions = [question for section in module.sections.all() for question in section.questions.all()]
    tallies = attempts.tally(identity.owner, [question.pk for question in questions])
    sections = [
        SectionInfo(
            sectionID=section.slug,
            title=section.title,
            body=section.body,
            questions=[
                _show_question(
                    content,
                    totals.counted.earned.get(get_key(module.slug, section.slug, question.slug)),
                    tallies.get(question.pk, Tally()),
                )
                for question in section.questions.all()
                if (content := _find_content(question))
            ],
        )
        for section in module.sections.all()
    ]
    return ModuleMessage(
        moduleID=module.slug,
        title=module.title,
        summary=module.summary,
        points=possible.of(module.slug).whole,
        earned=totals.of(module.slug).part,
        draft=is_draft,
        sections=sections,
    )


def get_question(key: QuestionKey) -> Question:
    """Return a question of a published module. Raises QuestionNotFound."""
    question = Question.objects.filter(
        slug=key.question_id,
        section__slug=key.section_id,
        section__module__slug=key.module_id,
        section__module__status=Module.Status.PUBLISHED,
    ).first()
    if question is None:
        raise QuestionNotFound("There is no such question.", where="questionID")
    return question


def get_content(question: Question) -> QuestionContent:
    """Return a question's content. Raises QuestionIncomplete."""
    content = _find_content(question)
    if content is None:
        raise QuestionIncomplete("This question is being edited just now.", where="questionID")
    return content


def open_hints(question: QuestionContent, tally: Tally) -> list[str]:
    """Return the unlocked hints: one for each wrong attempt."""
    return list(question.hints[: tally.wrong])


def _visible_to(identity: Identity) -> QuerySet[Module]:
    return Module.objects.all() if identity.may(VIEW_MODULES) else Module.objects.filter(status=Module.Status.PUBLISHED)


def _find_content(question: Question) -> QuestionContent | None:
    """Return the content of a question, or None if staff left it incomplete. Learners do not see an incomplete
    question.
    """
    try:
        return describe_question(question)
    except ContentError:
        return None


def _show_question(question: QuestionContent, earned: int | None, tally: Tally) -> QuestionInfo:
    """Return the fields of a question that a learner may see. They are listed one by one, so no answer key leaks."""
    return QuestionInfo(
        questionID=question.id,
        kind=question.kind,
        prompt=question.prompt,
        points=question.points,
        earned=earned,
        attempts=tally.attempts,
        hints=open_hints(question, tally),
        choices=[ChoiceInfo(id=choice.id, text=choice.text) for choice in question.choices],
        lab=question.lab,
    )
