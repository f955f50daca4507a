"""The boundary that is watched while a model learns, in real Chromium: live, replayed, still, and chosen."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.browsing import BrowserTestCase, call
from tests.browser.test_accessibility import RULES, SCHEMES

# Records what was painted when: document.timeline does not advance within a frame of the screen.
RECORD = """(() => {
    window.painted = [];
    const draw = CanvasRenderingContext2D.prototype.drawImage;
    CanvasRenderingContext2D.prototype.drawImage = function (...given) {
      draw.apply(this, given);
      const at = document.timeline.currentTime;
      queueMicrotask(() => window.painted.push([at, this.canvas.toDataURL()]));  // once the points are there, too
    };
})()"""
PLACES = """(() => {
    window.places = {};
    const look = () => {
      for (const id of ["curves", "replay", "boundary-box", "diagnosis", "results", "tryit-box"]) {
        const box = document.getElementById(id).getBoundingClientRect();
        if (box.height) (window.places[id] ??= new Set()).add(Math.round(box.top + window.scrollY));
      }
      requestAnimationFrame(look);
    };
    look();
})()"""
SMALL = [{"layer": "Linear", "out_features": 16}, {"layer": "Tanh"}, {"layer": "Linear", "out_features": 2}]
FINISHED = "Finished model"


class BoundaryTests(BrowserTestCase):
    def set_up(self, page: Page, **setup: Any) -> None:
        """The Train page with this setup, ready to train; what it paints is recorded."""
        page.goto(f"{self.server.url}/settings/")  # any page of this origin
        page.evaluate("(text) => localStorage.setItem('playground.setup', text)", json.dumps(setup))
        page.goto(self.server.url)
        page.wait_for_selector("#train:not([disabled])")
        page.evaluate(RECORD)

    def train(self, page: Page, **setup: Any) -> None:
        self.set_up(page, **setup)
        page.click("#train")
        self.wait_until_done(page)

    def wait_until_done(self, page: Page) -> None:
        page.wait_for_selector("#results:not([hidden])")
        page.locator("#boundary-words").filter(has_text=FINISHED).wait_for()

    def train_moons(self, page: Page, epochs: int = 200) -> None:
        self.train(page, default="MOONS", user_arch=SMALL, settings={"epochs": epochs, "seed": 1})

    def words(self) -> str:
        return self.page.inner_text("#boundary-words")

    def picture(self) -> str:
        return self.page.evaluate("document.querySelector('#boundary-picture').toDataURL()")

    def hear_boundaries(self, page: Page) -> list[bool]:
        """Of each frame that the page's sockets receive from now on, whether it holds some of a boundary."""
        heard: list[bool] = []
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda frame: heard.append("trainingBoundary" in str(frame))),
        )
        return heard

    def new_page(self, **options: Any) -> Page:
        page = self.new_visitor(**options).new_page()
        self.listen(page)
        return page

    def test_a_fast_run_is_played_frame_by_frame_and_painted_once_a_frame_of_the_screen(self):
        self.train_moons(self.page)
        painted = self.page.evaluate("window.painted")
        times = [at for at, _ in painted]
        self.assertEqual(len(times), len(set(times)))
        self.assertGreater(len({picture for _, picture in painted}), 8)
        self.assertEqual(painted[-1][1], self.picture())
        self.assertRegex(self.words(), r"^Finished model: \d+ % of the points lie in the area of their own class\.$")
        self.assertEqual(self.page.locator("#boundary-legend li").all_inner_texts(), ["blue", "orange"])
        self.assertIn("Horizontal: x1", self.page.inner_text("#boundary-axes"))

    def test_the_replay_moves_the_boundary_too(self):
        self.train_moons(self.page)
        learned, finished = self.picture(), self.words()
        self.page.focus("#replay-epoch")
        self.page.keyboard.press("Home")
        self.wait_for_text("#boundary-words", "After epoch 1:")
        first = self.picture()
        self.assertNotEqual(first, learned)
        for _ in range(3):
            self.page.keyboard.press("ArrowRight")
        self.wait_for_text("#boundary-words", "After epoch 4:")
        self.assertNotEqual(self.picture(), first)
        self.page.keyboard.press("End")
        self.wait_for_text("#boundary-words", finished)
        self.assertEqual(self.picture(), learned)

    def test_a_finished_run_that_is_opened_shows_what_it_came_to(self):
        self.train_moons(self.page)
        learned = self.words()
        messages = self.hear_boundaries(self.page)
        self.page.add_init_script(RECORD)
        self.page.reload()
        self.wait_until_done(self.page)
        self.assertEqual(self.words(), learned)
        self.page.wait_for_selector("#loss-chart .main-svg")
        # Stored events may arrive in several frames of the screen, and are not played.
        painted = {picture for _, picture in self.page.evaluate("window.painted")}
        self.assertTrue(1 <= len(painted) <= sum(messages), f"{len(painted)} of {sum(messages)}")

    def test_without_motion_only_what_arrived_last_is_painted(self):
        page = self.new_page(reduced_motion="reduce")
        messages = self.hear_boundaries(page)
        self.train_moons(page)
        painted = {picture for _, picture in page.evaluate("window.painted")}
        self.assertTrue(1 <= len(painted) <= sum(messages), f"{len(painted)} of {sum(messages)}")

    def test_two_of_many_columns_are_chosen_and_a_column_that_goes_is_not_watched(self):
        self.set_up(self.page)
        self.assertEqual(self.page.input_value("#watched-x"), "")
        self.assertTrue(self.page.is_hidden("#watched-other"))
        self.page.select_option("#watched-x", "petal length (cm)")
        self.assertEqual(self.page.input_value("#watched-y"), "sepal length (cm)")
        self.page.select_option("#watched-y", "petal width (cm)")
        chosen = ["petal length (cm)", "petal width (cm)"]
        self.assertEqual(call(self.page, "state", "toSpec")["boundary"], chosen)
        self.page.click("#train")
        self.wait_until_done(self.page)
        self.assertEqual(
            self.page.locator("#boundary-legend li").all_inner_texts(), ["setosa", "versicolor", "virginica"]
        )
        self.page.uncheck("#columns input[name='petal width (cm)']")
        self.assertEqual(self.page.input_value("#watched-x"), "")
        self.assertNotIn("boundary", call(self.page, "state", "toSpec"))
        self.page.click("#undo")
        self.assertEqual(call(self.page, "state", "toSpec")["boundary"], chosen)
        self.page.click(".card:has-text('MOONS')")
        self.page.wait_for_selector("#watched-note:not([hidden])")
        self.assertTrue(self.page.is_hidden("#watched"))
        self.assertNotIn("boundary", call(self.page, "state", "toSpec"))

    def test_any_two_features_of_a_finished_run_are_drawn_with_its_test_rows(self):
        self.set_up(self.page, settings={"epochs": 5})
        self.page.click("#train")
        self.page.wait_for_selector("#insights th")
        self.assertIsNone(self.page.get_attribute("#boundary-box", "open"))
        chosen = [self.page.input_value(f"#boundary-{axis}") for axis in "xy"]
        self.assertEqual(chosen, self.page.locator("#insights th").all_inner_texts()[:2])
        self.page.click("#boundary-box > summary")
        self.wait_for_text("#boundary-axes", "The points are test rows.")
        self.wait_for_text("#boundary-words", FINISHED)
        first = self.picture()
        self.assertIn(f"Horizontal: {chosen[0]}, from", self.page.inner_text("#boundary-axes"))
        self.page.select_option("#boundary-x", "sepal width (cm)")
        self.page.select_option("#boundary-y", "sepal length (cm)")
        self.wait_for_text("#boundary-axes", "Vertical: sepal length (cm)")
        self.wait_for_text("#boundary-words", FINISHED)
        self.assertNotEqual(self.picture(), first)
        self.page.select_option("#boundary-y", "sepal width (cm)")
        self.wait_for_text("#boundary-words", "Choose two different features.")

    def test_the_watched_features_come_back_with_their_frames(self):
        self.train(self.page, boundary=["petal length (cm)", "petal width (cm)"], settings={"epochs": 30, "seed": 1})
        watched = self.picture()
        self.page.select_option("#boundary-y", "sepal length (cm)")
        self.wait_for_text("#boundary-axes", "The points are test rows.")
        self.page.select_option("#boundary-y", "petal width (cm)")
        self.wait_for_text("#boundary-axes", "The points are training rows.")
        same = "(url) => document.querySelector('#boundary-picture').toDataURL() === url"
        self.page.wait_for_function(same, arg=watched)

    def test_the_predictions_of_a_regression_are_drawn_too(self):
        ridge = {"kind": "estimator", "user_model": {"estimator": "Ridge"}}
        self.set_up(self.page, default="DIABETES", **ridge)
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        self.page.click("#boundary-box > summary")
        self.wait_for_text("#boundary-words", "mean absolute error of the points")
        self.assertIn("yellow for", self.page.inner_text("#boundary-axes"))

    def test_the_picture_has_a_table(self):
        self.train_moons(self.page)
        self.page.click("#boundary-figure summary")
        cells = self.page.locator("#boundary-figure tbody td")
        cells.first.wait_for()
        self.assertEqual({text for text in cells.all_inner_texts() if text.isalpha()}, {"blue", "orange"})
        self.assertEqual(self.page.locator("#boundary-figure thead th").first.inner_text(), "x2 \\ x1")

    def test_nothing_moves_when_results_arrive(self):
        for width in (1280, 360):
            with self.subTest(width=width):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.set_up(self.page, default="MOONS", user_arch=SMALL, settings={"epochs": 3_000, "batch_size": 8})
                self.page.click("#train")
                self.page.wait_for_selector("#loss-chart .main-svg")
                self.page.wait_for_selector("#boundary-box:not([hidden])")
                self.page.evaluate(PLACES)
                self.wait_until_done(self.page)
                self.page.wait_for_selector("#calibration-chart .main-svg")
                places = self.page.evaluate("Object.entries(window.places).map(([id, tops]) => [id, [...tops]])")
                self.assertIn("boundary-box", dict(places))
                for name, tops in places:
                    self.assertEqual(len(tops), 1, f"{name} was at {tops}")

    def test_it_is_accessible_in_both_themes_and_fits_a_phone(self):
        for scheme in SCHEMES:
            with self.subTest(scheme=scheme):
                page = self.new_page(color_scheme=scheme)
                page.set_viewport_size({"width": 360, "height": 800})
                self.train_moons(page)
                results = Axe().run(page, options=RULES)
                self.assertEqual(results.violations_count, 0, results.generate_report())
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.assertLessEqual(wide, 0)
