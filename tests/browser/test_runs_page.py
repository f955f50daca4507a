"""My runs, runs side by side, and a run that is shared, in real Chromium."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.browsing import BrowserTestCase, train

SLOW = {"default": "IRIS", "epochs": 4, "learning_rate": 0.0001, "custom_model_name": "slow", "seed": 1}
FAST = {"default": "IRIS", "epochs": 20, "learning_rate": 0.01, "custom_model_name": "<b>fast</b>", "seed": 1}
RIDGE = {"default": "DIABETES", "user_model": "Ridge(alpha=2.0)"}


class RunsPageTests(BrowserTestCase):
    def train(self, *specs: dict) -> list[str]:
        self.page.goto(f"{self.server.url}/runs/")
        return train(self.page, *specs)

    def open_runs(self, count: int) -> None:
        self.page.goto(f"{self.server.url}/runs/")
        self.wait_for_rows(count)

    def wait_for_rows(self, count: int) -> None:
        self.page.wait_for_function(f"document.querySelectorAll('#rows tr').length === {count}")

    def names(self) -> list[str]:
        return self.page.locator("#rows .name a").all_inner_texts()

    def test_runs_are_listed_sorted_and_found(self):
        self.train(SLOW, FAST, RIDGE)
        self.open_runs(3)
        self.assertEqual(self.names(), ["Ridge on DIABETES", "<b>fast</b>", "slow"])
        self.assertRegex(
            self.page.locator("#rows .result").nth(1).inner_text(), r"^\d+\.\d % Accuracy\s+baseline 33.3 %$"
        )
        self.page.get_by_role("button", name="Result").click()
        self.assertEqual(self.names()[0], "<b>fast</b>")
        self.assertEqual(self.page.get_attribute("th[data-key=value]", "aria-sort"), "descending")
        self.page.get_by_role("button", name="Name").press("Enter")
        self.assertEqual(self.names(), ["<b>fast</b>", "Ridge on DIABETES", "slow"])
        self.page.get_by_label("Find").fill("iris FAST")
        self.wait_for_rows(1)
        self.assertEqual((self.names(), self.page.inner_text("#count")), (["<b>fast</b>"], "1 of 3 runs"))
        self.page.get_by_label("Find").fill("")
        self.page.select_option("#status-filter", "failed")
        self.wait_for_text("#empty", "None of your runs")

    def test_a_run_is_followed_until_it_is_over(self):
        self.page.goto(f"{self.server.url}/")
        other = self.context.new_page()
        other.goto(f"{self.server.url}/")
        other.wait_for_selector("#columns .chip")
        other.fill("#epochs", "10000")
        other.fill("#batch_size", "1")
        other.click("#train")
        other.wait_for_url("**/runs/*/")
        self.open_runs(1)
        self.wait_for_text("#rows .status", "Training")
        self.page.wait_for_function("Number(document.querySelector('#rows progress').value) > 0")
        other.click("#stop")
        self.wait_for_text("#rows .status", "Stopped")
        self.wait_for_text("#announcer", "Stopped")
        self.page.wait_for_function("document.querySelector('#rows .took').textContent !== '–'")

    def test_a_setup_is_used_again(self):
        self.train(RIDGE)
        self.open_runs(1)
        self.page.get_by_role("button", name="Use the setup of").click()
        self.page.wait_for_url(f"{self.server.url}/")
        self.page.wait_for_selector("#columns .chip")
        self.assertTrue(self.page.is_checked("#kind-estimator"))
        self.assertEqual(self.page.input_value("#estimator"), "Ridge")
        self.wait_for_text("#preview caption", "DIABETES")

    def test_runs_are_compared(self):
        self.train(SLOW, FAST)
        self.open_runs(2)
        for box in self.page.get_by_role("checkbox").all():
            box.check()
        self.page.get_by_role("button", name="Compare 2").click()
        self.page.wait_for_selector("#curves .main-svg")
        self.assertEqual(self.page.locator("#legend a").all_inner_texts(), ["<b>fast</b>", "slow"])
        traces = self.page.evaluate(
            "document.querySelector('#curves').data.map((t) => [t.name, t.line.width, t.line.dash, t.marker?.symbol])"
        )
        self.assertEqual(
            traces,
            [["A train", 1, "dot", None], ["A test", 3, None, "circle"],
             ["B train", 1, "dot", None], ["B test", 3, None, "square"]],
        )  # fmt: skip
        loss = self.page.locator("#metrics tr").filter(has_text="Log loss")
        self.assertEqual(loss.locator("td").nth(0).locator(".best").count(), 1)
        self.assertEqual(loss.locator(".best").count(), 1)
        differing = {" ".join(row.split()) for row in self.page.locator("#settings tbody tr").all_inner_texts()}
        self.assertEqual(differing, {"epochs 20 4", "learning rate 0.01 0.0001"})
        self.page.get_by_text("As a table").click()
        self.assertEqual(self.page.locator("#curves-table tbody tr").count(), 20)
        self.page.select_option("#measure", "accuracy")
        self.page.wait_for_function("document.querySelector('#curves').layout.title.text === 'Accuracy'")
        self.assertTrue(self.page.is_enabled("#chance"))

    def test_a_shared_run_opens_for_anybody_until_the_link_is_taken_back(self):
        self.train(FAST)
        self.open_runs(1)
        self.page.get_by_role("button", name="Share").click()
        self.page.get_by_role("button", name="Create a link").click()
        link = self.page.input_value("dialog input")
        stranger = self.new_visitor().new_page()
        self.listen(stranger)
        stranger.goto(link)
        self.check_shared(stranger)
        self.page.get_by_role("button", name="Remove the link").click()
        self.page.get_by_role("button", name="Create a link").wait_for()
        gone = self.new_visitor().new_page()  # whose console may complain of the 404
        answer = gone.goto(link)
        self.assertEqual(answer and answer.status, 404)
        gone.get_by_text("This link leads nowhere").wait_for()
        stranger.get_by_role("button", name="Use this setup").click()
        stranger.locator("#failure").filter(has_text="This link leads nowhere").wait_for()

    def check_shared(self, page: Page) -> None:
        page.wait_for_selector("#results:not([hidden])")
        self.assertEqual(page.inner_text("h1"), "<b>fast</b>")
        self.assertEqual(page.locator("#confusion button").count(), 0)
        for name in ("#stop", "#share"):
            self.assertFalse(page.is_visible(name), name)
        with page.expect_download() as download:
            page.click("#artifacts a:text-is('results.csv')")
        self.assertEqual(download.value.suggested_filename, "results.csv")

    def test_they_fit_a_phone(self):
        first, second = self.train(SLOW, RIDGE)
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.open_runs(2)
        for path in ("/runs/", f"/runs/compare/?runs={first},{second}"):
            self.page.goto(self.server.url + path)
            self.page.wait_for_selector("#rows tr, #curves .main-svg")
            self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360, path)
