"""The modules that ship: their form, their numeric keys computed, and their labs trained, both sensibly and naively.

Costs about 20 s, nearly all of it training. What the prose quotes from runs is trained here, too.
"""

from __future__ import annotations

import math
import re
import statistics
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from django.test import SimpleTestCase
from sklearn import metrics

from progress.catalogue import CHOICE_KINDS, CONTENT_FOLDER, Kind, LabContent, QuestionContent, read_content
from progress.grading import grade
from progress.labs import FinishedRun, find_shortfalls
from tests.training.data import csv_data
from training.datasets.builtin import find_builtin, load_builtin
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.exceptions import TrainingDiverged
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.base import Outcome
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.train import train

SEEDS = range(5)
MODULES = read_content()
THREADS = torch.get_num_threads()


def setUpModule() -> None:
    torch.set_num_threads(1)  # as in the workers: several are slower for networks as small as these


def tearDownModule() -> None:
    torch.set_num_threads(THREADS)


def each_question() -> Iterator[QuestionContent]:
    for module in MODULES:
        for section in module.sections:
            yield from section.questions


def each_text() -> Iterator[tuple[str, str]]:
    """Where it stands -> each text of the course that learners read as Markdown."""
    for module in MODULES:
        yield module.id, module.summary
        for section in module.sections:
            yield section.id, section.body
            for question in section.questions:
                texts = [question.prompt, question.right, question.wrong, *question.hints]
                texts += [text for choice in question.choices for text in (choice.text, choice.feedback)]
                yield from ((question.id, text) for text in texts)


