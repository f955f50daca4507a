"""The training step's settings in real Chromium: what is shown when, what is kept, what a run makes of it."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase


class SettingsTests(BrowserTestCase):
    def open_all(self) -> None:
        self.open()
        self.page.get_by_text("More settings").click()

    def test_fields_of_a_schedule_are_shown_where_it_has_any(self):
        self.open_all()
        self.assertFalse(self.page.is_visible("#schedule_gamma"))
        for schedule, shown in (("step", True), ("cosine", False), ("plateau", True), ("", False)):
            self.page.select_option("#schedule", schedule)
            self.assertEqual(self.page.is_visible("#schedule_step"), shown)
            self.assertEqual(self.page.is_visible("#schedule_gamma"), shown)

    def test_a_run_with_every_setting_stops_early_and_the_settings_outlive_a_reload(self):
        self.open_all()
        fields = {"epochs": "3000", "momentum": "0.9", "gradient_clip": "1", "patience": "3", "seed": "1"}
        self.page.select_option("#optimizer_name", "SGD")
        self.page.select_option("#schedule", "plateau")
        for name, value in {**fields, "schedule_step": "1", "schedule_gamma": "0.5"}.items():
            self.page.fill(f"#{name}", value)
        self.page.reload()
        self.page.get_by_text("More settings").click()
        for name, value in fields.items():
            self.assertEqual(self.page.input_value(f"#{name}"), value)
        self.assertEqual(self.page.input_value("#schedule_gamma"), "0.5")
        self.assertTrue(self.page.is_visible("#schedule_gamma"))
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        self.assertLess(int(self.page.inner_text("#epoch-count").replace(",", "")), 3000)
