"""Accounts and the header in real Chromium: what a guest did comes along, and colours are chosen at once."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase

PASSWORD = "correct horse battery"
LIGHT, DARK = "rgb(246, 248, 250)", "rgb(18, 23, 29)"


class AccountTests(BrowserTestCase):
    def test_a_guests_run_is_there_after_sign_up_sign_out_and_sign_in_elsewhere(self):
        self.open()
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        run = self.page.url
        self.page.get_by_role("link", name="Sign in").click()
        self.page.get_by_role("link", name="Sign up").wait_for()
        self.sign_up("hopper")
        self.page.goto(run)
        self.page.wait_for_selector("#results:not([hidden])")
        self.page.get_by_role("link", name="hopper").click()
        self.page.get_by_role("button", name="Sign out").click()
        self.page.get_by_role("link", name="Sign in").wait_for()
        elsewhere = self.new_visitor().new_page()
        self.listen(elsewhere)
        elsewhere.goto(f"{self.server.url}/account/sign-in/?next={run.removeprefix(self.server.url)}")
        elsewhere.get_by_label("Username").fill("hopper")
        elsewhere.get_by_label("Password").fill(PASSWORD)
        elsewhere.keyboard.press("Enter")
        elsewhere.wait_for_selector("#results:not([hidden])")

    def sign_up(self, name: str) -> None:
        self.page.goto(f"{self.server.url}/account/sign-up/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Password confirmation").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.wait_for_text("[role=status]", f"Welcome, {name}")

    def test_other_tabs_follow_who_signs_up_and_out(self):
        other = self.context.new_page()
        self.listen(other)
        other.goto(f"{self.server.url}/learn/")
        self.sign_up("lovelace")
        other.get_by_role("link", name="lovelace").wait_for()
        self.page.get_by_role("button", name="Sign out").click()
        other.get_by_role("link", name="Sign in").wait_for()

    def test_staff_find_the_gradebook_and_the_admin(self):
        self.server.manage("shell", "-c", MAKE_STAFF)
        self.page.goto(f"{self.server.url}/account/sign-in/")
        self.page.get_by_label("Username").fill("mrs-k")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        self.page.get_by_role("link", name="Gradebook").click()
        self.page.wait_for_selector("#changelist")


MAKE_STAFF = f"""
from django.contrib.auth.models import User
User.objects.create_superuser("mrs-k", password="{PASSWORD}")
"""


class ThemeTests(BrowserTestCase):
    def paper(self) -> str:
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")

    def test_colours_change_at_once_stay_without_an_account_and_agree_with_the_settings(self):
        self.page.goto(f"{self.server.url}/learn/")
        self.assertEqual(self.paper(), LIGHT)
        with self.page.expect_response("**/theme/"):
            self.page.get_by_role("button", name="Dark").click()
        self.assertEqual(self.paper(), DARK)
        self.assertTrue(self.page.url.endswith("/learn/"))
        self.page.goto(f"{self.server.url}/settings/")
        self.assertEqual(self.paper(), DARK)
        self.assertEqual(self.page.locator("#theme").input_value(), "dark")
        self.page.locator("#theme").select_option("light")
        self.page.get_by_role("button", name="Save").click()
        self.wait_for_text("[role=status]", "Saved.")
        self.assertEqual(self.page.get_by_role("button", name="Light").get_attribute("aria-pressed"), "true")

    def test_charts_take_the_colours_too(self):
        self.open()
        self.page.click("#train")
        self.page.wait_for_selector("#loss-chart .main-svg")
        ink = "document.querySelector('#loss-chart').layout.font.color"
        before = self.page.evaluate(ink)
        self.page.get_by_role("button", name="Dark").click()
        self.page.wait_for_function(f"{ink} !== {before!r}")

    def test_it_works_without_scripts(self):
        page = self.new_visitor(java_script_enabled=False).new_page()
        page.goto(f"{self.server.url}/learn/")
        page.get_by_role("button", name="Dark").click()
        page.wait_for_selector("html[data-dark-when=all]")
        self.assertTrue(page.url.endswith("/learn/"))
