"""Text columns: which ones are learned from, what their features are, and that every form of a model agrees on them."""

from __future__ import annotations

import random
import sys
import time
import unicodedata
from unittest import mock

import numpy as np
import onnxruntime
import pandas as pd
from django.test import SimpleTestCase

from tests.training.scripts import ScriptTestCase, stored
from tests.training.tables import read_text
from tests.training.taken_home import take_home
from tests.training.test_predict import train_and_reload
from tests.training.texts import MULTILINGUAL, write_remarks, write_reviews
from training.artifacts.graph import build_onnx, check_onnx
from training.artifacts.graph.features import to_inputs
from training.datasets.columns import infer_type
from training.datasets.grid import build_grid
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.rows import parse_rows
from training.datasets.texts import get_vectorizer
from training.limits import Limits
from training.spec import ColumnType, TrainingSpec
from training.trainers.boundary import find_default_boundary
from training.trainers.results.importance import measure_importance
from training.trainers.results.terms import measure_term_weights
from training.trainers.trained import TrainedModel

TEXTS = {"remark": "text", "answer": "text"}
MODELS = {"a network": {"epochs": 5}, "a linear model": {"user_model": "LogisticRegression"},
          "a forest": {"user_model": "RandomForestClassifier(n_estimators=10)"}}  # fmt: skip


def prepare_csv(content: str, limits: Limits | None = None, **fields) -> PreparedData:
    return prepare(make_plan(read_text(content), TrainingSpec(**{"seed": 0, **fields}), limits or Limits()))


def run_onnx(content: bytes, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]).run(None, inputs)


class ColumnTests(SimpleTestCase):
    def test_prose_is_text_and_names_addresses_and_codes_are_identifiers(self):
        first, last = (
            ("John", "Mary", "Ana", "Owen", "Karl", "José"),
            ("Smith", "Miller", "van der Berg", "García", "Lee"),
        )
        short = ("bad", "really good", "would not buy again")
        draw = random.Random(0)
        name = [f"{draw.choice(first)} {draw.choice(last)} {chr(65 + n // 26)}{chr(97 + n % 26)}e" for n in range(200)]
        columns = {
            ColumnType.TEXT: {
                "reviews": [row.split(",")[0] for row in write_reviews(200).splitlines()[1:]],
                "short reviews": [f"{draw.choice(short)} {n % 90}" for n in range(200)],
                "errors": [f"Error {n} on server {n % 7} while it was reading" for n in range(200)],
                "Russian": [f"Очень хороший товар, доставка заняла {n} дней" for n in range(200)],
                "few but all different": [f"this film has {n} good scenes" for n in range(30)],
                "repeated": [f"sentence number {n % 80} is often here" for n in range(900)],
            },
            ColumnType.IDENTIFIER: {
                "names": name,
                "names as in a register": [f"{draw.choice(last)}, Mr. {text}" for text in name],
                "addresses": [f"{n} {draw.choice(last)} Street, Springfield, IL {10_000 + n}" for n in range(200)],
                "French addresses": [f"{n} rue de la {draw.choice(last)}, Paris" for n in range(200)],
                "e-mail": [f"some.one.{n}@example.com" for n in range(200)],
                "links": [f"https://example.com/the-{n}/of/this" for n in range(200)],
                "codes": [f"AB {n} x-{n % 7}" for n in range(200)],
                "paths": [f"/usr/lib/the {n}/foo.py" for n in range(200)],
            },
            ColumnType.CATEGORY: {
                "answers": [("I agree completely", "I do not agree", "I have no idea")[n % 3] for n in range(200)],
                "few rows": ["a long text here", "another long text", "and a third one"],
            },
        }  # fmt: skip
        for kind, cases in columns.items():
            for case, values in cases.items():
                with self.subTest(case):
                    self.assertIs(infer_type(pd.Series(values, dtype="str")), kind)

    def test_an_identifier_is_left_out_with_a_note_whose_choice_learns_from_it(self):
        content = "who,x,y\n" + "".join(f"person number{n},{n},{'ab'[n % 2]}\n" for n in range(120))
        plan = prepare_csv(content, target="y").plan
        note = next(note for note in plan.notes if note.code == "identifier_column")
        self.assertEqual(plan.texts, ())
        operation = note.choices[0].fix[0]
        self.assertEqual((operation.op, operation.path), ("add", "/column_types"))
        again = prepare_csv(content, target="y", column_types=operation.value)
        self.assertEqual(again.plan.texts, ("who",))
        self.assertIn("who: person", again.feature_names)

    def test_a_column_that_is_chosen_as_text_is_text_whatever_it_holds(self):
        content = "n,day,flag,y\n" + "".join(
            f"{n % 4},2024-01-{1 + n % 9:02},{n % 3 == 0},{n % 2}\n" for n in range(60)
        )
        data = prepare_csv(content, target="y", column_types=dict.fromkeys(("n", "day", "flag"), "text"))
        self.assertEqual(data.plan.texts, ("n", "day", "flag"))
        self.assertEqual(
            [name for name in data.feature_names if name.startswith("n:")][:4], ["n: 0", "n: 1", "n: 2", "n: 3"]
        )
        self.assertTrue(np.isfinite(data.X_train).all())


