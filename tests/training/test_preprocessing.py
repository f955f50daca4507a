"""From table to arrays: fitted on the training rows only, stratified, the same for a seed, refused with a remedy."""

from __future__ import annotations

import io

import numpy as np
from django.test import SimpleTestCase

from tests.training.tables import read_csv
from training.datasets.builtin import load_builtin
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.exceptions import SpecRefused
from training.limits import Limits
from training.spec import TrainingSpec


def prepare_text(text: str, limits: Limits | None = None, **fields):
    table = read_csv(io.BytesIO(text.encode()), "test.csv")
    return prepare(make_plan(table, TrainingSpec(**fields), limits or Limits()))


def rows(count: int, line) -> str:
    return "".join(line(n) + "\n" for n in range(count))


class PrepareTests(SimpleTestCase):
    def test_numbers_are_standardised_by_the_training_rows_alone(self):
        data = prepare_text("x,y\n" + rows(100, lambda n: f"{n},{'ab'[n % 2]}"), shuffle=False, target="y")
        np.testing.assert_allclose(data.X_train.mean(), 0, atol=1e-6)
        np.testing.assert_allclose(data.X_train.std(), 1, atol=1e-6)
        # The test rows lie beyond what was fitted on: their mean is far from zero.
        self.assertGreater(data.X_test.mean(), 1.5)
        np.testing.assert_allclose(data.X_test[0, 0], (80 - 39.5) / np.arange(80).std(), rtol=1e-5)

    def test_missing_numbers_become_the_training_rows_median(self):
        text = "x,y\n" + rows(50, lambda n: f"{'' if n == 0 else n},{'ab'[n % 2]}")
        data = prepare_text(text, shuffle=False, target="y")
        self.assertTrue(np.isfinite(data.X_train).all())
        scaler = data.preparation.preprocessor.named_transformers_["number"][-1]
        np.testing.assert_allclose(data.X_train[0, 0] * scaler.scale_[0] + scaler.mean_[0], 20, rtol=1e-5)

    def test_categories_unseen_in_training_are_allowed(self):
        text = "c,y\n" + rows(20, lambda n: f"{'new' if n >= 18 else 'ab'[n % 2]},{n % 2}")
        data = prepare_text(text, shuffle=False, target="y", problem_type="classification")
        self.assertEqual(data.feature_names, ("c_a", "c_b"))
        np.testing.assert_array_equal(data.X_test[-1], [0, 0])

    def test_levels_beyond_the_fiftieth_count_as_one_with_a_note_that_offers_text(self):
        levels = [f"c{n % 49}" for n in range(490)] + [f"r{n // 2}" for n in range(20)]
        text = "c,y\n" + rows(510, lambda n: f"{levels[n]},{'ab'[n % 2]}")
        fields = {"target": "y", "shuffle": False, "test_size": 0.01, "column_types": {"c": "category"}}
        data = prepare_text(text, **fields)
        (note,) = data.plan.notes
        self.assertEqual(note.code, "rare_levels")
        rare = data.preparation.preprocessor.named_transformers_["category"][-1].infrequent_categories_[0]
        self.assertEqual(set(rare), {f"r{n}" for n in range(8)})
        self.assertIn("'c' has 57 levels", note.message)
        self.assertIn("the other 8, with 15 rows,", note.message)
        (choice,) = note.choices
        as_text = prepare_text(text, **{**fields, choice.fix[0].path.removeprefix("/"): choice.fix[0].value})
        self.assertEqual(as_text.plan.terms, (56,))  # r7 is in one training row only, and no term
        self.assertEqual(as_text.plan.notes, ())

    def test_fifty_levels_are_all_learned_apart_without_a_note(self):
        text = "c,y\n" + rows(500, lambda n: f"c{n % 50},{'ab'[n // 50 % 2]}")
        data = prepare_text(text, target="y", column_types={"c": "category"})
        self.assertEqual((data.X_train.shape[1], data.plan.n_features, data.plan.notes), (50, 50, ()))

    def test_every_row_is_in_one_split_and_classes_keep_their_shares(self):
        data = prepare(make_plan(load_builtin("IRIS"), TrainingSpec(seed=5), Limits()))
        self.assertEqual((len(data.X_train), len(data.X_test)), (120, 30))
        np.testing.assert_array_equal(np.bincount(data.y_train), [40, 40, 40])
        np.testing.assert_array_equal(np.bincount(data.y_test), [10, 10, 10])
        self.assertEqual(len(set(data.test_index)), 30)

    def test_the_same_seed_gives_the_same_arrays_and_another_one_does_not(self):
        first, again, other = (
            prepare(make_plan(load_builtin("WINE"), TrainingSpec(seed=seed), Limits())) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first.X_train, again.X_train)
        np.testing.assert_array_equal(first.test_index, again.test_index)
        self.assertFalse(np.array_equal(first.test_index, other.test_index))

    def test_regression_targets_are_standardised_and_come_back_in_their_units(self):
        data = prepare(make_plan(load_builtin("DIABETES"), TrainingSpec(seed=0), Limits()))
        np.testing.assert_allclose(data.y_train.mean(), 0, atol=1e-6)
        np.testing.assert_allclose(data.y_train.std(), 1, atol=1e-5)
        np.testing.assert_allclose(data.to_units(data.y_test), data.y_test_units, rtol=1e-5)

    def test_a_class_with_one_row_is_split_without_proportions_and_said_so(self):
        text = "x,y\n" + rows(20, lambda n: f"{n},{'rare' if n == 0 else 'ab'[n % 2]}")
        self.assertIn("not_stratified", [note.code for note in prepare_text(text, target="y").plan.notes])

    def test_names_and_empty_columns_are_left_out_with_a_note(self):
        text = "name,empty,x,y\n" + rows(120, lambda n: f"person {n},,{n},{'ab'[n % 2]}")
        data = prepare_text(text, target="y")
        self.assertEqual(data.feature_names, ("x",))
        self.assertEqual({note.code for note in data.plan.notes}, {"identifier_column", "empty_column"})

    def test_rows_without_a_target_are_left_out_with_a_note(self):
        text = "x,y\n" + rows(40, lambda n: f"{n},{'' if n < 10 else 'ab'[n % 2]}")
        data = prepare_text(text, target="y")
        self.assertEqual(len(data.X_train) + len(data.X_test), 30)
        self.assertIn("10 rows", next(note for note in data.plan.notes if note.code == "missing_target").message)

    def test_a_constant_column_and_mixed_types_do_no_harm(self):
        text = "same,mixed,y\n" + rows(30, lambda n: f"7,{n if n % 2 else 'text'},{'ab'[n % 2]}")
        self.assertTrue(np.isfinite(prepare_text(text, target="y").X_train).all())

    def test_whole_numbers_read_as_floats_keep_their_names_as_classes(self):
        text = "x,y\n" + rows(40, lambda n: f"{n},{'' if n == 0 else n % 2}")
        self.assertEqual(prepare_text(text, target="y").classes, ("0", "1"))

    def test_what_cannot_be_trained_on_is_refused_with_its_place_and_remedy(self):
        good = "x,y\n" + rows(30, lambda n: f"{n},{'ab'[n % 2]}")
        for text, fields, code, where in (
            (good, {"target": "z"}, "unknown_target", "target"),
            (good, {"features": ["x", "z"]}, "unknown_feature", "features[1]"),
            (good, {"target": "y", "features": ["y"]}, "target_is_feature", "features[0]"),
            (good, {"target": "y", "problem_type": "regression"}, "target_not_numeric", "target"),
            (good, {"target": "y", "test_size": 0.99}, "train_split_too_small", "test_size"),
            ("x,y\n" + rows(30, lambda n: f"{n},a"), {"target": "y"}, "one_class", "target"),
            ("x,y\n1,a\n2,b\n", {"target": "y"}, "too_few_rows", "target"),
            ("x,y\n" + rows(30, lambda n: f"{n},"), {"target": "y"}, "too_few_rows", "target"),
            ("x,y\n" + rows(100, lambda n: f"{n},c{n}"), {"target": "y"}, "too_many_classes", "target"),
            ("x,y\n" + rows(30, lambda n: f",{'ab'[n % 2]}"), {"target": "y"}, "no_usable_feature", "features"),
        ):
            with self.subTest(code=code, fields=fields):
                with self.assertRaises(SpecRefused) as caught:
                    prepare_text(text, **fields)
                self.assertEqual((caught.exception.data.code, caught.exception.data.where), (code, where))
                self.assertTrue(caught.exception.data.hint)

    def test_limits_are_held(self):
        text = "c,y\n" + rows(60, lambda n: f"c{n % 30},{'ab'[n % 2]}")
        for limits, code in ((Limits(rows=50), "too_many_rows"), (Limits(features=10), "too_many_features")):
            with self.assertRaises(SpecRefused) as caught:
                prepare_text(text, limits=limits, target="y")
            self.assertEqual(caught.exception.data.code, code)
            self.assertTrue(caught.exception.data.hint)
