"""Weights of rows and classes: what is learned with them, beside scikit-learn and torch, and what is refused."""

from __future__ import annotations

import json
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from tests.training.scripts import ScriptTestCase, stored
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.messages.checks import TrainingChecked
from training.spec import Criterion, TrainingSpec
from training.trainers.base import Outcome
from training.trainers.criteria import REGRESSION_CRITERIA
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS, EstimatorChoice, build_estimator
from training.trainers.preflight import check
from training.trainers.sample_weights import compute_class_weights
from training.trainers.train import train
from training.work.prepared import build_cache_key

ROWS = 120
RANDOM = np.random.default_rng(0)


def build_table() -> pd.DataFrame:
    """A number and a rare class that depend on two columns; whole weights from 0 to 3."""
    a, b, noise = RANDOM.normal(size=(3, ROWS))
    amount = 2 * a - b + 0.5 * noise
    return pd.DataFrame(
        {"a": a, "b": b, "w": RANDOM.integers(0, 4, ROWS), "amount": amount, "kind": np.where(amount > 2, "hi", "lo")}
    )


TABLE = build_table()
AMOUNT = {"target": "amount", "features": ["a", "b"]}
KIND = {"target": "kind", "features": ["a", "b"]}
THREE = TABLE.assign(kind=np.digitize(TABLE["amount"], [-1, 2]))


def prepare_for(frame: pd.DataFrame, **fields: Any) -> tuple[TrainingSpec, PreparedData]:
    spec = TrainingSpec.model_validate({"seed": 0, "epochs": 4, "trainer": "autograd", **fields})
    data = prepare(make_plan(Table("t", frame), spec, Limits()))
    return complete(spec, data.plan), data


def train_on(frame: pd.DataFrame, **fields: Any) -> tuple[PreparedData, Outcome]:
    spec, data = prepare_for(frame, **fields)
    return data, train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)


def check_on(frame: pd.DataFrame, **fields: Any) -> TrainingChecked:
    spec = TrainingSpec.model_validate({"seed": 0, **fields})
    return check(spec, make_plan(Table("t", frame), spec, Limits()), Limits())