class FormTests(SimpleTestCase):
    def test_every_file_is_a_module_and_the_order_is_that_of_the_files(self):
        self.assertGreaterEqual(len(MODULES), 6)
        self.assertEqual(
            [f"{module.order}-{module.id}" for module in MODULES],
            sorted(path.stem for path in CONTENT_FOLDER.glob("*.toml")),
        )

    def test_a_module_explains_asks_and_ends_with_a_lab(self):
        for module in MODULES:
            with self.subTest(module=module.id):
                questions = [question for section in module.sections for question in section.questions]
                self.assertIn(len(module.sections), range(3, 6))
                self.assertTrue(all(section.questions for section in module.sections))
                self.assertGreaterEqual(sum(question.kind is not Kind.LAB for question in questions), 4)
                self.assertGreaterEqual(len({question.kind for question in questions}), 3)
                self.assertIs(questions[-1].kind, Kind.LAB)

    def test_every_kind_that_is_graded_occurs(self):
        self.assertEqual({question.kind for question in each_question()}, set(Kind) - {Kind.DONE})

    def test_sections_are_as_long_as_an_explanation_needs_to_be(self):
        for module in MODULES:
            for section in module.sections:
                with self.subTest(section=section.id):
                    self.assertIn(len(section.body.split()), range(250, 451))

    def test_ids_of_questions_are_unique_in_the_whole_course(self):
        ids = [question.id for question in each_question()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_choice_says_why(self):
        for question in each_question():
            if question.kind in CHOICE_KINDS:
                with self.subTest(question=question.id):
                    self.assertIn(len(question.choices), range(3, 7))
                    self.assertTrue(all(len(choice.feedback.split()) >= 4 for choice in question.choices))
                    right = sum(choice.correct for choice in question.choices)
                    self.assertTrue(right == 1 if question.kind is Kind.SINGLE else right >= 2)

    def test_every_question_has_a_hint_and_says_what_was_right_or_wrong(self):
        for question in each_question():
            with self.subTest(question=question.id):
                self.assertIn(len(question.hints), range(1, 4))
                self.assertTrue(question.right)
                self.assertEqual(bool(question.wrong), question.kind is not Kind.LAB)

    def test_texts_are_markdown_without_html(self):
        for where, text in each_text():
            with self.subTest(where=where):
                self.assertNotRegex(text, r"</?[A-Za-z!]|&[a-z]+;")
                self.assertEqual(text.count("**") % 2, 0)
                self.assertEqual(text.count("`") % 2, 0)

    def test_rows_of_a_table_have_as_many_cells_as_its_head(self):
        tables = 0
        for where, text in each_text():
            for table in re.findall(r"(?:^\|.*\|$\n?){2,}", text, re.MULTILINE):
                tables += 1
                with self.subTest(where=where, table=table):
                    self.assertEqual(len({row.count("|") for row in table.splitlines()}), 1)
                    self.assertRegex(table.splitlines()[1], r"^\|(---\|)+$")
        self.assertGreater(tables, 10)


def _step(w: float, learning_rate: float) -> float:
    """One step down the loss (2w - 10)^2, by a slope that is measured rather than derived."""
    small = 1e-6
    slope = ((2 * (w + small) - 10) ** 2 - (2 * (w - small) - 10) ** 2) / (2 * small)
    return w - learning_rate * slope


def _parameters(name: str, *layers: str) -> int:
    return check(TrainingSpec(user_arch=layers), plan_table(name), Limits()).parameters


def _training_rows(name: str) -> int:
    return len(plan_table(name).train)


def _largest_share(name: str) -> float:
    counts = plan_table(name).class_counts
    return max(counts) / sum(counts)


def _count_bike_inputs() -> int:
    """Of a table with the columns that the question names, as the playground prepares it."""
    random = np.random.default_rng(0)
    rows = [
        f"{random.integers(50, 900)},{n % 13},brand {'ABCDEF'[n % 6]},{'yes' if n % 2 else 'no'},"
        f"2025-{n % 12 + 1:02}-{n % 28 + 1:02},F{7_000 + 31 * n}"
        for n in range(300)
    ]
    table = "\n".join(["price,age,brand,electric,sold_on,frame_no", *rows])
    return csv_data(table, target="price", problem_type="regression", seed=0).plan.n_features


def compute_keys() -> dict[str, float]:
    """Question id -> the value that its prompt asks for, by a library or the product itself where they can tell."""
    tickets = np.repeat([0, 0, 1, 1], [90, 10, 4, 6]), np.repeat([0, 1, 0, 1], [90, 10, 4, 6])
    post = np.repeat([0, 0, 1, 1], [50, 10, 5, 35]), np.repeat([0, 1, 0, 1], [50, 10, 5, 35])
    return {
        "score-by-hand": float(np.dot([1.5, 1.5], [5.0, 1.5]) - 8.5),
        "how-many-test-rows": len(plan_table("WINE").test),
        "baseline-by-hand": _largest_share("WINE"),
        "neuron-by-hand": max(0.0, float(np.dot([1.5, -1.0], [1.0, 2.0]) - 0.5)),
        "count-parameters": _parameters("WINE", "Linear(8)", "ReLU()", "Linear(3)"),
        "xor-by-hand": abs(-0.6 + 0.2) - abs(-0.6 - 0.2),
        "softmax-of-two": math.exp(1.0) / (math.exp(1.0) + math.exp(0.0)),
        "mse-by-hand": float(metrics.mean_squared_error([0, 0, 0], [3, -1, 2])),
        "one-step": _step(3.0, 0.05),
        "count-steps": 20 * math.ceil(_training_rows("BREAST CANCER") / 32),
        "dropout-by-hand": 0.25 * 32,
        "r2-by-hand": float(metrics.r2_score([10, 20, 30], [14, 18, 27])),
        "accuracy-from-matrix": float(metrics.accuracy_score(*post)),
        "balanced-accuracy-by-hand": float(metrics.balanced_accuracy_score(*tickets)),
        "auc-by-hand": float(metrics.roc_auc_score([1, 1, 0, 0, 0], [0.8, 0.4, 0.6, 0.3, 0.1])),
        "log-loss-by-hand": float(metrics.log_loss([1, 1], [0.5, 0.1], labels=[0, 1])),
        "standardise-by-hand": (12.2 - 13.0) / 0.8,
        "median-by-hand": float(np.median([19, 95, 22, 24, 20])),
        "count-inputs": _count_bike_inputs(),
    }


class KeyTests(SimpleTestCase):
    def test_every_numeric_key_is_what_comes_out(self):
        computed = compute_keys()
        questions = {question.id: question for question in each_question() if question.kind is Kind.NUMBER}
        self.assertEqual(set(questions), set(computed))
        for name, value in computed.items():
            with self.subTest(question=name):
                self.assertAlmostEqual(questions[name].answer, value, delta=6e-4)

    def test_an_answer_with_as_many_decimals_as_asked_for_is_right(self):
        asked = 0
        for name, value in compute_keys().items():
            question = next(question for question in each_question() if question.id == name)
            decimals = {"two decimals": 2, "three decimals": 3}
            for words, places in decimals.items():
                if words in question.prompt:
                    asked += 1
                    self.assertTrue(grade(question, round(value, places)).correct, name)
            self.assertFalse(grade(question, -value if value else 1.0).correct, name)
        self.assertGreater(asked, 4)

    def test_accepted_words_are_accepted_however_they_are_typed_and_their_opposites_are_not(self):
        opposites = {
            "name-an-activation": "Dropout",
            "name-it": "underfitting",
            "fire-alarm": "precision",
            "name-the-fault": "overfitting",
        }
        questions = {question.id: question for question in each_question() if question.kind is Kind.TEXT}
        self.assertEqual(set(questions), set(opposites))
        for name, wrong in opposites.items():
            question = questions[name]
            self.assertTrue(grade(question, f" {question.accepted[0].upper()}. ").correct)
            self.assertFalse(grade(question, wrong).correct)


BIG = ("Linear(64)", "ReLU()", "Linear(32)", "ReLU()")  # what overfits small tables
PETALS, SEPALS = (("petal length (cm)", "petal width (cm)"), ("sepal length (cm)", "sepal width (cm)"))
CHOSEN = ("worst radius", "worst texture", "worst concave points", "mean concave points")
ERRORS = tuple(
    f"{name} error" for name in ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity")
)

SMALL_REGRESSION = {
    "default": "DIABETES",
    "user_arch": ("Linear(16)", "ReLU()", "Dropout(0.5)", "Linear(1)"),
    "epochs": 50,
    "weight_decay": 0.01,
}
BIG_REGRESSION = {"default": "DIABETES", "user_arch": (*BIG, "Linear(1)")}
BIG_CANCER = {"default": "BREAST CANCER", "user_arch": (*BIG, "Linear(2)")}

# lab -> a spec that its last hint leads to, and a spec that a learner may try first
LABS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "lab-nine-numbers": (
        {"default": "IRIS", "features": PETALS, "user_arch": ("Linear(3)",)},
        [
            {"default": "IRIS", "features": SEPALS, "user_arch": ("Linear(3)",)},
            {"default": "IRIS", "user_arch": ("Linear(3)",)},
            {"default": "IRIS", "user_arch": ("Linear(16)", "ReLU()", "Linear(3)")},
        ],
    ),
    "lab-xor": (
        {"default": "XOR", "user_arch": ("Linear(8)", "ReLU()", "Linear(2)")},
        [
            {"default": "XOR", "user_arch": ("Linear(2)",)},
            {"default": "XOR", "user_arch": ("Linear(8)", "Linear(2)")},
            {"default": "XOR", "user_arch": ("Linear(16)", "ReLU()", "Linear(2)")},
        ],
    ),
    "lab-wine": (
        {"default": "WINE", "user_arch": ("Linear(8)", "ReLU()", "Linear(3)")},
        [{"default": "WINE", "user_arch": ("Linear(16)", "ReLU()", "Linear(3)")}],
    ),
    "lab-spiral": (
        {"default": "SPIRAL", "user_arch": ("Linear(32)", "ReLU()", "Linear(2)"), "epochs": 200, "learning_rate": 0.03},
        [
            {"default": "SPIRAL", "user_arch": ("Linear(32)", "ReLU()", "Linear(2)")},
        ],
    ),
    "lab-diabetes": (SMALL_REGRESSION, [BIG_REGRESSION]),
    "lab-moons-roc": (
        {"default": "MOONS", "user_arch": ("Linear(16)", "ReLU()", "Linear(2)")},
        [
            {"default": "MOONS", "user_model": "LogisticRegression()"},
            {"default": "MOONS", "user_arch": ("Linear(2)",)},
        ],
    ),
    "lab-honest-probabilities": (
        {"default": "BREAST CANCER", "user_arch": ("Linear(2)",), "weight_decay": 0.01},
        [BIG_CANCER],
    ),
    "lab-few-columns": (
        {"default": "BREAST CANCER", "features": CHOSEN, "user_arch": ("Linear(2)",)},
        [
            {"default": "BREAST CANCER", "user_arch": ("Linear(2)",)},
            {"default": "BREAST CANCER", "features": ERRORS, "user_arch": ("Linear(2)",)},
        ],
    ),
}


