"""Every file of a run gives the run's own predictions: whatever its labels are, and where votes are equal."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.training.taken_home import TakenHome, build_table, take_home
from training.spec import ProblemType
from training.trainers.estimators import ESTIMATORS

LABELS = {
    "negative": ["-2", "-1", "0", "1", "2"],
    "two signs": ["-1", "1"],
    "two digits": ["8", "9", "10"],
    "fractions": ["0.5", "1.5", "10.5"],
    "booleans": ["False", "True"],
    "blanks inside": ["New York", "new  york", "Bern"],
    "emoji": ["🍎", "🍐 pear", "é"],
    "leading zeros": ["0101", "101", "007"],
    "formulas": ["=1+1", "@home", "'tis", "+x"],
}
CLASSIFIERS = [name for name, entry in ESTIMATORS.items() if entry.problem_type is ProblemType.CLASSIFICATION]
QUICK = {"n_estimators": 7, "max_iter": 20, "hidden_layer_sizes": [5], "n_neighbors": 4, "max_depth": 3}


def write_model(name: str, n_classes: int) -> dict[str, object]:
    if name == "network":
        return {
            "user_arch": ["nn.Linear(6)", "nn.Tanh()", f"nn.Linear({n_classes})"],
            "epochs": 4,
            "criterion": "CELOSS",
        }
    known = {argument.name for argument in ESTIMATORS[name].arguments}
    return {"user_model": {"estimator": name, **{key: value for key, value in QUICK.items() if key in known}}}


def take_home_labels(labels: list[str], name: str, *, is_tied: bool) -> TakenHome:
    return take_home(
        build_table(labels, is_tied=is_tied),
        target="target",
        problem_type="classification",
        column_types={"target": "category"},
        **write_model(name, len(labels)),
    )


class LabelTests(SimpleTestCase):
    def test_files_say_the_labels_of_the_run_for_every_kind_of_label(self):
        models = ["network", *CLASSIFIERS]
        for place, (kind, labels) in enumerate(LABELS.items()):
            for turn in range(3):  # each model meets several kinds; the benchmark takes all pairs
                name = models[(place * 3 + turn) % len(models)]
                for is_tied in (False, True):
                    with self.subTest(labels=kind, model=name, is_tied=is_tied):
                        self.check(take_home_labels(labels, name, is_tied=is_tied))

    def check(self, run: TakenHome) -> None:
        self.assertEqual(run.ask_predictions_csv(), run.said)
        self.assertEqual(run.ask_script(), run.said)
        self.assertEqual(run.ask_onnx(), run.said)
        if run.spec.user_model is not None:
            self.assertEqual(run.ask_skops(), run.said)
