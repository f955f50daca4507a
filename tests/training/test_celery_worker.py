"""CeleryWorker with real processes: permits, lost messages, questions, and its end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connection
from django.test import override_settings

from tests.training.cases import (
    WARM_UP,
    RunTestCase,
    create_run,
    wait_for_epoch,
    wait_until_files,
    wait_until_over,
)
from training import runs
from training.datasets.sources import Builtin
from training.engines.celery_worker import CeleryWorker
from training.engines.requester import Requester
from training.exceptions import EngineUnavailable
from training.jobs.questions import CheckQuestion, DescribeQuestion
from training.limits import Limits
from training.messages.checks import TrainingChecked
from training.messages.datasets import DatasetDescribed
from training.messages.runs import RunStatus
from training.models import TrainingRun
from training.queues import QUESTIONS, TRAINING
from training.spec import TrainingSpec
from training.work.roles import QUESTION_ROLES

LONG = {"epochs": 10_000, "batch_size": 1}  # lasts for minutes unless it is cancelled

REQUESTER = Requester("guest:alice")


class Hints:
    """An engine whose hints each become a permit, as with a broker that loses nothing."""

    def __init__(self, worker: CeleryWorker) -> None:
        self._worker = worker

    def wake(self, queue: str) -> None:
        in_thread(self._worker.work)


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def do() -> None:
        with contextlib.suppress(EngineUnavailable):
            work()
        connection.close()

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    return thread


class CeleryWorkerTestCase(RunTestCase):
    queues: tuple[str, ...] = (TRAINING,)

    def setUp(self) -> None:
        self.worker = CeleryWorker(self.queues, size=1)
        self.worker.start()
        self.addCleanup(self.stop)
        part = self.worker.questions if QUESTIONS in self.queues else self.worker.pool
        self.assertTrue(part.wait_until_warm(WARM_UP))

    def stop(self) -> None:
        with override_settings(TRAINING_DRAIN_SECONDS=0):
            self.worker.stop()

    def hear_hints(self) -> None:
        hints = mock.patch("training.engines.celery_worker.get_engine", return_value=Hints(self.worker))
        hints.start()
        self.addCleanup(hints.stop)


class PermitTests(CeleryWorkerTestCase):
    def test_a_permit_is_one_job_and_without_a_job_it_ends_at_once(self):
        self.worker.work()  # returns, although there is nothing
        first, second = create_run(epochs=3), create_run(epochs=3)
        with mock.patch.object(self.worker, "_check_for_work"):
            self.worker.work()
        self.assertEqual(TrainingRun.objects.get(pk=first).status, RunStatus.SUCCEEDED)
        self.assertEqual(TrainingRun.objects.get(pk=second).status, RunStatus.QUEUED)

    def test_work_that_no_message_told_of_is_found(self):
        run_id = create_run(epochs=3)
        self.hear_hints()
        wait_until_files(run_id)

    def test_what_other_workers_take_is_left_to_them(self):
        self.hear_hints()
        theirs = create_run(epochs=3, device="gpu")
        wait_until_files(create_run(epochs=3))
        self.worker.work()
        self.assertEqual(TrainingRun.objects.get(pk=theirs).status, RunStatus.QUEUED)


class ClosingTests(CeleryWorkerTestCase):
    def test_what_ends_soon_is_finished_and_nothing_else_is_begun(self):
        run_id = create_run(epochs=400, batch_size=8)
        task = in_thread(self.worker.work)
        wait_for_epoch(run_id)
        waiting = create_run(epochs=3)
        with override_settings(TRAINING_DRAIN_SECONDS=60):
            self.worker.stop()
        task.join(timeout=20)
        self.assertFalse(task.is_alive())
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.SUCCEEDED)
        self.assertEqual(TrainingRun.objects.get(pk=waiting).status, RunStatus.QUEUED)
        with self.assertRaises(EngineUnavailable):
            self.worker.work()

    def test_what_takes_longer_is_given_back_at_once(self):
        run_id = create_run(**LONG)
        task = in_thread(self.worker.work)
        wait_for_epoch(run_id)
        self.stop()
        task.join(timeout=20)
        self.assertFalse(task.is_alive())
        runs.take_back_expired()
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.QUEUED)
        runs.request_cancel(run_id)
        wait_until_over(run_id)


class QuestionTests(CeleryWorkerTestCase):
    queues = (QUESTIONS,)

    def ask(self, question):
        """Return the answer or the error."""
        future = self.worker.ask(question, REQUESTER)
        return future.exception(timeout=30) or future.result()

    def test_questions_are_answered_refused_and_ended_with_the_worker(self):
        checked = self.ask(CheckQuestion(TrainingSpec(), Builtin("IRIS"), Limits()))
        self.assertIsInstance(checked, TrainingChecked)
        described = self.ask(DescribeQuestion(Builtin("IRIS")))
        self.assertIsInstance(described, DatasetDescribed)
        refused = self.ask(DescribeQuestion(Builtin("NOTHING")))
        self.assertIsInstance(refused, Exception)
        self.assertEqual(refused.data.code, "unknown_dataset")
        self.stop()
        ended = self.ask(DescribeQuestion(Builtin("IRIS")))
        self.assertIsInstance(ended, EngineUnavailable)

    def test_it_has_nobody_who_trains(self):
        self.assertEqual({worker.role for worker in self.worker.questions.workers}, set(QUESTION_ROLES))
        self.assertEqual(self.worker.pool.workers, ())
