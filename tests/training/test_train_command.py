"""`manage.py train SPEC.json`: the same run in a terminal, or one sentence that says what is wrong."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path

from django.core.management import CommandError, call_command

from tests.training.cases import RunTestCase
from training import runs
from training.models import TrainingRun


class TrainCommandTests(RunTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "spec.json"

    def train(self, content: object) -> tuple[str, str]:
        self.path.write_text(content if isinstance(content, str) else json.dumps(content))
        out, err = io.StringIO(), io.StringIO()
        call_command("train", str(self.path), stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def test_a_run_is_trained_recorded_and_its_metrics_printed(self):
        out, err = self.train({"default": "IRIS", "epochs": 30, "seed": 1})
        run = TrainingRun.objects.get()
        self.assertEqual((run.status, run.progress, run.owner), ("succeeded", 100, "terminal"))
        self.assertEqual(len(runs.read_epochs(run.pk)), 30)
        promised = {file.name for file in runs.read_result(run.pk).artifacts}
        self.assertEqual({file.name for file in runs.describe_artifacts(run)}, promised)
        self.assertIn("test rows", out)
        self.assertRegex(out, r"accuracy +0\.\d+ +baseline 0\.\d+")
        self.assertIn("100%", err)

    def test_problems_are_shown_and_nothing_is_trained(self):
        with self.assertRaisesMessage(CommandError, "Nothing was trained."):
            self.train({"default": "IRIS", "user_arch": ["nn.Relu()", "Linear(2)"]})
        self.assertEqual(TrainingRun.objects.count(), 0)

    def test_what_is_no_spec_is_refused_with_a_sentence(self):
        for content, word in (
            ("not json", "not JSON"),
            ({"default": "IRIS", "epochz": 3}, "epochz"),
            ({"default": "IRIS", "epochs": "many"}, "epochs"),
            ({"default": "NOPE"}, "Nothing was trained"),
            ({}, "Nothing was trained"),
        ):
            with self.subTest(content=content), self.assertRaisesMessage(CommandError, word):
                self.train(content)
        with self.assertRaisesMessage(CommandError, "No such file"):
            call_command("train", "/nowhere/spec.json")

    def test_a_run_that_fails_ends_with_advice(self):
        with self.assertRaisesMessage(CommandError, "learning rate"):
            self.train({"default": "DIABETES", "optimizer_name": "SGD", "learning_rate": 900})
        self.assertEqual(TrainingRun.objects.get().status, "failed")
