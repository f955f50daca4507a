"""The results of a finished run on its page, in real Chromium."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase
from tests.training.texts import write_reviews

CHARTS = ("roc", "precision-recall", "calibration", "residuals", "residual-histogram")


class ResultTests(BrowserTestCase):
    def train(self) -> None:
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")

    def upload(self, text: str) -> None:
        file = {"name": "labels.csv", "mimeType": "text/csv", "buffer": text.encode()}
        self.page.set_input_files("#file", file)
        self.wait_for_text("#preview caption", "labels.csv")

    def wait_for_charts(self, *names: str) -> None:
        for name in names:
            self.page.wait_for_selector(f"#{name}-chart .main-svg")
        shown = [name for name in CHARTS if self.page.is_visible(f"#{name}-chart")]
        self.assertEqual(shown, list(names))

    def count_traces(self, name: str) -> int:
        return self.page.evaluate(f"document.querySelector('#{name}-chart').data.length")

    def colors_of(self, name: str) -> dict[str, str]:
        traces = self.page.evaluate(f"document.querySelector('#{name}-chart').data.map((t) => [t.name, t.line.color])")
        return {label: color for label, color in traces if label != "baseline"}

    def test_a_classification_is_shown_class_by_class(self):
        self.open()
        self.train()
        self.assertRegex(
            self.page.inner_text("#sentence"), r"^Accuracy \d+\.\d% on 30 test rows, \d+\.\d points better"
        )
        names = self.page.locator("#classes th").all_inner_texts()
        self.assertEqual(names, ["setosa", "versicolor", "virginica"])
        self.assertEqual(self.page.locator("#classes td:last-child").all_inner_texts(), ["10", "10", "10"])
        self.wait_for_charts("roc", "precision-recall", "calibration")
        self.assertEqual(self.count_traces("roc"), 4)  # three classes and the baseline
        self.assertEqual(self.count_traces("precision-recall"), 3)
        colors = self.colors_of("precision-recall")
        self.assertEqual(self.colors_of("roc"), colors)
        self.assertEqual((set(colors), len(set(colors.values()))), (set(names), 3))
        self.assertEqual(self.page.locator("#classes th .swatch").count(), 3)

    def test_a_regression_is_shown_by_its_residuals(self):
        self.open()
        self.page.click(".card:has-text('DIABETES')")
        self.wait_for_text("#layers li:last-child .shape", "→ 1")
        self.train()
        self.wait_for_charts("residuals", "residual-histogram")
        self.assertTrue(self.page.is_hidden("#classes-box"))
        points = self.page.evaluate("document.querySelector('#residuals-chart').data[1].x.length")
        counted = self.page.evaluate("document.querySelector('#residual-histogram-chart').data[0].y")
        self.assertEqual(points, sum(counted))

    def test_the_next_run_shows_only_its_own_results(self):
        self.open()
        self.train()
        self.wait_for_charts("roc", "precision-recall", "calibration")
        self.page.click(".card:has-text('DIABETES')")
        self.wait_for_text("#layers li:last-child .shape", "→ 1")
        self.train()
        self.wait_for_charts("residuals", "residual-histogram")
        self.assertTrue(self.page.is_hidden("#confusion-box"))

    def test_labels_are_text_in_tables_and_charts(self):
        labels = ("<b>bold</b>", '<a href="https://example.com">x</a>', "=1+1")
        quoted = ['"' + label.replace('"', '""') + '"' for label in labels]
        self.open()
        self.upload("x,label\n" + "".join(f"{n % 3 + n / 1000},{quoted[n % 3]}\n" for n in range(150)))
        self.train()
        self.wait_for_charts("roc", "precision-recall", "calibration")
        self.assertEqual(set(self.page.locator("#classes th").all_inner_texts()), set(labels))
        self.assertEqual(self.page.locator("#results b, #results a[href*='example.com']").count(), 0)

    def test_of_many_classes_the_most_confused_are_shown(self):
        self.open()
        self.upload("x,label\n" + "".join(f"{n % 45},class {n % 45}\n" for n in range(450)))
        self.page.fill("#epochs", "2")
        self.train()
        self.assertEqual(self.page.locator("#confusion tbody tr").count(), 40)
        self.wait_for_text("#confusion-note", "The 40 of 45 classes with the most mistakes.")
        self.assertEqual(self.page.locator("#classes tr").count(), 45)

    def test_feature_importance_arrives_after_the_result(self):
        self.open()
        self.train()
        self.page.wait_for_selector("#insights th")
        names = self.page.locator("#insights th").all_inner_texts()
        self.assertEqual(len(names), 4)
        self.assertIn("petal", names[0])

    def test_a_text_is_written_in_a_field_of_its_own_and_its_words_are_shown_with_their_weight(self):
        self.open()
        self.upload(write_reviews(200))
        self.page.select_option("#target", "label")
        self.page.wait_for_selector("#train:not([disabled])")
        self.train()
        self.page.wait_for_selector("#insights-terms th")
        self.assertEqual(self.page.inner_text("#insights-terms h4"), "Most important words in review")
        self.assertEqual(self.page.locator("#insights-terms tr").count(), 20)
        labels = set(self.page.locator("#insights-terms td:nth-child(2)").all_inner_texts())
        self.assertEqual(labels, {"good", "bad"})
        self.page.click("#tryit-box > summary")
        self.page.wait_for_selector("#tryit-answer strong")
        field = "#tryit-fields textarea[name='review']"
        self.page.fill(field, "Honestly, the soup was wonderful. It made us smile.")
        self.wait_for_text("#tryit-answer strong", "good")
        self.page.fill(field, "Honestly, the soup was dreadful. A waste of money.")
        self.wait_for_text("#tryit-answer strong", "bad")

    def test_a_cell_of_the_confusion_matrix_opens_the_rows_behind_it(self):
        self.open()
        self.page.click(".card:has-text('DIGITS')")
        self.wait_for_text("#layers li:last-child .shape", "→ 10")
        self.page.fill("#epochs", "3")
        self.train()
        self.page.wait_for_selector("#insights th")
        cell = self.page.locator("#confusion td.right button").first
        count = int(cell.inner_text())
        self.assertGreater(count, 20)
        cell.click()
        self.wait_for_text("#cell-rows h3", f"{count} test rows: actual 0, predicted 0")
        self.assertEqual(self.page.locator("#cell-rows tbody tr").count(), 20)
        self.page.click("#cell-rows button")
        self.page.wait_for_function(f"document.querySelectorAll('#cell-rows tbody tr').length === {count}")
        self.assertEqual(set(self.page.locator("#cell-rows tbody td:last-child").all_inner_texts()), {"0"})

    def test_a_column_may_be_called_as_forms_call_their_own_things(self):
        self.open()
        self.upload("length,item,kind\n" + "".join(f"{n},{n % 7},{'ab'[n > 60]}\n" for n in range(120)))
        self.page.select_option("#target", "kind")
        self.page.wait_for_selector("#train:not([disabled])")
        self.train()
        self.page.click("#tryit-box > summary")
        self.page.wait_for_selector("#tryit-answer strong")
        names = self.page.locator("#tryit-fields input").evaluate_all("(all) => all.map((one) => one.name)")
        self.assertEqual(names, ["length", "item"])
        for value, kind in (("110", "b"), ("5", "a")):
            self.page.fill("#tryit-fields input[name='length']", value)
            self.wait_for_text("#tryit-answer strong", kind)
            self.assertEqual(self.page.inner_text("#tryit-answer strong"), kind)

    def test_shares_and_small_numbers_are_formatted_readably(self):
        self.open()
        # The address has a hash. By another address the module would be loaded twice, and define its elements again.
        written = self.page.evaluate("""async () => {
          const addresses = performance.getEntriesByType("resource").map((entry) => entry.name);
          const address = addresses.find((one) => /[/]ui[/]dom([.][0-9a-f]+)?[.]js$/.test(one));
          const { formatNumber, formatShare } = await import(address);
          return [formatShare(0.9625), formatShare(1), ...[2.2e-17, 0.00001, 0].map((value) => formatNumber(value, 2))];
        }""")
        self.assertEqual(written, [f"{96.25:.1f} %", "100.0 %", "2.2e-17", "0.00001", "0"])

    def test_a_slider_shows_other_thresholds_and_trains_with_one(self):
        self.open()
        self.page.click(".card:has-text('BREAST CANCER')")
        self.wait_for_text("#layers li:last-child .shape", "→ 2")
        self.page.fill("#epochs", "3")
        self.train()
        self.assertEqual(self.page.inner_text("#threshold-positive"), "malignant")
        matrix = "[...document.querySelectorAll('#threshold-matrix tbody td')].map((cell) => Number(cell.innerText))"
        before = self.page.evaluate(matrix)
        self.page.fill("#threshold-slider", "1")
        after = self.page.evaluate(matrix)
        self.assertEqual(sum(before), sum(after))
        self.assertGreaterEqual(after[3], before[3])
        self.assertGreater(after[1], before[1])
        self.page.click("#threshold-train")
        self.page.wait_for_function("document.getElementById('results').hidden")
        self.page.wait_for_selector("#results:not([hidden])")
        cells = "[...document.querySelectorAll('#confusion tbody td')].map((cell) => Number(cell.innerText))"
        self.assertEqual(self.page.evaluate(cells), self.page.evaluate(matrix))
        self.assertEqual(self.page.inner_text("#threshold-value"), "0.01")
        self.assertTrue(self.page.is_disabled("#threshold-train"))

    def test_a_prediction_is_explained_by_contributions_of_features(self):
        self.open()
        self.train()
        self.page.click("#tryit-box > summary")
        self.page.wait_for_selector("#tryit-answer strong")
        self.assertEqual(self.page.locator("#tryit-why tr").count(), 0)
        self.page.check("#tryit-explain")
        self.page.wait_for_selector("#tryit-why tbody tr")
        names = self.page.locator("#tryit-why tbody tr:not(.sum) th").all_inner_texts()
        self.assertEqual(set(names), {"sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"})
        self.assertIn("estimated", self.page.inner_text("#tryit-why p"))
        self.page.uncheck("#tryit-explain")
        self.page.wait_for_function("document.querySelectorAll('#tryit-why tr').length === 0")
