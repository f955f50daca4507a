"""Every file of a run gives the run's own predictions: whatever its labels are, and where votes are equal."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.training.taken_home import LABELS, MODELS, TakenHome, take_home_labels


class LabelTests(SimpleTestCase):
    def test_files_say_the_labels_of_the_run_for_every_kind_of_label(self):
        for place, (kind, labels) in enumerate(LABELS.items()):
            for turn in range(3):  # each model meets several kinds; the benchmark takes all pairs
                name = MODELS[(place * 3 + turn) % len(MODELS)]
                for is_tied in (False, True):
                    with self.subTest(labels=kind, model=name, is_tied=is_tied):
                        self.check(take_home_labels(labels, name, is_tied=is_tied))

    def check(self, run: TakenHome) -> None:
        self.assertEqual(run.ask_predictions_csv(), run.said)
        self.assertEqual(run.ask_script(), run.said)
        self.assertEqual(run.ask_onnx(), run.said)
        if run.spec.user_model is not None:
            self.assertEqual(run.ask_skops(), run.said)
