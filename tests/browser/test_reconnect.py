"""How long socket.js waits before it connects again, after each way in which the server closes a socket."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase

ROUNDS = 4

# Closes a stand-in of a socket again and again, and returns the waits between in milliseconds.
WAITS = """async ([error, code, rounds]) => {
  const { connect } = await import("/static/playground/wire/socket.js");
  let opened, timer;
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() { opened = this; }
    close() {}
    send() {}
  };
  window.setTimeout = (action, wait) => { timer = { action, wait }; return 0; };
  connect("/ws/training/");
  const waits = [];
  for (let round = 0; round < rounds; round++) {
    opened.onopen();
    if (error) opened.onmessage({ data: JSON.stringify({ event: "error", data: { code: error } }) });
    opened.onclose({ code });
    waits.push(timer.wait);
    timer.action();
  }
  return waits;
}"""


class ReconnectTests(BrowserTestCase):
    def find_waits(self, error: str, code: int) -> list[float]:
        self.page.goto(f"{self.server.url}/account/sign-in/")
        waits: list[float] = self.page.evaluate(WAITS, [error, code, ROUNDS])
        return waits

    def test_a_client_with_too_many_sockets_waits_for_the_longest_time(self):
        self.assertGreaterEqual(min(self.find_waits("too_many_sockets", 4430)), 7_500)

    def test_the_waits_grow_while_the_server_is_unavailable(self):
        waits = self.find_waits("unavailable", 1013)
        self.assertGreaterEqual(waits[-1], 500 * 2 ** (ROUNDS - 1) / 2)

    def test_a_client_whose_rights_changed_comes_back_soon(self):
        self.assertLessEqual(self.find_waits("", 4401)[0], 500)
        # Any answer shows that the server works: the next wait is short again.
        self.assertLessEqual(max(self.find_waits("bad_frame", 4401)), 500)