def repeat_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Each row as often as it weighs, of which the last quarter is to be the test rows and stays as it is."""
    train_rows = frame.iloc[: -ROWS // 4]
    return pd.concat([train_rows.loc[train_rows.index.repeat(train_rows["w"])], frame.iloc[-ROWS // 4 :]])


class EstimatorTests(SimpleTestCase):
    def test_the_registry_knows_which_estimators_take_weights(self):
        for entry in ESTIMATORS.values():
            kind = getattr(import_module(f"sklearn.{entry.module}"), entry.name)
            self.assertEqual(entry.takes_weights, has_fit_parameter(kind, "sample_weight"), entry.name)

    def test_every_estimator_learns_what_a_plain_fit_with_its_weights_learns(self):
        for name, entry in ESTIMATORS.items():
            if not entry.takes_weights:
                continue
            with self.subTest(name):
                classify = "class" in entry.problem_type
                fields = {"user_model": name, "weight": "w", **(KIND if classify else AMOUNT)}
                class_weight = {"hi": 3.0} if classify else None
                data, outcome = train_on(TABLE, class_weight=class_weight, **fields)
                weights, choice = TABLE["w"].to_numpy(float)[data.plan.train], EstimatorChoice(entry, {})
                if classify and choice.has_class_weight and name != "HistGradientBoostingClassifier":
                    choice = EstimatorChoice(entry, {"class_weight": {0: 3.0}})
                elif classify:
                    weights = weights * np.where(data.y_train == 0, 3.0, 1.0)
                plain = build_estimator(choice, 0)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    plain.fit(data.X_train, data.y_train, sample_weight=weights)
                np.testing.assert_array_equal(outcome.model.predict(data.X_test), plain.predict(data.X_test))

    def test_whole_weights_count_as_repeated_rows(self):
        for model in ("LinearRegression()", "Ridge()", "DecisionTreeRegressor(min_samples_leaf=1)"):
            with self.subTest(model):
                fields = {"user_model": model, "shuffle": False, **AMOUNT}
                weighted = train_on(TABLE, weight="w", test_size=0.25, **fields)[1]
                repeated = repeat_rows(TABLE)
                # Standardised by the plain rows, so that the penalty of Ridge is the same.
                _, data = prepare_for(TABLE, test_size=0.25, **fields)
                rows = repeated.iloc[: -ROWS // 4]
                X = data.preparation.transform(rows)
                y = (rows["amount"].to_numpy() - data.preparation.target_mean) / data.preparation.target_scale
                plain = build_estimator(EstimatorChoice(ESTIMATORS[model.split("(")[0]], {}), 0)
                plain.fit(X, y.astype(np.float32))
                given = data.to_units(plain.predict(data.X_test))
                np.testing.assert_allclose(weighted.predictions, given, rtol=1e-3, atol=1e-3)

    def test_balanced_classes_are_those_of_scikit_learn(self):
        data, outcome = train_on(TABLE, user_model="LogisticRegression()", class_weight="balanced", **KIND)
        plain = LogisticRegression(class_weight="balanced", max_iter=1_000, random_state=0)
        plain.fit(data.X_train, data.y_train)
        np.testing.assert_allclose(outcome.model.coef_, plain.coef_, rtol=1e-6)
        spec, data = prepare_for(TABLE, class_weight="balanced", **KIND)
        given = compute_class_weights(spec, data.classes, data.y_train)[data.y_train]
        np.testing.assert_allclose(given, compute_sample_weight("balanced", data.y_train), rtol=1e-15)

    def test_the_rare_class_is_found_more_often(self):
        recalls = {}
        for weight in (None, "balanced"):
            outcome = train_on(TABLE, user_model="LogisticRegression(C=0.05)", class_weight=weight, **KIND)[1]
            recalls[weight] = outcome.auxiliary.per_class[0].recall
        self.assertGreater(recalls["balanced"], recalls[None])

    def test_test_rows_are_measured_without_weights(self):
        frame = TABLE.assign(w=np.where(np.arange(ROWS) < 96, 1.0, 0.0))
        plain, weighted = (
            train_on(frame, user_model="Ridge()", shuffle=False, weight=weight, **AMOUNT)[1] for weight in (None, "w")
        )
        self.assertEqual(plain.auxiliary.metrics, weighted.auxiliary.metrics)


class NetworkTests(SimpleTestCase):
    ARCH = ("Linear(6)", "Tanh()", "Linear({n})")

    def build_fields(self, criterion: Criterion) -> dict[str, Any]:
        n_outputs = 2 if criterion in (Criterion.CELOSS, Criterion.WCELOSS) else 1
        layers = [layer.format(n=n_outputs) for layer in self.ARCH]
        if criterion is Criterion.BCELOSS:
            layers.append("Sigmoid()")
        target = AMOUNT if criterion in REGRESSION_CRITERIA else KIND
        return {"user_arch": layers, "criterion": criterion, "learning_rate": 0.01, **target}

    def find_weights(self, outcome: Outcome) -> np.ndarray:
        return np.concatenate([parameter.detach().numpy().ravel() for parameter in outcome.model.parameters()])

    def test_compiled_and_autograd_training_use_the_same_weights(self):
        for criterion in Criterion:
            for more in ({"weight": "w"}, {"class_weight": {"hi": 4, "lo": 0.5}}, {"weight": "w", "patience": 3}):
                if "class_weight" in more and (criterion in REGRESSION_CRITERIA or criterion is Criterion.WCELOSS):
                    continue
                with self.subTest(criterion=criterion.value, **more):
                    fields = {**self.build_fields(criterion), **more, "optimizer_name": "SGD"}
                    one, other = (train_on(TABLE, **{**fields, "trainer": t})[1] for t in ("autograd", "compiled"))
                    self.assertEqual(other.auxiliary.trainer, "compiled")
                    np.testing.assert_allclose(self.find_weights(one), self.find_weights(other), atol=1e-5)
                    for name in ("train_loss", "test_loss", "val_loss"):
                        losses = [getattr(outcome.epochs[-1], name) for outcome in (one, other)]
                        if losses[0] is not None:
                            self.assertAlmostEqual(*losses, delta=1e-5)

    def test_balanced_class_weights_are_what_wceloss_does(self):
        for trainer in ("autograd", "compiled"):
            frame, fields = THREE, {"user_arch": ["Linear(3)"], "trainer": trainer, **KIND}
            balanced = train_on(frame, criterion="CELOSS", class_weight="balanced", **fields)[1]
            weighted = train_on(frame, criterion="WCELOSS", **fields)[1]
            np.testing.assert_allclose(self.find_weights(balanced), self.find_weights(weighted), rtol=1e-6, atol=1e-7)

    def test_equal_weights_are_no_weights(self):
        for criterion in (Criterion.CELOSS, Criterion.BCEWITHLOGITSLOSS, Criterion.MSELOSS):
            fields = self.build_fields(criterion)
            plain = train_on(TABLE, **fields)[1]
            weighted = train_on(TABLE.assign(w=7.0), weight="w", **fields)[1]
            np.testing.assert_allclose(self.find_weights(plain), self.find_weights(weighted), rtol=1e-5, atol=1e-6)

    def test_whole_weights_count_as_repeated_rows(self):
        """All rows in one batch: a step by the weighted loss is a step by the repeated rows' loss."""
        frame = TABLE.assign(kind=np.where(TABLE["amount"] > 0, "hi", "lo"))
        fields = {"user_arch": ["Linear(1)"], "criterion": "BCEWITHLOGITSLOSS", "shuffle": False, "batch_size": 10_000}
        fields |= {"optimizer_name": "SGD", "test_size": 0.25, "epochs": 50, "learning_rate": 0.5, **KIND}
        weighted = train_on(frame, weight="w", **fields)[1]
        spec, data = prepare_for(frame, **fields)
        rows = repeat_rows(frame).iloc[: -ROWS // 4]
        X = data.preparation.transform(rows)
        repeated = PreparedData(
            data.plan, data.preparation, X, (rows["kind"] == "lo").to_numpy(np.int64), data.X_test, data.y_test,
            data.y_test_units,
        )  # fmt: skip
        other = train(repeated, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
        np.testing.assert_allclose(self.find_weights(weighted), self.find_weights(other), rtol=1e-4)

    def test_rows_and_classes_with_the_weight_zero_have_no_effect(self):
        """A batch that holds nothing else has a loss of 0, and no step goes astray."""
        for trainer in ("autograd", "compiled"):
            for more in ({"weight": "w"}, {"class_weight": {"0": 0}}):
                frame = THREE.assign(w=np.where(np.arange(ROWS) % 10, 0.0, 1.0))
                outcome = train_on(frame, batch_size=1, trainer=trainer, user_arch=["Linear(3)"], **more, **KIND)[1]
                self.assertTrue(np.isfinite(self.find_weights(outcome)).all())
                self.assertTrue(np.isfinite([row.train_loss for row in outcome.epochs]).all())


class RefusalTests(SimpleTestCase):
    def refuse(self, frame: pd.DataFrame, **fields: Any) -> SpecRefused:
        with self.assertRaises(SpecRefused) as caught:
            prepare_for(frame, **fields)
        self.assertTrue(caught.exception.data.hint)
        return caught.exception

    def test_the_column_of_weights_is_no_feature(self):
        data = train_on(TABLE.drop(columns="kind"), user_model="Ridge()", target="amount", weight="w")[0]
        self.assertEqual(data.preparation.columns, ("a", "b"))

    def test_missing_weights_are_refused_with_count_and_example(self):
        text = TABLE["w"].astype(str)
        for wrong, message in (
            (TABLE["w"].where(TABLE.index > 2).astype(float), "3 rows have no weight in 'w': row 1 has none."),
            (TABLE["w"].where(TABLE.index != 7, -2), "1 row has a negative weight in 'w': row 8 has '-2'."),
            (text.where(TABLE.index > 1, "heavy"), "2 rows have a weight that is no number in 'w': row 1 has 'heavy'."),
            (pd.Series(np.where(TABLE.index == 3, np.inf, 1.0)), "1 row has no finite weight in 'w': row 4 has 'inf'."),
            (TABLE["w"] * 0, "Every training row has the weight 0 in 'w': nothing could be learned."),
        ):
            with self.subTest(message):
                error = self.refuse(TABLE.assign(w=wrong), weight="w", **AMOUNT)
                self.assertEqual((error.data.code, error.message), ("bad_weights", message))

    def test_weights_written_as_text_are_read(self):
        frame = TABLE.assign(w=[f"{value},5" for value in TABLE["w"]])
        _, data = prepare_for(frame, weight="w", **AMOUNT)
        np.testing.assert_array_equal(data.weights, TABLE["w"].to_numpy()[data.plan.train] + 0.5)

    def test_columns_that_cannot_be_weights_are_refused(self):
        for fields, code in (
            ({"weight": "W"}, "unknown_weight"),
            ({"weight": "amount"}, "weight_is_target"),
            ({"weight": "a"}, "weight_is_feature"),
        ):
            self.assertEqual(self.refuse(TABLE, **fields, **AMOUNT).data.code, code)

    def test_models_without_weights_are_refused_with_a_fix(self):
        for fields, code in (
            ({"user_model": "KNeighborsClassifier()", "weight": "w"}, "weights_unsupported"),
            ({"user_model": "KNeighborsClassifier()", "class_weight": "balanced"}, "weights_unsupported"),
            ({"class_weight": {"HI": 2}}, "unknown_class"),
            ({"class_weight": {"a/b~": 2}}, "unknown_class"),
            ({"class_weight": {"hi": 0}}, "class_weight_zero"),
            ({"class_weight": "balanced", "criterion": "WCELOSS"}, "class_weight_twice"),
            ({"class_weight": {"hi": 2}, "user_model": "SVC(class_weight='balanced')"}, "class_weight_twice"),
            ({"class_weight": "balanced", **AMOUNT}, "class_weight_not_classes"),
        ):
            with self.subTest(**fields):
                fields = {**KIND, **fields}
                problem = next(problem for problem in check_on(TABLE, **fields).problems if problem.code == code)
                self.assertEqual(problem.level, "error")
                spec, data = prepare_for(TABLE, **fields)
                with self.assertRaises(SpecRefused) as caught:
                    train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
                self.assertEqual(caught.exception.data.code, code)
                document = {"seed": 0, **json.loads(json.dumps(fields))}
                operation = problem.fix[0]
                *parents, last = operation.path.removeprefix("/").split("/")
                place = document[parents[0]] if parents else document
                last = last.replace("~1", "/").replace("~0", "~")
                place.pop(last) if operation.op == "remove" else place.update({last: operation.value})
                self.assertNotIn(code, {problem.code for problem in check_on(TABLE, **document).problems})

    def test_an_unknown_class_is_reported_with_the_known_classes(self):
        problem = next(iter(check_on(TABLE, class_weight={"HI": 2}, **KIND).problems))
        self.assertEqual(problem.message, "There is no class 'HI'.")
        self.assertIn("Did you mean 'hi'?", problem.hint)
        self.assertIn("The classes are 'hi', 'lo'.", problem.hint)

    def test_imbalance_is_not_reported_with_class_weights(self):
        frame = TABLE.assign(kind=np.where(np.arange(ROWS) < 6, "hi", "lo"))
        codes = [{problem.code for problem in check_on(frame, class_weight=weight, **KIND).problems}
                 for weight in (None, "balanced")]  # fmt: skip
        self.assertIn("imbalanced_classes", codes[0])
        self.assertNotIn("imbalanced_classes", codes[1])

    def test_data_prepared_for_other_weights_are_not_taken(self):
        plain = TrainingSpec(target="amount")
        self.assertNotEqual(build_cache_key(plain), build_cache_key(plain.model_copy(update={"weight": "w"})))


class ScriptTests(ScriptTestCase):
    def test_scripts_repeat_weighted_runs(self):
        runs, text, three = {}, TABLE.to_csv(index=False), THREE.to_csv(index=False)
        days = pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d")
        parts = TABLE.assign(group=np.arange(ROWS) % 17, day=days[::-1]).to_csv(index=False)
        for model in (
            "RandomForestClassifier(n_estimators=5)",
            "GradientBoostingClassifier(n_estimators=5)",
            "GaussianNB",
        ):
            for weight in ("balanced", {"hi": 5.5}):
                runs[f"{model} {weight}"] = stored(text, user_model=model, class_weight=weight, weight="w", **KIND)
        runs["regressor"] = stored(text, user_model="Ridge()", weight="w", **AMOUNT)
        arch = ["Linear(5)", "ReLU()"]
        fields = {"patience": 2, "epochs": 12, "weight": "w"}
        for criterion in ("CELOSS", "BCELOSS", "BCEWITHLOGITSLOSS"):
            ends = {"CELOSS": ["Linear(2)"], "BCELOSS": ["Linear(1)", "Sigmoid()"]}.get(criterion, ["Linear(1)"])
            model = {"user_arch": [*arch, *ends], "criterion": criterion}
            runs[criterion] = stored(text, **model, class_weight={"hi": 3}, **KIND, **fields)
            runs[f"{criterion} balanced"] = stored(text, **model, class_weight="balanced", **KIND)
            runs[f"{criterion} rows"] = stored(text, **model, weight="w", **KIND)
        for criterion in ("WCELOSS", "CELOSS"):
            model = {"user_arch": [*arch, "Linear(3)"], "criterion": criterion}
            weight = {"0": 0} if criterion == "CELOSS" else None
            runs[f"three {criterion}"] = stored(three, **model, class_weight=weight, **KIND, **fields)
            runs[f"three plain {criterion}"] = stored(three, **model, class_weight=weight, **KIND)
        network = {"user_arch": [*arch, "Linear(1)"], "weight": "w", "target": "amount"}
        for split in ({"kind": "group", "column": "group"}, {"kind": "time", "column": "day"}):
            more = {"features": ["a", "b"], "split": split}
            runs[f"{split} estimator"] = stored(parts, user_model="Ridge()", weight="w", target="amount", **more)
            runs[f"{split} network"] = stored(parts, patience=2, **network, **more)
        for criterion in sorted(REGRESSION_CRITERIA):
            model = {"user_arch": [*arch, "Linear(1)"], "criterion": criterion}
            runs[criterion.value] = stored(text, **model, **AMOUNT, **fields)
        self.assert_scripts_reproduce(runs)
