"""Questions of a connection, and the tables that its specs name."""

from __future__ import annotations

import asyncio
from typing import Any

from playground.wire.access import check_account
from playground.wire.identity import Identity
from playground.wire.threads import in_thread
from training import limits, uploads
from training.engines.base import get_engine
from training.engines.requester import Requester
from training.exceptions import AnswerTimeout, SpecRefused
from training.jobs.questions import Question
from training.messages.problems import Level, Problem
from training.models import Dataset
from training.spec import TrainingSpec
from training.spec.reading import ReadingOptions


async def ask(identity: Identity, question: Question) -> Any:
    """Return the answer of a worker. Raises PlaygroundError where there is none. No thread waits for it."""
    try:
        async with asyncio.timeout(limits.ANSWER_SECONDS):
            return await asyncio.wrap_future(get_engine().ask(question, Requester.from_identity(identity)))
    except TimeoutError:
        raise AnswerTimeout("The answer took too long.") from None


async def get_datasets(identity: Identity, spec: TrainingSpec) -> tuple[Dataset | None, Dataset | None]:
    """Return the upload or linked table of a spec, and the upload with its test rows.

    Raises DatasetNotFound where a table is not the visitor's, and what `get_linked` raises.
    """
    test_dataset = await in_thread(uploads.get_test_dataset)(identity, spec)
    if spec.fileURL is not None:
        return await get_linked(identity, spec.fileURL, spec.reading), test_dataset
    if spec.dataset_id is None:
        return None, test_dataset
    return await in_thread(uploads.get_dataset)(identity, spec.dataset_id), test_dataset


async def get_linked(identity: Identity, url: str, reading: ReadingOptions | None) -> Dataset:
    """Return the table behind a link. A worker fetches it, unless this owner had it fetched a short time ago."""
    check_account(identity)
    dataset = await in_thread(uploads.find_linked)(identity, url)
    if dataset is None:
        dataset, question = await in_thread(uploads.begin_link)(identity, url, reading)
        try:
            described = await ask(identity, question)
        except BaseException:
            await asyncio.shield(in_thread(uploads.discard)(dataset))
            raise
        await in_thread(uploads.keep)(dataset, described)
    return dataset


def refuse_errors(problems: list[Problem]) -> None:
    """Raise SpecRefused for the first problem that is an error."""
    for problem in problems:
        if problem.level is Level.ERROR:
            raise SpecRefused(problem.message, code=problem.code, hint=problem.hint, where=problem.where)
