"""Questions and answers on their way to other machines and back: as JSON, and unchanged."""

from __future__ import annotations

import json
import math
from inspect import signature
from typing import Any
from unittest import TestCase
from uuid import UUID

from pydantic import ValidationError

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training import tasks
from training.datasets.link import LinkLimits
from training.datasets.sources import Builtin, Inline, Source, Stored
from training.exceptions import AnswerTimeout, EngineUnavailable, RunNotFound, SpecRefused
from training.jobs.jobs import FinishedRun
from training.jobs.questions import (
    CheckQuestion,
    DescribeQuestion,
    FetchQuestion,
    PredictQuestion,
    Question,
    SweepQuestion,
    TestRowsQuestion,
)
from training.jobs.serialization import (
    ANSWERS,
    QUESTIONS,
    AnsweredError,
    parse_answer,
    parse_question,
    serialize_answer,
    serialize_question,
)
from training.limits import Limits, SweepLimits
from training.messages.checks import LayerShape, TrainingChecked
from training.messages.datasets import Column, DatasetDescribed
from training.messages.predictions import Prediction, Predictions, TestRow, TestRows
from training.messages.problems import Level, PatchOperation, Problem
from training.messages.sweeps import SweepChecked
from training.spec import ColumnType, TrainingSpec

RUN_ID = UUID(int=7)
UPLOAD = Stored("0123", "käufe.csv", "datasets/0123.csv")
SPEC = TrainingSpec.model_validate(
    {"default": "IRIS", "user_arch": ["nn.Linear(4, 10)", {"layer": "Dropout", "p": 0.5}], "device": "gpu", "epochs": 3}
)
RUN = FinishedRun(
    RUN_ID, "mine", "Linear", SPEC, SPEC.model_copy(update={"seed": 1}), UPLOAD, Limits(), {"model.pt": "artifacts/1"}
)
ASKED: dict[type[Any], Question] = {
    CheckQuestion: CheckQuestion(SPEC, Builtin("IRIS"), Limits(gpu=True, seconds=0.5)),
    SweepQuestion: SweepQuestion(
        SPEC, {"learning_rate": [0.1, 1], "user_arch[0]": ["ReLU()"]}, UPLOAD, Limits(), SweepLimits(runs=3), True
    ),
    DescribeQuestion: DescribeQuestion(UPLOAD),
    FetchQuestion: FetchQuestion(
        "https://example.org/a.csv", UPLOAD, LinkLimits(max_bytes=9, seconds=1.5, networks=("10.0.0.0/8",))
    ),
    PredictQuestion: PredictQuestion(RUN, ({"a": 1, "b": 1.0, "c": True, "d": "1", "e": None},)),
    TestRowsQuestion: TestRowsQuestion(RUN, "setosa", None, 5, 10),
}
MENDED = Problem(
    level=Level.WARNING,
    code="batch_too_large",
    where="batch_size",
    message="So large?",
    fix=[PatchOperation(op="add", path="/batch_size", value=32)],
)
ANSWERED: dict[type[ServerMessage], ServerMessage] = {
    TrainingChecked: TrainingChecked(
        rows=3, layers=[LayerShape(name="Linear", output_shape=None, parameters=3)], problems=[MENDED]
    ),
    SweepChecked: SweepChecked(runs=4, seconds=0.25, problems=[MENDED]),
    Predictions: Predictions(
        run_id=RUN_ID,
        target="art",
        predictions=[Prediction(prediction="süß", probabilities={"süß": 1.0}), Prediction(prediction=1.5)],
    ),
    DatasetDescribed: DatasetDescribed(
        name="t",
        dataset_id=RUN_ID,
        rows=1,
        columns=[Column(name="a", type=ColumnType.NUMBER, missing=0, unique=1, minimum=-1.0)],
        preview=[{"a": 1, "b": 0.1, "c": True, "d": "1", "e": None}],
    ),
    TestRows: TestRows(
        run_id=RUN_ID, total=1, rows=[TestRow(row=4, actual="x", predicted=0.5, values={"a": None, "b": True})]
    ),
}


