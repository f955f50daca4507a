"""The arrows of the house, read from the imports: who may lean on whom, and what the web process never loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from django.test import SimpleTestCase

ROOT = Path(__file__).parent.parent
PACKAGES = ("playground", "training", "progress", "notifications")
ROOF = (
    "playground.asgi",
    "playground.routing",
    "playground.urls",
    "playground.views",
    "playground.run_views",
    "playground.run_page",
    "playground.contract",
    "playground.front_door",
    "playground.health",
    "playground.metrics",
    "playground.console",
    "playground.accounts",
    "playground.learn",
    "playground.theme",
    "playground.apps",
)
HEAVY = {"torch", "sklearn", "pandas", "numpy", "scipy", "matplotlib", "skops", "onnx", "onnxruntime", "numba", "shap"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports() -> dict[str, set[str]]:
    """Module -> what it imports anywhere in it, except for type checking alone."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                found[module_name(path)] = set(_imports_of(ast.parse(path.read_text())))
    modules = set(found)
    # `from training import runs` imports the module training.runs, not only training.
    return {name: {_longest(target, modules) for target in targets} for name, targets in found.items()}


def _imports_of(tree: ast.AST):
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports here are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _longest(target: str, modules: set[str]) -> str:
    while target not in modules and "." in target and target.split(".")[0] in PACKAGES:
        target = target.rpartition(".")[0]
    return target


def within(module: str, *places: str) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


