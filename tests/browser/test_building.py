"""A model is built in real Chromium: by mouse and by keyboard, with help, and back and forth."""

from __future__ import annotations

import time

from tests.browser.browsing import BrowserTestCase, call

NAMES = "#layers li .layer > strong"
FIRST_MODEL_SECONDS = 10  # from landing to results
MAX_TABS = 150  # that any part of the page is away
MAX_SHIFT = 0.05  # half of what the web calls good


class BuildingTests(BrowserTestCase):
    def names(self) -> list[str]:
        return self.page.locator(NAMES).all_inner_texts()

    def tab_to(self, selector: str) -> None:
        """By the Tab key alone; wherever the focus goes, it can be seen."""
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            reached, seen = self.page.evaluate(
                """(selector) => {
                  const node = document.activeElement;
                  const isOutlined = (place) => place && getComputedStyle(place).outlineStyle !== "none";
                  return [node.matches(selector), isOutlined(node) || isOutlined(node.closest("#drop"))];
                }""",
                selector,
            )
            self.assertTrue(seen, "the focus is not seen")
            if reached:
                return
        self.fail(f"{selector} is not reached by keyboard")

    def drag(self, what: str, before: str) -> None:
        self.page.hover(what)
        self.page.mouse.down()
        self.page.mouse.move(600, 400, steps=5)  # one jump alone starts no drag
        self.page.hover(before, position={"x": 40, "y": 3})
        self.page.mouse.up()

    def wait_until_ready(self) -> None:
        self.wait_for_text("#train-note", "learns")

    def test_from_landing_to_results_in_three_clicks_and_ten_seconds(self):
        begun = time.monotonic()
        self.open()
        self.page.click(".card:has-text('WINE')")
        self.page.click("#presets button:text('Deeper with dropout')")
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        self.assertLess(time.monotonic() - begun, FIRST_MODEL_SECONDS)

    def test_every_preset_suits_the_table_of_the_moment(self):
        self.open()
        self.page.click(".card:has-text('DIABETES')")
        self.wait_for_text("#layers li:last-child .shape", "→ 1")
        for code in self.page.eval_on_selector_all("#presets button", "(all) => all.map((one) => one.dataset.code)"):
            self.page.click(f"#presets [data-code={code}]")
            call(self.page, "app", "settle")
            self.wait_until_ready()
            self.assertFalse(self.page.is_disabled("#train"), code)
            self.assertEqual(self.page.locator(".problem.error:visible").count(), 0, code)
            if code == "forest":  # the conv preset has changed the table to one of classes
                self.assertEqual(self.page.input_value("#estimator"), "RandomForestClassifier")

    def test_a_classical_model_follows_the_kind_of_problem(self):
        self.open()
        self.page.click("#presets [data-code=forest]")
        self.page.click(".card:has-text('DIABETES')")
        self.page.wait_for_function("document.querySelector('#estimator').value === 'RandomForestRegressor'")
        self.page.wait_for_selector("#estimator option[value='LogisticRegression']", state="detached")
        offered = self.page.locator("#estimator option").all_inner_texts()
        self.assertIn("RandomForestRegressor", " ".join(offered))
        self.assertNotIn("Classifier", " ".join(offered))
        self.page.click("#undo")  # the table and the model that followed it are one step
        self.page.wait_for_function("document.querySelector('#estimator').value === 'RandomForestClassifier'")
        self.wait_for_text("#preview caption", "IRIS")
        self.page.wait_for_selector("#estimator option[value='RandomForestRegressor']", state="detached")
        self.assertIn("LogisticRegression", " ".join(self.page.locator("#estimator option").all_inner_texts()))

    def test_a_network_is_built_and_trained_by_keyboard_alone(self):
        self.open()
        self.tab_to("#palette-search")
        self.page.keyboard.type("dropo")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.names(), ["Linear", "ReLU", "Dropout", "Linear"])
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type("0.3")  # the field of the new layer has the focus
        self.page.keyboard.press("Alt+ArrowUp")
        self.assertEqual(self.names(), ["Linear", "Dropout", "ReLU", "Linear"])
        self.assertEqual(self.page.input_value("#layers [aria-label^='Dropout rate, Dropout']"), "0.3")
        self.tab_to(".remove[aria-label*='ReLU']")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.names(), ["Linear", "Dropout", "Linear"])
        self.assertTrue(self.page.evaluate("document.activeElement.matches('.remove')"))
        self.tab_to("#epochs")
        self.page.keyboard.type("3")
        self.tab_to("#train")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#results:not([hidden])")
        self.assertEqual(self.page.inner_text("#epoch-count"), "3")

    def test_layers_are_dragged_from_the_palette_and_within_the_network(self):
        self.open()
        self.drag("#palette [data-name=Dropout]", "#layers li:nth-child(1)")
        self.assertEqual(self.names(), ["Dropout", "Linear", "ReLU", "Linear"])
        self.drag("#layers li:nth-child(1) .grip", "#layers li:nth-child(4)")
        self.assertEqual(self.names(), ["Linear", "ReLU", "Dropout", "Linear"])

    def test_a_fix_is_taken_back_by_undo_and_taken_again_by_redo(self):
        self.open()
        self.wait_until_ready()
        last = "#layers li:last-child"
        self.page.fill(f"{last} input[type=number]", "7")
        self.wait_for_text(f"{last} .problem", "3 units")
        self.page.click(f"{last} .fix")
        self.page.wait_for_selector("#train:not([disabled])")
        self.page.focus("#undo")
        self.page.keyboard.press("Control+z")
        self.assertEqual(self.page.input_value(f"{last} input[type=number]"), "7")
        self.wait_for_text(f"{last} .problem", "3 units")
        self.page.keyboard.press("Control+Shift+z")
        self.assertEqual(self.page.input_value(f"{last} input[type=number]"), "3")
        self.page.keyboard.press("Control+z")
        self.page.keyboard.press("Control+z")
        self.assertEqual(self.page.input_value(f"{last} input[type=number]"), "3")
        self.assertEqual(self.page.get_attribute("#undo", "aria-disabled"), "true")

    def test_a_column_is_taken_for_what_its_chip_says(self):
        self.open()
        rows = "".join(f"{n % 7},{n % 3},{'ab'[n % 2]}\n" for n in range(90))
        file = {"name": "zones.csv", "mimeType": "text/csv", "buffer": f"size,zone,y\n{rows}".encode()}
        self.page.set_input_files("#file", file)
        self.wait_for_text("#preview caption", "zones.csv")
        self.wait_for_text("#input-size", "2 inputs")
        zone = self.page.get_by_label("Type of zone")
        zone.select_option("category")
        self.wait_for_text("#input-size", "4 inputs")  # one for each of three zones
        self.page.get_by_label("Type of zone").select_option("ignored")
        self.wait_for_text("#input-size", "1 input")
        self.assertTrue(self.page.is_disabled("#columns input[name=zone]"))
        self.page.reload()
        self.wait_for_text("#input-size", "1 input")
        self.assertEqual(self.page.get_by_label("Type of zone").input_value(), "ignored")

    def test_words_are_explained_on_focus_and_hover_until_they_are_put_away(self):
        self.page.clock.install()
        self.open()
        tip = self.page.locator("#tip")
        self.tab_to("#epochs")
        self.assertIn("goes through all training rows", tip.inner_text())
        described = self.page.get_attribute("#epochs", "aria-describedby")
        self.assertIn("goes through all training rows", self.page.locator(f"#{described}").text_content())
        self.page.keyboard.press("Escape")
        self.assertTrue(tip.is_hidden())
        self.page.hover("label[for=batch_size]")
        tip.filter(has_text="for each step").wait_for()
        tip.hover()  # the pointer may rest on it
        self.page.clock.fast_forward(2000)
        self.assertTrue(tip.is_visible())
        self.page.hover("h1")
        tip.wait_for(state="hidden")

    def test_words_are_explained_to_fingers(self):
        self.context = self.new_visitor(has_touch=True, is_mobile=True)
        self.page = self.context.new_page()
        self.listen(self.page)
        self.open()
        for word, meaning in (("label[for=batch_size]", "for each step"), ("#layers .word", "Number of units")):
            self.page.locator(word).first.tap()
            self.wait_for_text("#tip", meaning)
            box, width = self.page.locator("#tip").bounding_box(), self.page.viewport_size["width"]
            self.assertGreaterEqual(box["x"], 0)
            self.assertLessEqual(box["x"] + box["width"], width)
        self.page.locator("h1").tap()
        self.page.wait_for_selector("#tip", state="hidden")
        self.assertFalse(self.page.is_visible("#tip"))

    def test_a_problem_is_shown_where_it_is(self):
        self.open()
        for name, value in (("epochs", "0"), ("patience", "-1")):
            self.page.evaluate("document.querySelectorAll('#setup details').forEach((one) => (one.open = true))")
            self.page.fill(f"#{name}", value)
            self.page.wait_for_selector(f"#{name}-problem.error")
            self.assertEqual(self.page.get_attribute(f"#{name}", "aria-invalid"), "true")
            self.assertTrue(self.page.is_disabled("#train"))
            self.page.fill(f"#{name}", "")
            self.page.wait_for_selector(f"#{name}-problem", state="detached")
        self.page.click("#show-all")
        self.page.select_option("#problem_type", "regression")
        self.wait_for_text("#target-problems .problem", "holds no numbers")

    def test_columns_may_be_called_anything(self):
        self.open()
        rows = "".join(f"{n % 7},{n % 5},{n % 3},{'ab'[n % 2]}\n" for n in range(90))
        table = f"constructor,__proto__,hasOwnProperty,toString\n{rows}".encode()
        self.page.set_input_files("#file", {"name": "names.csv", "mimeType": "text/csv", "buffer": table})
        self.wait_for_text("#preview caption", "names.csv")
        self.page.get_by_label("Target", exact=True).select_option("toString")
        self.page.get_by_label("Type of __proto__").select_option("category")
        self.wait_for_text("#input-size", "7 inputs")
        self.page.uncheck("#columns input[name=constructor]")
        self.wait_for_text("#input-size", "6 inputs")

    def test_a_newcomer_sees_what_is_needed_first_and_everything_when_asked(self):
        self.open()
        softplus = self.page.locator("#palette [data-name=Softplus]")
        self.assertFalse(softplus.is_visible())
        self.page.fill("#palette-search", "softpl")
        self.assertTrue(softplus.is_visible())  # who knows its name gets it
        self.page.fill("#palette-search", "")
        with self.page.expect_websocket() as opened:
            self.page.click("#show-all")
        opened.value.wait_for_event("close")
        self.assertTrue(softplus.is_visible())
        self.assertTrue(self.page.is_visible("#momentum"))
        self.page.reload()
        softplus.wait_for()
        self.assertTrue(self.page.is_visible("#momentum"))

    def test_nothing_jumps_while_the_page_loads(self):
        observe = """window.shift = 0;
          new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value)))
            .observe({ type: "layout-shift", buffered: true });"""
        for width in (360, 1280, 2560):
            page = self.new_visitor().new_page()
            page.set_viewport_size({"width": width, "height": 900})
            page.add_init_script(observe)
            page.goto(self.server.url)
            page.locator("#train-note").filter(has_text="learns").wait_for()
            self.assertLess(page.evaluate("window.shift"), MAX_SHIFT, width)
