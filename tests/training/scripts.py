"""Runs generated scripts, one after the other in one interpreter that knows nothing of the project."""

from __future__ import annotations

import ast
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.test import SimpleTestCase
from threadpoolctl import threadpool_limits

from training.artifacts.notebook import build_notebook
from training.artifacts.script import build_script
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.datasets.sources import Inline, Paired, Source, Stored, load_table
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train

ALLOWED = {"copy", "datetime", "decimal", "gzip", "io", "json", "os", "pathlib", "sys", "zipfile"}
ALLOWED |= {"numpy", "pandas", "pyarrow", "sklearn", "torch"}
EXACT = {"accuracy", "balanced_accuracy"}
SCRIPT_SECONDS = 120

DRIVER = """
import contextlib, io, json, os, runpy, sys, traceback, warnings
warnings.simplefilter("ignore")
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    folder, wanted, *arguments = json.loads(line)
    os.chdir(folder)
    sys.argv = ["train.py", *arguments]
    output, error, found = io.StringIO(), "", None
    try:
        with contextlib.redirect_stdout(output):
            values = runpy.run_path("train.py", run_name="__main__")
        if wanted:
            found = [*map(str, values["labels"])] if "labels" in values else [*map(str, values["predictions"].tolist())]
    except BaseException:
        error = traceback.format_exc()
    assert not {"training", "playground", "django"} & set(sys.modules)
    print(json.dumps([output.getvalue(), error, found]), file=answers, flush=True)
"""


@dataclass
class Run:
    """A run that was trained here, and what its script needs: files by name, arguments."""

    spec: TrainingSpec
    source: Source
    metrics: dict[str, float]
    script: str
    notebook: str
    files: dict[str, bytes] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


def train_run(source: Source, content: bytes = b"", **fields: Any) -> Run:
    """`content`: of a Stored source."""
    run = train_on(source, {"table": content}, **fields)
    if isinstance(source, Stored):
        run.files = {"elsewhere.csv": content}
        run.arguments = ("elsewhere.csv",)
    return run


def train_on(source: Source, contents: dict[str, bytes], **fields: Any) -> Run:
    """`contents`: of the files by location. Autograd trains unless said otherwise: that is what is repeated exactly."""
    spec = TrainingSpec.model_validate({"seed": 0, "epochs": 6, "trainer": "autograd", **fields})
    table = load_table(source, lambda location: io.BytesIO(contents[location]))
    data = prepare(make_plan(table, spec, Limits()))
    spec = complete(spec, data.plan)
    with threadpool_limits(1):  # as in a worker
        outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    script, notebook = (build(spec, data, source, table) for build in (build_script, build_notebook))
    return Run(spec, source, outcome.auxiliary.metrics, script, notebook)


def stored(content: str | bytes, encoding: str = "utf-8", name: str = "table.csv", **fields: Any) -> Run:
    raw = content.encode(encoding) if isinstance(content, str) else content
    return train_run(Stored("key", name, "table"), raw, **fields)


def paired(first: str | list[Any], tests: str, **fields: Any) -> Run:
    """A table, the text of a file or records, and a file with the test rows."""
    is_file = isinstance(first, str)
    source = Stored("first", "table.csv", "first") if is_file else Inline(records=tuple(first))
    fields["split"] = {"kind": "given", "dataset_id": "5b0c2c4e-0000-4000-8000-000000000000"}
    contents = {"tests": tests.encode(), **({"first": first.encode()} if is_file else {})}
    run = train_on(Paired(source, Stored("tests", "tests.csv", "tests")), contents, **fields)
    run.files = {f"{name}.csv": content for name, content in contents.items()}
    run.arguments = tuple(f"{name}.csv" for name in ("first", "tests") if name in contents)
    return run


def inline(data: Any, **fields: Any) -> Run:
    return train_run(Inline(text=data) if isinstance(data, str) else Inline(records=tuple(data)), **fields)


class ScriptTestCase(SimpleTestCase):
    def assert_scripts_reproduce(self, runs: dict[str, Run]) -> None:
        """Each script depends on what it may, runs, and prints the run's metrics as its last line."""
        self.assertTrue(runs)
        for name, run in runs.items():
            with self.subTest(run=name):
                output, error = run_script(run)
                self.assertEqual(error, "", run.script)
                self.assertLessEqual(imported_modules(run.script), ALLOWED)
                self.assert_same_metrics(output.splitlines()[-1], run.metrics)

    def assert_scripts_come_near(self, runs: dict[str, Run]) -> None:
        """As near as rounding lets the script of a run that was compiled, and it says so."""
        for name, run in runs.items():
            with self.subTest(run=name):
                output, error = run_script(run)
                self.assertEqual(error, "", run.script)
                self.assertIn("but for rounding", run.script)
                self.assertIn("but for rounding", run.notebook)
                printed = json.loads(output.splitlines()[-1])
                for metric, value in run.metrics.items():
                    self.assertAlmostEqual(printed[metric], value, delta=1e-3 * abs(value), msg=metric)

    def assert_same_metrics(self, line: str, metrics: dict[str, float]) -> None:
        printed = json.loads(line)
        self.assertEqual(set(printed), set(metrics))
        for name, value in metrics.items():
            if math.isnan(value):
                self.assertIsNone(printed[name], name)
            elif name in EXACT:
                self.assertEqual(printed[name], value, name)
            else:
                self.assertLessEqual(abs(printed[name] - value), 1e-12 * abs(value), name)


def run_script(run: Run) -> tuple[str, str]:
    """Run the code as `train.py` in a folder of its own. Return its output and the traceback of an error."""
    output, error, _ = run_code(run.script, run.files, run.arguments)
    return output, error


def run_code(
    code: str, files: Mapping[str, bytes], arguments: Sequence[str] = (), *, wants_answers: bool = False
) -> tuple[str, str, list[str]]:
    """Run the code as `run_script` does. With `wants_answers`, also return its `labels` or `predictions` as text."""
    process = _start_interpreter()
    assert process.stdin and process.stdout
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**files, "train.py": code.encode()}.items():
            (Path(folder) / name).write_bytes(content)
        alarm = threading.Timer(SCRIPT_SECONDS, process.kill)
        alarm.start()
        try:
            print(json.dumps([folder, wants_answers, *arguments]), file=process.stdin, flush=True)
            answer = process.stdout.readline()
        finally:
            alarm.cancel()
        if not answer:
            _start_interpreter.cache_clear()  # for the tests that follow
            raise AssertionError(f"the interpreter ended, or was ended after {SCRIPT_SECONDS} s, in\n{code}")
    output, error, found = json.loads(answer)
    return output, error, found or []


def imported_modules(script: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


@cache
def _start_interpreter() -> subprocess.Popen[str]:
    """Start an interpreter that imports the libraries once, which takes seconds. It ends when its input ends."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", DRIVER], env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
