"""Questions and jobs that need much memory get an error, and the memory goes back."""

from __future__ import annotations

import threading
import time
from typing import ClassVar

import psutil

from tests.attacks.cases import AttackTestCase
from tests.constants import with_constants
from tests.training.cases import wait_until

QUESTION_MB = 50
JOB_MB = 700
JOB_GROWTH_MB = 300  # of these: what is shared with other workers counts, too
SLACK_MB = 120.0  # what a process may grow by between two looks, and what it keeps
PATIENCE = 2.0  # seconds that an answer to others may take meanwhile
WIDE_TABLE = ",".join(f"c{column}" for column in range(20)) + "\n" + (",".join(["0.123456"] * 20) + "\n") * 120_000
POINTS = "x,kind\n" + "".join(f"{row % 997}.{row % 7},{row % 2}\n" for row in range(30_000))


class LimitTests(AttackTestCase):
    environment: ClassVar[dict[str, str]] = {
        **with_constants({"training.limits.QUESTION_MEMORY_MB": QUESTION_MB}),
        "TRAINING_MAX_MEMORY_MB": str(JOB_MB),
    }

    def test_a_table_that_takes_too_much_memory_is_refused_and_the_memory_goes_back(self):
        other = self.guest()
        with Watch(self.server.pid) as watch:
            uploading = threading.Thread(target=self._upload, daemon=True)
            uploading.start()
            seconds = []
            while uploading.is_alive():
                began = time.monotonic()
                self.assertEqual(other.ask("checkTraining", default="IRIS")["event"], "trainingChecked")
                seconds.append(time.monotonic() - began)
                uploading.join(0.1)
            self.assertEqual(self.reply.json().get("code"), "memory_limit")
            self.assertLess(max(seconds), PATIENCE)
        self.assertLess(watch.most, QUESTION_MB + SLACK_MB)
        wait_until(lambda: watch.measure() < SLACK_MB, "the memory to go back")

    def _upload(self) -> None:
        self.reply = self.visitor().upload(WIDE_TABLE.encode())

    def test_a_job_that_allocates_at_once_stays_within_its_limit(self):
        talk = self.guest()
        with Watch(self.server.pid) as watch:
            layers = ["Linear(1000)", "ReLU()"] * 5
            queued = talk.ask(
                "runTraining", csvData=POINTS, target="kind", user_arch=[*layers, "Linear(2)"], batch_size=5_000
            )
            self.assertEqual(queued["event"], "trainingQueued", queued)
            result = talk.receive_until("trainingResult", timeout=120)[-1]["data"]
            self.assertEqual((result["success"], result["code"]), (False, "memory_limit"))
        self.assertLess(watch.most, JOB_GROWTH_MB + SLACK_MB)


class Watch:
    """Measures by how much any process of a server has grown beyond what it had when the watch began."""

    def __init__(self, pid: int) -> None:
        self.most = 0.0
        self._server = psutil.Process(pid)
        self._usual = max(self._list_sizes())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def measure(self) -> float:
        """Return by how many megabytes the largest process is larger than the largest one was at the start."""
        return max(self._list_sizes()) - self._usual

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, self.measure())

    def _list_sizes(self) -> list[float]:
        sizes = [0.0]
        for process in [self._server, *self._server.children(recursive=True)]:
            try:
                usage = process.memory_info()
            except psutil.NoSuchProcess:
                continue
            sizes.append((usage.rss - usage.shared) / 2**20)
        return sizes
