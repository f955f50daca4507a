"""Handlers of questions about the model of a finished run."""

from __future__ import annotations

from uuid import UUID

from playground.wire.consumer import EventConsumer, EventHandlers, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from training import runs
from training.consumers.questions import ask
from training.jobs.from_rows import describe_finished_run
from training.jobs.jobs import FinishedRun
from training.jobs.questions import PredictQuestion, TestRowsQuestion
from training.messages.predictions import ListTestRows, Predict, Predictions, TestRows
from training.permissions import VIEW_DATASETS, VIEW_RUNS


class PredictionHandlers(EventHandlers[EventConsumer]):
    sends = (Predictions, TestRows)

    @handles(Predict, staff=(VIEW_RUNS,), answers=(Predictions,))
    async def predict(self, message: Predict) -> ServerMessage:
        run = await in_thread(self._get_finished)(message.run_id, VIEW_RUNS)
        answer: Predictions = await ask(self.identity, PredictQuestion(run, message.rows, message.explain))
        return answer

    @handles(ListTestRows, staff=(VIEW_RUNS, VIEW_DATASETS), always=True, answers=(TestRows,))
    async def list_test_rows(self, message: ListTestRows) -> ServerMessage:
        run = await in_thread(self._get_finished)(message.run_id, VIEW_RUNS, VIEW_DATASETS)
        question = TestRowsQuestion(run, message.actual, message.predicted, message.limit, message.offset)
        answer: TestRows = await ask(self.identity, question)
        return answer

    def _get_finished(self, run_id: UUID, *permissions: str) -> FinishedRun:
        return describe_finished_run(runs.get_run(self.identity, run_id, *permissions))
