"""`train.py`: every script really runs, without the project, and prints the run's own test metrics."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

from tests.training.scripts import ScriptTestCase, inline, paired, run_script, stored, train_run
from tests.training.texts import write_reviews
from training.datasets.builtin import BUILTINS
from training.datasets.sources import Builtin
from training.exceptions import SpecRefused
from training.spec import Criterion, Optimizer, ProblemType, Schedule
from training.trainers.criteria import fitting_criteria
from training.trainers.estimators import ESTIMATORS
from training.trainers.networks.layers import LAYERS, LayerEntry, parse_layer
from training.trainers.networks.network import infer_shape

ARCH = ["Linear(7)", "Tanh()", "Dropout(0.1)", "Linear(3)"]
EVERYTHING = {"patience": 2, "gradient_clip": 0.5, "schedule": "plateau", "schedule_step": 1, "momentum": 0.9}


def rows(count: int, line) -> str:
    return "".join(line(n) + "\n" for n in range(count))


class NetworkScriptTests(ScriptTestCase):
    def test_every_optimizer_with_every_schedule_and_setting(self):
        runs = {}
        for optimizer in Optimizer:
            fields = {"user_arch": ARCH, "optimizer_name": optimizer, "batch_size": 17}
            runs[optimizer.value] = train_run(Builtin("IRIS"), **fields)
            runs[f"{optimizer} everything"] = train_run(
                Builtin("IRIS"), weight_decay=0.01, **EVERYTHING, **{**fields, "epochs": 30}
            )
            for schedule in Schedule:
                runs[f"{optimizer} {schedule}"] = train_run(Builtin("IRIS"), schedule=schedule, **fields)
        for name in ("patience", "gradient_clip", "momentum"):
            fields = {"optimizer_name": "SGD", "user_arch": ARCH, name: EVERYTHING[name]}
            runs[name] = train_run(Builtin("WINE"), **fields)
        self.assert_scripts_reproduce(runs)

    def test_what_compiled_code_trained_comes_near(self):
        names = [name for name in BUILTINS if name != "CALIFORNIAHOUSING"]
        runs = {name: train_run(Builtin(name), trainer="compiled", epochs=3) for name in names}
        for optimizer in Optimizer:
            fields = {**EVERYTHING, "optimizer_name": optimizer, "trainer": "compiled", "epochs": 3}
            runs[optimizer.value] = train_run(Builtin("WINE"), **fields)
        self.assert_scripts_come_near(runs)

    def test_every_criterion(self):
        runs = {}
        for problem, name in ((ProblemType.CLASSIFICATION, "BREAST CANCER"), (ProblemType.REGRESSION, "DIABETES")):
            for criterion in fitting_criteria(problem):
                runs[criterion] = train_run(Builtin(name), criterion=criterion)
                runs[f"{criterion} held"] = train_run(Builtin(name), criterion=criterion, **EVERYTHING)
        self.assertEqual({run.spec.criterion for run in runs.values()}, set(Criterion))
        self.assert_scripts_reproduce(runs)

    def test_every_layer_of_the_registry(self):
        runs = {
            name: train_run(Builtin("DIGITS"), epochs=2, user_arch=network_with(entry), batch_size=100)
            for name, entry in LAYERS.items()
        }
        self.assertEqual(set(runs), set(LAYERS))
        for name, run in runs.items():
            self.assertIn(f"nn.{name}(", run.script)
        self.assert_scripts_reproduce(runs)

    def test_batches_seeds_and_splits(self):
        norm = ["Linear(8)", "BatchNorm1d()", "Linear(3)"]
        runs = {
            "a last row that joins the batch before": train_run(Builtin("IRIS"), batch_size=17, user_arch=norm),
            "batches of one row": train_run(Builtin("IRIS"), batch_size=1, epochs=1, user_arch=norm),
            "one batch": train_run(Builtin("IRIS"), batch_size=500),
            "in order": train_run(Builtin("DIABETES"), shuffle=False),
            "in order, held back": train_run(Builtin("DIABETES"), shuffle=False, **EVERYTHING),
            "test_size and seed": train_run(Builtin("WINE"), test_size=0.37, seed=4_294_967_295),
            "test rows of one class": train_run(Builtin("IRIS"), shuffle=False, test_size=0.1),
            "one test row": train_run(Builtin("DIABETES"), test_size=0.001),
            "softmax at the end": train_run(Builtin("IRIS"), user_arch=["Linear(3)", "Softmax()"]),
            "features": train_run(Builtin("IRIS"), features=["petal length (cm)", "sepal width (cm)"]),
            "a class without a row to fit": stored(
                "x,y\n" + rows(60, lambda n: f"{n % 7},{'c' if n > 56 else 'ab'[n % 2]}"),
                shuffle=False, criterion="WCELOSS", target="y",
            ),
        }  # fmt: skip
        self.assert_scripts_reproduce(runs)

    def test_more_test_rows_than_go_through_at_once(self):
        text = "x,z,y\n" + rows(22_000, lambda n: f"{n % 101},{n % 37},{'ab'[n * n % 101 > 40]}")
        run = stored(text, target="y", epochs=1, batch_size=2_000, test_size=0.45)
        self.assertIn(".split(8192)", run.script)
        self.assert_scripts_reproduce({"large": run})


class EstimatorScriptTests(ScriptTestCase):
    def test_every_estimator_of_the_registry(self):
        tables = {ProblemType.CLASSIFICATION: "IRIS", ProblemType.REGRESSION: "DIABETES"}
        runs = {
            name: train_run(Builtin(tables[entry.problem_type]), user_model={"estimator": name})
            for name, entry in ESTIMATORS.items()
        }
        self.assertEqual(set(runs), set(ESTIMATORS))
        self.assert_scripts_reproduce(runs)

    def test_arguments_and_labels(self):
        forest = "RandomForestClassifier(n_estimators=20, max_depth=3)"
        numbers = "x,z,y\n" + rows(90, lambda n: f"{n % 7},{n % 5},{n % 3}")
        runs = {
            "arguments": train_run(Builtin("WINE"), user_model=forest, seed=3),
            "labels that are numbers": stored(numbers, user_model=forest, problem_type="classification"),
            "labels that are floats": stored(numbers.replace(",1\n", ",1.0\n"), user_model=forest, target="y"),
            "labels that are booleans": stored("x,y\n" + rows(60, lambda n: f"{n % 7},{n % 7 > 3}"), user_model=forest),
            "labels that are dates": stored(
                "x,y\n" + rows(60, lambda n: f"{n % 7},2024-01-0{1 + (n % 7) // 4}"),
                user_model=forest, target="y", problem_type="classification",
            ),
            "an unseen label": stored(
                "x,y\n" + rows(60, lambda n: f"{n % 7},{'c' if n > 56 else 'ab'[n % 2]}"),
                shuffle=False, user_model=forest, target="y",
            ),
        }  # fmt: skip
        self.assertIn("n_estimators=20", runs["arguments"].script)
        self.assertNotIn("min_samples_leaf", runs["arguments"].script)
        self.assert_scripts_reproduce(runs)


class TableScriptTests(ScriptTestCase):
    def test_every_builtin_table(self):
        # CALIFORNIAHOUSING is downloaded; its line is the same as the product's own.
        runs = {name: train_run(Builtin(name)) for name in BUILTINS if name != "CALIFORNIAHOUSING"}
        self.assert_scripts_reproduce(runs)

    def test_messy_files(self):
        header = "größe;Datum;Betrag;größe;;Farbe;ja;ziel"
        messy = (
            header
            + "\n"
            + rows(
                120,
                lambda n: (
                    f"{n % 9},5;{1 + n % 28}.{1 + n % 12}.2024;1.{n:03}.000,5;{n % 4 if n % 11 else ''};"
                    f"{'inf' if n % 40 == 0 else n % 6};{('rot', 'grün', 'NA')[n % 3]};{n % 2 == 0};{'' if n == 7 else 'ab'[n % 9 > 4]}"
                ),
            )
        )
        letters = "x,c,y\n" + rows(80, lambda n: f"{n % 17},{'red' if n % 3 else 'blue'},{'ab'[n % 17 > 8]}")
        swiss = "x|when|y\n" + rows(
            90, lambda n: f"{n % 5}'{n:03}.25|2024-01-{1 + n % 28:02}T1{n % 10}:07:0{n % 7}Z|{n * 1.1:.3f}"
        )
        runs = {
            "everything at once": stored(messy, "latin-1"),
            "and an estimator": stored(messy, "latin-1", user_model="RandomForestClassifier()"),
            "utf-16": stored(letters, "utf-16", target="y"),
            "a byte order mark and tabs": stored(letters.replace(",", "\t"), "utf-8-sig", target="y"),
            "windows line ends, quotes": stored(letters.replace("\n", "\r\n").replace("red", '"red, dark"'), target="y"),
            "no header": stored(letters.split("\n", 1)[1], target="column 3"),
            "times, Swiss numbers, a regression": stored(swiss, target="y"),
            "strays": stored(letters.replace("\n3,", "\nunknown,").replace("\n16,", '\n"1,2,3",'), target="y"),
            "strays among dates": stored(
                "d,x,y\n" + rows(90, lambda n: f"{'soon' if n == 4 else f'{1 + n % 12}/{1 + n % 28}/2020'},{n},{'ab'[n % 3 > 1]}"),
                target="y",
            ),
            "missing numbers and booleans": stored(
                "x,f,y\n" + rows(90, lambda n: f"{'' if n % 5 == 0 else n},{'' if n % 7 == 0 else n % 2 == 0},{n % 13}"),
                target="y", problem_type="regression",
            ),
        }  # fmt: skip
        self.assert_scripts_reproduce(runs)

    def test_types_chosen_by_hand(self):
        text = "id,code,when,amount,price,y\n" + rows(
            90, lambda n: f"{n},{n % 4},2024-{1 + n % 12:02}-11,{'' if n % 9 == 0 else n % 5}.0,{'' if n % 3 else chr(34) + '1,000' + chr(34)},{n % 3}"
        )  # fmt: skip
        for y_type in ("category", "number"):
            types = {
                "id": "number", "code": "category", "when": "category", "amount": "category", "price": "number",
                "y": y_type,
            }  # fmt: skip
            runs = {
                "network": stored(text, target="y", column_types=types),
                "forest": stored(
                    text, target="y", column_types=types, problem_type="classification",
                    user_model="RandomForestClassifier()",
                ),
                "date as year": stored(text, target="y", column_types={"when": "number", "code": "ignored"}),
                "text as numbers and dates": stored(
                    "t,u,y\n" + rows(60, lambda n: f"{n if n % 2 else 'no'},{'never' if n % 3 else '2024-01-02'},{n % 2}"),
                    target="y", column_types={"t": "number", "u": "date"},
                ),
            }  # fmt: skip
            self.assert_scripts_reproduce(runs)

    def test_inline_tables(self):
        records = [{"a": n % 7, "b": "xyz"[n % 3], "y": "no" if n % 7 > 3 else "yes"} for n in range(60)]
        mixed = [
            {"a": n % 7 if n % 2 else str(n % 7), "c": n % 3 if n % 5 else "many", "y": n % 7 > 3, "n": None}
            for n in range(60)
        ]
        mixed += [{"a": 1.0, "y": True}, {"c": 2.0, "y": False}]
        text = "a;b;y\r\n" + rows(80, lambda n: f"{n % 9},25;{'pq'[n % 2]};{'ab'[n % 9 > 4]}")
        runs = {
            "records": inline(records),
            "mixed records": inline(mixed, target="y"),
            "JSON": inline(json.dumps(records)),
            "CSV text": inline(text, target="y"),
            "CSV text with a byte order mark": inline("\ufeff" + text, target="y"),
            "odd names": inline([{"a\n": n % 5, "": n % 3, "y": "ab"[n % 5 > 2]} for n in range(40)]),
        }
        self.assert_scripts_reproduce(runs)

    def test_inline_tables_too_large_for_a_script_are_read_from_a_file_that_it_names(self):
        records = [{"a": n % 7, "b": f"{n * 37 % 1000}", "y": "no" if n % 7 > 3 else "yes"} for n in range(2_000)]
        text = "a,b,y\n" + rows(9_000, lambda n: f"{n % 9},{n * 7 % 31},{'ab'[n % 9 > 4]}")
        for name, run in (("data.json", inline(records, epochs=1)), ("data.csv", inline(text, epochs=1))):
            content = json.dumps(records) if name == "data.json" else text
            self.assertIn(f'"{name}"', run.script)
            self.assertLess(len(run.script), 5_000)
            run.files[name] = content.encode()
            self.assert_scripts_reproduce({name: run})

    def test_without_an_argument_the_file_is_looked_for_under_its_own_name(self):
        run = stored("x,y\n" + rows(60, lambda n: f"{n % 7},{'ab'[n % 7 > 3]}"), name="my table.csv")
        run.arguments = ()
        output, error = run_script(run)
        self.assertIn("my table.csv", error)
        self.assertEqual(output, "")


class HostileScriptTests(ScriptTestCase):
    NAMES = (
        "a'b", 'a"b', "a\\", "\\n", "{x}", "{{}}", "%s", '"""', "'''", "#", "]);import os;os._exit(3)", "\u2028x", "é\u202e",
        "__import__('os')._exit(3)", "a" * 60,
    )  # fmt: skip

    def test_names_are_literals_and_nothing_else(self):
        records = [
            {name: (n * position) % 7 for position, name in enumerate(self.NAMES, start=1)}
            | {"category'\"": self.NAMES[n % 5], "'y\"\\": self.NAMES[5 + n % 2]}
            for n in range(60)
        ]
        quoted = ",".join('"' + name.replace('"', '""') + '"' for name in (*self.NAMES, "y"))
        lines = rows(60, lambda n: ",".join(str(n * p % 7) for p in range(1, len(self.NAMES) + 1)) + f",{'ab'[n % 2]}")
        name = "x'\"\\{}\n.csv"
        runs = {
            "records": inline(records, target="'y\"\\", custom_model_name='"""\nraise SystemExit(3)'),
            "estimator": inline(records, target="'y\"\\", user_model="RandomForestClassifier()"),
            "file": stored(f"{quoted}\n{lines}", name=name, target="y"),
            "text": inline(f"{quoted}\n{lines}", target="y"),
        }
        self.assert_scripts_reproduce(runs)