class FeatureTests(SimpleTestCase):
    def test_the_plan_counts_the_features_before_they_are_made(self):
        cases = [
            (write_reviews(300), {}),
            (write_remarks(300), {"column_types": TEXTS}),
            (write_remarks(60), {"column_types": TEXTS, "test_size": 0.5, "shuffle": False}),
            (
                "t,x,y\n" + "".join(f"w{n},{n},{n % 2}\n" for n in range(50)),
                {"target": "y", "column_types": {"t": "text"}},
            ),
        ]
        for content, fields in cases:
            with self.subTest(fields=fields):
                data = prepare_csv(content, **fields)
                self.assertEqual(data.X_train.shape, (len(data.plan.train), data.plan.n_features))
                self.assertEqual(len(data.feature_names), data.plan.n_features)
                self.assertEqual(len(set(data.feature_names)), data.plan.n_features)

    def test_terms_are_words_and_pairs_in_two_texts_and_the_length_is_standardised(self):
        content = "t,y\n" + "".join(f'"Größe {word} OK",{n % 2}\n' for n, word in enumerate(["once"] + ["twice"] * 9))
        data = prepare_csv(content, target="y", column_types={"t": "text"}, test_size=0.2, shuffle=False)
        names = ["t: größe", "t: größe twice", "t: ok", "t: twice", "t: twice ok", "t: number of words"]
        self.assertEqual(list(data.feature_names), names)
        np.testing.assert_allclose(np.linalg.norm(data.X_train[:, :-1], axis=1), 1, rtol=1e-6)
        # All have three words: no weight is learned for another number.
        np.testing.assert_array_equal(data.X_train[:, -1], 0)
        self.assertEqual(data.preparation.transform(pd.DataFrame({"t": ["a b c d e f"]}))[0, -1], 0)

    def test_a_missing_text_has_no_words(self):
        content = write_remarks(200)
        data = prepare_csv(content, column_types=TEXTS)
        row = pd.DataFrame({"remark": [np.nan], "answer": [None]})
        prepared = data.preparation.transform(row)[0]
        self.assertEqual(np.count_nonzero(prepared), 2)  # the lengths, below their means
        self.assertLess(prepared[-1], 0)

    def test_a_column_without_repeated_words_gives_its_length_and_a_note(self):
        content = "t,y\n" + "".join(f"w{n} {'z' * n},{n % 2}\n" for n in range(20))
        data = prepare_csv(content, target="y", column_types={"t": "text"})
        self.assertEqual(data.feature_names, ("t: number of words",))
        self.assertIn("no_terms", [note.code for note in data.plan.notes])

    def test_a_large_table_gets_fewer_terms_and_a_note(self):
        data = prepare_csv(write_reviews(300), Limits(cells=300 * 40))
        self.assertLessEqual(data.plan.n_features * 300, 300 * 40)
        self.assertIn("38 terms", next(note.message for note in data.plan.notes if note.code == "fewer_terms"))

    def test_ten_thousand_words_and_a_cell_of_a_million_characters_are_bounded(self):
        draw = random.Random(0)
        words = [f"word{n}" for n in range(10_000)]
        lines = [f"{' '.join(draw.choices(words, k=60))},{n % 2}" for n in range(1_000)]
        lines[0] = f"{'so long ' * 125_000},1"
        data = prepare_csv("t,y\n" + "\n".join(lines) + "\n", target="y")
        self.assertEqual(data.plan.terms, (500,))
        self.assertEqual(data.X_train.shape[1], 501)
        self.assertTrue(np.isfinite(data.X_train).all())
        self.assertTrue(np.isfinite(data.X_test).all())

    def test_terms_of_long_texts_are_chosen_by_a_sample_and_weighed_by_all_rows(self):
        content = write_reviews(300)
        everything = prepare_csv(content)
        with mock.patch("training.datasets.texts.SAMPLE_CHARACTERS", 5_000):
            data = prepare_csv(content)
        self.assertIn("terms_of_sample", [note.code for note in data.plan.notes])
        self.assertEqual(data.X_train.shape[1], data.plan.n_features)
        self.assertLess(set(data.feature_names), set(everything.feature_names))
        self.assertEqual(
            get_vectorizer(data.preparation.preprocessor.named_transformers_["terms_1"]).idf_.shape, data.plan.terms
        )


