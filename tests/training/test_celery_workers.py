"""`celery worker` from outside: who takes runs for a GPU, and what becomes of a worker that is stopped or killed."""

from __future__ import annotations

import unittest
from typing import Any, ClassVar

import psutil
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from tests.contracts.playground import HASTE
from tests.server import Server, Talk, Worker, find_free_port
from tests.services import Redis, needs_redis
from tests.training.cases import WARM_UP, wait_until

# Step by step, so that it lasts for some seconds on every machine.
SOME_SECONDS: dict[str, Any] = {"default": "IRIS", "trainer": "autograd", "epochs": 1_500}


@needs_redis
class CeleryWorkerTests(unittest.TestCase):
    server: ClassVar[Server]
    port: ClassVar[int]

    @classmethod
    def setUpClass(cls) -> None:
        redis = Redis()
        cls.port = find_free_port()
        cls.addClassCleanup(redis.close)
        # A worker that is stopped does not wait for what it trains.
        environment = {"TRAINING_ENGINE": "celery", "TRAINING_GPU": "1", "TRAINING_DRAIN_SECONDS": "0", **HASTE}
        environment["METRICS_PORT"] = str(cls.port)
        cls.server = Server(**environment, TRAINING_WORKERS="1", REDIS_URL=redis.url)
        cls.addClassCleanup(cls.server.close)
        cls.worker = Worker(cls.server).start()
        cls.addClassCleanup(cls.worker.kill)
        cls.server.start()

    def open(self) -> Talk:
        talk = Talk(self.server)
        self.addCleanup(talk.connection.close)
        return talk

    def train(self, talk: Talk, **spec: Any) -> str:
        queued = talk.ask("runTraining", **spec)
        self.assertEqual(queued["event"], "trainingQueued", queued)
        run_id: str = queued["data"]["run_id"]
        return run_id

    def find_child(self) -> psutil.Process:
        found = wait_until(self.find_children, "the child worker")
        return found[0]

    def find_children(self) -> list[psutil.Process]:
        children = psutil.Process(self.worker.pid).children()
        return [child for child in children if "questions" in _read_command(child)]

    def test_a_run_that_asks_for_a_gpu_waits_for_a_worker_of_that_queue(self):
        talk = self.open()
        theirs = self.train(talk, default="IRIS", epochs=5, device="gpu")
        ours = self.train(talk, default="IRIS", epochs=5)
        before = talk.receive_until("trainingArtifacts")
        self.assertEqual({frame["data"]["run_id"] for frame in before}, {ours})
        special = Worker(self.server, "-Q", "gpu", "-n", "gpu@%h").start()
        self.addCleanup(special.kill)
        after = talk.receive_until("trainingArtifacts", timeout=WARM_UP)
        self.assertEqual({frame["data"]["run_id"] for frame in after}, {theirs})
        self.assertEqual(after[-2]["event"], "trainingInsights")

    def test_a_worker_tells_prometheus_of_the_epochs_that_it_has_recorded(self):
        before = self.count_epochs()
        talk = self.open()
        self.train(talk, default="IRIS", epochs=30)
        talk.receive_until("trainingArtifacts")
        self.assertEqual(self.count_epochs() - before, 30)

    def count_epochs(self) -> float:
        text = urllib3.request("GET", f"http://127.0.0.1:{self.port}/metrics").data.decode()
        (family,) = (each for each in text_string_to_metric_families(text) if each.name == "playground_epochs_recorded")
        return next(sample.value for sample in family.samples if sample.name.endswith("_total"))

    def test_a_worker_that_is_stopped_gives_back_what_it_trains_and_each_epoch_comes_once(self):
        talk = self.open()
        self.train(talk, **SOME_SECONDS)
        frames = talk.receive_until("trainingProgress")
        child = self.find_child()
        self.worker.stop()
        self.assertFalse(child.is_running() and child.status() != psutil.STATUS_ZOMBIE)
        self.assertNotIn("Traceback", self.worker.log())
        self.worker.start()
        frames += talk.receive_until("trainingArtifacts", timeout=WARM_UP)
        seen = [row["epoch"] for frame in frames for row in frame["data"].get("epochs", ())]
        self.assertEqual(seen, list(range(1, SOME_SECONDS["epochs"] + 1)))

    def test_the_child_worker_ends_with_its_parent_however_that_ends(self):
        child = self.find_child()
        processes = [child, *child.children(recursive=True)]
        self.assertGreater(len(processes), 2, "it has processes that answer")
        self.worker.kill()
        _, alive = psutil.wait_procs(processes, timeout=30)
        self.assertEqual(alive, [])
        self.worker.start()

    def test_a_child_worker_that_ends_is_replaced(self):
        first = self.find_child()
        first.kill()
        wait_until(lambda: self.find_child().pid != first.pid, "another child worker")
        answer = self.open().ask("describeDataset", default="WINE")
        self.assertEqual(answer["data"]["rows"], 178)


def _read_command(process: psutil.Process) -> str:
    """Empty for one that has just ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