class SplitScriptTests(ScriptTestCase):
    TABLE = "day,who,mark,code,x,y,z\n" + rows(
        120,
        lambda n: (
            f"{1 + n * 7 % 28}.{1 + n * 5 % 12}.2024,p{n // 5},{'test' if n % 4 == 0 else 'train'},{n % 3},"
            f"{n * 37 % 101},{'ab'[n * 37 % 101 > 40]},{'' if n == 9 else n * 37 % 101 + n % 7}"
        ),
    )
    SPLITS = (
        {"kind": "time", "column": "day"},
        {"kind": "time", "column": "x"},
        {"kind": "group", "column": "who"},
        {"kind": "given", "column": "mark"},
        {"kind": "given", "column": "code", "value": "2"},
        {"kind": "group"},
    )

    def test_every_kind_of_split(self):
        forest = {"y": "RandomForestClassifier(n_estimators=10)", "z": "RandomForestRegressor(n_estimators=10)"}
        runs = {}
        for split in self.SPLITS:
            for target in ("y", "z"):
                name = f"{split['kind']} {split.get('column')} {target}"
                runs[name] = stored(self.TABLE, target=target, split=split, patience=2)
                runs[f"{name} in order"] = stored(self.TABLE, target=target, split=split, shuffle=False, patience=2)
                runs[f"{name} forest"] = stored(self.TABLE, target=target, split=split, user_model=forest[target])
        self.assert_scripts_reproduce(runs)

    def test_daily_prices_and_patients(self):
        examples = Path(__file__).parent / "examples"
        daily, patients = ((examples / f"{name}.csv").read_bytes() for name in ("daily_closes", "patients"))
        prices = {"target": "next_close", "seed": 18, "epochs": 3}
        by_time = {"split": {"kind": "time", "column": "day"}}
        relapses = {"target": "relapse", "seed": 19, "split": {"kind": "group", "column": "patient_id"}, "epochs": 3}
        runs = {
            "by time": stored(daily, user_model="RandomForestRegressor(n_estimators=20)", **prices, **by_time),
            "by time, stopped early": stored(daily, patience=2, **prices, **by_time),
            "in file order, stopped early": stored(daily, patience=2, shuffle=False, **prices),
            "new patients": stored(patients, user_model="RandomForestClassifier(n_estimators=20)", **relapses),
            "new patients, stopped early": stored(patients, patience=2, **relapses),
        }
        self.assert_scripts_reproduce(runs)

    def test_a_second_table_with_the_test_rows(self):
        header, *lines = self.TABLE.splitlines(keepends=True)
        learn, test = header + "".join(lines[:90]), header + "".join(lines[90:])
        swapped = "".join(f"{';'.join(line.rstrip().split(',')[::-1])}\n" for line in (header, *lines[90:]))
        records = [dict(zip(header.rstrip().split(","), line.rstrip().split(","), strict=True)) for line in lines[:90]]
        forest = "RandomForestClassifier(n_estimators=10)"
        runs = {
            "two files": paired(learn, test, target="y", patience=2),
            "an estimator": paired(learn, test, target="y", user_model=forest),
            "other columns' order and delimiter": paired(learn, swapped, target="y", user_model=forest),
            "records and a file": paired(records, test, target="y", user_model=forest),
            "a row without a target": paired(learn, test, target="z"),
        }
        self.assertEqual(len(set(runs["two files"].metrics.values())), len(runs["two files"].metrics))
        self.assert_scripts_reproduce(runs)

    def test_a_split_column_need_not_be_a_feature(self):
        runs = {
            f"{split['kind']} {split.get('column')}": stored(self.TABLE, target="y", split=split, features=["x"])
            for split in self.SPLITS
        }
        self.assert_scripts_reproduce(runs)


