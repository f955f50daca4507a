"""QuestionPool: the question workers of one machine. Its thread assigns questions, in the order of `question_queue`.

It also enforces limits and replaces workers. It never uses the database, which could delay answers.
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
from training.engines.question_limits import QuestionLimits
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

SHORT_SECONDS = 0.5  # after which a question gets the role LONG_QUESTION, if others wait
IDLE_SECONDS = 30.0  # after which an idle worker is ended, if there are more than STEADY ones
STEADY = {Role.LONG_QUESTION: 1, Role.LINK: 1}  # workers that always run; more are started when needed

logger = logging.getLogger(__name__)


@dataclass
class Query(Assignment):
    """A question that a worker answers."""

    asked: QueuedQuestion[Query] | None = None

    @property
    def is_abandoned(self) -> bool:
        """Return whether the requester no longer waits for the answer."""
        return self.future is not None and self.future.done()


class QuestionPool(WorkerGroup):
    """Workers of all roles that answer questions."""

    def __init__(self, name: str, on_tick: Callable[[], None] = lambda: None) -> None:
        super().__init__(name, on_tick)
        places = {
            Role.QUESTION: max(1, settings.TRAINING_QUESTION_WORKERS),
            Role.LONG_QUESTION: LONG_QUESTION_WORKERS,
            Role.LINK: LINK_WORKERS,
        }
        self._steady = {role: STEADY.get(role, places[role]) for role in QUESTION_ROLES}
        self._queue: QuestionQueue[Query] = QuestionQueue(places, SECONDS_PER_MINUTE)
        self._limits = QuestionLimits()
        self._inbox: queue.SimpleQueue[tuple[Query, Requester]] = queue.SimpleQueue()

    # --- from any thread ---------------------------------------------------------------------------------------------

    def ask(self, question: Question, requester: Requester) -> Future[Any]:
        """Return the future of the answer. It raises PlaygroundError where there is none."""
        try:
            future = self._limits.admit(requester)
        except PlaygroundError as error:
            future = Future()
            future.set_exception(error)
            return future
        if self._thread is None:
            future.set_exception(EngineUnavailable("Nothing is running that could answer."))
        else:
            self._inbox.put((Query(question, future=future), requester))
            self._wake_thread()
        return future

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._loop_once()
                except Exception:
                    # No process can be started, for example. Without this thread nothing is answered.
                    logger.exception("the question workers failed, and are started again")
                    self._stopping.wait(1)
        finally:
            left = [*self._queue.running, *self._queue.waiting]
            self._end_all()
            for asked in left:
                asked.item.answer(EngineUnavailable("The server is stopping."))
            for query, _ in self._read_inbox():
                query.answer(EngineUnavailable("The server is stopping."))

    def _count_needed(self) -> Mapping[Role, int]:
        return {role: max(self._steady[role], self._queue.count_wanted(role)) for role in QUESTION_ROLES}

    def _assign_tasks(self) -> None:
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

    def _handle_received(self, worker: WorkerProcess) -> None:
        received, worker.received = worker.received, []
        for kind, content in received:
            if kind == READY:
                self._mark_ready(worker)
            elif kind == ANSWERED and worker.assignment is not None:
                self._finish(worker, content)
                if worker.ends_after_task or isinstance(content, QuestionTooLarge):
                    self._end_worker(worker)

    def _finish(self, worker: WorkerProcess, content: ServerMessage | PlaygroundError) -> None:
        query = cast("Query", worker.assignment)
        worker.end_task()
        assert query.asked is not None
        self._queue.finish(query.asked)
        query.answer(content)
        with self._ended:
            self._ended.notify_all()

    def _handle_lost(self, worker: WorkerProcess) -> None:
        self._end_with_error(worker, EngineUnavailable("The process that was to answer ended. Nothing is lost."))

    def _end_with_error(self, worker: WorkerProcess, error: PlaygroundError) -> None:
        """End a worker. Its question gets the error."""
        if worker.assignment is not None:
            self._finish(worker, error)
        self._end_worker(worker)

    def _tick(self) -> None:
        self._queue.drop(lambda query: query.is_abandoned)
        needed = self._count_needed()
        for worker in [worker for worker in self._workers if worker.idle]:
            surplus = sum(other.role is worker.role for other in self._workers) - needed[worker.role]
            if surplus > 0 and worker.idle_seconds() > IDLE_SECONDS:
                self._end_worker(worker)
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
            self._end_with_error(
                worker, QuestionTooLarge("The server has too little memory for this question just now.")
            )

    def _check_limits(self, worker: WorkerProcess) -> None:
        query = cast("Query", worker.assignment)
        asked, memory = query.asked, worker.grown_mb()
        assert asked is not None
        seconds = worker.busy_seconds()
        if query.is_abandoned and seconds > SHORT_SECONDS:
            self._end_with_error(worker, AnswerTimeout("Nobody waits for the answer."))
        elif seconds > limits.ANSWER_SECONDS:
            self._end_with_error(worker, AnswerTimeout("The answer took too long."))
        elif memory > limits.QUESTION_MEMORY_MB:
            self._end_with_error(worker, QuestionTooLarge.build(limits.QUESTION_MEMORY_MB))
        elif worker.role is Role.QUESTION:
            if seconds > SHORT_SECONDS and self._queue.is_awaited(Role.QUESTION):
                self._move(worker, asked)
        elif self._queue.find_to_stop(worker.role) is asked:
            self._end_with_error(
                worker, QuestionLimitReached("This question was stopped, since it takes long and others wait.")
            )

    def _move(self, worker: WorkerProcess, asked: QueuedQuestion[Query]) -> None:
        """Give a question the role LONG_QUESTION, with its worker.

        If all places of that role are taken, the question waits for one and starts again.
        """
        if self._queue.has_room(Role.LONG_QUESTION, asked.requester):
            self._queue.move(asked, Role.LONG_QUESTION)
            worker.yield_to_others(Role.LONG_QUESTION)
        else:
            self._queue.requeue(asked, Role.LONG_QUESTION)
            worker.end_task()
            self._end_worker(worker)