class ModelTests(SimpleTestCase):
    def test_reviews_are_told_apart_by_every_kind_of_model(self):
        data = prepare_csv(write_reviews(400))
        for name, fields in {**MODELS, "a network": {"epochs": 30}}.items():
            with self.subTest(name):
                outcome, _ = train_and_reload(data, **fields)
                self.assertGreater(outcome.auxiliary.metrics["accuracy"], 0.95)
                self.assertLess(outcome.auxiliary.baseline["accuracy"], 0.65)

    def test_stored_files_and_onnx_say_what_the_run_said(self):
        tables = {
            "reviews": prepare_csv(write_reviews(200)),
            "stars": prepare_csv(write_reviews(200, with_target="stars"), target="stars"),
            "many scripts": prepare_csv(write_remarks(300), column_types=TEXTS),
        }
        for table, data in tables.items():
            for name, fields in MODELS.items():
                if data.classes is None and "user_model" in fields:
                    fields = {"user_model": "Ridge" if "linear" in name else "RandomForestRegressor(n_estimators=10)"}
                with self.subTest(table=table, model=name):
                    outcome, trained = train_and_reload(data, **fields)
                    predictions, probabilities = trained.answer(data.test_frame)
                    expected = outcome.predictions if probabilities is None else outcome.probabilities
                    np.testing.assert_allclose(
                        predictions if probabilities is None else probabilities, expected, atol=1e-6
                    )
                    check_onnx(build_onnx(trained), trained, data.test_frame)

    def test_rows_that_are_sent_get_the_run_s_answers(self):
        data = prepare_csv(write_remarks(300), column_types=TEXTS)
        outcome, trained = train_and_reload(data, user_model="LogisticRegression")
        frame = data.test_frame[["remark", "answer"]].astype(object)
        rows = [{name: cell for name, cell in row.items() if isinstance(cell, str)} for row in frame.to_dict("records")]
        _, probabilities = trained.answer(parse_rows(rows, trained.preparation))
        np.testing.assert_allclose(probabilities, outcome.probabilities, atol=1e-6)