class LabTests(SimpleTestCase):
    def test_each_lab_is_passed_by_what_its_hints_lead_to_and_not_by_what_is_tried_first(self):
        labs = {question.id: question.lab for question in each_question() if question.lab is not None}
        self.assertEqual(set(labs), set(LABS))
        for name, (sensible, naive) in LABS.items():
            with self.subTest(lab=name):
                self.assertGreaterEqual(count_passes(labs[name], sensible), 4)
                for fields in naive:
                    self.assertLessEqual(count_passes(labs[name], fields), 1, fields)


class QuotedRunTests(SimpleTestCase):
    """Numbers that the texts quote from runs. The bounds are wide, since other machines round differently."""

    def test_r2_of_three_networks_on_diabetes(self):
        linear = {"default": "DIABETES", "user_arch": ("Linear(1)",)}
        for fields, quoted, delta in (
            (BIG_REGRESSION, -0.06, 0.15),
            (linear, 0.41, 0.03),
            (SMALL_REGRESSION, 0.42, 0.03),
        ):
            self.assertAlmostEqual(mean_metric(fields, "r2"), quoted, delta=delta)

    def test_the_two_curves_of_an_overfitting_run_part(self):
        rows = fit(BIG_REGRESSION, 0).epochs
        self.assertLess(rows[-1].train_loss, 0.12)
        self.assertGreater(rows[-1].test_loss, 1.8 * min(row.test_loss for row in rows))
        self.assertLess(min(rows, key=lambda row: row.test_loss).epoch, 10)

    def test_log_loss_on_breast_cancer_and_the_confusion_matrix_of_logistic_regression(self):
        logistic = {"default": "BREAST CANCER", "user_model": "LogisticRegression()"}
        self.assertAlmostEqual(mean_metric(logistic, "log_loss"), 0.09, delta=0.015)
        self.assertAlmostEqual(mean_metric(BIG_CANCER, "log_loss"), 0.28, delta=0.1)
        self.assertAlmostEqual(mean_metric(BIG_CANCER, "accuracy"), 0.96, delta=0.01)
        self.assertEqual(fit(logistic, 0).auxiliary.confusion_matrix, [[71, 1], [2, 40]])

    def test_three_learning_rates_on_iris(self):
        fields = {
            "default": "IRIS",
            "user_arch": ("Linear(16)", "ReLU()", "Linear(3)"),
            "optimizer_name": "SGD",
            "epochs": 50,
        }
        for rate, quoted in ((0.001, 1.11), (0.05, 0.25)):
            loss = fit({**fields, "learning_rate": rate}, 0).epochs[-1].train_loss
            self.assertAlmostEqual(loss, quoted, delta=0.03)
        with self.assertRaises(TrainingDiverged):
            fit({**fields, "learning_rate": 20}, 0)