class ArrowTests(SimpleTestCase):
    def assert_imports_none(self, importer: str, *forbidden: str, but: tuple[str, ...] = ()) -> None:
        checked = 0
        for module, targets in imports().items():
            if within(module, importer) and not within(module, *but):
                checked += 1
                wrong = {target for target in targets if within(target, *forbidden)}
                self.assertEqual(wrong, set(), f"{module} may not import {wrong}")
        self.assertGreater(checked, 0, f"there is no {importer}")

    def test_the_wire_stands_on_nothing_of_the_project(self):
        others = [name for name in imports() if not within(name, "playground.wire") and name != "playground"]
        self.assert_imports_none("playground.wire", *others)

    def test_no_app_imports_the_roof(self):
        for app in ("training", "progress"):
            self.assert_imports_none(app, *ROOF, "playground.settings")

    def test_words_shared_by_all_know_no_models_and_nothing_heavy(self):
        for module in (
            "training.spec",
            "training.exceptions",
            "training.limits",
            "training.messages",
            "training.sweeps.tasks",
            "training.sweeps.paths",
            "training.sweeps.variation",
            "training.sweeps.differences",
            "progress.records",
            "progress.exceptions",
            "progress.messages",
        ):
            self.assert_imports_none(
                module, "django.db", "training.models", "training.runs", "progress.models", "progress.storage", *HEAVY
            )
        self.assert_imports_none("training.spec", "django")
        self.assert_imports_none("progress.records", "django")

    def test_trainers_and_datasets_know_no_django_and_no_engine(self):
        for package in ("training.trainers", "training.datasets"):
            self.assert_imports_none(
                package, "django", "channels", "training.models", "training.runs", "training.engines"
            )
        self.assert_imports_none("training.datasets", "training.trainers", "torch")

    def test_only_what_runs_in_a_worker_loads_torch(self):
        allowed = (
            "training.trainers.checkpoint",
            "training.trainers.compiled",
            "training.trainers.networks.answer",
            "training.trainers.networks.batches",
            "training.trainers.networks.draws",
            "training.trainers.networks.fit",
            "training.trainers.networks.loop",
            "training.trainers.networks.network",
            "training.trainers.networks.objectives",
            "training.trainers.networks.optimizers",
            "training.trainers.trained",
            "training.trainers.networks.parameters",
            "training.trainers.networks.patience",
            "training.trainers.networks.schedules",
            "training.artifacts.weights",
            "training.artifacts.graph",
            "training.engines.preload",
            "training.engines.worker",
        )
        for module, targets in imports().items():
            if any(within(target, "torch") for target in targets):
                self.assertTrue(within(module, *allowed), f"{module} imports torch")

    def test_only_workers_and_the_command_execute(self):
        importers = {name for name, targets in imports().items() if "training.engines.execute" in targets}
        self.assertEqual(
            importers,
            {
                "training.engines.preload",
                "training.engines.worker",
                "training.engines.inline",
                "training.management.commands.train",
            },
        )
        self.assert_imports_none("training.engines.execute", "training.runs", "training.models", "django.db")

    def test_one_place_writes_runs_and_one_an_app_speaks_to_the_channel_layer(self):
        importers = {name for name, targets in imports().items() if "channels.layers" in _roots(targets)}
        self.assertEqual(importers, {"playground.wire.groups", "training.broadcast"})
        for module, targets in imports().items():
            if "training.models" in targets and not within(module, "training.runs"):
                source = (ROOT / (module.replace(".", "/") + ".py")).read_text()
                for call in ("TrainingRun.objects.create", "TrainingRun.objects.filter(", "RunEvent.objects"):
                    self.assertNotIn(call, source, f"{module} touches runs by itself")

    def test_training_knows_nothing_of_progress(self):
        self.assert_imports_none("training", "progress")

    def test_one_module_touches_the_progress_table_and_one_knows_boto3(self):
        touching = {
            module_name(path)
            for path in (ROOT / "progress").rglob("*.py")
            if "migrations" not in path.parts and re.search(r"\bEarned\b|progress_earned", path.read_text())
        }
        self.assertEqual(touching - {"progress.models"}, {"progress.storage.orm"})
        knowing = {name for name, targets in imports().items() if any(within(t, "boto3", "botocore") for t in targets)}
        self.assertEqual({name for name in knowing if within(name, "progress")}, {"progress.storage.dynamodb"})

    def test_consumers_do_not_query(self):
        for app in ("training", "progress"):
            self.assert_imports_none(f"{app}.consumers", "django.db", f"{app}.storage", *HEAVY)
            self.assertNotIn(".objects", (ROOT / app / "consumers.py").read_text())
        self.assert_imports_none("training.sweeps", "django.db", "training.models", *HEAVY)

    def test_notifications_lean_on_what_training_shows_and_on_nothing_heavy(self):
        self.assert_imports_none("training", "notifications")
        self.assert_imports_none("playground.wire", "notifications")
        self.assert_imports_none("notifications", *ROOF, "playground.settings", *HEAVY)
        inside = ("training.engines", "training.trainers", "training.datasets", "training.broadcast")
        self.assert_imports_none("notifications", *inside)
        for module in ("notifications.preferences", "notifications.messages", "notifications.exceptions"):
            self.assert_imports_none(module, "django", "notifications.models")
        self.assert_imports_none("notifications.consumers", "django.db", "notifications.models")
        knowing = {name for name, targets in imports().items() if any(within(t, "boto3", "botocore") for t in targets)}
        roads = {"notifications.transports.ses", "notifications.lambda_function"}
        self.assertEqual({name for name in knowing if within(name, "notifications")}, roads)

    def test_one_module_writes_the_outbox_and_one_the_settings_of_users(self):
        writing = re.compile(r"(EmailMessage|UserSettings)\b[^\n]*\.(create|get_or_create|update|delete|bulk_create)\(")
        found = {
            module_name(path) for path in (ROOT / "notifications").rglob("*.py") if writing.search(path.read_text())
        }
        self.assertEqual(found, {"notifications.outbox", "notifications.user_settings"})

    def test_there_are_no_circles(self):
        graph = {name: {target for target in targets if target in imports()} for name, targets in imports().items()}
        done: set[str] = set()

        def visit(module: str, path: tuple[str, ...]) -> None:
            if module in path:
                self.fail(f"a circle: {' → '.join((*path[path.index(module) :], module))}")
            if module in done:
                return
            for target in graph[module]:
                if target != module:
                    visit(target, (*path, module))
            done.add(module)

        for module in graph:
            visit(module, ())


def _roots(targets: set[str]) -> set[str]:
    return {".".join(target.split(".")[:2]) for target in targets}


class WebProcessTests(SimpleTestCase):
    def test_the_web_process_loads_nothing_heavy(self):
        script = (
            "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'playground.settings'; django.setup(); "
            "import playground.routing, playground.urls, training.engines.local, training.management.commands.train; "
            f"print(sorted({HEAVY!r} & set(sys.modules)))"
        )
        answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
        self.assertEqual(answer.stdout.strip(), "[]", answer.stderr)

    def test_nor_does_the_servers_way_in(self):
        script = f"import sys, playground.asgi as a; print(sorted({HEAVY!r} & set(sys.modules))); a.get_engine().stop()"
        script = f"if __name__ == '__main__':\n    {script}"
        answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
        self.assertEqual(answer.stdout.strip(), "[]", answer.stderr)
