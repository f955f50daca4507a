"""What a worker process is for. The role of a question worker is also the lane that its questions wait in."""

from __future__ import annotations

from enum import StrEnum

from training.jobs.questions import FetchQuestion, Question, SweepQuestion


class Role(StrEnum):
    TRAINER = "trainer"
    """Does jobs: trains, sweeps, builds files."""
    DESK = "desk"
    """Answers questions that are expected to be short. One that takes longer moves to a long desk."""
    LONG_DESK = "long-desk"
    """Answers questions that take seconds. It gives way to the server and to the desks."""
    FETCHER = "fetcher"
    """Fetches tables from links. It mostly waits for other servers."""


QUESTION_ROLES = (Role.DESK, Role.LONG_DESK, Role.FETCHER)


def get_role(question: Question) -> Role:
    """Return the role whose workers answer the question."""
    if isinstance(question, FetchQuestion):
        return Role.FETCHER
    return Role.LONG_DESK if isinstance(question, SweepQuestion) else Role.DESK