def count_passes(lab: LabContent, fields: dict[str, Any]) -> int:
    """Return how many seeds pass the lab. Models with too many parameters are not trained."""
    parameters = None
    if "user_model" not in fields:
        spec = to_spec(fields, 0)
        parameters = check(spec, make_plan(load_builtin(lab.dataset), spec, Limits()), Limits()).parameters
    fits = lab.max_parameters is None or parameters is None or parameters <= lab.max_parameters
    seeds = SEEDS if fits else SEEDS[:1]
    return sum(not find_shortfalls(lab, to_run(lab, fields, parameters, seed)) for seed in seeds)


def to_run(lab: LabContent, fields: dict[str, Any], parameters: int | None, seed: int) -> FinishedRun:
    table = find_builtin(lab.dataset)
    return FinishedRun(
        run_id=uuid.uuid4(),
        owner="user:1",
        table=table,
        target=table.target,
        test_size=to_spec(fields, seed).test_size,
        is_estimator="user_model" in fields,
        metrics=fit(fields, seed).auxiliary.metrics,
        parameters=parameters,
    )


def mean_metric(fields: dict[str, Any], name: str) -> float:
    return statistics.fmean(fit(fields, seed).auxiliary.metrics[name] for seed in SEEDS)


def to_spec(fields: dict[str, Any], seed: int) -> TrainingSpec:
    return TrainingSpec.model_validate({**fields, "seed": seed})


@cache
def plan_table(name: str) -> Plan:
    """As the playground splits it when nothing but the table is chosen."""
    return make_plan(load_builtin(name), TrainingSpec(seed=0), Limits())


def fit(fields: dict[str, Any], seed: int) -> Outcome:
    return _fit(to_spec(fields, seed).model_dump_json(exclude_unset=True))


@cache
def _fit(spec_json: str) -> Outcome:
    """Several tests look at the same runs."""
    spec = TrainingSpec.model_validate_json(spec_json)
    plan = make_plan(load_builtin(spec.default), spec, Limits())
    return train(prepare(plan), complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
