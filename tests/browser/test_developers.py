"""The developers' page in real Chromium: frames sent and seen, and what is no frame."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase


class ConsoleTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.page.goto(f"{self.server.url}/developers/")

    def test_a_run_is_sent_and_its_stream_is_listed(self):
        self.page.locator("#console-event").select_option("runTraining")
        self.page.get_by_role("button", name="Send").click()
        for event in ("runTraining", "trainingQueued", "trainingProgress", "trainingResult"):
            self.wait_for_text("#console-log summary", event)
        run_id = self.page.evaluate("document.querySelector('#console-log').textContent.match(/[0-9a-f-]{36}/)[0]")
        self.page.locator("#console-event").select_option("watchTraining")
        self.assertIn(run_id, self.page.get_by_role("textbox", name="Data").input_value())

    def test_another_socket_has_other_events_and_an_error_is_listed_too(self):
        self.page.locator("#console-socket").select_option("/ws/progress/")
        self.page.locator("#console-event").select_option("getModule")
        self.page.get_by_role("textbox", name="Data").fill('{"moduleID": "nothing"}')
        self.page.get_by_role("button", name="Send").click()
        self.wait_for_text("#console-log pre", "module_not_found")

    def test_what_is_not_json_is_told_and_not_sent(self):
        self.page.get_by_role("textbox", name="Data").fill("{default: IRIS}")
        self.page.get_by_role("button", name="Send").click()
        self.wait_for_text("#console-error", "This is not JSON")
        self.assertEqual(self.page.locator("#console-log li").count(), 0)
