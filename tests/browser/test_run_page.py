"""The run's page in real Chromium: what is learned from a finished run, and what is done with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.browser.browsing import BrowserTestCase

# Where things have been since they were first seen, frame by frame.
WATCH_PLACES = """
    window.places = {};
    const look = () => {
      for (const id of ["curves", "replay", "diagnosis", "results", "tryit-box"]) {
        const box = document.getElementById(id).getBoundingClientRect();
        if (box.height) (window.places[id] ??= new Set()).add(Math.round(box.top + window.scrollY));
      }
      requestAnimationFrame(look);
    };
    look();
"""


class RunPageTests(BrowserTestCase):
    def set_up(self, **setup: Any) -> None:
        """The Train page with this setup, ready to train."""
        self.page.goto(f"{self.server.url}/settings/")  # any page of this origin
        self.page.evaluate("(text) => localStorage.setItem('playground.setup', text)", json.dumps(setup))
        self.open()
        self.page.wait_for_selector("#train:not([disabled])")

    def train(self, **setup: Any) -> None:
        self.set_up(**setup)
        self.page.click("#train")
        self.wait_until_done()

    def wait_until_done(self) -> None:
        self.page.wait_for_selector("#results:not([hidden])")
        self.page.wait_for_selector("#insights th")

    def card(self, title: str):
        return self.page.locator(".diagnosis").filter(has_text=title)

    def count_epochs(self) -> int:
        return int(self.page.inner_text("#epoch-count"))

    def test_a_diagnosis_says_what_happened_and_its_experiment_is_one_click(self):
        self.train(settings={"epochs": 10})
        first = self.page.url
        card = self.card("Still improving at the end")
        self.assertIn("more epochs: 20", card.inner_text())
        self.assertRegex(card.locator("a").get_attribute("href"), r"^/learn/[a-z-]+/$")
        card.locator("button").click()
        self.page.wait_for_url(lambda url: "/runs/" in url and url != first)
        self.wait_until_done()
        self.assertEqual(self.count_epochs(), 20)
        self.assertEqual(self.page.input_value("#epochs"), "20")  # the Train page shows what was trained
        self.assertEqual(self.page.input_value("#seed"), "")

    def test_an_experiment_on_a_run_of_another_table_brings_that_table_back(self):
        settings = {"epochs": 4, "trainer": "autograd"}
        columns = {"column_types": {"x1": "ignored"}}
        self.train(default="MOONS", settings=settings, user_arch=[{"layer": "Linear", "out_features": 2}], **columns)
        first = self.page.url
        self.page.evaluate("localStorage.clear()")
        self.page.goto(first)
        self.wait_until_done()
        self.page.wait_for_selector(".card[aria-pressed=true]:has-text('IRIS')")
        self.page.locator("#diagnoses button").first.click()
        self.page.wait_for_url(lambda url: url != first)
        self.page.wait_for_selector(".card[aria-pressed=true]:has-text('MOONS')")
        self.wait_until_done()
        self.open()  # what it was set to is kept, as a whole
        self.page.wait_for_selector(".card[aria-pressed=true]:has-text('MOONS')")
        self.assertEqual(self.page.input_value("#trainer"), "autograd")
        kept = self.page.evaluate("JSON.parse(localStorage.getItem('playground.setup'))")
        self.assertEqual(kept["column_types"], {"x1": "ignored"})

    def test_a_run_that_diverges_is_explained_and_mended(self):
        rate = {"learning_rate": 900, "optimizer_name": "SGD"}
        self.set_up(default="DIABETES", user_arch=[{"layer": "Linear", "out_features": 1}], settings=rate)
        self.page.click("#train")
        card = self.card("It diverged")
        card.wait_for()
        self.assertTrue(self.page.is_hidden("#results"))
        card.locator("button").click()
        self.wait_until_done()
        self.assertTrue(self.page.is_hidden("#failure"))
        self.assertEqual(self.page.input_value("#learning_rate"), "")

    def test_nothing_moves_when_results_arrive(self):
        for width in (1280, 360):
            with self.subTest(width=width):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.set_up(settings={"epochs": 300})
                self.page.click("#train")
                self.page.wait_for_selector("#loss-chart .main-svg")
                self.page.evaluate(WATCH_PLACES)
                self.wait_until_done()
                self.page.wait_for_selector("#calibration-chart .main-svg")
                places = self.page.evaluate("Object.entries(window.places).map(([id, tops]) => [id, [...tops]])")
                self.assertEqual(len(places), 5)
                for name, tops in places:
                    self.assertEqual(len(tops), 1, f"{name} was at {tops}")

    def test_the_replay_is_moved_by_keys_and_says_where_it_is(self):
        self.train(settings={"epochs": 20, "patience": 20})
        names = self.page.evaluate("document.querySelector('#loss-chart').data.map((trace) => trace.name)")
        self.assertEqual(names, ["train", "test", "validation"])
        slider = self.page.locator("#replay-epoch")
        slider.focus()
        self.page.keyboard.press("Home")
        for _ in range(4):
            self.page.keyboard.press("ArrowRight")
        self.wait_for_text("#replay-numbers", "epoch 5 of 20")
        self.assertIn("epoch 5 of 20; loss", slider.get_attribute("aria-valuetext"))
        points = "document.querySelector('#loss-chart').data[0].x.length"
        self.page.wait_for_function(f"{points} === 5")
        self.page.keyboard.press("End")
        self.page.wait_for_function(f"{points} === 20")

    def test_a_chart_has_a_table_with_the_same_numbers(self):
        self.train(settings={"epochs": 5})
        figure = self.page.locator("figure:has(#loss-chart)")
        figure.locator("summary").click()
        table = figure.locator("table")
        table.locator("td").first.wait_for()  # it is filled when it opens
        self.assertEqual(table.locator("thead th").all_inner_texts(), ["epoch", "train", "test"])
        epochs = table.locator("tbody td:first-child").all_inner_texts()
        self.assertEqual(epochs, ["1", "2", "3", "4", "5"])
        curves = self.page.locator("figure:has(#roc-chart)")
        curves.locator("summary").click()
        curves.locator("td").first.wait_for()
        labels = set(curves.locator("tbody td:first-child").all_inner_texts())
        self.assertEqual(labels, {"baseline", "setosa", "versicolor", "virginica"})

    def test_a_column_that_gives_the_answer_away_is_found_and_left_out(self):
        self.open()
        lines = "".join(f"{n % 7},{n % 5},{n % 2 + n % 3 / 10},{'ab'[n % 2]}\n" for n in range(400))
        table = {"name": "leak.csv", "mimeType": "text/csv", "buffer": f"x,z,copy,y\n{lines}".encode()}
        self.page.set_input_files("#file", table)
        self.wait_for_text("#preview caption", "leak.csv")
        self.page.wait_for_selector("#train:not([disabled])")
        self.page.click("#train")
        card = self.card("One column gives the answer away")
        card.wait_for()
        self.assertIn("'copy'", card.inner_text())
        first = self.page.url
        card.locator("button").click()
        self.page.wait_for_url(lambda url: url != first)
        self.wait_until_done()
        self.assertEqual(set(self.page.locator("#insights th").all_inner_texts()), {"x", "z"})
        self.assertFalse(self.page.is_checked("#columns input[name='copy']"))

    def test_a_run_that_is_well_is_cross_validated_by_one_click(self):
        forest = {"kind": "estimator", "user_model": {"estimator": "RandomForestClassifier"}}
        self.train(default="WINE", settings={"seed": 0}, **forest)
        self.assertTrue(self.page.is_hidden("#folds-box"))
        first = self.page.url
        card = self.card("Better than the baseline")
        self.assertIn("5 folds", card.inner_text())
        card.locator("button").click()
        self.page.wait_for_url(lambda url: "/runs/" in url and url != first)
        self.wait_until_done()
        self.assertEqual(self.page.locator("#folds-rows tr").count(), 5)
        self.assertIn("5 folds", self.page.inner_text("#folds-summary"))
        self.assertEqual(self.page.input_value("#folds"), "5")
        self.assertEqual(self.card("Better than the baseline").locator("button").count(), 0)

    def test_a_row_of_ones_own_is_answered_live(self):
        self.train(settings={"seed": 0})
        self.page.click("#tryit-box > summary")
        self.page.wait_for_selector("#tryit-answer strong")
        self.page.fill("#tryit-fields input[name='petal length (cm)']", "1.3")
        self.page.fill("#tryit-fields input[name='petal width (cm)']", "0.2")
        self.wait_for_text("#tryit-answer strong", "setosa")
        self.assertEqual(self.page.inner_text("#tryit-answer strong"), "setosa")
        self.page.fill("#tryit-fields input[name='petal length (cm)']", "6.6")
        self.page.fill("#tryit-fields input[name='petal width (cm)']", "2.4")
        self.wait_for_text("#tryit-answer strong", "virginica")
        self.assertEqual(self.page.inner_text("#tryit-answer strong"), "virginica")

    def test_the_code_is_shown_as_it_is_in_the_file(self):
        self.train(settings={"epochs": 3})
        self.page.click("#code-box > summary")
        self.wait_for_text("#code-status", "lines")
        with self.page.expect_download() as download:
            self.page.click("#artifacts a:text-is('train.py')")
        self.assertEqual(self.page.text_content("#code"), Path(download.value.path()).read_text())

    def test_a_run_is_mailed_renamed_and_deleted(self):
        self.train(settings={"epochs": 3})
        self.page.fill("#mail-address", "ada@example.org")
        self.page.click("#mail-send")
        self.wait_for_text("#mail-status", "ada@example.org")
        self.page.click("#rename")
        self.page.fill("#rename-name", "my <b>best</b> run")
        self.page.keyboard.press("Enter")
        self.wait_for_text("#run-title", "my <b>best</b> run")
        url = self.page.url
        self.page.reload()
        self.wait_for_text("#run-title", "my <b>best</b> run")
        self.wait_until_done()
        self.page.click("#delete")
        self.page.click("#delete-dialog button[value=ok]")
        self.page.wait_for_url(f"{self.server.url}/")
        self.assertEqual(self.page.request.get(url).status, 404)

    def test_a_run_under_way_shows_its_time_and_cannot_be_deleted(self):
        self.set_up(settings={"epochs": 10_000, "batch_size": 1})
        self.page.click("#train")
        self.wait_for_text("#status", "so far")
        self.assertRegex(self.page.inner_text("#status"), r"^Epoch [\d,]+ of 10,000 · .* so far · about .* left$")
        self.assertTrue(self.page.is_disabled("#delete"))
        self.page.click("#stop")
        self.wait_for_text("#status", "Stopped after")
        self.assertTrue(self.page.is_enabled("#delete"))
