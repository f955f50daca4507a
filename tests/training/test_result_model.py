"""The typed result of a run: what is stored is what was sent, and results of other versions can be read."""

from __future__ import annotations

import json
import math
import subprocess
import sys

from django.test import SimpleTestCase

from playground.wire.envelope import dump
from tests.training.data import builtin_data
from training.messages.events import TrainingResult
from training.messages.results import AuxiliaryOutputs, Headline, Metric
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train


def outputs_of(table: str, **fields) -> AuxiliaryOutputs:
    data = builtin_data(table)
    spec = complete(TrainingSpec(seed=0, epochs=2, **fields), data.plan)
    return train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False).auxiliary


class ResultModelTests(SimpleTestCase):
    def test_a_stored_result_is_read_as_it_was(self):
        for table in ("IRIS", "BREAST CANCER", "DIABETES"):
            with self.subTest(table):
                stored = dump(outputs_of(table))
                self.assertEqual(dump(AuxiliaryOutputs.model_validate(json.loads(json.dumps(stored)))), stored)

    def test_only_what_belongs_to_the_kind_of_problem_is_stored(self):
        for table, present, absent in (
            ("IRIS", {"kind", "parameters", "confusion_matrix", "threshold", "per_class"}, {"residuals", "naive"}),
            ("DIABETES", {"residuals", "metrics"}, {"confusion_matrix", "category_list", "threshold", "calibration"}),
        ):
            names = dump(outputs_of(table)).keys()
            self.assertLessEqual(present, names)
            self.assertFalse((absent | {"early_stopping", "split_check", "cross_validation", "spec"}) & names)
        self.assertIsNone(dump(outputs_of("IRIS"))["threshold"])  # three classes have none, and it says so

    def test_a_failed_run_has_an_empty_result(self):
        failed = TrainingResult(run_id="0" * 32, success=False, status=400, message="It diverged.")
        self.assertEqual(dump(failed)["auxiliary_outputs"], {})

    def test_classes_keep_their_name_on_the_wire(self):
        outputs = outputs_of("IRIS")
        self.assertEqual([each["class"] for each in dump(outputs)["per_class"]], outputs.category_list)

    def test_undefined_numbers_are_null_in_json_and_nan_in_python(self):
        headline = Headline(metric=Metric.R2, value=math.nan, baseline=math.inf)
        stored = dump(AuxiliaryOutputs(headline=headline, metrics={"r2": math.nan}))
        self.assertEqual(stored["headline"], {"metric": "r2", "value": None, "baseline": None})
        read = AuxiliaryOutputs.model_validate(stored)
        self.assertTrue(math.isnan(read.headline.value) and math.isnan(read.r2))
        self.assertIsNone(read.get_metric("r2"))

    def test_results_of_earlier_and_later_versions_can_be_read(self):
        earlier = {"kind": "network", "confusion_matrix": [[3, 1], [0, 2]], "category_list": ["a", "b"]}
        read = AuxiliaryOutputs.model_validate(earlier)
        self.assertTrue(read.is_network and read.is_classification)
        self.assertEqual((read.headline, read.diagnosis, read.target), (None, [], ""))
        self.assertEqual(AuxiliaryOutputs.model_validate({**earlier, "saliency": [1]}), read)

    def test_it_loads_neither_django_models_nor_torch(self):
        code = "import sys, training.messages.results; print({'django.db', 'torch', 'sklearn'} & set(sys.modules))"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(told.stdout.strip(), "set()")

    def test_metrics_are_written_in_one_format(self):
        self.assertEqual(Metric.ACCURACY.format_value(0.96667), "96.7%")
        self.assertEqual(Metric.R2.format_value(0.5), "0.500")
        self.assertEqual([Metric.R2.format_value(value) for value in (None, math.nan)], ["–", "–"])
        self.assertEqual([Metric.R2.label_in_text, Metric.LOG_LOSS.label_in_text], ["R²", "log loss"])
