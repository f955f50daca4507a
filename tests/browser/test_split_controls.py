"""How rows are divided and weighed, chosen in real Chromium: by controls that the table allows, and told by the run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.browser.browsing import BrowserTestCase, call

PATIENTS = 12
VISITS = 6
DAYS = [date(2023, 1, 1) + timedelta(days=n) for n in range(PATIENTS * VISITS)]


def visit(n: int) -> str:
    patient, part = n // VISITS, "test" if n % 5 == 0 else "train"
    outcome = "ill" if patient % 2 else "well"
    return f"P{patient:02},{DAYS[n].isoformat()},{n % 7 + patient},{1 + n % 3},{part},{outcome}\n"


VISITS_CSV = "patient,day,crp,times,part,outcome\n" + "".join(visit(n) for n in range(PATIENTS * VISITS))


class SplitControlsTests(BrowserTestCase):
    def open_visits(self) -> None:
        self.open()
        self.page.click("#show-all")
        file = {"name": "visits.csv", "mimeType": "text/csv", "buffer": VISITS_CSV.encode()}
        self.page.set_input_files("#file", file)
        self.wait_for_text("#preview caption", "visits.csv")
        self.page.select_option("#target", "outcome")

    def spec(self) -> dict[str, Any]:
        return call(self.page, "state", "toSpec")

    def wait_until_ready(self) -> None:
        call(self.page, "app", "settle")
        self.page.wait_for_selector("#train:not([disabled])")

    def train(self) -> None:
        self.wait_until_ready()
        self.page.fill("#epochs", "5")
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")

    def test_each_kind_of_split_offers_the_columns_that_it_can_go_by(self):
        self.open_visits()
        self.assertTrue(self.page.is_hidden("#split-column-field"))
        self.assertNotIn("split", self.spec())
        self.page.get_by_label("Split", exact=True).select_option("time")
        self.assertEqual(self.spec()["split"], {"kind": "time", "column": "day"})
        self.page.get_by_label("Split", exact=True).select_option("group")
        self.assertEqual(self.spec()["split"], {"kind": "group", "column": "patient"})
        self.assertIn("stay together", self.page.inner_text("#split-about"))
        columns = self.page.get_by_label("Split by column").locator("option").all_inner_texts()
        self.assertNotIn("outcome", columns)
        self.assertNotIn("day", columns)  # no two rows are of the same day
        self.page.get_by_label("Split", exact=True).select_option("given")
        self.assertEqual(self.spec()["split"], {"kind": "given", "column": "part"})
        self.page.get_by_label("Value of test rows").select_option("test")
        self.assertEqual(self.spec()["split"], {"kind": "given", "column": "part", "value": "test"})
        self.page.get_by_label("Split", exact=True).select_option("random")
        self.assertNotIn("split", self.spec())

    def test_a_run_by_groups_says_so_and_keeps_its_split(self):
        self.open_visits()
        self.page.get_by_label("Split", exact=True).select_option("group")
        self.page.get_by_label("Folds", exact=True).fill("3")
        self.train()
        self.wait_for_text("#run-target", "Target: outcome")
        self.wait_for_text("#folds-summary", "folds of the training rows")
        self.assertEqual(self.page.locator("#folds-rows tr").count(), 3)
        self.wait_for_text("#split-sentence", "in groups by 'patient'")
        self.page.click("#facts-box summary")
        self.wait_for_text("#facts", "by group: patient")
        self.page.reload()
        self.wait_for_text("#split-sentence", "in groups by 'patient'")
        self.assertEqual(self.page.input_value("#split"), "group")
        self.assertEqual(self.page.input_value("#split-column"), "patient")

    def upload_test_rows(self, name: str, text: str) -> None:
        file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        self.page.set_input_files("#split-file", file)

    def assert_fits(self) -> None:
        """Check that nothing of the page or of the split is wider than the window."""
        widths = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        self.assertLessEqual(widths[0], widths[1])
        for selector in ("#split", "#split-table", "#split-file"):
            box = self.page.locator(selector).bounding_box()
            self.assertGreater(box["width"], 100, selector)
            self.assertLessEqual(box["x"] + box["width"], widths[1], selector)

    def test_a_second_table_has_the_test_rows(self):
        self.open()
        self.page.click("#show-all")
        self.assertEqual(self.page.locator("#split option[value=table]").count(), 0)  # IRIS has no second table
        lines = VISITS_CSV.splitlines(keepends=True)
        file = {"name": "visits.csv", "mimeType": "text/csv", "buffer": "".join(lines[:61]).encode()}
        self.page.set_input_files("#file", file)
        self.wait_for_text("#preview caption", "visits.csv")
        self.page.select_option("#target", "outcome")
        self.page.get_by_label("Split", exact=True).select_option("second table")
        self.assertIn("Until you choose one", self.page.inner_text("#split-about"))
        self.assertNotIn("split", self.spec())

        self.upload_test_rows("empty.csv", "")
        self.wait_for_text("#split-table-error", "empty")
        self.complaints = [text for text in self.complaints if "400" not in text]  # its own note
        self.upload_test_rows("others.csv", "size,outcome\n1,ill\n2,well\n3,ill\n")
        self.wait_for_text("[data-setting=split-table]", "lacks 'patient'")
        self.assertTrue(self.page.is_hidden("#split-table-error"))
        self.assertEqual(self.page.get_attribute("#split-table", "aria-invalid"), "true")
        self.upload_test_rows("later.csv", "".join([lines[0], *lines[61:]]))
        self.wait_until_ready()
        chosen = self.page.locator("#split-table option:checked").inner_text()
        self.assertEqual(chosen, "later.csv, 12 rows")
        self.assertEqual(self.page.locator("[data-setting=split-table]").count(), 0)
        for width in (1280, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.assert_fits()
        self.train()
        self.wait_for_text("#split-sentence", "The test rows are the 12 rows of a second table.")
        self.assertEqual(self.spec()["split"]["kind"], "given")

        offered = self.page.get_by_label("Table of test rows").locator("option").all_inner_texts()
        self.assertEqual(sorted(offered), ["choose a table", "later.csv, 12 rows", "others.csv, 3 rows"])
        self.page.get_by_label("Table of test rows").select_option(label="others.csv, 3 rows")
        self.wait_for_text("[data-setting=split-table]", "lacks 'patient'")
        self.page.get_by_label("Split", exact=True).select_option("random")
        self.assertTrue(self.page.is_hidden("#split-table-field"))
        self.assertNotIn("split", self.spec())

    def test_a_target_is_no_column_to_split_or_to_weigh_by(self):
        self.open_visits()
        self.page.get_by_label("Split", exact=True).select_option("group")
        self.page.get_by_label("Weight column").select_option("times")
        self.assertEqual(self.spec()["weight"], "times")
        self.page.get_by_label("Target", exact=True).select_option("patient")
        self.assertNotIn("split", self.spec())
        self.page.get_by_label("Target", exact=True).select_option("times")
        self.assertNotIn("weight", self.spec())

    def test_class_weights_are_for_classical_models_that_tell_classes_apart(self):
        self.open_visits()
        self.wait_until_ready()
        self.assertTrue(self.page.is_hidden("#class_weight"))
        self.page.click("#kind-estimator")
        self.wait_until_ready()
        self.page.get_by_label("Class weight").select_option("balanced")
        self.assertEqual(self.spec()["class_weight"], "balanced")
        self.page.get_by_label("Target", exact=True).select_option("crp")
        self.page.select_option("#problem_type", "regression")
        self.page.wait_for_selector("#class-weight-field", state="hidden")
        self.assertNotIn("class_weight", self.spec())

    def test_a_link_carries_the_split_of_a_built_in_table(self):
        self.open()
        self.page.click("#show-all")
        self.page.click(".card:has-text('WINE')")
        self.wait_for_text("#preview caption", "WINE")
        self.page.get_by_label("Split", exact=True).select_option("time")
        self.page.fill("#folds", "4")
        split = self.spec()["split"]
        self.page.click("#copy-link")
        self.page.wait_for_selector("#link-box:not([hidden])")
        elsewhere = self.new_visitor().new_page()
        self.listen(elsewhere)
        elsewhere.goto(self.page.input_value("#copied-link"))
        elsewhere.locator("#preview caption").filter(has_text="WINE").wait_for()
        spec = call(elsewhere, "state", "toSpec")
        self.assertEqual((spec["split"], spec["folds"]), (split, 4))
        self.assertTrue(elsewhere.is_visible("#split-column"))  # what is chosen is seen, also by a newcomer
