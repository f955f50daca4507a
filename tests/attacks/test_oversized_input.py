"""Small messages that stand for gigabytes or minutes are refused at once, with what to do about it."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from typing import Any

import psutil

from tests.attacks.cases import AttackTestCase
from tests.training.workbooks import build_xlsx, build_zip

ANSWER_SECONDS = 2.0
GROWTH = 100_000_000  # bytes of the server and its workers together
TABLE = "a,y\n" + "".join(f"{number % 20},{number % 2}\n" for number in range(50))


def ragged(rows: int) -> list[dict[str, int]]:
    return [{f"k{number}": 1} for number in range(rows)]


def on_table(**fields: Any) -> dict[str, Any]:
    return {"csvData": TABLE, **fields}


CHECKS: dict[str, tuple[str, dict[str, Any]]] = {
    "records with different keys": ("unreadable_table", {"csvData": ragged(14_000)}),
    "records with different keys, within the columns": ("unreadable_table", {"csvData": ragged(9_000)}),
    "records as text": ("unreadable_table", {"csvData": str(ragged(14_000)).replace("'", '"')}),
    "a wide header over empty rows": (
        "unreadable_table",
        {"csvData": ",".join(f"c{number}" for number in range(9_000)) + "\n" + "1\n" * 280_000},
    ),
    "rows far wider than the header": ("unreadable_table", {"csvData": "a,b\n1,2\n" + "," * 900_000}),
    "nested JSON": ("unreadable_table", {"csvData": "[" * 900_000}),
    "a number of 5,000 digits as text": ("unreadable_table", {"csvData": '[{"a":' + "9" * 5_000 + "}]"}),
    "a number of 4,000 digits": ("invalid_data", {"csvData": [{"a": 10**4_000}]}),
    "half a million features": ("invalid_data", on_table(features=[1] * 320_000)),
    "half a million layers": ("invalid_data", on_table(user_arch=[0] * 320_000)),
    "half a million records that are none": ("invalid_data", {"csvData": [0] * 320_000}),
    "300,000 empty records": ("invalid_data", {"csvData": [{}] * 240_000}),
    "a hundred thousand fields": ("invalid_data", {f"f{number}": 1 for number in range(60_000)}),
    "a layer of a billion units": ("bad_argument", on_table(user_arch=["Linear(1, 1000000000)"])),
    "ten billion parameters": ("too_many_parameters", on_table(user_arch=["Linear(100000)", "Linear(100000)"])),
    "a huge image": (
        "too_large_outputs",
        on_table(user_arch=["Unflatten(1, (1, 1, 1))", "Conv2d(4096, 1)", "AdaptiveAvgPool2d(512)"]),
    ),
    "layers of a billion units in scikit-learn": (
        "bad_argument",
        on_table(user_model={"estimator": "MLPClassifier", "hidden_layer_sizes": [10**9]}),
    ),
    "a billion trees": ("bad_argument", on_table(user_model="RandomForestClassifier(n_estimators=1000000000)")),
    "a long name": ("invalid_data", on_table(custom_model_name="x" * 900_000)),
}

FAR_CELL = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>'
UPLOADS: dict[str, Callable[[], bytes]] = {
    "a header of a million columns": lambda: b",".join(b"c%d" % number for number in range(1_000_000)) + b"\n1\n",
    "one line of 4 MB": lambda: b"x" * 4_000_000,
    "a long line far down": lambda: b"a,b\n" + b"1,2\n" * 100_000 + b"x" * 5_000_000,
    "2 MB that stand for 10 billion cells": lambda: (
        b",".join(b"c%d" % number for number in range(9_999)) + b"\n" + b"1\n" * 900_000
    ),
    "a gzip file of a gigabyte": lambda: gzip.compress(bytes(20_000_000)) * 50,
    "a zip of 300 MB": lambda: build_zip({"t.csv": bytes(300_000_000)}),
    "a workbook of 700 million cells": lambda: build_xlsx({"A": FAR_CELL}),
    "rows of a million cells": lambda: b"a,b\n1,2\n" + (b"," * 1_000_000 + b"\n") * 3,
}


class OversizedInputTests(AttackTestCase):
    def test_checks_of_oversized_input_are_refused_at_once(self):
        talk = self.guest()
        talk.ask("checkTraining", **on_table())  # the worker has loaded what it needs
        for name, (code, data) in CHECKS.items():
            with self.subTest(name):
                error = self.measure(lambda data=data: talk.ask("checkTraining", **data))
                self.assert_refused(error, code)

    def test_oversized_sweeps_are_refused_at_once(self):
        talk = self.guest()
        rates = [0.001 + number / 10**8 for number in range(9_000)]
        for name, code, vary in (
            ("a product beyond the bound", "too_many_sweep_runs", {"learning_rate": rates, "seed": list(range(9_000))}),
            ("many values beside none", "too_many_sweep_runs", {"learning_rate": rates, "seed": []}),
            ("half a million values", "invalid_data", {"seed": [0] * 320_000}),
            ("a hundred thousand paths", "invalid_data", {f"p{number}": [1] for number in range(60_000)}),
        ):
            with self.subTest(name):
                error = self.measure(lambda vary=vary: talk.ask("checkSweep", spec={"default": "IRIS"}, vary=vary))
                self.assert_refused(error, code)

    def test_oversized_uploads_are_refused_at_once(self):
        visitor = self.visitor()
        visitor.upload(TABLE.encode())
        for name, build in UPLOADS.items():
            content = build()
            with self.subTest(name):
                reply = self.measure(lambda content=content: visitor.upload(content))
                self.assertEqual(reply.status, 400, reply.text[:300])
                self.assert_refused({"data": reply.json()}, "unreadable_table")

    def test_predictions_of_too_many_rows_are_refused_at_once(self):
        talk = self.guest()
        run_id = talk.ask("runTraining", default="IRIS", epochs=1)["data"]["run_id"]
        talk.receive_until("trainingArtifacts")
        for rows in ([{"x": 1}] * 60_000, [0] * 320_000, [{f"k{number}": 1 for number in range(60_000)}]):
            error = self.measure(lambda rows=rows: talk.ask("predict", run_id=run_id, rows=rows))
            self.assertEqual(error["event"], "error")
            self.assertTrue(error["data"]["hint"])

    def test_text_that_looks_like_numbers_takes_no_quadratic_time(self):
        talk = self.guest()
        for cell in ("1" * 800_000 + "x", "1" + ",111" * 200_000 + "x", "2026-" * 150_000):
            self.measure(lambda cell=cell: talk.ask("checkTraining", csvData=f'a,y\n"{cell}",1\n2,2\n3,1\n4,2\n'))

    def measure(self, ask: Callable[[], Any]) -> Any:
        """Return what `ask` returns. It must take little time and leave the server's processes small."""
        before = self.count_bytes()
        began = time.monotonic()
        answer = ask()
        self.assertLess(time.monotonic() - began, ANSWER_SECONDS)
        self.assertLess(self.count_bytes() - before, GROWTH)
        return answer

    def assert_refused(self, answer: dict[str, Any], code: str) -> None:
        """The answer is an error, or a check that found one, of this code and with a hint."""
        problems = [problem for problem in answer["data"].get("problems", [answer["data"]]) if problem["code"] == code]
        self.assertTrue(problems, str(answer)[:500])
        self.assertTrue(problems[0]["message"])
        self.assertTrue(problems[0]["hint"])

    def count_bytes(self) -> int:
        """Of the server and its workers."""
        server = psutil.Process(self.server.pid)
        total = 0
        for process in [server, *server.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total
