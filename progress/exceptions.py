"""Errors of the progress app, each with a stable code. playground/wire renders them."""

from __future__ import annotations

from playground.wire.errors import PlaygroundError


class StorageUnavailable(PlaygroundError):
    """The storage did not answer. The points are unknown, which is not the same as zero."""

    code = "storage_unavailable"
    hint = "What you have earned is safe. Try again in a minute."
    status = 503


class RecordFull(PlaygroundError):
    """One learner's record exceeds the largest size of the storage."""

    code = "record_full"
    hint = "Tell whoever runs this server: PROGRESS_STORAGE=orm has no such limit, and move_progress moves there."
    status = 507


class NotYours(PlaygroundError):
    code = "not_yours"
    hint = "Leave user_id out: then it is you."
    status = 403


class ModuleNotFound(PlaygroundError):
    """The module does not exist, or it is a draft and the user is not staff."""

    code = "module_not_found"
    hint = "listModules names the modules that there are."
    status = 404


class QuestionNotFound(PlaygroundError):
    code = "question_not_found"
    hint = "getModule lists a module's sections and questions with their identifiers."
    status = 404


class AnswerUnreadable(PlaygroundError):
    code = "answer_unreadable"


class UnknownChoice(PlaygroundError):
    code = "unknown_choice"


class NotAnswerable(PlaygroundError):
    code = "not_answerable"


class AnswerRequired(PlaygroundError):
    """`updateUserProgressData` was sent for a question that only a correct answer or a run can earn."""

    code = "answer_required"


class QuestionIncomplete(PlaygroundError):
    code = "question_incomplete"
    hint = "Try again later, or tell your teacher."
    status = 503
