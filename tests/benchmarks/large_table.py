"""A million rows of twenty columns: uploaded, described, trained on; and what that takes of which process."""

from __future__ import annotations

import re
import threading
from time import perf_counter

import numpy as np
import pandas as pd
import psutil
import urllib3

from tests.benchmarks.report import report
from tests.server import Server, Talk

ROWS = 1_000_000
DESCRIBE_SECONDS = 5
WEB_MB = 100  # that the web process may grow by: far less than the table


def measure(server: Server) -> bool:
    content = _build_csv()
    web = psutil.Process(server.pid)
    with Peaks(web) as peaks, Talk(server) as talk:
        began = perf_counter()
        described = _upload(server, talk.cookie, content)
        uploaded = perf_counter() - began
        web_grew, reading = peaks.web_grew_mb, peaks.largest_worker_mb
        began = perf_counter()
        talk.ask("describeDataset", dataset_id=described["dataset_id"])
        assert described["rows"] == ROWS and len(described["columns"]) == 20
        fields = {"dataset_id": described["dataset_id"], "epochs": 1, "batch_size": 1_000}
        began = perf_counter()
        talk.ask("checkTraining", **fields)
        checked = perf_counter() - began
        began = perf_counter()
        talk.send("runTraining", **fields)
        result = talk.receive_until("trainingResult", timeout=300)[-1]["data"]
        trained = perf_counter() - began
        assert result["success"], result["message"]
    size = len(content) / 1e6
    return all(
        [
            report(
                f"{ROWS:,} rows × 20 columns ({size:.0f} MB): uploaded and described",
                f"{uploaded:.1f} s, {reading:.0f} MB in its process",
                f"at most {DESCRIBE_SECONDS} s",
                uploaded <= DESCRIBE_SECONDS,
            ),
            report(
                "the same: what the web process grew by",
                f"{web_grew:.0f} MB",
                f"at most {WEB_MB} MB",
                web_grew <= WEB_MB,
            ),
            report(
                "the same: the first check, then one epoch at batch 1,000, preparation included",
                f"{checked:.1f} s, then {trained:.1f} s, {peaks.largest_worker_mb:.0f} MB in the largest worker",
                "–",
                True,
            ),
        ]
    )


class Peaks:
    """Watches memory (resident set, MB) of the web process and its workers."""

    def __init__(self, web: psutil.Process) -> None:
        self._web = web
        self._before = web.memory_info().rss
        self.web_grew_mb = 0.0
        self.largest_worker_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.web_grew_mb = max(self.web_grew_mb, (self._web.memory_info().rss - self._before) / 1e6)
            for worker in self._web.children(recursive=True):
                self.largest_worker_mb = max(self.largest_worker_mb, worker.memory_info().rss / 1e6)


def _build_csv() -> bytes:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{column}": random.normal(size=ROWS).round(4) for column in range(15)})
    frame["city"] = random.choice(["Bern", "Basel", "Genf", "Zürich"], ROWS)
    frame["flag"] = random.random(ROWS) > 0.5
    frame["count"] = random.integers(0, 100, ROWS)
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 1_000, ROWS), "D")
    frame["y"] = np.where(frame["x0"] + frame["x1"] > 0, "yes", "no")
    return frame.to_csv(index=False).encode()


def _upload(server: Server, cookie: str, content: bytes) -> dict:
    pool = urllib3.PoolManager()
    page = pool.request("GET", server.url, headers={"Cookie": cookie})
    found = re.search(r"csrftoken=(\w+)", page.headers["Set-Cookie"])
    assert found
    headers = {"Cookie": f"{cookie}; {found.group()}", "X-CSRFToken": found.group(1)}
    response = pool.request(
        "POST", f"{server.url}/datasets/", fields={"file": ("large.csv", content)}, headers=headers, timeout=120
    )
    assert response.status == 201, response.data
    described: dict = response.json()
    return described
