"""A server stops in the middle of its work and starts again: queued and active runs continue, and no event is lost."""

from __future__ import annotations

import unittest

import psutil

from tests.constants import with_constants
from tests.server import Server, Talk


class RestartTests(unittest.TestCase):
    def serve(self, lease_seconds: int) -> Server:
        server = Server(TRAINING_WORKERS="1", **with_constants({"training.runs.leases.LEASE_SECONDS": lease_seconds}))
        self.addCleanup(server.close)
        return server.start()

    def epochs_of(self, frames: list[dict]) -> list[int]:
        progress = [frame["data"] for frame in frames if frame["event"] == "trainingProgress"]
        return [row["epoch"] for data in progress for row in data["epochs"]]

    def test_runs_go_on_after_a_kill_and_a_restart_with_every_epoch_once(self):
        server = self.serve(lease_seconds=2)
        with Talk(server) as talk:
            running = talk.ask("runTraining", default="IRIS", epochs=500, batch_size=8)["data"]["run_id"]
            queued = talk.ask("runTraining", default="WINE", epochs=30)["data"]["run_id"]
            seen = talk.receive_until("trainingProgress")
            while len(self.epochs_of(seen)) < 20:
                seen += talk.receive_until("trainingProgress")
            workers = psutil.Process(server.pid).children(recursive=True)
            server.kill()
        _, alive = psutil.wait_procs(workers, timeout=10)
        self.assertEqual(alive, [], "workers outlived their server")
        server.start()
        last_seq = max(frame["data"]["seq"] for frame in seen if "seq" in frame["data"])
        with Talk(server, cookie=talk.cookie) as talk:
            talk.send("watchTraining", run_id=running, after_seq=last_seq)
            rest = talk.receive_until("trainingResult", timeout=60)
            self.assertEqual(self.epochs_of(seen + rest), list(range(1, 501)))
            self.assertTrue(rest[-1]["data"]["success"])
            talk.send("watchTraining", run_id=queued)
            frames = talk.receive_until("trainingArtifacts", timeout=60)
            while frames[-1]["data"]["run_id"] != queued:
                frames += talk.receive_until("trainingArtifacts", timeout=60)
            frames = [frame for frame in frames if frame["data"]["run_id"] == queued]
            self.assertEqual(self.epochs_of(frames), list(range(1, 31)))

    def test_an_orderly_stop_gives_the_run_back_at_once(self):
        server = self.serve(lease_seconds=600)  # the lease must not expire during the test
        with Talk(server) as talk:
            running = talk.ask("runTraining", default="IRIS", epochs=400, batch_size=8)["data"]["run_id"]
            talk.receive_until("trainingProgress")
            server.stop()
        self.assertNotIn("Traceback", server.log())
        server.start()
        with Talk(server, cookie=talk.cookie) as talk:
            talk.send("watchTraining", run_id=running)
            frames = talk.receive_until("trainingResult")
            self.assertEqual(self.epochs_of(frames), list(range(1, 401)))
