"""Roles of worker processes. Questions wait in one queue for each role that answers questions."""

from __future__ import annotations

from enum import StrEnum

from training.jobs.questions import FetchQuestion, Question, SweepQuestion


class Role(StrEnum):
    JOB = "job"
    """Does jobs: trains, sweeps, builds files."""
    QUESTION = "question"
    """Answers questions that are expected to be short. A question that takes longer gets the role LONG_QUESTION."""
    LONG_QUESTION = "long-question"
    """Answers questions that take seconds, with a lower priority than the server and short questions."""
    LINK = "link"
    """Fetches tables from links. It mostly waits for other servers."""


QUESTION_ROLES = (Role.QUESTION, Role.LONG_QUESTION, Role.LINK)


def get_role(question: Question) -> Role:
    """Return the role whose workers answer the question."""
    if isinstance(question, FetchQuestion):
        return Role.LINK
    return Role.LONG_QUESTION if isinstance(question, SweepQuestion) else Role.QUESTION
