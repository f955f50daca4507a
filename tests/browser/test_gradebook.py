"""A teacher watches the gradebook while a learner answers in another browser."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.browsing import BrowserTestCase

MAKE_TEACHER = """
from django.contrib.auth.models import User
User.objects.create_superuser("teacher", password="teacher")
User.objects.create_user("ada", first_name="Ada", last_name="Lovelace", password="ada", is_staff=True)
User.objects.create_user("bob")
"""
ASK = """async ([event, data]) => {
  const { connect } = await import("/static/playground/socket.js");
  window.learning ??= connect("/ws/progress/");
  return window.learning.request(event, data);
}"""


class GradebookTests(BrowserTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server.manage("shell", "-c", MAKE_TEACHER)

    def sign_in(self, page: Page, name: str) -> None:
        # Chromium asks for it once a visit, and the admin's pages name no icon.
        page.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.goto(f"{self.server.url}/admin/login/?next=/developers/")
        page.fill("#id_username", name)
        page.fill("#id_password", name)
        page.click("input[type=submit]")
        page.wait_for_url("**/developers/")

    def test_points_of_a_guest_who_signs_in_are_in_the_gradebook_and_down_to_the_attempt(self):
        learner = self.new_visitor().new_page()
        self.listen(learner)
        learner.goto(self.server.url)
        [module, *_] = learner.evaluate(ASK, ["listModules", {}])["modules"]
        sections = learner.evaluate(ASK, ["getModule", {"moduleID": module["moduleID"]}])["sections"]
        section, question = next(
            (section, question)
            for section in sections
            for question in section["questions"]
            if question["kind"] == "single"
        )
        place = {
            "moduleID": module["moduleID"],
            "sectionID": section["sectionID"],
            "questionID": question["questionID"],
        }
        results = [
            learner.evaluate(ASK, ["submitAnswer", {**place, "answer": choice["id"]}]) for choice in question["choices"]
        ]
        self.assertEqual([result["correct"] for result in results].count(True), 1)
        self.sign_in(learner, "ada")
        earned = learner.evaluate(ASK, ["getUserProgressData", {}])["progress"]
        self.assertEqual(earned[module["moduleID"]]["modulePoints"], question["points"])

        self.sign_in(self.page, "teacher")
        self.page.goto(f"{self.server.url}/admin/progress/learner/")
        row = self.page.locator("#result_list tbody tr", has_text="Ada Lovelace")
        self.assertIn(f"{question['points']} of {module['points']}", row.inner_text())
        row.locator("th a").click()
        self.page.locator("tr", has_text=question["questionID"]).locator("summary").click()
        attempts = self.page.locator("details[open] li").all_inner_texts()
        self.assertEqual(len(attempts), len(question["choices"]))
        self.assertEqual(sum("right" in attempt for attempt in attempts), 1)
        self.page.click("text=Reset progress…")
        self.page.click("text=Yes, reset")
        self.wait_for_text(".messagelist", "The progress of 1 learner was reset.")
        self.assertEqual(learner.evaluate(ASK, ["getUserProgressData", {}])["progress"], {})

    def test_bars_stand_out_in_light_and_in_dark(self):
        for scheme in ("light", "dark"):
            page = self.new_visitor(color_scheme=scheme).new_page()
            self.listen(page)
            self.sign_in(page, "teacher")
            page.goto(f"{self.server.url}/admin/progress/module/")
            page.click("text=Preview")
            page.wait_for_selector(".preview-question")
            page.goto(f"{self.server.url}/admin/progress/learner/")
            fill, ground = page.evaluate(
                """() => {
                  const bar = document.querySelector(".share-bar rect");
                  return [getComputedStyle(bar).fill, getComputedStyle(document.body).backgroundColor];
                }"""
            )
            self.assertGreater(contrast(fill, ground), 3, (scheme, fill, ground))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two `rgb(r, g, b)` colours, 1 to 21; what is no text wants 3 at least."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
