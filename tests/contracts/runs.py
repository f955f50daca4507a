"""Contract of runs, which every deployment must pass."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

from tests.contracts.playground import CoreContract
from tests.server import OPENER, Talk

LUCKY_SEED = 1  # with which the small network meets the lab on WINE
CSV = "height,weight,kind\n" + "".join(
    f"{size + step % 7},{size * 2 + step % 5},{kind}\n"
    for step in range(40)
    for size, kind in ((10, "small"), (60, "large"))
)


class RunContract(CoreContract):
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

    def test_a_lost_connection_is_taken_up_again_with_each_epoch_once(self):
        first = self.open()
        run_id = first.ask("runTraining", default="DIGITS", epochs=150)["data"]["run_id"]
        frames = first.receive_until("trainingProgress")
        first.connection.socket.close()  # without a word, as when the network goes
        second = self.open(cookie=first.cookie)
        second.send("watchTraining", run_id=run_id, after_seq=frames[-1]["data"]["seq"])
        self.assert_whole(frames + second.receive_until("trainingArtifacts"), 150)

    def test_a_run_that_meets_a_lab_earns_its_points_once(self):
        talk = self.open()
        progress = self.open(cookie=talk.cookie, path="/ws/progress/")
        self.assertEqual(progress.ask("getUserProgressData")["data"]["progress"], {})
        for _ in range(2):
            self.train(talk, default="WINE", user_arch=["Linear(8)", "ReLU()", "Linear(3)"], seed=LUCKY_SEED)
        earned = progress.receive()
        self.assertEqual(earned["event"], "userProgressUpdated", earned)
        self.assertEqual((earned["data"]["questionID"], earned["data"]["points"]), ("lab-wine", 30))
        total = progress.ask("getUserProgressData")["data"]["progress"]
        self.assertEqual(total, earned["data"]["progress"])
        self.assertEqual(total["neurons-and-layers"]["modulePoints"], 30)

    def test_an_owner_with_slow_questions_does_not_delay_another(self):
        slow, other = self.open(), self.open()
        others = [self.open(cookie=slow.cookie) for _ in range(3)]
        table = "word,target\n" + "".join(f"word{row},{row % 3}\n" for row in range(100_000))
        spec = {"dataset_id": self.upload(slow, table)["dataset_id"], "target": "target", "epochs": 1}
        for number, talk in enumerate([slow, *others]):
            seeds = [number * 100 + step for step in range(60)]
            talk.send("checkSweep", spec=spec, vary={"seed": seeds, "test_size": [0.2, 0.3]})
        for seed in range(5):
            began = time.monotonic()
            checked = other.ask("checkTraining", default="WINE", seed=seed)
            self.assertEqual(checked["event"], "trainingChecked", checked)
            self.assertLess(time.monotonic() - began, 5)

    def test_a_gpu_is_refused_where_there_is_none(self):
        talk = self.open()
        checked = talk.ask("checkTraining", default="IRIS", device="gpu")
        self.assertIn("no_gpu", [problem["code"] for problem in checked["data"]["problems"]])
        refused = talk.ask("runTraining", default="IRIS", device="gpu")
        self.assertEqual((refused["event"], refused["data"]["code"]), ("error", "no_gpu"))

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

    def test_a_report_is_mailed_with_links_to_its_files(self):
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
        # Files are attached for confirmed addresses alone; this one gets links.
        self.assertIn(f"/runs/{run_id}/artifacts/model.pt".encode(), letter.read_bytes())
        self.assertNotIn(b'filename="model.pt"', letter.read_bytes())

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
