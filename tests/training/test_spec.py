"""TrainingSpec: the names of earlier front ends, and complaints that name the place."""

from __future__ import annotations

from django.test import SimpleTestCase
from pydantic import ValidationError

from playground.wire.errors import ErrorData, InvalidData
from training.messages.runs import RunTraining
from training.spec import Criterion, Optimizer, Schedule, TrainingSpec


def complain(**data) -> ErrorData:
    try:
        RunTraining.model_validate(data)
    except ValidationError as error:
        return InvalidData.from_validation(error).data
    raise AssertionError("it was accepted")


class TrainingSpecTests(SimpleTestCase):
    def test_an_empty_spec_is_a_spec(self):
        spec = TrainingSpec()
        self.assertIsNone(spec.seed)
        self.assertEqual(spec.test_size, 0.2)

    def test_names_of_earlier_front_ends_are_understood(self):
        spec = TrainingSpec.model_validate({"using_default_dataset": "IRIS", "user_model": ["LogisticRegression()"]})
        self.assertEqual((spec.default, spec.user_model), ("IRIS", "LogisticRegression()"))
        self.assertEqual(TrainingSpec.model_validate({"csv_data": "a,b\n1,2"}).csvData, "a,b\n1,2")

    def test_a_run_is_named_on_one_line(self):
        for name, stored in (
            ("Прогноз 🌾 — опыт №12\nBcc: all@example.org", "Прогноз 🌾 — опыт №12 Bcc: all@example.org"),
            ("a\r\n\tb\u2028c\x1b", "a b c"),
            ("👩\u200d🔬  lab ", "👩\u200d🔬 lab"),
        ):
            self.assertEqual(TrainingSpec(custom_model_name=name).custom_model_name, stored)

    def test_sources_sent_empty_are_not_sources(self):
        spec = TrainingSpec.model_validate({"default": "", "csvData": [], "dataset_id": "", "user_model": ""})
        self.assertEqual((spec.default, spec.csvData, spec.dataset_id, spec.user_model), (None,) * 4)

    def test_choices_are_read_in_any_case(self):
        spec = TrainingSpec.model_validate({"criterion": "celoss", "optimizer_name": "adamw"})
        self.assertEqual((spec.criterion, spec.optimizer_name), (Criterion.CELOSS, Optimizer.ADAMW))
        self.assertEqual(TrainingSpec.model_validate({"schedule": "Cosine"}).schedule, Schedule.COSINE)
        self.assertIsNone(TrainingSpec.model_validate({"schedule": ""}).schedule)

    def test_complaints_name_the_place(self):
        for data, where in (
            ({"user_arch": ["nn.ReLU()", 3]}, "user_arch[1]"),
            ({"user_arch": ["x" * 201]}, "user_arch[0]"),
            ({"user_model": 3}, "user_model"),
            ({"csvData": [{"a": 1}, {"a": [1]}]}, "csvData"),
            ({"epochs": 0}, "epochs"),
            ({"learning_rate": -1}, "learning_rate"),
            ({"test_size": 1}, "test_size"),
            ({"momentum": 1}, "momentum"),
            ({"gradient_clip": 0}, "gradient_clip"),
            ({"schedule": "sometimes"}, "schedule"),
            ({"schedule_step": 0}, "schedule_step"),
            ({"schedule_gamma": 1}, "schedule_gamma"),
            ({"patience": 0}, "patience"),
            ({"seed": 2**32}, "seed"),
            ({"features": ["a", ""]}, "features[1]"),
            ({"optimizer_name": "Magic"}, "optimizer_name"),
            ({"dataset_id": "../../etc/passwd"}, "dataset_id"),
            ({"custom_model_name": "x" * 101}, "custom_model_name"),
        ):
            with self.subTest(data=str(data)[:60]):
                error = complain(**data)
                self.assertEqual((error.code, error.where), ("invalid_data", where))

    def test_two_sources_of_data_are_refused(self):
        error = complain(default="IRIS", csvData="a,b\n1,2")
        self.assertEqual(error.code, "invalid_data")
        self.assertIn("default", error.message)

    def test_an_unknown_field_is_named(self):
        self.assertEqual(complain(epoch=3).where, "epoch")
        self.assertEqual(complain(epoch=3).code, "unknown_field")
