"""SIGTERM, as supervisors send it: clients are informed, active runs are given back, and the process ends."""

from __future__ import annotations

import json
import signal
import sqlite3
import unittest
from uuid import UUID

from websockets.exceptions import ConnectionClosed

from playground.connection_middleware import CLOSE_RESTARTING
from tests.constants import with_constants
from tests.server import DAPHNE, RUNSERVER, UVICORN, Server, Talk, visit

SERVICE_RESTART = 1012


class StopTests(unittest.TestCase):
    def assert_stops_in_order(self, command: tuple[str, ...], code: int, **environment: str) -> Server:
        server = Server(
            command=command,
            TRAINING_WORKERS="1",
            **with_constants({"training.runs.leases.LEASE_SECONDS": 600}),
            **environment,
        )
        self.addCleanup(server.close)
        server.start()
        with Talk(server) as talk:
            run_id = talk.ask("runTraining", default="IRIS", epochs=10_000, batch_size=1)["data"]["run_id"]
            talk.receive_until("trainingProgress")
            visit(server.url).close()
            server.stop(signal.SIGTERM)
            with self.assertRaises(ConnectionClosed) as closed:
                while True:
                    talk.receive(timeout=20)
        assert closed.exception.rcvd is not None, f"the socket was cut off without a word\n{server.log()}"
        self.assertEqual(closed.exception.rcvd.code, code)
        self.assertNotIn("Traceback", server.log())
        with sqlite3.connect(server.data_dir / "playground.sqlite3") as database:
            row = database.execute(
                "SELECT status, lease_until FROM training_trainingrun WHERE id = ?", [UUID(run_id).hex]
            ).fetchone()
        self.assertEqual(row, ("queued", None))  # given back: the next worker need not wait ten minutes for the lease
        return server

    def test_daphne_tells_its_sockets_and_gives_back_what_it_trains(self):
        self.assert_stops_in_order(DAPHNE, CLOSE_RESTARTING)

    def test_so_does_the_command_with_which_one_begins(self):
        self.assert_stops_in_order(RUNSERVER, CLOSE_RESTARTING)

    def test_so_does_uvicorn_whose_lines_stand_in_the_same_log(self):
        server = self.assert_stops_in_order(UVICORN, SERVICE_RESTART, LOG_FORMAT="json")
        lines = [json.loads(line) for line in server.log().splitlines()]
        served = [line for line in lines if line["logger"] == "uvicorn.access" and "GET / " in line["message"]]
        self.assertGreater(len(served), 1)
        self.assertEqual(len({line["connection_id"] for line in served}), len(served))
