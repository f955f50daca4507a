"""A teaching assistant and a teacher learn nothing by the admin's addresses that its pages do not show."""

from __future__ import annotations

import time
from uuid import uuid4

from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import Reply, Visitor

LEARNERS = "/admin/progress/learner/"
SECONDS = 5.0
"""Allowed for one answer, beside other tests. The expression below takes SQLite minutes."""
NESTED = "((((a+)+)+)+)+$"


class LookupAttackTests(AttackTestCase):
    def sign_in_to_admin(self, *groups: str) -> Visitor:
        """Return a browser that is signed in as a new member of these groups."""
        name = f"staff-{uuid4().hex[:8]}"
        self.make_user(name, is_staff=True, groups=list(groups))
        visitor = self.visitor()
        visitor.sign_in(name, path="/admin/login/?next=/admin/")
        self.assertEqual(visitor.get("/admin/").status, 200)
        return visitor

    def ask(self, visitor: Visitor, path: str) -> Reply:
        started = time.monotonic()
        reply = visitor.get(path)
        self.assertLess(time.monotonic() - started, SECONDS, path)
        self.assertLess(reply.status, 500, path)
        return reply

    def test_an_assistant_cannot_read_a_password_hash_by_asking_yes_or_no(self):
        self.make_user(f"boss-{uuid4().hex[:8]}", is_staff=True, is_superuser=True)
        assistant = self.sign_in_to_admin("Teaching assistants")
        self.assertEqual(self.ask(assistant, LEARNERS).status, 200)
        for lookup in (
            "password__regex", "password__iregex", "password__startswith", "password__gte", "password__in", "password",
            "is_superuser__exact", "last_login__gte", "user_permissions__codename__startswith", "groups__name",
            "emailmessage__body_text__regex", "trainingrun__spec__csvData__contains", "usersettings__pending_key__gte",
            "logentry__change_message__contains", "password__isnull",
        ):  # fmt: skip
            self.assertEqual(self.ask(assistant, f"{LEARNERS}?{lookup}=pbkdf2").status, 400, lookup)
        self.assertEqual(self.ask(assistant, f"{LEARNERS}export/modules/?password__regex=pbkdf2").status, 400)

    def test_a_hidden_key_of_a_question_is_not_found_by_searching_or_filtering(self):
        assistant = self.sign_in_to_admin("Teaching assistants")
        for path in ("question", "section", "module"):
            for lookup in (
                "choices__correct",
                "questions__accepted__regex",
                "sections__questions__answer__gte",
                "answer",
            ):
                self.assertEqual(self.ask(assistant, f"/admin/progress/{path}/?{lookup}=1").status, 400)

    def test_an_expression_with_nested_quantifiers_stops_nobody(self):
        teacher = self.sign_in_to_admin("Teachers")
        for path, lookup in (
            (LEARNERS, "password__regex"), ("/admin/progress/section/", "body__iregex"),
            ("/admin/progress/question/", "prompt__regex"),
        ):  # fmt: skip
            self.assertEqual(self.ask(teacher, f"{path}?{lookup}={NESTED}").status, 400)
            self.assertEqual(self.ask(teacher, f"{path}?q={NESTED}").status, 200)
        self.assertEqual(self.ask(self.visitor(), "/healthz").status, 200)

    def test_hostile_values_of_allowed_parameters_are_answered_with_a_page(self):
        teacher = self.sign_in_to_admin("Teachers")
        for value in ("9" * 40, "a%00/b/c", "a+" * 400, "x" * 4_000):
            for path in (
                f"{LEARNERS}?q=", f"{LEARNERS}?o=",
                f"{LEARNERS}export/modules/?q=",
                "/admin/progress/section/?module__id__exact=", "/admin/progress/question/?kind__exact=", "/?lab=",
            ):  # fmt: skip
                self.assertEqual(self.ask(teacher, path + value).status, 200, (path, value))

    def test_staff_reach_no_account_group_or_letter_and_no_page_that_takes_a_models_name(self):
        for group in ("Teachers", "Teaching assistants"):
            staff = self.sign_in_to_admin(group)
            for path in ("auth/user/", "auth/group/", "auth/user/1/change/", "auth/user/1/password/",
                         "notifications/emailmessage/", "training/trainingrun/", "training/dataset/",
                         "playground/usersettings/"):  # fmt: skip
                self.assertEqual(self.ask(staff, f"/admin/{path}").status, 403, path)
            query = "app_label=training&model_name=trainingrun&field_name=user&term=a"
            self.assertEqual(self.ask(staff, f"/admin/autocomplete/?{query}").status, 404)
            self.assertEqual(self.ask(staff, "/admin/r/1/x/").status, 404)
            self.assertEqual(self.ask(staff, f"{LEARNERS}?_to_field=password").status, 400)
