"""Two server processes, one database, one Redis: what one takes in is watched and cancelled through the other."""

from __future__ import annotations

import json
import unittest
from urllib.error import HTTPError

from playground.health import CHECKS
from tests.constants import with_constants
from tests.server import Server, Talk, visit
from tests.services import Redis, needs_redis
from tests.training.cases import WARM_UP, wait_until


@needs_redis
class TwoServersTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        redis = Redis()
        cls.addClassCleanup(redis.close)
        # So rare a look at the log that what arrives in time has come through Redis.
        environment = {
            "REDIS_URL": redis.url,
            **with_constants({"playground.wire.groups.RECONCILE_SECONDS": 600}),
            "TRAINING_WORKERS": "1",
        }
        cls.one = Server(**environment)
        cls.addClassCleanup(cls.one.close)
        cls.two = Server(beside=cls.one, **environment)
        cls.addClassCleanup(cls.two.kill)
        cls.one.start()
        cls.two.start()

    def test_both_are_ready_which_takes_redis_too(self):
        def find_faults(server: Server) -> set[str]:
            try:
                answer = visit(f"{server.url}/readyz")
            except HTTPError as refusal:
                answer = refusal
            with answer:
                parts = json.load(answer)["checks"]
            self.assertEqual(set(parts), set(CHECKS))
            return {name for name, part in parts.items() if part["status"] != "ok"}

        for server in (self.one, self.two):
            self.assertLessEqual(find_faults(server), {"engine"})  # whose workers may still be warming up
            wait_until(lambda server=server: not find_faults(server), "the engine to be ready", WARM_UP)

    def test_a_run_is_watched_live_and_cancelled_through_the_other_server(self):
        with Talk(self.one) as here, Talk(self.two, cookie=here.cookie) as there:
            run_id = here.ask("runTraining", default="IRIS", epochs=10_000, batch_size=1)["data"]["run_id"]
            there.send("watchTraining", run_id=run_id)
            frames = [there.receive() for _ in range(10)]
            epochs = [row["epoch"] for frame in frames for row in frame["data"]["epochs"]]
            self.assertEqual(epochs, list(range(1, len(epochs) + 1)))
            there.send("cancelTraining", run_id=run_id)
            here.receive_until("trainingCancelled", timeout=20)
            there.receive_until("trainingCancelled", timeout=20)

    def test_many_runs_are_shared_by_both_and_each_is_trained_once(self):
        with Talk(self.one) as talk:
            started = {talk.ask("runTraining", default="IRIS", epochs=40)["data"]["run_id"] for _ in range(12)}
            epochs: dict[str, list[int]] = {run_id: [] for run_id in started}
            open_runs = set(started)
            while open_runs:
                data = talk.receive()["data"]
                epochs[data["run_id"]] += [row["epoch"] for row in data.get("epochs", ())]
                if "success" in data:
                    open_runs.discard(data["run_id"])
        for run_id, seen in epochs.items():
            self.assertEqual(seen, list(range(1, 41)), run_id)
