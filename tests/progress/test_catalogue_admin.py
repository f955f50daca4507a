"""The catalogue in the admin: edited by those who may, published only when it can be graded, previewed before."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.forms import CheckboxInput
from django.test import TestCase

from progress import services
from progress.description import describe_module, with_everything
from progress.models import Module, Question, Section
from progress.records import QuestionKey
from progress.templatetags.prose import prose
from tests.progress.lessons import ALICE, build_lesson, client_of, key_of, load_lesson, new_user

ADMIN = "/admin/progress"


def form_of(page: Any) -> dict[str, Any]:
    """Return the form data that a browser would send if it saved the page unchanged."""
    data: dict[str, Any] = {}
    forms = [
        page.context["adminform"].form,
        *(inline.formset.management_form for inline in page.context["inline_admin_formsets"]),
    ]
    forms += [form for inline in page.context["inline_admin_formsets"] for form in inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            unchecked = value is False and isinstance(field.field.widget, CheckboxInput)
            if value is not None and not unchecked:
                data[field.html_name] = value
    return data


class CatalogueAdminTestCase(TestCase):
    def setUp(self) -> None:
        self.module = load_lesson()
        teacher = new_user(username="teacher", is_staff=True)
        teacher.groups.add(Group.objects.get(name="Teachers"))
        self.client = client_of(teacher)

    def question(self, slug: str) -> Question:
        return Question.objects.get(section__module=self.module, slug=slug)

    def save(self, url: str, **changes: Any):
        data = form_of(self.client.get(url))
        for name, value in changes.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value
        return self.client.post(url, data, follow=True)

    def assertSays(self, page: Any, text: str) -> None:
        """As assertContains, but a failure shows what the page complains about instead of the whole page."""
        if text not in page.content.decode():
            context = page.context or {}
            complaints = [context["adminform"].errors] if "adminform" in context else []
            for inline in context.get("inline_admin_formsets", []):
                complaints += [inline.formset.non_form_errors(), inline.formset.errors]
            messages = [str(message) for message in context.get("messages", [])]
            self.fail(f"{text!r} is not said, but {messages} and {complaints}")

    def choice(self, question: Question, slug: str, field: str) -> str:
        index = [choice.slug for choice in question.choices.all()].index(slug)
        return f"choices-{index}-{field}"


class EditTests(CatalogueAdminTestCase):
    def test_every_page_opens_and_saves_without_changing_anything(self):
        for page in (f"{ADMIN}/module/", f"{ADMIN}/section/", f"{ADMIN}/question/", f"{ADMIN}/question/add/"):
            self.assertEqual(self.client.get(page).status_code, 200, page)
        pages = [f"{ADMIN}/module/{self.module.pk}/change/"]
        pages += [f"{ADMIN}/section/{section.pk}/change/" for section in self.module.sections.all()]
        pages += [
            f"{ADMIN}/question/{question.pk}/change/"
            for question in Question.objects.filter(section__module=self.module)
        ]
        for page in pages:
            self.assertSays(self.save(page), "was changed successfully")
        self.assertEqual(describe_module(with_everything(Module.objects.filter(slug="shapes")).get()), build_lesson())

    def test_a_choice_is_reworded_and_graded_by_at_once(self):
        question = self.question("one")
        changes = {
            self.choice(question, "a", "correct"): None,
            self.choice(question, "b", "correct"): "on",
            self.choice(question, "b", "text"): "Now right",
        }
        self.assertSays(self.save(f"{ADMIN}/question/{question.pk}/change/", **changes), "was changed successfully")
        self.assertTrue(services.submit_answer(ALICE, key_of("one"), "b").correct)

    def test_a_question_that_cannot_be_graded_is_not_saved(self):
        one = self.question("one")
        for slug, changes, said in (
            ("one", {self.choice(one, "a", "correct"): None}, "exactly one choice must be correct"),
            ("one", {self.choice(one, "b", "correct"): "on"}, "exactly one choice must be correct"),
            ("one", {self.choice(one, "a", "DELETE"): "on"}, "exactly one choice must be correct"),
            ("one", {"kind": "number"}, "has no choices"),
            ("number", {"answer": None}, "needs answer"),
            ("number", {"tolerance": "-1"}, "greater than or equal to 0"),
            ("text", {"accepted": ""}, "needs accepted"),
            ("lab", {"lab_dataset": "ROSES"}, "the dataset must be one of IRIS"),
            ("lab", {"lab_at_most": "1"}, "either at_least or at_most"),
        ):
            with self.subTest(slug=slug, changes=changes):
                page = self.save(f"{ADMIN}/question/{self.question(slug).pk}/change/", **changes)
                self.assertSays(page, "This question cannot be graded")
                self.assertSays(page, said)
        self.assertEqual(describe_module(with_everything(Module.objects.filter(slug="shapes")).get()), build_lesson())

    def test_identifiers_stay_what_they_were(self):
        self.save(f"{ADMIN}/module/{self.module.pk}/change/", slug="other", **{"sections-0-slug": "other"})
        self.save(f"{ADMIN}/question/{self.question('one').pk}/change/", slug="other")
        self.assertEqual(describe_module(with_everything(Module.objects.filter(slug="shapes")).get()), build_lesson())

    def test_new_identifiers_are_of_the_form_that_content_has(self):
        page = self.save(
            f"{ADMIN}/question/add/", section=self.module.sections.first().pk, slug="Big_Text", kind="done", prompt="x"
        )
        self.assertSays(page, "Lower-case letters and digits")

    def test_a_question_is_added_to_a_section(self):
        section = Section.objects.get(module=self.module, slug="rows")
        self.assertSays(
            self.client.get(f"{ADMIN}/section/{section.pk}/change/"), f"{ADMIN}/question/add/?section={section.pk}"
        )
        self.save(
            f"{ADMIN}/question/add/", section=section.pk, slug="new", kind="number", prompt="1 + 1?", points=1, answer=2
        )
        self.assertTrue(services.submit_answer(ALICE, QuestionKey("shapes", "rows", "new"), "2").correct)


class PublishTests(CatalogueAdminTestCase):
    def act(self, action: str):
        return self.client.post(
            f"{ADMIN}/module/", {"action": action, "_selected_action": [self.module.pk]}, follow=True
        )

    def status(self) -> str:
        return Module.objects.get(pk=self.module.pk).status

    def test_modules_are_withdrawn_and_published(self):
        self.assertSays(self.act("withdraw"), "1 withdrawn.")
        self.assertEqual(self.status(), "draft")
        self.assertSays(self.act("publish"), "1 published.")
        self.assertEqual(self.status(), "published")

    def test_what_is_not_complete_stays_a_draft_and_why_is_said(self):
        self.act("withdraw")
        Question.objects.filter(section__module=self.module, slug="number").update(answer=None)
        self.assertSays(
            self.act("publish"),
            "stays a draft: section scores, question number: a question of kind number needs answer",
        )
        page = self.save(f"{ADMIN}/module/{self.module.pk}/change/", status="published")
        self.assertSays(page, "stays a draft")
        self.assertEqual(self.status(), "draft")

    def test_who_may_only_look_changes_nothing(self):
        assistant = new_user(is_staff=True)
        assistant.groups.add(Group.objects.get(name="Teaching assistants"))
        self.client = client_of(assistant)
        self.act("withdraw")
        self.assertEqual(self.status(), "published")
        for page in (f"{ADMIN}/module/{self.module.pk}/change/", f"{ADMIN}/module/{self.module.pk}/preview/"):
            self.assertEqual(self.client.get(page).status_code, 200)
        self.assertEqual(self.client.post(f"{ADMIN}/module/{self.module.pk}/change/", {"title": "x"}).status_code, 403)


class PreviewTests(CatalogueAdminTestCase):
    def test_it_shows_a_draft_as_a_learner_would_see_it(self):
        Module.objects.filter(pk=self.module.pk).update(status="draft")
        page = self.client.get(f"{ADMIN}/module/{self.module.pk}/preview/")
        self.assertSays(page, "A draft: learners do not see it yet.")
        self.assertSays(page, "A <strong>row</strong> is one example.")
        self.assertSays(page, "One column")
        self.assertSays(page, "on IRIS with accuracy")
        self.assertNotContains(page, "SECRET")

    def test_staff_without_permission_and_learners_do_not_see_it(self):
        url = f"{ADMIN}/module/{self.module.pk}/preview/"
        self.assertEqual(client_of(new_user("view_learner", is_staff=True)).get(url).status_code, 403)
        self.assertEqual(client_of(new_user("view_module")).get(url).status_code, 302)

    def test_html_and_links_to_scripts_stay_text(self):
        html = prose(
            "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n|a|\n|-|\n|`<b>`|"
        )
        self.assertNotIn("<script", html)
        self.assertNotIn("<img", html)
        self.assertNotIn('href="javascript', html)
        self.assertIn("<table>", html)
        self.assertIn("<code>&lt;b&gt;</code>", html)
