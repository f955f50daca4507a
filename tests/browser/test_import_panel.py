"""How a file is read is seen and chosen in real Chromium: its lines, the options, and what was noticed."""

from __future__ import annotations

from typing import Any

from tests.browser.browsing import BrowserTestCase, call

WARD_CSV = "Ward report 2023\nage;mass;sex;outcome\n" + "".join(
    f"{40 + n % 30};{50 + n % 37},5;{'fm'[n % 2]};{('home', 'ward', 'hospice')[n % 3]}\n" for n in range(60)
)
PLACES_CSV = "site;size;shade\n" + "".join(f"{n % 5};{n % 7};{('low', 'medium', 'high')[n % 3]}\n" for n in range(60))
SUPPLEMENTS_CSV = "age,dose,reaction\n" + "".join(
    f"{20 + n},{n % 9},{('None', 'Mild', 'Severe')[n % 3]}\n" for n in range(60)
)


class ImportPanelTests(BrowserTestCase):
    def upload(self, text: str, name: str = "ward.csv", encoding: str = "utf-8") -> None:
        self.open()
        file = {"name": name, "mimeType": "text/csv", "buffer": text.encode(encoding)}
        self.page.set_input_files("#file", file)
        self.wait_for_text("#preview caption", name)

    def open_panel(self) -> None:
        self.page.wait_for_selector("#reading:not([hidden])")
        if not self.page.evaluate("document.querySelector('#reading').open"):
            self.page.click("#reading > summary")

    def spec(self) -> dict[str, Any]:
        return call(self.page, "state", "toSpec")

    def list_columns(self) -> list[str]:
        return self.page.locator("#preview thead th").all_inner_texts()

    def wait_for_columns(self, *names: str) -> None:
        wanted = list(names)
        read = "[...document.querySelectorAll('#preview thead th')].map((head) => head.textContent)"
        self.page.wait_for_function(f"(wanted) => JSON.stringify({read}) === JSON.stringify(wanted)", arg=wanted)

    def test_a_built_in_table_was_read_from_no_file(self):
        self.open()
        self.assertTrue(self.page.is_hidden("#reading"))

    def test_the_lines_and_what_was_detected_are_shown(self):
        self.upload(WARD_CSV)
        self.open_panel()
        lines = self.page.locator("#reading-lines tr")
        self.assertEqual(lines.nth(0).inner_text().split("\t")[:2], ["1", "Ward report 2023"])
        self.assertIn("skipped", lines.nth(0).inner_text())
        self.assertIn("header", lines.nth(1).inner_text())
        self.assertEqual(self.page.get_by_label("Delimiter", exact=True).input_value(), ";")
        self.assertEqual(self.page.get_by_label("Decimal mark", exact=True).input_value(), ",")
        self.assertEqual(self.page.get_by_label("Header row", exact=True).input_value(), "2")
        self.assertEqual(self.page.inner_text("#reading-delimiter-state"), "detected")
        self.assertEqual(self.list_columns(), ["age", "mass", "sex", "outcome"])
        self.assertNotIn("reading", self.spec())

    def test_another_choice_is_read_at_once_and_detected_again(self):
        self.upload(WARD_CSV)
        self.open_panel()
        self.page.get_by_label("Header row", exact=True).fill("1")
        self.wait_for_text("#reading-header_row-state", "chosen by you")
        self.wait_for_text("#preview thead", "Ward report 2023")
        self.assertEqual(self.spec()["reading"], {"header_row": 1})
        self.page.get_by_role("button", name="Detect again: Header row").click()
        self.wait_for_columns("age", "mass", "sex", "outcome")
        self.assertNotIn("reading", self.spec())

    def test_what_is_chosen_stays_and_is_told_by_the_run(self):
        self.upload(WARD_CSV)
        self.open_panel()
        self.page.get_by_label("Missing values", exact=True).select_option("own")
        self.page.get_by_label("Texts that mean that there is no value").fill("hospice")
        self.wait_for_text("#reading-missing-state", "chosen by you")
        self.wait_for_text("#preview td.missing", "missing")
        self.page.reload()
        self.wait_for_text("#reading-missing-state", "chosen by you")
        self.assertEqual(self.spec()["reading"], {"missing": ["hospice"]})
        self.page.get_by_label("Target", exact=True).select_option("outcome")
        call(self.page, "app", "settle")
        self.page.wait_for_selector("#train:not([disabled])")
        self.page.fill("#epochs", "3")
        self.page.click("#train")
        self.page.wait_for_selector("#results:not([hidden])")
        self.assertEqual(self.page.locator("#confusion tbody tr").count(), 2)
        self.page.click("#facts-box summary")
        self.wait_for_text("#facts", "Missing values: hospice")

    def test_an_option_that_is_refused_is_marked_and_the_table_stays(self):
        self.upload(WARD_CSV)
        self.open_panel()
        self.page.get_by_label("Skipped lines", exact=True).fill("two")
        self.wait_for_text("#reading-skip_rows-problem", "line numbers")
        self.assertNotIn("reading", self.spec())
        self.page.get_by_label("Encoding", exact=True).fill("klingon")
        self.wait_for_text("#reading-encoding-problem", "klingon")
        self.assertEqual(self.page.get_attribute("#reading-encoding", "aria-invalid"), "true")
        self.assertEqual(self.list_columns(), ["age", "mass", "sex", "outcome"])
        self.page.wait_for_selector("#train[disabled]")
        self.page.click("#reading-reset")
        self.page.wait_for_selector("#reading-encoding-problem", state="hidden")

    def test_a_file_that_cannot_be_read_as_detected_is_read_again_with_another_option(self):
        self.open()
        rows = "".join(f"{n},{n % 2},x\n" for n in range(20))
        file = {"name": "wide.csv", "mimeType": "text/csv", "buffer": f"a,b,y\n{rows}1,2,3,4,5\n".encode()}
        self.page.set_input_files("#file", file)
        self.page.get_by_label("Skipped lines").fill("22")
        self.assertIn("22", self.page.inner_text("#data-error"))
        self.page.get_by_role("button", name="Read it again").click()
        self.wait_for_text("#preview caption", "wide.csv: the first 5 of 20 rows")
        self.assertEqual(self.spec()["reading"], {"skip_rows": [22]})
        self.assertTrue(self.page.is_hidden("#data-error"))
        self.complaints = [text for text in self.complaints if "400" not in text]  # its own note

    def test_choices_for_columns_that_are_gone_are_forgotten_and_said_so(self):
        self.upload(WARD_CSV)
        self.page.get_by_label("Target", exact=True).select_option("outcome")
        self.page.get_by_label("Type of sex").select_option("ignored")
        self.open_panel()
        self.page.get_by_label("Delimiter", exact=True).select_option("|")
        self.wait_for_text("#reading-lost", "no column")
        self.assertEqual(self.spec().get("column_types"), None)
        self.assertEqual(self.spec().get("target"), None)
        self.page.click("#undo")
        self.wait_for_columns("age", "mass", "sex", "outcome")
        self.assertEqual(self.spec()["target"], "outcome")
        self.assertEqual(self.spec()["column_types"], {"sex": "ignored"})

    def test_what_only_a_person_can_decide_is_a_choice_of_buttons(self):
        self.upload(SUPPLEMENTS_CSV, "supplements.csv")
        self.page.get_by_label("Target", exact=True).select_option("dose")
        self.page.get_by_label("Type of age").select_option("category")
        note = self.page.locator("#data-notes li").filter(has_text="'reaction'")
        note.get_by_role("button", name="missing").click()
        note.wait_for(state="detached")  # it is settled
        chip = self.page.get_by_role("group", name="reaction", exact=True)
        chip.get_by_text("20 missing").wait_for()
        chosen = {"age": "category", "reaction": {"missing": ["None"]}}
        self.assertEqual(self.spec()["column_types"], chosen)  # beside what was chosen before
        chip.get_by_label("Type of reaction").select_option("ignored")
        whole = {**chosen, "reaction": {"missing": ["None"], "type": "ignored"}}
        self.assertEqual(self.spec()["column_types"], whole)
        self.page.get_by_role("button", name="Undo what is chosen for reaction").click()
        self.assertEqual(self.spec()["column_types"], {"age": "category", "reaction": "ignored"})
        note.wait_for()

    def test_a_target_is_suggested_by_its_name_and_kept_or_asked_for(self):
        self.upload(WARD_CSV)
        self.wait_for_text("#target-note", "Suggested target: outcome")
        self.assertNotIn("target", self.spec())
        self.page.click("#target-note button")
        self.page.wait_for_selector("#target-note", state="hidden")
        self.assertEqual(self.spec()["target"], "outcome")
        self.upload(PLACES_CSV, "places.csv")
        self.wait_for_text("#target-note", "Choose the column to predict")
        self.wait_for_text("#train-note", "Choose the target first")
        self.assertTrue(self.page.is_disabled("#train"))
        self.page.get_by_label("Target", exact=True).select_option("shade")
        self.page.wait_for_selector("#train:not([disabled])")
        self.assertTrue(self.page.is_hidden("#target-note"))

    def test_the_order_of_levels_is_changed_by_keyboard(self):
        self.upload(PLACES_CSV, "places.csv")
        self.page.get_by_label("Target", exact=True).select_option("size")
        self.page.locator(".levels summary").focus()
        self.page.keyboard.press("Enter")
        levels = "details.levels[open] li span"
        before = self.page.locator(levels).all_inner_texts()
        self.page.get_by_role("button", name=f"Move {before[2]} earlier, shade").focus()
        self.page.keyboard.press("Enter")
        order = [before[0], before[2], before[1]]
        self.assertEqual(self.spec()["column_types"], {"shade": {"order": order}})
        self.assertEqual(self.page.locator(levels).all_inner_texts(), order)
        self.assertEqual(self.page.evaluate("document.activeElement.dataset.column"), "shade")
        self.page.get_by_role("button", name="Usual order").click()
        self.assertNotIn("column_types", self.spec())
