"""The page keeps up with the fastest run: however many epochs arrive, a frame of the screen has one drawing at most."""

from __future__ import annotations

import json

from tests.browser.browsing import BrowserTestCase

FASTEST = 500  # epochs a second, at least
EPOCHS = 4_000

# Plotly's drawings, by the frame of the screen that they were made in: document.timeline stands still within one.
COUNT = """(() => {
    window.drawn = [];
    const { react } = window.Plotly;
    window.Plotly.react = (node, ...given) => {
      window.drawn.push([document.timeline.currentTime, node.id]);
      return react(node, ...given);
    };
})()"""


class FrameTests(BrowserTestCase):
    def test_hundreds_of_epochs_a_second_are_drawn_once_a_frame_at_most(self):
        received: list[dict] = []

        def hear(frame) -> None:
            message = json.loads(frame)
            if message["event"] == "trainingProgress":
                received.append(message["data"])

        self.page.on("websocket", lambda socket: socket.on("framereceived", hear))
        self.open()
        self.page.fill("#epochs", str(EPOCHS))
        self.page.fill("#batch_size", "120")  # all rows: fast, whoever trains
        self.page.wait_for_function("window.Plotly !== undefined")
        self.page.evaluate(COUNT)
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        self.page.wait_for_function(f"document.querySelector('#loss-chart').data?.[0].x.at(-1) === {EPOCHS}")
        rows = [row for data in received for row in data["epochs"]]
        self.assertEqual(len(rows), EPOCHS)
        self.assertGreater(EPOCHS / sum(row["train_time"] for row in rows), FASTEST)
        self.assertLess(len(received), EPOCHS / 10)  # they come together
        drawn = self.page.evaluate("window.drawn")
        live = [(at, chart) for at, chart in drawn if chart in ("loss-chart", "accuracy-chart")]
        self.assertGreater(len(live), 4)  # and are drawn on the way, not in the end alone
        times = [at for at, _ in drawn]
        self.assertEqual(len(times), len(set(times)), drawn)
