"""The question workers of one machine, and the thread that owns them: hands out questions in the order of
`question_queue`, enforces limits, replaces workers. It never uses the database, so that nothing there delays answers.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training import limits
from training.engines.process import Assignment, WorkerProcess
from training.engines.question_limits import Admission
from training.engines.question_queue import QuestionQueue, QueuedQuestion
from training.engines.requester import Requester
from training.engines.worker_group import WorkerGroup
from training.exceptions import (
    AnswerTimeout,
    EngineUnavailable,
    QuestionLimitReached,
    QuestionTooLarge,
)
from training.jobs.questions import Question
from training.work.roles import QUESTION_ROLES, Role, get_role
from training.work.worker import ANSWERED, READY

LONG_QUESTION_WORKERS = 4  # the most processes for questions that take longer than half a second
LINK_WORKERS = 4  # the most processes that fetch tables from links
SECONDS_PER_MINUTE = 30  # of these processes that one owner may use while others ask, too

SHORT_SECONDS = 0.5  # after which a question is moved to a long desk, if others wait
IDLE_SECONDS = 30.0  # after which an idle worker beyond the steady ones is dismissed
STEADY = {Role.LONG_DESK: 1, Role.FETCHER: 1}  # workers that are always there; more are started when they are needed

logger = logging.getLogger(__name__)


@dataclass
class Query(Assignment):
    """A question that a worker answers."""

    asked: QueuedQuestion[Query] | None = None

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.future is not None and self.future.done()


class QuestionPool(WorkerGroup):
    """The question workers: desks, long desks and fetchers (`roles`)."""

    def __init__(self, name: str, on_tick: Callable[[], None] = lambda: None) -> None:
        super().__init__(name, on_tick)
        places = {
            Role.DESK: max(1, settings.TRAINING_QUESTION_WORKERS),
            Role.LONG_DESK: LONG_QUESTION_WORKERS,
            Role.FETCHER: LINK_WORKERS,
        }
        self._steady = {role: STEADY.get(role, places[role]) for role in QUESTION_ROLES}
        self._queue: QuestionQueue[Query] = QuestionQueue(places, SECONDS_PER_MINUTE)
        self._admission = Admission()
        self._inbox: queue.SimpleQueue[tuple[Query, Requester]] = queue.SimpleQueue()

    # --- from any thread ---------------------------------------------------------------------------------------------

    def ask(self, question: Question, requester: Requester) -> Future[Any]:
        """Return the future of the answer. It raises PlaygroundError where there is none."""
        try:
            future = self._admission.admit(requester)
        except PlaygroundError as error:
            future = Future()
            future.set_exception(error)
            return future
        if self._thread is None:
            future.set_exception(EngineUnavailable("Nothing is running that could answer."))
        else:
            self._inbox.put((Query(question, future=future), requester))
            self._ring()
        return future

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                except Exception:
                    # No process can be started, for example. Without this thread nothing is answered.
                    logger.exception("a turn of the question workers failed")
                    self._stopping.wait(1)
        finally:
            left = [*self._queue.running, *self._queue.waiting]
            self._dismiss_all()
            for asked in left:
                asked.item.answer(EngineUnavailable("The server is stopping."))
            for query, _ in self._read_inbox():
                query.answer(EngineUnavailable("The server is stopping."))

    def _count_needed(self) -> Mapping[Role, int]:
        return {role: max(self._steady[role], self._queue.count_wanted(role)) for role in QUESTION_ROLES}

    def _begin_turn(self) -> None:
        for query, requester in self._read_inbox():
            try:
                query.asked = self._queue.put(query, requester, get_role(cast("Question", query.task)))
            except PlaygroundError as error:
                query.answer(error)
        for role in QUESTION_ROLES:
            idle = [worker for worker in self._workers if worker.idle and worker.role is role]
            while idle and (asked := self._queue.take(role)) is not None:
                if asked.item.is_abandoned:
                    self._queue.finish(asked)
                    continue
                owner = asked.requester.owner
                worker = next((worker for worker in idle if worker.last_owner == owner), idle[0])
                idle.remove(worker)
                worker.last_owner = owner
                worker.assign(asked.item)

    def _read_inbox(self) -> list[tuple[Query, Requester]]:
        arrived = []
        with contextlib.suppress(queue.Empty):
            while True:
                arrived.append(self._inbox.get_nowait())
        return arrived

    def _deal_with(self, worker: WorkerProcess) -> None:
        heard, worker.heard = worker.heard, []
        for kind, content in heard:
            if kind == READY:
                self._welcome(worker)
            elif kind == ANSWERED and worker.assignment is not None:
                self._finish(worker, content)
                if worker.retires or isinstance(content, QuestionTooLarge):
                    self._dismiss(worker)

    def _finish(self, worker: WorkerProcess, content: ServerMessage | PlaygroundError) -> None:
        query = cast("Query", worker.assignment)
        worker.end_task()
        assert query.asked is not None
        self._queue.finish(query.asked)
        query.answer(content)
        with self._ended:
            self._ended.notify_all()

    def _lose(self, worker: WorkerProcess) -> None:
        self._replace(worker, EngineUnavailable("The process that was to answer ended. Nothing is lost."))

    def _replace(self, worker: WorkerProcess, error: PlaygroundError) -> None:
        """End a worker. Its question gets the error."""
        if worker.assignment is not None:
            self._finish(worker, error)
        self._dismiss(worker)

    def _tick(self) -> None:
        self._queue.drop(lambda query: query.is_abandoned)
        needed = self._count_needed()
        for worker in [worker for worker in self._workers if worker.idle]:
            surplus = sum(other.role is worker.role for other in self._workers) - needed[worker.role]
            if surplus > 0 and worker.idle_seconds() > IDLE_SECONDS:
                self._dismiss(worker)
        self._make_room()

    def _make_room(self) -> None:
        """Keep what all question workers take together below twice what one question may take.

        Idle workers go first. After them goes the question that takes most.
        """
        limit = 2 * limits.QUESTION_MEMORY_MB
        grown = {worker: max(0.0, worker.grown_mb()) for worker in self._workers if worker.ready}
        for worker in sorted(grown, key=lambda worker: (worker.assignment is not None, -grown[worker])):
            if sum(grown.values()) <= limit:
                break
            del grown[worker]
            self._replace(worker, QuestionTooLarge("The server has too little memory for this question just now."))

    def _watch(self, worker: WorkerProcess) -> None:
        query = cast("Query", worker.assignment)
        asked, memory = query.asked, worker.grown_mb()
        assert asked is not None
        seconds = worker.busy_seconds()
        if query.is_abandoned and seconds > SHORT_SECONDS:
            self._replace(worker, AnswerTimeout("Nobody waits for the answer."))
        elif seconds > limits.ANSWER_SECONDS:
            self._replace(worker, AnswerTimeout("The answer took too long."))
        elif memory > limits.QUESTION_MEMORY_MB:
            self._replace(worker, QuestionTooLarge.build(limits.QUESTION_MEMORY_MB))
        elif worker.role is Role.DESK:
            if seconds > SHORT_SECONDS and self._queue.is_awaited(Role.DESK):
                self._move(worker, asked)
        elif self._queue.find_to_stop(worker.role) is asked:
            self._replace(
                worker, QuestionLimitReached("This question was stopped, since it takes long and others wait.")
            )

    def _move(self, worker: WorkerProcess, asked: QueuedQuestion[Query]) -> None:
        """Move a desk's question to the long desks. Where their places are taken, it waits there and starts again."""
        if self._queue.has_room(Role.LONG_DESK, asked.requester):
            self._queue.move(asked, Role.LONG_DESK)
            worker.yield_to_others(Role.LONG_DESK)
        else:
            self._queue.requeue(asked, Role.LONG_DESK)
            worker.end_task()
            self._dismiss(worker)
