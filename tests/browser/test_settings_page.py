"""The settings page in real Chromium: saved, shown again, told apart what is wrong, in light and dark, on a phone."""

from __future__ import annotations

import re

from tests.browser.browsing import BrowserTestCase

LIGHT, DARK = "rgb(246, 248, 250)", "rgb(18, 23, 29)"
MAIL = re.compile(r"/settings/email/\S+")


class SettingsPageTests(BrowserTestCase):
    def paper(self) -> str:
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        self.wait_for_text("[role=status]", "Saved.")

    def test_what_is_saved_is_there_after_a_reload_and_colours_every_page(self):
        self.page.goto(f"{self.server.url}/")
        self.assertEqual(self.paper(), LIGHT)
        self.assertFalse(self.page.is_visible("#momentum"))
        self.page.get_by_role("link", name="Settings").click()
        self.page.get_by_label("Display name").fill("Ada")
        self.page.get_by_label("Theme").select_option("dark")
        self.page.get_by_label("Beginner mode").uncheck()
        self.save()
        self.page.reload()
        self.assertEqual(self.page.get_by_label("Display name").input_value(), "Ada")
        self.assertFalse(self.page.get_by_label("Beginner mode").is_checked())
        self.open()
        self.assertEqual(self.paper(), DARK)
        self.page.get_by_role("link", name="Settings (Ada)").wait_for()
        self.assertTrue(self.page.is_visible("#momentum"))

    def test_as_the_system_says_and_light_where_it_is_dark(self):
        self.page.emulate_media(color_scheme="dark")
        self.page.goto(f"{self.server.url}/settings/")
        self.assertEqual(self.paper(), DARK)
        self.page.get_by_label("Theme").select_option("light")
        self.save()
        self.assertEqual(self.paper(), LIGHT)

    def test_an_address_is_confirmed_by_the_link_in_the_mail(self):
        self.page.goto(f"{self.server.url}/settings/")
        self.page.get_by_label("E-mail address").fill("ada@example.org")
        self.save()
        # Enter in a field saves; it does not press the button that sends another link.
        self.page.get_by_label("Display name").fill("Ada")
        with self.page.expect_navigation():
            self.page.get_by_label("Display name").press("Enter")
        self.wait_for_text("#email-note", "ada@example.org is not confirmed yet")
        link = self.wait_for_link()
        self.assertEqual(self.server.log().count("Subject: Confirm your e-mail address"), 1)
        self.page.goto(self.server.url + link)
        self.page.get_by_role("button", name="Confirm address").click()
        self.wait_for_text("h1", "ada@example.org is confirmed")
        self.page.goto(f"{self.server.url}/settings/")
        self.wait_for_text("#email-note", "This address is confirmed")

    def wait_for_link(self) -> str:
        """From the mail as the console shows it."""
        for _ in range(100):
            if found := MAIL.search(self.server.log().replace("=\n", "")):
                return found.group()
            self.page.wait_for_timeout(100)
        self.fail(f"no mail: {self.server.log()[-2000:]}")

    def test_it_fits_a_phone(self):
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.page.goto(f"{self.server.url}/settings/")
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360)
