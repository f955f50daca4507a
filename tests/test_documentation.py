"""The documentation's examples run as they are, and it names only settings and commands that exist."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from django.core.management import get_commands

from playground.docs.contents import PAGES
from tests.browser.browsing import BrowserTestCase
from tests.documented import README, find_example, list_examples, read_page
from tests.server import ROOT, Server, Talk

MAX_README_LINES = 200
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
TEXTS = {"README": README, "CHANGELOG": CHANGELOG, **{name: page.read() for name, page in PAGES.items()}}
SETTINGS = read_page("settings")
OTHER_NAMES = {
    # variables of boto3, a placeholder, and names in the code
    "AWS_ACCESS_KEY_ID",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_REGION",
    "FILE_STORAGES",
    "PROGRESS_STORAGES",
    "RUN_ID",
}


class ExampleTests(BrowserTestCase):
    def test_the_web_page_trains_a_model(self):
        # On a page of the server's own origin, but without the policy of its pages, which forbids scripts within.
        self.page = self.new_visitor(bypass_csp=True).new_page()
        self.page.goto(f"{self.server.url}/developers/")
        self.page.set_content(find_example("front-end", "html"))
        self.wait_for_text("#log", "test rows")
        lines = self.page.inner_text("#log").splitlines()
        self.assertRegex(lines[-1], r"^Accuracy \d+\.\d% on 30 test rows")
        epochs = [int(line.split()[1].rstrip(":")) for line in lines if line.startswith("epoch")]
        self.assertEqual(epochs, list(range(1, 51)))
        self.assertEqual(self.page.evaluate("document.querySelector('#bar').value"), 100)

    def test_the_python_client_trains_a_model(self):
        script = find_example("front-end", "python").replace("localhost:8000", self.server.url.removeprefix("http://"))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["trainingQueued"])
        self.assertRegex(lines[-1], r"^trainingResult Accuracy \d+\.\d% on 30 test rows")

    def test_the_sweep_trains_every_combination(self):
        frame = json.loads(find_example("events", "json", "runSweep"))
        with Talk(self.server) as talk:
            talk.send(frame["event"], **frame["data"])
            result = talk.receive_until("sweepResult")[-1]["data"]
        self.assertTrue(result["success"], result)
        self.assertEqual(len(result["combinations"]), 4)

    def test_the_commands_train_and_predict_in_a_terminal(self):
        commands = next(code for code in list_examples(read_page("first-steps")) if "manage.py train" in code)
        self.assertEqual(
            commands.splitlines(), ["python manage.py train spec.json", "python manage.py predict RUN_ID rows.csv"]
        )
        other = Server()  # that does not run, so that the command trains by itself
        self.addCleanup(other.close)
        with tempfile.TemporaryDirectory() as folder:
            spec, rows = Path(folder) / "spec.json", Path(folder) / "rows.csv"
            spec.write_text(find_example("first-steps", "json"))
            printed = other.manage("train", str(spec))
            run_id = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", printed)[0]
            rows.write_text("sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n5.1,3.5,1.4,0.2\n")
            self.assertIn("setosa", other.manage("predict", run_id, str(rows)))


class TextTests(unittest.TestCase):
    def test_every_example_in_json_is_json(self):
        examples = [code for text in TEXTS.values() for code in list_examples(text, "json")]
        self.assertGreater(len(examples), 2)
        for code in examples:
            json.loads(code)

    def test_the_shell_can_parse_every_example_for_it(self):
        examples = [code for text in TEXTS.values() for code in list_examples(text, "sh")]
        self.assertGreater(len(examples), 5)
        for code in examples:
            done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f"{done.stderr}\n{code}")

    def test_every_command_that_is_named_exists(self):
        for page, text in TEXTS.items():
            for name in re.findall(r"manage\.py (\w+)", text):
                with self.subTest(page=page, command=name):
                    self.assertIn(name, get_commands())
            for module in re.findall(r"python -m (tests[\w.]*)", text):
                with self.subTest(page=page, module=module):
                    self.assertIsNotNone(importlib.util.find_spec(module))

    def test_every_file_that_is_named_exists(self):
        checked = 0
        for page, text in TEXTS.items():
            for path in re.findall(r"`((?:playground|training|progress|notifications|tests)/[\w./-]+)`", text):
                with self.subTest(page=page, path=path):
                    checked += 1
                    self.assertTrue((ROOT / path).exists())
        self.assertGreater(checked, 30)

    def test_every_module_of_the_paths_exists(self):
        text = read_page("how-it-works")
        named = set(re.findall(r"`((?:playground|training|progress|notifications)\.[a-z_.]+)`", text))
        self.assertGreater(len(named), 50)
        for name in named:
            with self.subTest(module=name):
                path = ROOT / name.replace(".", "/")
                self.assertTrue(path.with_suffix(".py").exists() or (path / "__init__.py").exists())

    def test_the_number_of_modules_of_one_run_is_that_of_the_list(self):
        path = read_page("how-it-works").split("## The path of one run")[1].split("\n## ")[0]
        stated = int(re.search(r"The run passes through (\d+) modules", path)[1])
        self.assertEqual(len(set(re.findall(r"`([a-z_]+\.[a-z_.]+)`", path))), stated)

    def test_the_boxes_of_the_drawing_are_explained(self):
        svg = (ROOT / "playground/static/playground/packages.svg").read_text()
        boxes = set(re.findall(r">([^<>]+)</text>", svg))
        rows = set(re.findall(r"^\| `([^`]+)` \|", read_page("how-it-works"), re.M))
        self.assertEqual(rows, boxes)

    def test_every_setting_that_is_named_exists(self):
        listed = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", SETTINGS, re.M))
        for page, text in TEXTS.items():
            with self.subTest(page=page):
                named = set(re.findall(r"`([A-Z0-9]+_[A-Z0-9_]*[A-Z0-9])(?:=[^`]*)?`", text))
                self.assertEqual(named - listed - OTHER_NAMES, set())
        self.assertGreater(len(set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=\w+)?`", TEXTS["security"])) & listed), 20)


class ReadmeTests(unittest.TestCase):
    def test_it_is_short(self):
        self.assertLessEqual(len(README.splitlines()), MAX_README_LINES)

    def test_the_two_commands_stand_alone_on_their_lines(self):
        for command in (
            "pip install -r requirements.txt && python manage.py migrate && python manage.py runserver",
            "pip install -r requirements-test.txt && python manage.py test",
        ):
            self.assertIn(f"\n{command}\n", README)

    def test_it_links_to_every_page(self):
        for name in PAGES:
            self.assertIn(f"(playground/docs/{name}.md)", README)
