"""Contract on failures: work continues after a part is lost, and servers side by side share their state."""

from __future__ import annotations

import psutil

from tests.contracts.playground import LONG, PlaygroundContract
from tests.server import DAPHNE, Server, Talk


class LossContract(PlaygroundContract):
    def test_a_run_outlives_its_worker_with_each_epoch_once(self):
        talk = self.open()
        # Step by step, so that it lasts for some seconds on every machine.
        queued = talk.ask("runTraining", default="IRIS", trainer="autograd", epochs=1_500, seed=3)
        self.assertEqual(queued["event"], "trainingQueued", queued)
        frames = []
        while not frames or frames[-1]["data"]["epochs"][-1]["epoch"] < 400:
            frames += talk.receive_until("trainingProgress", "trainingResult")
            self.assertEqual(frames[-1]["event"], "trainingProgress", "it was over too soon")
        self.lose_worker()
        frames += talk.receive_until("trainingArtifacts")
        self.assert_whole(frames, 1_500)

    def lose_worker(self) -> None:
        """All that train end at once, without a word, and others come in their place."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.start()
            return
        for child in psutil.Process(self.server.pid).children(recursive=True):
            if child.name() == "job-worker":
                child.kill()


class SharedContract(PlaygroundContract):
    """For sets that serve more than one server process."""

    def test_a_run_is_watched_and_cancelled_through_another_server(self):
        second = Server(beside=self.server, command=DAPHNE, **self.environment)
        self.addCleanup(second.kill)
        second.launch()
        second.wait_until_it_answers()
        here = self.open()
        there = Talk(second, cookie=here.cookie)
        self.addCleanup(there.connection.close)
        run_id = here.ask("runTraining", **LONG)["data"]["run_id"]
        here.receive_until("trainingProgress")
        there.send("watchTraining", run_id=run_id, after_seq=0)
        frames = [there.receive() for _ in range(10)]
        self.assertEqual({frame["event"] for frame in frames}, {"trainingProgress"})
        epochs = [row["epoch"] for frame in frames for row in frame["data"]["epochs"]]
        self.assertEqual(epochs, list(range(1, len(epochs) + 1)))
        there.send("cancelTraining", run_id=run_id)
        for talk in (here, there):
            self.assertEqual(talk.receive_until("trainingCancelled")[-1]["data"]["run_id"], run_id)
