"""What the README says works: its examples run as they stand there, its settings are those that are read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import unittest

from tests.browser.browsing import BrowserTestCase
from tests.server import ROOT

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "playground/docs/settings.md").read_text()


def find_example(language: str, word: str = "") -> str:
    """Return the README's one example in a language that contains the word."""
    found = [text for text in re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S) if word in text]
    assert len(found) == 1, f"the README has {len(found)} examples in {language} with {word!r}"
    return found[0]


class ExampleTests(BrowserTestCase):
    def test_the_page_of_the_readme_trains_a_model(self):
        # On a page of the server's own origin, but without the policy of its pages, which forbids scripts within.
        self.page = self.new_visitor(bypass_csp=True).new_page()
        self.page.goto(f"{self.server.url}/developers/")
        self.page.set_content(find_example("html"))
        self.wait_for_text("#log", "test rows")
        lines = self.page.inner_text("#log").splitlines()
        self.assertRegex(lines[-1], r"^Right for \d+\.\d% of 30 test rows")
        epochs = [int(line.split()[1].rstrip(":")) for line in lines if line.startswith("epoch")]
        self.assertEqual(epochs, list(range(1, 51)))
        self.assertEqual(self.page.evaluate("document.querySelector('#bar').value"), 100)

    def test_the_python_example_of_the_readme_trains_a_model(self):
        script = find_example("python", "websockets").replace("localhost:8000", self.server.url.removeprefix("http://"))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["trainingQueued"])
        self.assertRegex(lines[-1], r"^trainingResult Right for \d+\.\d% of 30 test rows")


class SettingsTableTests(unittest.TestCase):
    def test_the_table_lists_what_the_settings_read_and_nothing_else(self):
        tree = ast.parse((ROOT / "playground/settings.py").read_text())
        read = {
            node.args[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("env_choice", "env_flag", "env_int", "env_list", "env_text")
            and isinstance(node.args[0], ast.Constant)
        }
        read.add("DATABASE_URL")  # by read_database
        listed = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", SETTINGS, re.M))
        self.assertEqual(listed, read)

    def test_the_threat_model_names_settings_that_are_there(self):
        listed = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", SETTINGS, re.M))
        named = set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=\w+)?`", (ROOT / "playground/docs/security.md").read_text()))
        self.assertGreater(len(named), 30)
        self.assertEqual(named - listed, set())

    def test_the_table_states_the_defaults(self):
        source = (ROOT / "playground/settings.py").read_text()
        for name, default in re.findall(r'env_int\("([A-Z_]+)", ([\d_]+)\)', source):
            self.assertIn(f"| `{name}` | {int(default):,} |", SETTINGS)


class CommandTests(unittest.TestCase):
    def test_the_two_commands_stand_alone_on_their_lines(self):
        for command in (
            "pip install -r requirements.txt && python manage.py migrate && python manage.py runserver",
            "pip install -r requirements-test.txt && python manage.py test",
        ):
            self.assertIn(f"\n{command}\n", README)