def send(question: Question) -> Question:
    """As Celery carries it."""
    return parse_question(json.loads(json.dumps(serialize_question(question), allow_nan=False)))


def look_at(rows: Any) -> list[tuple[str, Any, type]]:
    """With types, since 1, 1.0 and True are equal."""
    return [(name, value, type(value)) for row in rows for name, value in row.items()]


class QuestionTests(TestCase):
    def test_every_kind_of_question_arrives_as_it_was_asked(self):
        self.assertEqual({kind.__name__ for kind in ASKED}, set(QUESTIONS))
        for kind, question in ASKED.items():
            with self.subTest(kind=kind.__name__):
                self.assertEqual(send(question), question)
                self.assertIs(type(send(question)), kind)

    def test_what_is_unset_stays_unset_however_deep(self):
        for question in (ASKED[CheckQuestion], ASKED[SweepQuestion]):
            self.assertEqual(send(question).spec.model_fields_set, SPEC.model_fields_set)
        run = send(ASKED[PredictQuestion]).run
        self.assertEqual(run.asked.model_fields_set, SPEC.model_fields_set)
        self.assertEqual(run.spec.model_fields_set, SPEC.model_fields_set | {"seed"})

    def test_values_keep_their_types(self):
        asked = ASKED[PredictQuestion]
        self.assertEqual(look_at(send(asked).rows), look_at(asked.rows))

    def test_every_source_arrives(self):
        records = ({"a": 1, "b": None}, {"a": 0.5, "b": "x\x00y"})
        sources: list[Source] = [Builtin("WINE"), UPLOAD, Inline(records=records), Inline(text="a,b\n1,2\n")]
        for source in sources:
            self.assertEqual(send(DescribeQuestion(source)), DescribeQuestion(source))

    def test_a_question_of_another_version_is_refused(self):
        data = serialize_question(ASKED[DescribeQuestion])
        with self.assertRaises(KeyError):
            parse_question({**data, "kind": "GuessQuestion"})
        with self.assertRaises(ValidationError):
            parse_question({**data, "question": {}})

    def test_names_in_queued_messages_are_those_of_earlier_versions(self):
        kinds = "CheckQuestion SweepQuestion PredictQuestion DescribeQuestion FetchQuestion TestRowsQuestion"
        self.assertEqual(set(QUESTIONS), set(kinds.split()))
        self.assertEqual((tasks.work.name, tasks.answer.name), ("training.work", "training.answer"))
        self.assertEqual(list(signature(tasks.answer.run).parameters)[:3], ["question", "address", "number"])


class AnswerTests(TestCase):
    def test_every_kind_of_answer_arrives_as_it_was_given(self):
        self.assertEqual({message.event_name for message in ANSWERED}, set(ANSWERS))
        for kind, answer in ANSWERED.items():
            with self.subTest(kind=kind.__name__):
                arrived = parse_answer(serialize_answer(answer).encode())
                self.assertIs(type(arrived), kind)
                self.assertEqual(arrived, answer)
                self.assertEqual(arrived.model_dump_json(by_alias=True), answer.model_dump_json(by_alias=True))

    def test_numbers_that_json_does_not_know_arrive(self):
        answer = Predictions(run_id=RUN_ID, target="t", predictions=[Prediction(prediction=math.inf)])
        self.assertEqual(parse_answer(serialize_answer(answer)), answer)

    def test_an_error_says_the_same_wherever_it_was_raised(self):
        errors: list[PlaygroundError] = [
            SpecRefused("There is no such layer.", code="unknown_layer", hint="Take another.", where="user_arch[2]"),
            RunNotFound("There is no such run."),
            AnswerTimeout("The answer took too long."),
            EngineUnavailable("No worker.", hint="Wait."),
        ]
        for error in errors:
            with self.subTest(code=error.data.code), self.assertRaises(AnsweredError) as caught:
                parse_answer(serialize_answer(error))
            self.assertEqual(caught.exception.data, error.data)
            self.assertEqual(caught.exception.status, error.status)
            self.assertEqual(str(caught.exception), str(error))
