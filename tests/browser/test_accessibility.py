"""Every page in both themes, as axe-core sees it against WCAG 2.2 AA; and on screens from a phone's to a wall's."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.browsing import BrowserTestCase, train
from tests.browser.test_sweeps import QUICK, RATES, start

MODULE = "/learn/loss-and-gradient-descent/"
LAB = "/?lab=loss-and-gradient-descent/epochs-and-batches/lab-spiral"
# Every page that needs no account, with a selector that appears when its scripts are done.
PAGES = {
    "/": "#columns .chip",
    LAB: "#columns .chip",
    "/learn/": ".module",
    MODULE: ".question",
    "/runs/": "#count",
    "/settings/": "#display_name",
    "/developers/": "#codes",
    "/docs/": ".site",
    "/docs/settings/": ".here",
    "/docs/search/?q=redis": ".results mark",
    "/account/sign-in/": "#id_username",
    "/account/sign-up/": "#id_username",
    "/account/password/forgotten/": "#id_email",
}
# Those of an account beside them.
ACCOUNT_PAGES = {"/account/": ".facts", "/account/password/": "#id_old_password", "/account/delete/": "#id_password"}
SHARE = """async (run_id) => {
  const { connect } = await import("/static/playground/socket.js");
  const socket = connect("/ws/training/");
  const { url } = await socket.request("shareTraining", { run_id });
  socket.close();
  return url;
}"""
SCHEMES = ("light", "dark")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
WIDTHS = (360, 768, 1280, 2560)
PASSWORD = "correct horse battery"
MESSY = "Report of a ward with a long title, far longer than what fits beside it\nage;zone;state\n" + "".join(
    f"{20 + n},5;{('low', 'mid', 'high')[n % 3]};{('None', 'mild', 'Mild')[n % 3]}\n" for n in range(60)
)


class AccessibilityTests(BrowserTestCase):
    def assert_accessible(self, page: Page, what: str) -> None:
        results = Axe().run(page, options=RULES)
        self.assertEqual(results.violations_count, 0, f"{what}\n{results.generate_report()}")

    def visit(self, page: Page, path: str, shown: str) -> None:
        page.goto(self.server.url + path)
        page.wait_for_selector(shown)

    def new_page(self, scheme: str) -> Page:
        page = self.new_visitor(color_scheme=scheme).new_page()
        self.listen(page)
        return page

    def test_axe_finds_what_is_wrong(self):
        """Check that axe finds a fault. Otherwise the tests below would prove nothing."""
        self.page.goto(f"{self.server.url}/learn/")
        self.page.evaluate("document.querySelector('#main').append(document.createElement('img'))")
        results = Axe().run(self.page, options=RULES)
        self.assertEqual([each["id"] for each in results.response["violations"]], ["image-alt"])

    def test_every_page_in_both_themes(self):
        for scheme in SCHEMES:
            page = self.new_page(scheme)
            for path, shown in PAGES.items():
                with self.subTest(path=path, scheme=scheme):
                    self.visit(page, path, shown)
                    self.assert_accessible(page, f"{path} in {scheme}")

    def test_runs_listed_compared_and_shared_in_both_themes(self):
        for scheme in SCHEMES:
            page = self.new_page(scheme)
            self.visit(page, "/learn/", ".module")
            run_ids = train(page, {"default": "IRIS", "epochs": 3}, {"default": "IRIS", "epochs": 4})
            shared = page.evaluate(SHARE, run_ids[0])
            for path, shown in (
                ("/runs/", "#rows tr"),
                (f"/runs/compare/?runs={','.join(run_ids)}", ".main-svg"),
                (shared, "#results:not([hidden])"),
            ):
                with self.subTest(path=path, scheme=scheme):
                    self.visit(page, path, shown)
                    self.assert_accessible(page, f"{path} in {scheme}")

    def test_sweeps_and_comparisons_in_both_themes(self):
        for scheme in SCHEMES:
            page = self.new_page(scheme)
            self.visit(page, "/learn/", ".module")
            run_id, other_run_id = train(page, {**QUICK, "epochs": 3}, {**QUICK, "epochs": 4})
            vary = {**RATES, "user_arch[0].out_features": [2, 4]}
            for path in (
                start(page, "runSweep", spec=QUICK, vary=vary),
                start(page, "compareTraining", run_id=run_id, other_run_id=other_run_id),
            ):
                with self.subTest(path=path, scheme=scheme):
                    self.visit(page, path, ".main-svg")
                    page.locator("#status").filter(has_text="Done").wait_for()
                    for opener in page.locator("#combinations .toggle button:visible, .twin summary").all():
                        opener.click()
                    self.assert_accessible(page, f"{path} in {scheme}")

    def test_the_dialog_that_starts_a_sweep_in_both_themes(self):
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                page = self.new_page(scheme)
                self.visit(page, "/", "#columns .chip")
                page.click("#vary-open")
                page.wait_for_selector("#vary-run:enabled")
                page.click("#vary-more")
                page.locator(".axis select").nth(1).select_option("optimizer_name")
                page.fill(".axis input[type=text]", "0.01 often")
                page.wait_for_selector(".axis .problem.error")
                self.assert_accessible(page, f"the dialog in {scheme}")

    def test_a_messy_table_with_all_that_is_said_of_it_in_both_themes(self):
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                page = self.new_page(scheme)
                self.visit(page, "/", "#columns .chip")
                page.set_input_files("#file", {"name": "m.csv", "mimeType": "text/csv", "buffer": MESSY.encode()})
                page.locator("#preview caption").filter(has_text="m.csv").wait_for()
                page.locator("#data-notes .remedies").first.wait_for()
                page.select_option("#target", "state")
                page.evaluate("document.querySelectorAll('#setup details').forEach((one) => (one.open = true))")
                page.select_option("#split", "group")
                page.fill("#reading-encoding", "klingon")
                page.locator("#reading-encoding-problem").filter(has_text="klingon").wait_for()
                self.assert_accessible(page, f"a messy table in {scheme}")
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    overflow = page.evaluate(
                        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    )
                    self.assertLessEqual(overflow, 0, width)

    def test_a_finished_run_in_both_themes(self):
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                page = self.new_page(scheme)
                self.visit(page, "/", "#columns .chip")
                page.click("#train")
                page.wait_for_selector("#results:not([hidden])")
                page.wait_for_selector("#accuracy-chart .main-svg")
                self.assert_accessible(page, f"a run in {scheme}")

    def test_an_accounts_pages_and_what_is_answered_there(self):
        page = self.new_page("dark")
        self.visit(page, "/account/sign-up/", "#id_username")
        page.fill("#id_username", "grace")
        page.fill("#id_password1", "short")
        page.fill("#id_password2", "other")
        page.click("text=Create account")
        page.wait_for_selector(".problem.error")
        self.assert_accessible(page, "what is wrong at sign-up")
        page.fill("#id_password1", PASSWORD)
        page.fill("#id_password2", PASSWORD)
        page.click("text=Create account")
        for path, shown in ACCOUNT_PAGES.items():
            with self.subTest(path=path):
                self.visit(page, path, shown)
                self.assert_accessible(page, path)

    def test_answers_right_and_wrong(self):
        for scheme in SCHEMES:
            page = self.new_page(scheme)
            self.visit(page, MODULE, ".question")
            form = page.locator("#how-wrong\\.mse-by-hand")
            for answer, told in (("1", "Not yet"), ("4.67", "Right")):
                form.get_by_label("Your answer").fill(answer)
                form.get_by_role("button", name="Check").click()
                form.get_by_text(told).first.wait_for()
                self.assert_accessible(page, f"{told} in {scheme}")

    def test_no_page_scrolls_sideways(self):
        page = self.new_page("light")
        for path, shown in PAGES.items():
            self.visit(page, path, shown)
            for width in WIDTHS:
                with self.subTest(path=path, width=width):
                    page.set_viewport_size({"width": width, "height": 900})
                    overflow = page.evaluate(
                        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    )
                    self.assertLessEqual(overflow, 0)

    def test_the_first_tab_leads_to_the_content_and_what_has_the_focus_is_seen(self):
        self.visit(self.page, "/learn/", ".module")
        self.page.keyboard.press("Tab")
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), "Skip to the content")
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self.assertTrue(self.page.evaluate("document.querySelector('main').contains(document.activeElement)"))
        self.assertNotEqual(self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none")