class TermTests(SimpleTestCase):
    PRAISE = {"wonderful", "perfectly", "smile", "worth", "exceeded", "penny", "hopes"}
    BLAME = {"dreadful", "broke", "leave", "waste", "fell", "apart", "twice", "money"}

    def test_the_words_that_decide_are_found_with_their_class_for_every_kind_of_model(self):
        data = prepare_csv(write_reviews(400))
        for name, fields in {
            **MODELS,
            "a network": {"epochs": 30},
            "neighbours": {"user_model": "KNeighborsClassifier"},
        }.items():
            with self.subTest(name):
                terms = measure_term_weights(train_and_reload(data, **fields)[1], data.X_train)
                self.assertEqual(len(terms), 20)
                words = {
                    label: {word for term in terms if term.label == label for word in term.term.split()}
                    for label in data.classes
                }
                self.assertGreaterEqual(len(words["good"] & self.PRAISE), 3)
                self.assertGreaterEqual(len(words["bad"] & self.BLAME), 3)
                self.assertFalse(words["good"] & self.BLAME)
                self.assertFalse(words["bad"] & self.PRAISE)

    def test_the_weight_in_a_linear_regression_is_its_contribution(self):
        data = prepare_csv(write_reviews(300, with_target="stars"), target="stars")
        trained = train_and_reload(data, user_model="Ridge")[1]
        places = data.preparation.text_features[0].terms
        terms = {term.term: term for term in measure_term_weights(trained, data.X_train)}
        self.assertTrue(any(term.weight < 0 for term in terms.values()))
        self.assertTrue(any(term.weight > 0 for term in terms.values()))
        pair = next(term for term in terms.values() if " " in term.term and term.rows <= 30)
        column = data.X_train[:, places[pair.term]]
        coefficient = trained.model.coef_[places[pair.term]] * data.preparation.target_scale
        self.assertAlmostEqual(pair.weight, float(coefficient * column[column > 0].mean()), places=5)
        self.assertEqual((pair.rows, pair.label), (int((column > 0).sum()), None))

    def test_the_time_is_bounded(self):
        data = prepare_csv(write_reviews(300))
        trained = train_and_reload(data, user_model="LogisticRegression")[1]
        with mock.patch("training.trainers.results.terms.MAX_SECONDS", 0.0):
            terms = measure_term_weights(trained, data.X_train)
        self.assertTrue(0 < len(terms) <= 20)

    def test_importance_shuffles_whole_texts(self):
        data = prepare_csv(write_reviews(400))
        trained = train_and_reload(data, user_model="LogisticRegression")[1]
        found = measure_importance(trained, data.test_frame, data.y_test_units, data.problem_type)
        self.assertEqual([column.column for column in found.columns], ["review", "nights"])
        self.assertGreater(found.columns[0].importance, 0.3)


class NeighbourTests(SimpleTestCase):
    """Other functions that read columns work with text columns."""

    def test_a_boundary_is_drawn_between_numbers_while_texts_stay_empty(self):
        lines = write_reviews(120).splitlines()
        content = "\n".join([f"{lines[0]},x", *(f"{line},{n}" for n, line in enumerate(lines[1:]))]) + "\n"
        data = prepare_csv(content, target="label")
        self.assertIsNone(find_default_boundary(data.plan))
        grid = build_grid(data, ("nights", "x"))
        words = data.feature_names.index("review: number of words")
        terms = list(data.preparation.text_features[0].terms.values())
        np.testing.assert_array_equal(grid.X[:, terms], 0)
        self.assertEqual(len(np.unique(grid.X[:, words])), 1)

    def test_repeated_and_leaking_texts_are_noticed_and_kept_texts_stay_features(self):
        content = "same,twice,text,x,y\n" + "".join(
            f"an old story,story number {n % 60} is told,story number {n % 60} is told,{n % 5},{'ab'[n % 60 % 2]}\n"
            for n in range(600)
        )
        types = dict.fromkeys(("same", "twice", "text"), "text")
        plan = prepare_csv(content, target="y", column_types=types).plan
        self.assertEqual(plan.texts, ("twice", "text"))
        self.assertIn("constant_feature", [note.code for note in plan.notes])
        found = {problem.code: problem for problem in plan.suspicions}
        self.assertIn("duplicate_feature", found)
        self.assertEqual(found["duplicate_feature"].fix[0].value, ["x", "twice"])

    def test_long_texts_take_no_longer_to_suspect(self):
        draw = random.Random(0)
        words = [f"word{n}" for n in range(5_000)]
        lines = [f"{' '.join(draw.choices(words, k=200))},{n % 7},{n % 2}" for n in range(5_000)]
        plan = prepare_csv("t,x,y\n" + "\n".join(lines) + "\n", target="y").plan
        began = time.perf_counter()
        self.assertEqual([problem.code for problem in plan.suspicions if problem.where == "t"], [])
        self.assertLess(time.perf_counter() - began, 5)


