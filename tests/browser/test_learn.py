"""The Learn pages in real Chromium: read, answered, earned, and a lab from its question to its points."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.browsing import BrowserTestCase

MODULE = "/learn/loss-and-gradient-descent/"
NUMBER = "#how-wrong\\.mse-by-hand"
SINGLE = "#how-wrong\\.same-accuracy"
SEVERAL = "#the-learning-rate\\.too-large"
LAB = "#epochs-and-batches\\.lab-spiral"

TABLE = (
    r"| a | b |\n|---|---|\n| **bold** | `<b>` |\n\n"
    r"<script>document.title = 1</script> <img src=x onerror=document.title=1>\n\n[x](javascript:alert(1))"
)
MARKDOWN = f"""
from progress.models import Choice, Module, Question, Section
module = Module.objects.create(slug="markdown", title="Markdown", status="published", order=999)
section = Section.objects.create(module=module, slug="s", title="S", body="Read.")
fields = dict(section=section, prompt="?", points=5)
Question.objects.create(
    slug="number", kind="number", answer=1, right="Yes.\\n\\n- a list", wrong="{TABLE}", hint_1="{TABLE}", **fields)
single = Question.objects.create(slug="single", kind="single", wrong="*No.*", **fields)
Choice.objects.create(question=single, slug="a", text="A", correct=True)
Choice.objects.create(question=single, slug="b", text="B", feedback="{TABLE}")
"""


class LearnTests(BrowserTestCase):
    def visit(self, path: str = MODULE) -> None:
        self.page.goto(self.server.url + path)

    def check(self, question: str) -> None:
        self.page.locator(question).get_by_role("button", name="Check").click()

    def points(self) -> str:
        return self.page.inner_text("#earned")

    def test_a_number_is_graded_by_the_server_with_hints_and_points_that_stay(self):
        self.visit()
        self.page.locator(NUMBER).get_by_label("Your answer").fill("2")
        self.check(NUMBER)
        self.wait_for_text(f"{NUMBER} .verdict", "Not yet")
        self.wait_for_text(f"{NUMBER} .hints li", "Square each error first.")
        self.wait_for_text(f"{NUMBER} .attempts", "1 attempt so far")
        self.page.locator(NUMBER).get_by_label("Your answer").fill("4,67")
        self.page.keyboard.press("Enter")
        self.wait_for_text(f"{NUMBER} .verdict", "10 points earned")
        self.wait_for_text("#earned", "10")
        self.page.wait_for_selector(f"{NUMBER}.earned .sign")
        self.page.reload()
        self.assertEqual(self.points(), "10")
        self.page.wait_for_selector(f"{NUMBER}.earned .sign")
        self.wait_for_text(f"{NUMBER} .attempts", "2 attempts so far")
        self.wait_for_text(f"{NUMBER} .hints li", "Square each error first.")
        self.check(NUMBER)
        self.wait_for_text(f"{NUMBER} .verdict", "That is not a number")

    def test_choices_get_their_feedback_by_keyboard(self):
        self.visit()
        choices = self.page.locator(f"{SINGLE} input")
        choices.first.focus()
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.wait_for_text(f"{SINGLE} .told:not([hidden])", "Accuracy does not see the difference")
        self.wait_for_text(f"{SINGLE} .verdict", "Not yet")
        self.page.keyboard.press("ArrowUp")
        self.page.keyboard.press("Enter")
        self.wait_for_text(f"{SINGLE} .verdict strong", "Right.")
        self.assertEqual(self.page.locator(f"{SINGLE} .verdict em").first.inner_text(), "whether")
        for choice in ("saw", "infinite"):
            self.page.check(f"{SEVERAL} [value={choice}]")
        self.check(SEVERAL)
        self.wait_for_text("#earned", "20")
        self.wait_for_text("#announcer", "10 points earned: 20 in this module.")

    def test_markdown_of_feedback_and_hints_is_the_same_before_and_after_a_reload(self):
        self.server.manage("shell", "--no-imports", "-c", MARKDOWN)
        number, single = "#s\\.number", "#s\\.single"
        self.visit("/learn/markdown/")
        title = self.page.title()
        self.page.locator(number).get_by_label("Your answer").fill("2")
        self.check(number)
        self.wait_for_text(f"{number} .verdict", "Not yet.")
        for place in (".verdict", ".hints li"):
            expect(self.page.locator(f"{number} {place} table td strong")).to_have_text("bold")
            expect(self.page.locator(f"{number} {place} table td code")).to_have_text("<b>")
            expect(self.page.locator(f"{number} {place}").locator("script, img, a")).to_have_count(0)
        self.page.check(f"{single} [value=b]")
        self.check(single)
        expect(self.page.locator(f"{single} .told table")).to_be_visible()
        expect(self.page.locator(f"{single} .verdict em")).to_have_text("No.")
        hint = self.page.locator(f"{number} .hints li").inner_html()
        self.page.reload()
        again = self.page.locator(f"{number} .hints li").inner_html()
        self.assertEqual(again.replace("\n", ""), hint.replace("\n", ""))
        self.assertEqual(self.page.title(), title)
        self.page.locator(number).get_by_label("Your answer").fill("1")
        self.check(number)
        self.wait_for_text(f"{number} .verdict", "Right. Yes.")
        self.wait_for_text(f"{number} .verdict li", "a list")
        self.wait_for_text(f"{number} .verdict", "5 points earned.")

    def test_nothing_chosen_is_told_and_is_no_attempt(self):
        self.visit()
        self.check(SINGLE)
        self.wait_for_text(f"{SINGLE} .verdict", "one choice")
        self.assertEqual(self.page.inner_text(f"{SINGLE} .attempts"), "")

    def test_the_page_holds_no_answer_key(self):
        self.visit()
        html = self.page.content()
        for secret in ("4.6667", "14 / 3", "Both were right twice", "tolerance", "accepted"):
            self.assertNotIn(secret, html)

    def test_another_tab_and_the_list_of_modules_are_told_at_once(self):
        self.visit("/learn/")
        total = self.page.inner_text("#earned")
        self.assertEqual(total, "0")
        other = self.context.new_page()
        self.listen(other)
        other.goto(self.server.url + MODULE)
        other.locator(NUMBER).get_by_label("Your answer").fill("4.67")
        other.locator(NUMBER).get_by_role("button", name="Check").click()
        self.wait_for_text("#earned", "10")
        self.wait_for_text("[data-module=loss-and-gradient-descent] .count", "10 of 110 points")

    def test_a_lab_opens_the_page_set_up_for_it_and_lights_up_when_a_run_has_earned_it(self):
        self.visit()
        lesson = self.page
        self.page = self.context.new_page()
        self.listen(self.page)
        self.page.goto(
            self.server.url + lesson.locator(LAB).get_by_role("link", name="Open the lab").get_attribute("href")
        )
        self.wait_for_text("#preview caption", "SPIRAL")
        self.assertTrue(self.page.is_checked("#kind-network"))
        self.page.fill("#layers li:first-child input[type=number]", "32")
        self.page.fill("#epochs", "200")
        self.page.fill("#learning_rate", "0.03")
        self.page.reload()  # what was changed since is kept
        self.wait_for_text("#preview caption", "SPIRAL")
        self.assertEqual(self.page.input_value("#epochs"), "200")
        self.page.fill("#epochs", "1")
        self.page.click("#train")
        self.wait_for_text("#lab:not(.earned) [role=status]", "Not yet. Its accuracy is")
        self.assertIn("the lab asks for at least", self.page.inner_text("#lab-status"))
        self.page.reload()  # the run's own page still is the lab's
        self.wait_for_text("#lab h2", "30 points")
        self.page.wait_for_selector("#results:not([hidden])")
        self.page.fill("#epochs", "200")
        self.page.click("summary:text-is('More settings')")
        self.page.fill("#seed", "0")
        self.page.click("#train")
        self.wait_for_text("#lab.earned [role=status]", "Earned: 30 points.")
        lesson.wait_for_selector(f"{LAB}.earned .sign")
        expect(lesson.locator("#earned")).to_have_text("30")

    def test_a_module_that_is_not_there_says_so(self):
        answer = self.page.goto(f"{self.server.url}/learn/nothing/")
        self.assertEqual(answer.status, 404)
        self.wait_for_text("h1", "There is no such module.")
        self.complaints = [text for text in self.complaints if "404" not in text]

    def test_every_module_opens(self):
        self.visit("/learn/")
        addresses = [link.get_attribute("href") for link in self.page.locator(".module h2 a").all()]
        self.assertGreaterEqual(len(addresses), 6)
        for address in addresses:
            self.visit(address)
            expect(self.page.locator("h1")).to_be_visible()
            self.assertRegex(self.page.inner_text(".contents .total"), re.compile(r"^0 of \d+ points$"))
