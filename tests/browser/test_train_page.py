"""The page in real Chromium, as a newcomer uses it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.browsing import BrowserTestCase
from tests.proxy import Proxy

MAX_DRAWN = 2000  # points of a curve, as in charts.js; of more, some are left out
CITIES = ("Bern", "Zürich", "", "Genf")


def passenger(n: int) -> str:
    survived = n % 3 == 0 or n % 4 == 1
    age = "" if n % 6 == 0 else str(18 + n * 7 % 60)
    fare = "" if n % 11 == 0 else f"{10 + 80 * survived + n % 9}.5"
    return f'{n},"Passenger, No. {n}",{age},{CITIES[n % 4]},{fare},{"yes" if survived else "no"}\n'


MESSY_CSV = "id,name,age,city,fare,survived\n" + "".join(passenger(n) for n in range(240))


class TrainPageTests(BrowserTestCase):
    def start_long_run(self) -> None:
        """Of many steps an epoch, each of a wide layer, and of no more epochs than a chart draws one by one."""
        self.page.click(".card:has-text('DIGITS')")
        self.wait_for_text("#layers li:last-child .shape", "→ 10")
        self.page.fill("#layers li:first-child input[type=number]", "256")
        self.page.fill("#epochs", str(MAX_DRAWN))
        self.page.fill("#batch_size", "1")
        self.page.click("#train")
        self.wait_for_epochs(3)

    def wait_for_epochs(self, count: int) -> None:
        self.page.wait_for_function(f"Number(document.querySelector('#epoch-count').textContent) >= {count}")

    def wait_for_points(self, count: int, chart: str = "#loss-chart") -> None:
        self.page.wait_for_function(f"document.querySelector('{chart}').data?.[0].x.length >= {count}")

    def count_epochs(self) -> int:
        return int(self.page.inner_text("#epoch-count"))

    def wait_until_done(self) -> None:
        self.page.wait_for_selector("#results:not([hidden])")

    def upload(self, text: str, name: str = "passengers.csv") -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text)
            self.page.set_input_files("#file", path)
            self.page.wait_for_selector("#drop:not([aria-busy])")

    def test_a_first_model_in_one_click(self):
        self.open()
        self.page.click("#train")
        self.wait_until_done()
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "run-title")
        self.page.wait_for_function("Math.abs(document.getElementById('run').getBoundingClientRect().top) < 40")
        self.assertRegex(self.page.url, r"/runs/[0-9a-f-]{36}/$")
        self.assertRegex(self.page.inner_text("#headline"), r"^\d+\.\d % accuracy .*; baseline 33\.3 %")
        self.assertEqual(self.page.inner_text("#epoch-count"), "100")
        cells = self.page.locator("#confusion tbody td").all_inner_texts()
        self.assertEqual(sum(map(int, cells)), 30)
        self.wait_for_text("#artifacts", "accuracy.png")
        for chart in ("#loss-chart", "#accuracy-chart"):
            self.wait_for_points(100, chart)
            points = self.page.evaluate(f"document.querySelector('{chart}').data[0].x.length")
            self.assertEqual(points, 100)
            building = self.page.locator(f"{chart} .main-svg").first.bounding_box()
            self.assertLessEqual(building["width"], self.page.locator(chart).bounding_box()["width"] + 1)

    def test_every_file_can_be_taken_home(self):
        self.open()
        self.page.click("#train")
        self.wait_until_done()
        for name in ("model.pt", "results.csv", "loss.png", "accuracy.png"):
            with self.page.expect_download() as download:
                self.page.click(f"#artifacts a:text-is('{name}')")
            self.assertEqual(download.value.suggested_filename, name)
            self.assertGreater(Path(download.value.path()).stat().st_size, 500)

    def test_a_csv_with_missing_values_and_categories_is_dropped_and_trained(self):
        self.open()
        self.upload(MESSY_CSV)
        self.wait_for_text("#preview caption", "passengers.csv: the first 5 of 240 rows")
        self.assertEqual(self.page.input_value("#target"), "survived")
        chips = self.page.locator("#columns .chip").all_inner_texts()
        self.assertTrue(any("age" in chip and "40 missing" in chip for chip in chips), chips)
        self.assertEqual(self.page.get_by_label("Type of name").input_value(), "identifier")  # no two are alike
        self.assertFalse(self.page.is_checked("#columns input[name='name']"))
        self.assertEqual(self.page.inner_text("#preview td.missing >> nth=0"), "missing")
        self.page.uncheck("#columns input[name='id']")
        self.wait_for_text("#layers li:last-child .shape", "→ 2")  # the output follows the new target
        self.page.click("#train")
        self.wait_until_done()
        self.assertIn("'no'", self.page.inner_text("#sentence"))
        accuracy = float(self.page.inner_text("#headline strong").removesuffix(" %"))
        self.assertGreater(accuracy, 80)

    def test_a_dropped_file_is_uploaded_too(self):
        self.open()
        self.page.evaluate(
            """(text) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
              const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true });
              document.querySelector("#drop").dispatchEvent(drop);
            }""",
            MESSY_CSV,
        )
        self.wait_for_text("#preview caption", "dropped.csv")
        self.assertEqual(self.page.locator("#target option[value='survived']").count(), 1)
        self.assertGreater(self.page.locator("#preview tbody tr").count(), 1)

    def test_what_is_no_table_is_answered_with_what_to_do(self):
        self.open()
        self.upload("a,b,c\n", "empty.csv")
        self.wait_for_text("#data-error", "no rows")
        self.assertIn("Add rows", self.page.inner_text("#data-error"))
        self.complaints = [text for text in self.complaints if "400" not in text]  # its own note

    def test_hostile_headers_and_cells_are_text(self):
        self.open()
        attack = '<img src=x onerror="window.hacked=1">'
        lines = "".join(f'"<script>window.hacked=1</script>",{n % 7},{"ab"[n % 2]}\n' for n in range(40))
        self.upload(f'"{attack.replace(chr(34), chr(34) * 2)}",b,y\n{lines}', "<b>x.csv")
        self.wait_for_text("#preview th", attack)
        self.wait_for_text("#preview td", "<script>window.hacked=1</script>")
        self.page.click("#train")
        self.wait_until_done()
        self.assertIsNone(self.page.evaluate("window.hacked ?? null"))

    def test_shapes_and_problems_appear_while_editing_and_a_fix_is_one_click(self):
        self.open()
        self.wait_for_text("#layers li:first-child .shape", "→ 16 · 80 parameters")
        self.page.fill("#layers li:last-child input[type=number]", "7")
        self.wait_for_text("#layers li:last-child .problem", "3 units")
        self.assertTrue(self.page.is_disabled("#train"))
        self.page.click("#layers li:last-child .fix")
        self.page.wait_for_selector("#train:not([disabled])")
        self.wait_for_text("#layers li:last-child .shape", "→ 3")
        self.assertEqual(self.page.input_value("#layers li:last-child input[type=number]"), "3")

    def test_a_convolution_gets_its_image_by_fixes_and_its_window_is_edited_as_a_pair(self):
        self.open()
        self.page.click(".card:has-text('DIGITS')")
        self.wait_for_text("#layers li:last-child .shape", "→ 10")
        self.page.click("#palette button:text-is('+ Conv2d')")
        names = "#layers li .layer > strong"
        while self.page.locator(names).all_inner_texts()[0] == "Linear":
            self.page.click("#layers li:first-child [aria-label^='Remove']")  # the hidden layers
        while len(names_now := self.page.locator(names).all_inner_texts()) > 2:
            self.page.click(f"#layers li:nth-child({names_now.index('ReLU') + 1}) [aria-label^='Remove']")
        self.assertEqual(names_now, ["Conv2d", "Linear"])
        self.page.click("#layers li:nth-child(1) .fix")
        self.wait_for_text("#layers li:nth-child(1)", "Unflatten")
        self.assertEqual(self.page.input_value("#layers input[aria-label^='Shape']"), "1, 8, 8")
        self.page.click("#layers li:nth-child(3) .fix:has-text('Fix') >> nth=0")
        self.page.fill("#layers input[aria-label^='Kernel size']", "3, 5")
        self.wait_for_text("#layers li:nth-child(2) .shape", "→ 8 × 6 × 4")
        self.page.fill("#layers input[aria-label^='Kernel size']", "4")
        self.wait_for_text("#layers li:nth-child(2) .shape", "→ 8 × 5 × 5")

    def test_layers_are_added_moved_and_removed_with_the_keyboard(self):
        self.open()
        self.page.focus("#palette button:text('BatchNorm1d')")
        self.page.keyboard.press("Enter")
        names = "#layers li .layer > strong"
        self.assertEqual(self.page.locator(names).all_inner_texts(), ["Linear", "ReLU", "BatchNorm1d", "Linear"])
        self.page.focus("#layers li:nth-child(3) .up")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.page.locator(names).all_inner_texts(), ["Linear", "BatchNorm1d", "ReLU", "Linear"])
        self.page.focus("#layers li:nth-child(2) [aria-label^='Remove']")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.page.locator(names).all_inner_texts(), ["Linear", "ReLU", "Linear"])

    def test_a_classical_model_is_trained_too(self):
        self.open()
        self.page.check("#kind-estimator")
        self.page.select_option("#estimator", "LogisticRegression")
        self.page.click("#train")
        self.wait_until_done()
        self.wait_for_text("#artifacts", "model.skops")
        self.assertTrue(self.page.is_hidden("#curves figure"))  # of a single step there is no curve

    def test_a_table_with_other_classes_takes_the_output_layer_along(self):
        self.open()
        self.page.click(".card:has-text('DIABETES')")
        self.wait_for_text("#layers li:last-child .shape", "→ 1")
        self.page.click("#train")
        self.wait_until_done()
        self.assertIn("R²", self.page.inner_text("#headline"))

    def test_stop_stops_and_keeps_the_curves(self):
        self.open()
        self.start_long_run()
        self.page.click("#stop")
        self.wait_for_text("#status", "Stopped after")
        self.assertGreater(self.count_epochs(), 2)
        self.wait_for_points(self.count_epochs())

    def test_a_reload_in_the_middle_goes_on_with_every_epoch_once(self):
        self.open()
        self.start_long_run()
        before = self.count_epochs()
        self.page.reload()
        self.wait_for_epochs(before + 10)
        self.assert_each_epoch_once()
        self.page.click("#stop")
        self.wait_for_text("#status", "Stopped after")
        self.assert_each_epoch_once()

    def test_a_cut_connection_is_said_and_mended_with_every_epoch_once(self):
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.open(base=proxy.url)
        self.start_long_run()
        proxy.cut()
        self.page.wait_for_selector("#offline:not([hidden])")
        self.assert_each_epoch_once()
        self.wait_for_text("#status", "no news for")
        self.assertNotIn("left", self.page.inner_text("#status"))
        seen = self.count_epochs()
        proxy.mend()
        self.page.wait_for_selector("#offline", state="hidden")
        self.wait_for_epochs(seen + 10)
        self.assert_each_epoch_once()
        self.page.click("#stop")
        self.wait_for_text("#status", "Stopped after")
        self.complaints = [text for text in self.complaints if "WebSocket connection" not in text]

    def test_a_strangers_run_is_not_shown(self):
        self.open()
        self.page.click("#train")
        self.wait_until_done()
        stranger = self.new_visitor().new_page()
        response = stranger.goto(self.page.url)
        self.assertEqual(response.status, 404)
        self.assertIn("no such run", stranger.inner_text("main"))

    def test_the_setup_is_kept_through_a_reload(self):
        self.open()
        self.page.fill("#epochs", "7")
        self.page.click(".card:has-text('WINE')")
        self.wait_for_text("#preview caption", "WINE")
        self.page.reload()
        self.wait_for_text("#preview caption", "WINE")
        self.assertEqual(self.page.input_value("#epochs"), "7")

    def test_narrow_and_wide_screens_have_no_sideways_scroll_in_light_and_dark(self):
        for width, scheme in ((360, "light"), (360, "dark"), (1280, "dark"), (2560, "light")):
            with self.subTest(width=width, scheme=scheme):
                page = self.new_visitor(color_scheme=scheme).new_page()
                page.set_viewport_size({"width": width, "height": 900})
                self.listen(page)
                page.goto(self.server.url)
                page.wait_for_selector("#columns .chip")
                page.click("#train")
                page.wait_for_selector("#results:not([hidden])")
                page.wait_for_selector("#accuracy-chart .main-svg")
                overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.assertLessEqual(overflow, 0)

    def assert_each_epoch_once(self) -> None:
        """Check that each epoch that has arrived is in the chart once. Waits until the chart has drawn them."""
        self.wait_for_points(self.count_epochs())
        epochs = self.page.evaluate("document.querySelector('#loss-chart').data[0].x")
        self.assertEqual(epochs, list(range(1, len(epochs) + 1)))