class LowerCaseTests(SimpleTestCase):
    """The graph's words are Python's, for every character and for letters in every order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = prepare_csv(write_remarks(400), column_types={"remark": "text", "answer": "ignored"})
        cls.trained: TrainedModel = train_and_reload(data, user_model="LogisticRegression")[1]
        cls.content = build_onnx(cls.trained)

    def assert_equal_answers(self, texts: list[str]) -> None:
        frame = pd.DataFrame({"remark": pd.Series(texts, dtype=object)})
        _, given = run_onnx(self.content, to_inputs(self.trained.preparation, frame))
        np.testing.assert_allclose(given, self.trained.answer(frame)[1], atol=1e-6)

    def test_every_character(self):
        unassigned = ("Cn", "Co", "Cs")
        characters = [
            chr(code) for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in unassigned
        ]
        joined = [f"größe{character}STRASSE {character}ΔΡΟΜΟΣ{character}" for character in characters]
        # Many to a text, since every text takes its time.
        self.assert_equal_answers([" / ".join(joined[start : start + 50]) for start in range(0, len(joined), 50)])

    def test_letters_in_every_order(self):
        draw = random.Random(2)
        letters = "ΣσςİıẞßAaΟο.'·\u0301\u00ad\u0345ʰ \n😀日Ⅷ_1"
        self.assert_equal_answers(["".join(draw.choices(letters, k=draw.randint(0, 30))) for _ in range(3_000)])

    def test_the_words_of_the_table_itself(self):
        self.assert_equal_answers(
            [*MULTILINGUAL, *(text.upper() for text in MULTILINGUAL), *(text.title() for text in MULTILINGUAL), ""]
        )

    def test_a_text_of_a_million_characters_among_short_ones(self):
        self.assert_equal_answers(["Straße", "GRÖẞE ist schön " * 62_500, "A" * 1_000_000, "", "ΔΡΟΜΟΣ"] * 3)


class TakenHomeTests(SimpleTestCase):
    def test_every_file_says_what_the_run_said_with_missing_texts_in_many_scripts(self):
        models = {"a network": {"epochs": 5}, "a linear model": {"user_model": "LogisticRegression"},
                  "neighbours": {"user_model": "KNeighborsClassifier"}}  # fmt: skip
        tables = {"many scripts": (write_remarks(120), {"column_types": TEXTS, "target": "label"}),
                  "reviews": (write_reviews(120), {"target": "label"})}  # fmt: skip
        for table, (content, fields) in tables.items():
            for name, model in models.items():
                with self.subTest(table=table, model=name):
                    home = take_home(content, **fields, **model)
                    expected = home.ask_predictions_csv()
                    self.assertEqual(home.ask_script(), expected)
                    self.assertEqual(home.ask_notebook(), expected)
                    self.assertEqual(home.ask_onnx(), expected)
                    if "user_model" in model:
                        self.assertEqual(home.ask_skops(), expected)


class ScriptTests(ScriptTestCase):
    def test_scripts_choose_terms_by_the_same_sample(self):
        with mock.patch("training.datasets.texts.SAMPLE_CHARACTERS", 5_000):
            runs = {
                "random rows": stored(write_reviews(200), user_model="LogisticRegression"),
                "in order": stored(write_reviews(200), shuffle=False),
            }
        self.assertTrue(all("choose_terms_1.fit" in run.script for run in runs.values()))
        self.assert_scripts_reproduce(runs)

    def test_scripts_reproduce_runs_with_texts(self):
        numbers = "n,note,y\n" + "".join(f"{n % 4},{n % 3 + 0.5},{n % 2}\n" for n in range(60))
        self.assert_scripts_reproduce(
            {
                "reviews and a network": stored(write_reviews(200)),
                "reviews and a forest": stored(
                    write_reviews(200), user_model="RandomForestClassifier(n_estimators=10)"
                ),
                "stars": stored(write_reviews(200, with_target="stars"), target="stars"),
                "many scripts": stored(write_remarks(200), column_types=TEXTS, user_model="LogisticRegression"),
                "numbers as text": stored(numbers, target="y", column_types={"n": "text", "note": "text"}),
                "one number of words": stored(
                    "t,y\n" + "".join(f"{'ab'[n % 2]} w{n},{n % 2}\n" for n in range(40)),
                    target="y",
                    column_types={"t": "text"},
                ),
                "only a length": stored(
                    "t,y\n" + "".join(f"w{n} q{n},{n % 2}\n" for n in range(40)), target="y", column_types={"t": "text"}
                ),
            }
        )
