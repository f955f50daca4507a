"""Nothing that another process or service wrote is unpickled: the sources are searched, and settings are checked."""

from __future__ import annotations

import ast
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase

from playground.json_cache import JsonSerializer

ROOT = Path(__file__).parent.parent
PACKAGES = ("playground", "training", "progress", "notifications")
MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "jsonpickle"}
LOADERS = {"load", "loads", "load_all", "full_load", "unsafe_load", "Unpickler", "read_pickle", "open_shelve"}

ALLOWED = {
    # `pickle.UnpicklingError` is caught: torch raises it where `weights_only` refuses a file.
    ("training/trainers/checkpoint.py", "import pickle"),
}
"""Each with its reason.

Between a server and its own worker processes, multiprocessing's pipes pickle. Both ends are one program of
one user, and no other process can open the pipe. Numba pickles the index of what it compiled, in a folder of DATA_DIR
that belongs to the user of the server alone."""


def find_unpickling(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in MODULES:
            yield f"from {node.module} import"
        elif isinstance(node, ast.Call):
            yield from check_call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "PickleSerializer" in node.value:
            yield "PickleSerializer"


def check_call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if name in ("torch.load", "torch.hub.load", "torch.jit.load") and given.get("weights_only") != "True":
        yield name
    if "allow_pickle" in given and given["allow_pickle"] != "False":
        yield f"{name}(allow_pickle)"
    if name.rpartition(".")[2] in ("read_pickle", "Unpickler") or (
        name.partition(".")[0] in MODULES and name.rpartition(".")[2] in LOADERS
    ):
        yield name
    if name.endswith(("skops_io.load", "skops_io.loads")) and given.get("trusted", "True") == "True":
        yield name


class SourceTests(SimpleTestCase):
    def test_no_module_unpickles_but_those_that_are_listed(self):
        paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
        self.assertGreater(len(paths), 200)
        found = {(str(path.relative_to(ROOT)), what) for path in paths for what in find_unpickling(path)}
        self.assertEqual(found, ALLOWED)

    def test_the_search_finds_every_form(self):
        folder = Path(self.enterContext(__import__("tempfile").TemporaryDirectory()))
        for number, source in enumerate(
            (
                "import pickle",
                "from joblib import load",
                "import torch\ntorch.load(file)",
                "import torch\ntorch.load(file, weights_only=False)",
                "import numpy as np\nnp.load(file, allow_pickle=True)",
                "import pandas as pd\npd.read_pickle(file)",
                "import yaml",
                "import shelve",
                "SESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'",
                "skops_io.loads(data)",
            )
        ):
            path = folder / f"{number}.py"
            path.write_text(source)
            self.assertTrue(list(find_unpickling(path)), source)


class SettingsTests(SimpleTestCase):
    def test_sessions_and_celery_read_json_alone(self):
        self.assertTrue(settings.SESSION_SERIALIZER.endswith("JSONSerializer"))
        self.assertEqual(settings.CELERY_ACCEPT_CONTENT, ["json"])
        self.assertEqual(settings.CELERY_RESULT_ACCEPT_CONTENT, ["json"])

    def test_every_receiver_of_celery_accepts_json_alone(self):
        from celery import Celery

        app = Celery("check")
        app.config_from_object("django.conf:settings", namespace="CELERY")
        self.assertEqual(list(app.conf.accept_content), ["json"])
        self.assertEqual(list(app.control.mailbox.accept), ["json"])
        receiver: Any = app.events.Receiver(channel=None, handlers={})
        self.assertEqual(set(receiver.accept), {"json"})


class SerializerTests(SimpleTestCase):
    def test_json_goes_there_and_back(self):
        serializer = JsonSerializer()
        for value in (1, "text", None, True, [1, {"a": 2.5}]):
            self.assertEqual(serializer.loads(serializer.dumps(value)), value)

    def test_what_is_no_json_counts_as_absent_and_runs_nothing(self):
        class Evil:
            def __reduce__(self):
                return (exec, ("raise SystemExit('it ran')",))

        serializer = JsonSerializer()
        for data in (pickle.dumps(Evil()), b"", b"\xff", b"[" * 100_000, json.dumps("x").encode()[:-1]):
            with self.assertLogs("playground.json_cache"):
                self.assertIsNone(serializer.loads(data))
