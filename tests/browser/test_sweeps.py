"""Several values tried, from the Train page to the run of one of them, and two runs compared, in real Chromium."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.browsing import BrowserTestCase, call, train

START = """async ([event, data]) => {
  const { connect } = await import("/static/playground/socket.js");
  const socket = connect("/ws/training/");
  const { run_id } = await socket.request(event, data);
  socket.close();
  return `/runs/${run_id}/`;
}"""
OBSERVE = """window.shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value)))
    .observe({ type: "layout-shift", buffered: true });"""
MAX_SHIFT = 0.05
ATTACK = "<img src=x onerror=window.hacked=1>"
NETWORK = ["nn.Linear(8)", "nn.ReLU()", "nn.Linear(3)"]
QUICK = {"default": "IRIS", "user_arch": NETWORK, "epochs": 20}
RATES = {"learning_rate": [0.0001, 0.01], "seed": [0, 1, 2]}
LONG = {"default": "IRIS", "epochs": 2000, "batch_size": 1}
TRACES = """document.querySelector('#sweep-chart').data.filter((t) => t.error_y)
  .map((t) => [t.name, t.x.length, t.error_y.array.length])"""


def start(page: Page, event: str, **data: Any) -> str:
    """Start a sweep or a comparison as the visitor of this page. Return the path of its page."""
    return page.evaluate(START, [event, data])


class SweepCase(BrowserTestCase):
    def visit(self, path: str) -> None:
        self.page.goto(self.server.url + path)

    def start(self, event: str, **data: Any) -> str:
        if self.page.url == "about:blank":
            self.visit("/runs/")
        return start(self.page, event, **data)

    def wait_until_done(self) -> None:
        self.wait_for_text("#status", "Done")

    def rows(self) -> list[list[str]]:
        rows = self.page.locator("#combinations tbody tr:not(.trials)").all()
        return [[cell.strip() for cell in row.inner_text().split("\t")] for row in rows]


class TryingTests(SweepCase):
    def open_dialog(self) -> None:
        self.page.focus("#vary-open")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#vary[open]")
        self.page.wait_for_selector("#vary-run:enabled")

    def test_values_are_tried_by_keyboard_and_the_best_becomes_a_run(self):
        self.open()
        self.page.fill("#epochs", "20")
        self.page.focus("#learning_rate")  # where the learner was at last is what is offered first
        self.open_dialog()
        self.assertEqual(self.page.evaluate("document.activeElement.value"), "learning_rate")
        self.assertEqual(self.page.input_value(".axis input"), "0.001  0.003  0.01  0.03  0.1")
        self.assertRegex(self.page.inner_text("#vary-summary"), r"^5 values × 3 seeds = 15 trainings, .* in total\.$")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type("0.0001, 0.01 0.03")  # a field that is tabbed into is selected as a whole
        self.wait_for_text("#vary-summary", "3 values × 3 seeds = 9 trainings")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/runs/*/")
        self.wait_until_done()
        sweep = self.page.url
        rows = self.rows()
        means = [float(row[2].split()[0]) for row in rows]
        self.assertEqual((means, {row[1] for row in rows}), (sorted(means, reverse=True), {"0.0001", "0.01", "0.03"}))
        self.assertEqual({row[4] for row in rows}, {"3"})
        self.assertIn(f"{rows[0][2].split()[0]} % accuracy on average with learning rate {rows[0][1]}",
                      self.page.inner_text("#headline"))  # fmt: skip
        self.assertIn(f"The next, learning rate {rows[1][1]}, has {rows[1][2]}", self.page.inner_text("#sentence"))
        self.page.wait_for_selector("#sweep-chart .main-svg")
        self.assertEqual(self.page.evaluate(TRACES), [["", 3, 3]])
        toggle = self.page.locator("#combinations .toggle button").first
        toggle.press("Enter")
        self.assertEqual(toggle.get_attribute("aria-expanded"), "true")
        self.assertIn("On the test set, which was not used to choose, it has", self.page.inner_text("#sentence"))
        self.page.get_by_role("button", name="Open as a run").nth(1).press("Enter")
        self.page.wait_for_url(lambda url: url != sweep)
        self.wait_for_text("#status", "Done after 20 epochs")
        self.assertRegex(self.page.inner_text("#headline strong"), r"^[\d.]+ %$")
        self.page.goto(sweep)
        self.wait_until_done()
        self.page.locator("#combinations .toggle button").first.click()
        self.page.get_by_role("button", name="Use this setup").click()
        self.page.wait_for_url(f"{self.server.url}/")
        self.page.wait_for_selector("#columns .chip")
        spec = call(self.page, "state", "toSpec")
        self.assertEqual((spec["learning_rate"], spec["epochs"], "seed" in spec), (float(rows[0][1]), 20, False))
        self.page.goto(sweep)
        self.page.get_by_role("button", name="Edit and run again").click()
        self.page.wait_for_selector("#vary[open]")
        self.assertEqual(self.page.input_value(".axis input"), "0.0001  0.01  0.03")
        self.wait_for_text("#vary-summary", "3 values × 3 seeds = 9 trainings")

    def test_what_is_wrong_is_said_at_its_place_and_escape_leads_back(self):
        self.open()
        self.open_dialog()
        self.page.fill(".axis input", "0.01 often")
        self.wait_for_text(".axis .problem.error", "“often” is not a number")
        self.assertTrue(self.page.is_disabled("#vary-run"))
        self.assertEqual(self.page.get_attribute(".axis input", "aria-invalid"), "true")
        self.page.fill(".axis input", "0.01 -1")
        self.wait_for_text(".axis .problem.error", "greater than 0")
        self.page.fill(".axis input", "0.01 0.02")
        self.wait_for_text("#vary-summary", "2 values")
        self.assertEqual(self.page.locator("#vary .problem").count(), 0)
        self.page.fill("#vary-seeds", "")
        self.wait_for_text("#vary-seeds-problems .problem.error", "no value to try")
        self.page.fill("#vary-seeds", "2")
        self.page.click("#vary-more")
        self.page.locator(".axis select").nth(1).select_option("user_arch[0].out_features")
        self.wait_for_text("#vary-summary", "10 combinations × 2 seeds = 20 trainings")
        taken = self.page.locator(".axis select").nth(0).locator("option[value='user_arch[0].out_features']")
        self.assertTrue(taken.is_disabled())
        self.page.get_by_role("button", name="Remove this hyperparameter").nth(1).click()
        self.wait_for_text("#vary-summary", "2 values × 2 seeds = 4 trainings")
        self.page.keyboard.press("Escape")
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "vary-open")

    def test_every_setting_that_is_offered_can_be_tried_as_it_is_suggested(self):
        self.open()
        for kind in ("network", "estimator"):
            self.page.check(f"#kind-{kind}")
            call(self.page, "app", "settle")
            self.open_dialog()
            offered = self.page.locator(".axis option").evaluate_all("(all) => all.map((option) => option.value)")
            self.assertGreater(len(offered), 8)
            for path in offered:
                with self.subTest(path=path):
                    self.page.select_option(".axis select", path)
                    self.page.wait_for_selector("#vary-run:enabled, #vary .problem.error")
                    self.assertEqual(self.page.locator("#vary .problem.error").all_inner_texts(), [])
            self.page.keyboard.press("Escape")


class SweepPageTests(SweepCase):
    def test_two_settings_are_lines_and_a_table_sorted_by_any_column(self):
        vary = {**RATES, "user_arch[0].out_features": [2, 4, 8]}
        self.visit(self.start("runSweep", spec=QUICK, vary=vary))
        self.wait_until_done()
        self.page.wait_for_selector("#sweep-chart .main-svg")
        names = [f"learning rate {rate}" for rate in RATES["learning_rate"]]
        self.page.wait_for_function(f"{TRACES}.length === 2")
        self.assertEqual(self.page.evaluate(TRACES), [[name, 3, 3] for name in names])
        self.page.select_option("#across", label="learning rate")
        self.page.wait_for_function(f"{TRACES}.length === 3")
        self.page.get_by_role("button", name="Units of layer 1 (Linear)").press("Enter")
        self.assertEqual([row[2] for row in self.rows()], ["2", "2", "4", "4", "8", "8"])
        self.assertEqual(self.page.locator("th[aria-sort=ascending]").inner_text().strip()[:5], "Units")
        self.page.click(".twin summary")
        self.page.wait_for_function("document.querySelectorAll('.twin tbody tr').length === 6")

    def test_it_is_followed_through_lost_connections_and_stopped_with_what_has_come(self):
        self.page.add_init_script(
            "const Real = WebSocket; window.WebSocket = class extends Real { constructor(...a) { super(...a); "
            "(window.sockets ??= []).push(this); } };"
        )
        self.visit(self.start("runSweep", spec=LONG, vary={"learning_rate": [0.001, 0.002], "seed": list(range(20))}))
        self.wait_for_text("#status", "of 40 trainings")
        self.assertTrue(self.page.is_disabled("#delete"))
        self.wait_for_text("#headline", "the best so far")
        before = self.page.evaluate("sockets.at(-1).close()") or self.page.inner_text("#status")
        self.page.wait_for_function("sockets.length > 1 && sockets.at(-1).readyState === 1")
        self.page.wait_for_function("(old) => document.querySelector('#status').textContent !== old", arg=before)
        self.page.click("#stop")
        self.wait_for_text("#status", "Stopped after")
        status, rows = self.page.inner_text("#status"), self.rows()
        self.assertEqual(sum(int(row[4].split()[0]) for row in rows), int(status.split()[2]))
        self.page.reload()
        self.wait_for_text("#status", "Stopped after")
        self.assertEqual((self.page.inner_text("#status"), self.rows()), (status, rows))
        self.assertTrue(self.page.is_enabled("#delete"))

    def test_it_is_renamed_listed_and_deleted_and_what_users_write_stays_text(self):
        csv = f"x,{ATTACK},y\n" + "\n".join(f"{n},{n % 5},{n % 2}" for n in range(60))
        self.open()
        self.page.set_input_files("#file", {"name": f"{ATTACK}.csv", "mimeType": "text/csv", "buffer": csv.encode()})
        self.page.wait_for_selector("#columns input[name='x']")
        spec = call(self.page, "state", "toSpec")
        vary = {"user_model": ["GaussianNB()", "KNeighborsClassifier()"]}
        path = self.start("runSweep", spec={**spec, "user_arch": [], "user_model": "GaussianNB()"}, vary=vary)
        self.visit(path)
        self.wait_until_done()
        self.page.click("#rename")
        self.page.fill("#rename-name", ATTACK)
        self.page.keyboard.press("Enter")
        self.wait_for_text("#run-title", ATTACK)
        self.visit("/runs/")
        self.wait_for_text("#rows .kind", "sweep")
        self.page.get_by_role("link", name=ATTACK, exact=True).click()
        self.wait_until_done()
        self.assertEqual((self.page.inner_text("h1"), self.page.title().split(" · ")[0]), (ATTACK, ATTACK))
        self.assertEqual({row[1] for row in self.rows()}, {"GaussianNB", "KNeighborsClassifier"})
        self.assertEqual(self.page.locator("main img").count(), 0)
        self.assertIsNone(self.page.evaluate("window.hacked ?? null"))
        self.page.click("#delete")
        self.page.click("#delete-dialog button[value=ok]")
        self.page.wait_for_url(f"{self.server.url}/")
        self.assertEqual(self.page.request.get(self.server.url + path).status, 404)

    def test_nothing_shifts_or_overflows_while_scores_come(self):
        self.visit("/runs/")
        for width in (360, 1280):
            page = self.context.new_page()
            self.listen(page)
            page.set_viewport_size({"width": width, "height": 900})
            page.add_init_script(OBSERVE)
            vary = {**RATES, "user_arch[0].out_features": [2, 4, 8]}
            page.goto(self.server.url + self.start("runSweep", spec={**QUICK, "epochs": 300}, vary=vary))
            page.locator("#status").filter(has_text="Done").wait_for()
            page.wait_for_selector("#sweep-chart .main-svg")
            self.assertLess(page.evaluate("window.shift"), MAX_SHIFT, width)
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)


class ComparisonPageTests(SweepCase):
    def test_two_runs_are_told_apart_from_luck_on_a_page_of_its_own(self):
        self.visit("/runs/")
        bad = {**QUICK, "learning_rate": 0.0001, "custom_model_name": ATTACK}
        runs = train(self.page, {**QUICK, "learning_rate": 0.01, "custom_model_name": "good"}, bad)
        self.visit(f"/runs/compare/?runs={','.join(runs)}")
        self.page.click("#chance:enabled")
        self.page.get_by_role("link", name="See all of the trainings").click()
        self.wait_until_done()
        self.assertEqual(self.page.inner_text("#headline"), "A is significantly better than B.")
        self.assertRegex(
            self.page.inner_text("#sentence"), r"^On average A [\d.]+ %, B [\d.]+ % accuracy\. The gap is "
        )
        self.assertEqual(self.page.locator(".pair-of-runs a").all_inner_texts(), ["good", ATTACK])
        difference = self.page.locator("#differences tbody tr").all_inner_texts()
        self.assertEqual([" ".join(row.split()) for row in difference], ["learning rate 0.01 0.0001"])
        # Scores are drawn as they come; the last of them may still be on its way to the chart.
        drawn = "document.querySelector('#comparison-chart').data?.map((t) => `${t.type} ${t.y.length}`).join()"
        self.page.wait_for_function(f"{drawn} === 'box 20,box 20'")
        self.page.click(".twin summary")
        self.page.wait_for_function("document.querySelectorAll('.twin tbody tr').length === 20")
        self.assertEqual(self.page.locator("main img").count(), 0)
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360)
        self.page.get_by_role("link", name="good").click()
        self.page.wait_for_selector("#results:not([hidden])")
