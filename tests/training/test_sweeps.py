"""Sweeps in the real engine, through the socket: scores, order, progress, cancel, ownership, limits, lost workers."""

from __future__ import annotations

from playground.routing import build_application
from tests.sockets import open_socket
from tests.training.cases import EngineTestCase

APPLICATION = build_application()
END = ("sweepResult", "trainingCancelled")


class SweepTests(EngineTestCase):
    async def start(self, socket, vary, **spec) -> str:
        frame = await socket.ask("runSweep", spec={"default": "IRIS", **spec}, vary=vary)
        self.assertEqual(frame["event"], "trainingQueued", frame)
        return frame["data"]["run_id"]

    async def test_combinations_come_best_first_with_mean_and_spread_over_seeds(self):
        async with open_socket(APPLICATION) as socket:
            vary = {"learning_rate": [1e-6, 0.01], "seed": [0, 1, 2]}
            await self.start(socket, vary, epochs=10)
            frames = await socket.receive_until(*END)
            print(frames)
