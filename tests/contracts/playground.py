"""Contract that every deployment must pass: the core of what learners do.

`runs` and `continuity` have further contracts. The classes of test_playground.py run them on each deployment.
"""

from __future__ import annotations

import io
from typing import Any, ClassVar
from unittest import TestCase

import torch

from tests.constants import with_constants
from tests.server import RUNSERVER, Server, Talk, Worker, visit

LONG = {"default": "IRIS", "epochs": 10_000, "batch_size": 1}  # lasts for minutes unless it is cancelled
# So that what is lost is soon missed, and taken up where it was a moment ago.
HASTE = with_constants({"training.runs.leases.LEASE_SECONDS": 2, "training.jobs.from_rows.CHECKPOINT_SECONDS": 1})


class PlaygroundContract(TestCase):
    """One server for all of a class, and where there is one, its worker."""

    environment: ClassVar[dict[str, str]] = {}
    command: ClassVar[tuple[str, ...]] = RUNSERVER
    has_worker: ClassVar[bool] = False
    server: ClassVar[Server]
    worker: ClassVar[Worker | None]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.environment = {**cls.environment, "TRAINING_WORKERS": "1", "EMAIL_BACKEND": "file", **HASTE}
        cls.server = Server(command=cls.command, **cls.environment)
        cls.addClassCleanup(cls.server.close)
        cls.worker = None
        if cls.has_worker:
            cls.worker = Worker(cls.server).start()
            cls.addClassCleanup(cls.worker.kill)
        cls.server.start()

    def open(self, cookie: str = "", path: str = "/ws/training/") -> Talk:
        talk = Talk(self.server, cookie=cookie, path=path)
        self.addCleanup(talk.connection.close)
        return talk

    def train(self, talk: Talk, **spec: Any) -> list[dict[str, Any]]:
        """All frames of a run, from the one that says it is queued to the one that names its files."""
        queued = talk.ask("runTraining", **spec)
        self.assertEqual(queued["event"], "trainingQueued", queued)
        return [queued, *talk.receive_until("trainingArtifacts")]

    def download(self, talk: Talk, url: str) -> bytes:
        with visit(self.server.url + url, cookie=talk.cookie) as response:
            content: bytes = response.read()
            return content

    def assert_whole(self, frames: list[dict[str, Any]], epochs: int) -> None:
        """Every epoch once and in order, every event numbered without a gap."""
        seen = [row["epoch"] for frame in frames for row in frame["data"].get("epochs", ())]
        self.assertEqual(seen, list(range(1, epochs + 1)))
        numbers = [frame["data"]["seq"] for frame in frames if "seq" in frame["data"]]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))


class CoreContract(PlaygroundContract):
    """The core, which uses every part once: a run, a cancellation, questions."""

    def test_a_run_arrives_whole_and_its_files_can_be_taken_home(self):
        talk = self.open()
        frames = self.train(talk, default="IRIS", epochs=40, seed=1)
        self.assert_whole(frames, 40)
        result = next(frame["data"] for frame in frames if frame["event"] == "trainingResult")
        self.assertGreater(result["auxiliary_outputs"]["metrics"]["accuracy"], 0.8)
        files = {file["name"]: file for file in frames[-1]["data"]["artifacts"]}
        for file in files.values():
            self.assertEqual(len(self.download(talk, file["url"])), file["size"], file["name"])
        weights = torch.load(io.BytesIO(self.download(talk, files["model.pt"]["url"])), weights_only=True)
        self.assertTrue(all(value.isfinite().all() for value in weights.values()))

    def test_a_running_and_a_waiting_run_are_cancelled(self):
        talk = self.open()
        running, waiting = (talk.ask("runTraining", **LONG)["data"]["run_id"] for _ in range(2))
        talk.receive_until("trainingProgress")
        for run_id in (waiting, running):
            talk.send("cancelTraining", run_id=run_id)
            frames = talk.receive_until("trainingCancelled")
            self.assertEqual(frames[-1]["data"]["run_id"], run_id)

    def test_questions_are_answered_while_every_worker_trains(self):
        talk, other = self.open(), self.open()
        finished = self.train(other, default="IRIS", epochs=5)[0]["data"]["run_id"]
        run_id = talk.ask("runTraining", **LONG)["data"]["run_id"]
        talk.receive_until("trainingProgress")
        checked = other.ask("checkTraining", default="WINE", user_arch=["Linear(7)", "ReLU()", "Linear(3)"])
        self.assertEqual(checked["data"]["layers"][0]["output_shape"], [7])
        refused = other.ask("checkTraining", default="NOTHING")
        self.assertEqual(refused["event"], "trainingChecked", refused)
        self.assertEqual(refused["data"]["problems"][0]["where"], "default")
        described = other.ask("describeDataset", default="WINE")
        self.assertEqual(described["data"]["rows"], 178)
        rows = other.ask("listTestRows", run_id=finished)
        self.assertEqual(rows["data"]["total"], 30)
        talk.send("cancelTraining", run_id=run_id)
        between = talk.receive_until("trainingCancelled")
        self.assertNotIn("trainingResult", [frame["event"] for frame in between])