class StyleTests(ScriptTestCase):
    def test_scripts_are_laid_out_as_black_would(self):
        runs = [
            train_run(Builtin("WINE"), **EVERYTHING, epochs=3),
            train_run(Builtin("SPIRAL"), user_model="RandomForestClassifier(max_depth=3, min_samples_leaf=2)"),
            train_run(Builtin("DIABETES"), user_model="RandomForestRegressor()"),
            stored("d;x;y\n" + rows(60, lambda n: f"{1 + n % 28}.1.2024;{n},5;{n % 7}"), target="y", epochs=2),
            inline([{"a": n % 7, "b": "xyz"[n % 3], "y": n % 7 > 3} for n in range(40)], target="y", epochs=2),
            stored(write_reviews(60), epochs=2),
            *(stored(SplitScriptTests.TABLE, target="y", split=split, patience=2) for split in SplitScriptTests.SPLITS),
        ]
        with mock.patch("training.datasets.texts.SAMPLE_CHARACTERS", 1_000):
            runs.append(stored(write_reviews(60), epochs=2))
        with tempfile.TemporaryDirectory() as folder:
            for position, run in enumerate(runs):
                (Path(folder) / f"train{position}.py").write_text(run.script)
                self.assertLessEqual(max(map(len, run.script.splitlines())), 105)
            ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", "100", folder]
            process = subprocess.run(ruff, capture_output=True, text=True, timeout=60)
        self.assertEqual(process.stdout, "")
        self.assertEqual(process.returncode, 0, process.stderr)


def network_with(entry: LayerEntry) -> list[str | dict]:
    """A network for images of 8 by 8 pixels that has such a layer: the first of some shapes that it takes."""
    sizes = {"kernel_size": 2, "output_size": 2, "unflattened_size": [2, 3], "dim": 1}
    given = {argument.name: sizes.get(argument.name, 6) for argument in entry.arguments if argument.required}
    layer = {"layer": entry.name, **given}
    for before in (["Linear(6)"], ["Unflatten(1, (4, 16))"], ["Unflatten(1, (1, 8, 8))"], []):
        for after in ([], ["Flatten()"]):
            network = [*before, layer, *after, "Linear(10)"]
            try:
                shape = (64,)
                for each in network:
                    shape, _ = infer_shape(parse_layer(each), shape)
            except (SpecRefused, RuntimeError, ValueError, IndexError):
                continue
            if shape == (10,):
                return network
    raise AssertionError(f"{entry.name} fits nowhere")
