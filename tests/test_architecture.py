"""Rules of the architecture that import-linter cannot state. Its contracts are in `pyproject.toml`."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from django.test import SimpleTestCase

ROOT = Path(__file__).parent.parent
PACKAGES = ("playground", "training", "progress", "notifications")
HEAVY = {"torch", "sklearn", "pandas", "numpy", "scipy", "matplotlib", "skops", "onnx", "onnxruntime", "numba", "shap"}


@cache
def sources() -> dict[str, str]:
    """Return the text of each module by its dotted name, without migrations."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text() for path in paths}


def find_modules(pattern: str, *packages: str) -> set[str]:
    """Return the modules of these packages whose text matches a regular expression."""
    return {name for name, text in sources().items() if name.startswith(packages) and re.search(pattern, text)}


class SingleWriterTests(SimpleTestCase):
    def test_only_training_runs_writes_runs(self):
        writing = find_modules(r"TrainingRun\.objects\.(create|filter)\(|RunEvent\.objects", *PACKAGES)
        self.assertTrue(writing)
        self.assertEqual({name for name in writing if not name.startswith("training.runs.")}, set())

    def test_only_two_modules_use_the_channel_layer(self):
        self.assertEqual(
            find_modules(r"from channels\.layers import", *PACKAGES), {"playground.wire.groups", "training.broadcast"}
        )

    def test_only_the_orm_storage_uses_the_table_of_progress(self):
        using = find_modules(r"\bEarned\b|progress_earned", "progress.")
        self.assertEqual(using - {"progress.models"}, {"progress.storage.orm"})

    def test_consumers_do_not_query(self):
        querying = find_modules(r"from django\.db\b|\.objects\b", "training.consumers", "progress.consumers")
        self.assertEqual(querying, set())
        self.assertTrue(find_modules("Consumer", "training.consumers", "progress.consumers"))

    def test_one_module_writes_the_queue_of_mail_and_one_user_settings(self):
        writing = r"(EmailMessage|UserSettings)\b[^\n]*\.(create|get_or_create|update|delete|bulk_create)\("
        self.assertEqual(
            find_modules(writing, "notifications.", "playground."),
            {"notifications.mail_queue", "playground.accounts.user_settings"},
        )


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
        answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=180)
        self.assertEqual(answer.stdout.strip(), "[]", answer.stderr)
