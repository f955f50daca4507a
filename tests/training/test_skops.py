"""`model.skops`: the code that is shown for it runs as it is, and answers a table as pandas reads it."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from django.test import SimpleTestCase
from skops import io as skops_io

from tests.documented import find_example
from tests.training.taken_home import NAME, TakenHome, take_home
from training.spec import ProblemType
from training.trainers.estimators import ESTIMATORS

QUICK = {"n_estimators": 5, "max_iter": 15, "hidden_layer_sizes": [5]}
PUBLIC = ("numpy.", "scipy.", "sklearn.")


def text_table(n_rows: int = 90) -> str:
    """Numbers with holes, text with holes, a column that is not learned from before them, and two targets."""
    rng = np.random.default_rng(29)
    lines = ["id,a,b,c,k,amount"]
    for n in range(n_rows):
        a, b, c = rng.normal(), rng.normal(), "uvw"[int(rng.integers(3))]
        k = "in" if a + (c == "u") > 0.3 else "out"
        amount = 100_000 + 30_000 * a + 5_000 * b
        lines.append(f"r{n},{a:.3f},{'' if n % 9 == 0 else f'{b:.3f}'},{'' if n % 13 == 0 else c},{k},{amount:.1f}")
    return "\n".join(lines) + "\n"


def take_home_estimator(name: str, **fields: object) -> TakenHome:
    entry = ESTIMATORS[name]
    known = {argument.name for argument in entry.arguments}
    model = {"estimator": name, **{key: value for key, value in QUICK.items() if key in known}}
    target = "k" if entry.problem_type is ProblemType.CLASSIFICATION else "amount"
    return take_home(text_table(), target=target, features=["a", "b", "c"], user_model=model, **fields)


def run_alone(code: str, files: dict[str, bytes]) -> str:
    """Run the code in a new interpreter without the project on its path. Return its output."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        command = [sys.executable, "-I", "-c", code]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"{done.stderr}\nin\n{code}")
    return done.stdout


class LoadingTests(SimpleTestCase):
    def assert_same_answers(self, answers: list[str], run: TakenHome) -> None:
        """Compare labels exactly, and numbers in single precision.

        The code predicts the whole table, and the run its test rows. Some processors round a matrix product differently
        for another number of rows.
        """
        if run.data.classes is not None:
            self.assertEqual(answers, run.said)
        else:
            np.testing.assert_allclose(np.array(answers, float), np.array(run.said, float), rtol=1e-6)

    def test_the_code_that_is_shown_answers_for_every_estimator_as_the_run_did(self):
        for name in ESTIMATORS:
            with self.subTest(estimator=name):
                run = take_home_estimator(name)
                self.assertIn('table = pd.read_csv("input.csv")', run.loading)
                self.assert_same_answers(run.ask_skops(), run)

    def test_only_types_of_scikit_learn_and_numpy_are_to_be_trusted(self):
        for name in (
            "KNeighborsClassifier",
            "HistGradientBoostingRegressor",
            "MLPClassifier",
            "GradientBoostingRegressor",
        ):
            content = take_home_estimator(name).skops
            trusted = skops_io.get_untrusted_types(data=content)
            self.assertTrue(trusted)
            self.assertEqual([kind for kind in trusted if not kind.startswith(PUBLIC)], [])

    def test_the_code_runs_pasted_into_a_fresh_python(self):
        for name in ("KNeighborsClassifier", "GradientBoostingRegressor"):
            run = take_home_estimator(name)
            printed = run_alone(run.loading, {NAME: run.content, "model.skops": run.skops})
            self.assertEqual(printed.strip()[0], "[")
            first = run.skops and run.ask_skops()[0]
            if run.data.classes is not None:
                self.assertIn(f"'{first}'", printed)

    def test_the_documented_code_runs_as_it_is(self):
        code = find_example("downloads", "python")
        run = take_home_estimator("RandomForestClassifier")
        printed = run_alone(code, {"table.csv": run.content, "model.skops": run.skops})
        self.assertIn("'in'", printed)

    def test_the_table_that_is_asked_about_stays_as_it_is(self):
        run = take_home_estimator("LogisticRegression")
        model = skops_io.loads(run.skops, trusted=skops_io.get_untrusted_types(data=run.skops))
        table = pd.read_csv(io.BytesIO(run.content))
        before = table.copy(deep=True)
        first, again = model.predict(table), model.predict(table)
        pd.testing.assert_frame_equal(table, before)
        self.assertEqual(first.tolist(), again.tolist())
        self.assertEqual(model.classes_.tolist(), list(run.data.classes))

    def test_other_tables_are_read_as_the_run_read_them(self):
        rows = [
            f"{n % 7},0{n % 3}1,{'x y' if n % 2 else 'z'},2024-0{1 + n % 9}-11,{'TRUE' if n % 7 > 3 else 'FALSE'}"
            for n in range(70)
        ]
        text = "n;code;word;day;y\n".replace(";", ",") + "\n".join(rows) + "\n"
        for content in (
            text,
            text.replace(",", ";"),
            text.encode("utf-16"),
            text.replace("x y", "größe").encode("cp1252"),
        ):
            run = take_home(
                content, target="y", user_model="DecisionTreeClassifier()", column_types={"code": "category"}
            )
            self.assertEqual(run.ask_skops(), run.said)

    def test_a_text_column_is_learned_from_and_asked_about(self):
        words = ("good film", "bad film", "fine work here", "poor work there")
        rows = [f'{n},"{words[n % 4]} {n % 5} times","{"yes" if n % 2 == 0 else "no"}"' for n in range(80)]
        text = "n,review,y\n" + "\n".join(rows) + "\n"
        run = take_home(
            text, target="y", features=["review"], column_types={"review": "text"}, user_model="LogisticRegression()"
        )
        self.assertEqual(run.data.plan.texts, ("review",))
        self.assertEqual(run.ask_skops(), run.said)
        trusted = skops_io.get_untrusted_types(data=run.skops)
        self.assertEqual([kind for kind in trusted if not kind.startswith(PUBLIC)], [])
