"""What the playground promises its learners, whatever it runs on. Its classes in test_playground.py say on what."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from typing import Any, ClassVar
from unittest import TestCase

import torch

from tests.server import OPENER, Server, Talk, Worker, visit

LONG = {"default": "IRIS", "epochs": 10_000, "batch_size": 1}  # minutes, unless somebody stops it
CSV = "height,weight,kind\n" + "".join(
    f"{size + step % 7},{size * 2 + step % 5},{kind}\n"
    for step in range(40)
    for size, kind in ((10, "small"), (60, "large"))
)


class PlaygroundContract(TestCase):
    """One server for all of a class, and where there is one, its worker."""

    environment: ClassVar[dict[str, str]] = {}
    has_worker: ClassVar[bool] = False
    server: ClassVar[Server]
    worker: ClassVar[Worker | None]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Server(**cls.environment, TRAINING_WORKERS="1", EMAIL_BACKEND="file")
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


class RunContract(PlaygroundContract):
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

    def test_the_same_spec_and_seed_give_the_same_numbers(self):
        talk = self.open()
        twins = [self.train(talk, default="WINE", epochs=12, seed=5) for _ in range(2)]
        losses = [
            [row["train_loss"] for frame in frames for row in frame["data"].get("epochs", ())] for frames in twins
        ]
        self.assertEqual(len(losses[0]), 12)
        self.assertEqual(*losses)

    def test_an_uploaded_table_is_learned_from_and_asked_about(self):
        talk = self.open()
        described = self.upload(talk, CSV)
        frames = self.train(talk, dataset_id=described["dataset_id"], target="kind", epochs=60, learning_rate=0.05)
        run_id = frames[0]["data"]["run_id"]
        rows = [{"height": 12, "weight": 22}, {"height": 62, "weight": 122}]
        answer = talk.ask("predict", run_id=run_id, rows=rows)
        self.assertEqual(answer["event"], "predictions", answer)
        said = [one["prediction"] for one in answer["data"]["predictions"]]
        self.assertEqual(said, ["small", "large"])

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

    def test_a_lost_connection_is_taken_up_again_with_each_epoch_once(self):
        first = self.open()
        run_id = first.ask("runTraining", default="DIGITS", epochs=150)["data"]["run_id"]
        frames = first.receive_until("trainingProgress")
        first.connection.socket.close()  # without a word, as when the network goes
        second = self.open(cookie=first.cookie)
        second.send("watchTraining", run_id=run_id, after_seq=frames[-1]["data"]["seq"])
        self.assert_whole(frames + second.receive_until("trainingArtifacts"), 150)

    def test_strangers_see_nothing(self):
        mine = self.open()
        frames = self.train(mine, default="IRIS", epochs=2)
        stranger = self.open()
        answer = stranger.ask("watchTraining", run_id=frames[0]["data"]["run_id"])
        self.assertEqual(answer["data"]["code"], "run_not_found")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.download(stranger, frames[-1]["data"]["artifacts"][0]["url"])
        caught.exception.close()
        self.assertEqual(caught.exception.code, 404)

    def test_a_sweep_streams_its_scores_and_its_result(self):
        talk = self.open()
        vary = {"learning_rate": [0.001, 0.01], "seed": [0, 1]}
        queued = talk.ask("runSweep", spec={"default": "IRIS", "epochs": 5}, vary=vary)
        self.assertEqual(queued["event"], "trainingQueued", queued)
        frames = talk.receive_until("sweepResult")
        self.assertTrue(frames[-1]["data"]["success"])
        scores = [score for frame in frames[:-1] for score in frame["data"].get("results", ())]
        self.assertEqual(len(scores), 4)

    def test_a_failure_says_what_to_change(self):
        talk = self.open()
        queued = talk.ask("runTraining", default="DIABETES", optimizer_name="SGD", learning_rate=900)
        self.assertEqual(queued["event"], "trainingQueued")
        result = talk.receive_until("trainingResult")[-1]["data"]
        self.assertFalse(result["success"])
        self.assertIn("learning rate", result["hint"])

    def test_a_report_is_mailed_with_its_attachments(self):
        talk = self.open()
        run_id = self.train(talk, default="IRIS", epochs=3)[0]["data"]["run_id"]
        letters = self.open(cookie=talk.cookie, path="/ws/notifications/")
        answer = letters.ask(
            "sendEmail", email_address="guest@example.org", run_id=run_id, attachment_array=["model.pt"]
        )
        self.assertTrue(answer["data"].get("success"), answer)
        delivered = letters.receive_until("emailDelivered", "emailFailed")[-1]
        self.assertEqual(delivered["event"], "emailDelivered", delivered)
        (letter,) = (self.server.data_dir / "mail").iterdir()
        self.assertIn(b'filename="model.pt"', letter.read_bytes())

    def upload(self, talk: Talk, table: str) -> dict[str, Any]:
        token, boundary = "a" * 32, "boundary"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="sizes.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{table}\r\n--{boundary}--\r\n"
        )
        headers = {
            "Cookie": f"{talk.cookie}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        request = urllib.request.Request(f"{self.server.url}/datasets/", body.encode(), headers)
        with OPENER.open(request, timeout=60) as response:
            self.assertEqual(response.status, 201)
            described: dict[str, Any] = json.load(response)
            return described
