"""Every model admin filters by listed look-ups alone, and answers hostile parameters with a page, and soon."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import quote

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.test import Client, RequestFactory, TestCase
from django.urls import NoReverseMatch, reverse

from playground.admin_site import GuardedAdminSite
from playground.model_admin import GuardedModelAdmin
from training.models import Dataset, TrainingRun

DEPTH = 2
"""Relations that a look-up crosses, in the walk."""
HOSTILE = ("a" * 5_000, "%" * 190, "1e400", str(10**30), "1\x00", "9999-12-31T23:59:59-23:59", "⁹⁹'\"\\")
SECONDS = 3.0
"""Allowed for one answer. An unbounded search or expression takes minutes."""


@cache
def walk(model: type[models.Model], depth: int = DEPTH) -> frozenset[str]:
    """Return every look-up of the model: fields, relations in both directions, transforms and JSON keys."""
    found = set()
    for field in model._meta.get_fields(include_hidden=False):
        name = getattr(field, "attname", field.name)
        found |= {field.name, name}
        for lookup in getattr(field, "get_lookups", dict)():
            found |= {f"{field.name}__{lookup}", f"{name}__{lookup}"}
        if isinstance(field, models.JSONField):
            found |= {f"{field.name}__{rest}" for rest in ("csvData__0__contains", "key__regex", "0")}
        if isinstance(field, models.DateTimeField):
            found |= {f"{field.name}__{part}__{rest}" for part in ("year", "date", "hour") for rest in ("gte", "in")}
        related = getattr(field, "related_model", None)
        if related is not None and depth:
            prefix = field.name
            found |= {f"{prefix}__pk", f"{prefix}__pk__in"}
            found |= {f"{prefix}__{rest}" for rest in walk(related, depth - 1)}
    return frozenset(found)


def list_addresses(model: type[models.Model], key: str) -> Iterator[str]:
    """Yield the pages of one row."""
    for page in ("change", "delete", "history"):
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[key])


class Roles:
    """Clients of a teacher, of an assistant, and of staff who may view every row and read no mail."""

    @staticmethod
    def make(name: str) -> User:
        user = User.objects.create_user(name, is_staff=True)
        if name == "viewer":
            user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        elif name == "superuser":
            user.is_superuser = True
            user.save()
        else:
            user.groups.set(Group.objects.filter(name=name))
        return user


ROLES = ("Teachers", "Teaching assistants", "viewer", "superuser")


class GuardTests(TestCase):
    def test_every_registered_admin_is_guarded(self):
        self.assertGreaterEqual(len(admin.site._registry), 11)
        for model_admin in admin.site._registry.values():
            self.assertIsInstance(model_admin, GuardedModelAdmin)

    def test_an_admin_that_is_registered_without_the_guard_gets_it(self):
        class PlainAdmin(admin.ModelAdmin):
            list_filter = ("status",)

        site = GuardedAdminSite()
        site.register(TrainingRun, PlainAdmin)
        site.register(Dataset)
        for model in (TrainingRun, Dataset):
            model_admin = site.get_model_admin(model)
            self.assertIsInstance(model_admin, GuardedModelAdmin)
            for lookup in walk(model, 1):
                self.assertFalse(model_admin.lookup_allowed(lookup, "x", None), lookup)

    def test_no_admin_allows_a_regular_expression_or_a_comparison_of_text(self):
        for model_admin in admin.site._registry.values():
            for lookup in model_admin.allowed_lookups:
                self.assertNotRegex(
                    lookup, "regex|contains|startswith|endswith|search|password|body|spec|__in$", lookup
                )

    def test_no_other_lookup_filters_as_any_role(self):
        """Each admin × each field and relation, two deep × each look-up, through Django's own change list."""
        requests = RequestFactory(headers={"host": "localhost"})
        for role in ROLES:
            user = Roles.make(role)
            for model, model_admin in admin.site._registry.items():
                for lookup in walk(model) - set(model_admin.allowed_lookups):
                    request = requests.get("/", {lookup: "x"})
                    request.user = user
                    self.assertFalse(model_admin.lookup_allowed(lookup, "x", request), (model, lookup))
        self.assertGreater(sum(len(walk(model)) for model in admin.site._registry), 10_000)

    def test_the_change_list_asks_the_guard(self):
        """The look-ups that read a column bit by bit, over HTTP."""
        viewer = Client(headers={"host": "localhost"})
        viewer.force_login(Roles.make("superuser"))
        for model in admin.site._registry:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for lookup in sorted(walk(model, 0)):
                if lookup.endswith(("__regex", "__startswith")):
                    with self.assertLogs("django.security"):
                        status = viewer.get(address, {lookup: "1"}).status_code
                    self.assertEqual(status, 400, (address, lookup))

    def test_what_the_filters_beside_a_list_need_is_allowed(self):
        requests = RequestFactory(headers={"host": "localhost"})
        user = Roles.make("superuser")
        for model, model_admin in admin.site._registry.items():
            request = requests.get("/")
            request.user = user
            changelist = model_admin.get_changelist_instance(request)
            # `__isnull` belongs to a choice of the filter that columns without NULL do not have.
            needed = {name for spec in changelist.get_filters(request)[0] for name in spec.expected_parameters()}
            needed = {name for name in needed if name and not name.endswith("__isnull")}
            if model_admin.date_hierarchy:
                needed |= {f"{model_admin.date_hierarchy}__{part}" for part in ("year", "month", "day")}
            self.assertEqual(needed - set(model_admin.allowed_lookups), set(), model)
            for spec in changelist.get_filters(request)[0]:
                for choice in spec.choices(changelist):
                    if "query_string" in choice and choice["query_string"] != "?":
                        chosen = requests.get("/" + choice["query_string"])
                        chosen.user = user
                        try:
                            model_admin.get_changelist_instance(chosen)
                        except (SuspiciousOperation, IncorrectLookupParameters) as error:
                            self.fail(f"{model}: {choice['query_string']} is refused: {error!r}")

    def test_objects_are_named_by_their_key_alone(self):
        for model, model_admin in admin.site._registry.items():
            for field in model._meta.concrete_fields:
                self.assertEqual(model_admin.to_field_allowed(None, field.name), field.primary_key, field)

    def test_pages_that_take_a_models_name_from_the_address_are_gone(self):
        for name, arguments in (("autocomplete", []), ("view_on_site", [1, 1])):
            with self.assertRaises(NoReverseMatch):
                reverse(f"admin:{name}", args=arguments)

    def test_a_search_compares_only_what_the_role_sees(self):
        requests = RequestFactory(headers={"host": "localhost"})
        for role in ("Teachers", "Teaching assistants"):
            user = Roles.make(role)
            for model in admin.site._registry:
                request = requests.get("/")
                request.user = user
                model_admin = admin.site.get_model_admin(model)
                if not model_admin.has_view_permission(request):
                    continue
                hidden = re.compile("password|body_text|pending_key|token|user__email|answer|accepted|hint|correct")
                for name in model_admin.get_search_fields(request):
                    self.assertIsNone(hidden.search(name), (model, name))


class HostileTests(TestCase):
    """No parameter makes a page answer 500 or takes long. Exceptions reach the test client as they are."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = Roles.make("superuser")
        cls.learners = User.objects.bulk_create(User(username=f"learner{number}") for number in range(50))

    def setUp(self) -> None:
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(self.user)

    def answer(self, address: str, data: Any = None, method: str = "get") -> int:
        started = time.monotonic()
        response = getattr(self.client, method)(address, data or {}, follow=True)
        if response.streaming:
            next(iter(response.streaming_content))
        self.assertLess(time.monotonic() - started, SECONDS, (address, data))
        return response.status_code

    def test_values_of_lookups_searches_orders_and_pages(self):
        for model, model_admin in admin.site._registry.items():
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for name in (*model_admin.allowed_lookups, "q", "o", "p"):
                for value in HOSTILE:
                    self.assertEqual(self.answer(address, {name: value}), 200, (address, name, value[:50]))

    def test_dates_at_the_end_of_time(self):
        address = reverse("admin:training_trainingrun_changelist")
        for year in ("0", "1", "9999", "10000", "-1", "99999999999"):
            for month, day in (("12", "31"), ("13", ""), ("1", "1"), ("", "31"), ("2", "30")):
                query = {"created__year": year, "created__month": month, "created__day": day}
                query = {name: value for name, value in query.items() if value}
                self.assertEqual(self.answer(address, query), 200, query)

    def test_many_words_many_values_and_many_columns(self):
        address = reverse("admin:training_trainingrun_changelist")
        for query in (
            "q=" + "+".join(["a"] * 900),
            "&".join(["status__exact=queued"] * 900),
            "o=" + ".".join(["1"] * 2_500),
            "o=" + ".".join(["-1"] * 19),
            "e=1&q=" + "+".join(["a"] * 900),
        ):
            self.assertEqual(self.answer(f"{address}?{query}"), 200, query[:50])

    def test_exports_take_the_same_parameters(self):
        address = reverse("admin:progress_learner_export", args=["modules"])
        for name in ("module", "activity", "q", "o"):
            for value in HOSTILE:
                self.assertEqual(self.answer(address, {name: value}), 200, (name, value[:50]))
        for lookup in ("password__regex", "password__startswith", "user_permissions__codename"):
            with self.assertLogs("django.security"):
                self.assertEqual(self.answer(address, {lookup: "a"}), 400)

    def test_keys_in_addresses(self):
        for model in admin.site._registry:
            for value in HOSTILE[2:]:
                for address in list_addresses(model, quote(value, safe="")):
                    self.assertIn(self.answer(address), (200, 403, 404), address[:80])
        for name in ("progress_module_preview", "progress_learner_question"):
            for key in (0, 10**30):
                self.assertEqual(self.answer(reverse(f"admin:{name}", args=[key])), 404)

    def test_keys_that_are_selected_for_an_action_or_edited_in_the_list(self):
        for model in admin.site._registry:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            actions = [name for name in ("delete_selected", "reset_progress", "cancel_runs") if self.has(model, name)]
            for action in actions:
                for value in HOSTILE:
                    data = {"action": action, "_selected_action": [value], "index": "0"}
                    self.assertEqual(self.answer(address, data, "post"), 200, (address, value[:50]))
        for value in HOSTILE:
            data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": value, "form-0-order": "1",
                    "_save": "Save"}  # fmt: skip
            status = self.answer(reverse("admin:progress_module_changelist"), data, "post")
            self.assertIn(status, (200, 403), value[:50])

    def test_a_bad_search_selects_nothing_for_an_action_on_all(self):
        address = reverse("admin:progress_learner_changelist")
        data = {"action": "reset_progress", "_selected_action": [self.learners[0].pk], "select_across": "1",
                "index": "0", "confirmed": "yes"}  # fmt: skip
        with mock.patch("progress.services.reset") as reset:
            self.client.post(f"{address}?q={'a' * 500}", data)
        reset.assert_not_called()

    def test_initial_values_of_forms(self):
        for model in admin.site._registry:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
            for field in model._meta.get_fields():
                if isinstance(field, models.Field):
                    for value in (str(10**30),):
                        self.assertIn(self.answer(address, {field.name: value}), (200, 403), (address, field.name))

    @staticmethod
    def has(model: type[models.Model], action: str) -> bool:
        return action == "delete_selected" or action in (admin.site.get_model_admin(model).actions or ())


class RightsTests(TestCase):
    """The permission to change users does not let a user grant permissions."""

    def setUp(self) -> None:
        self.boss = User.objects.create_superuser("boss")
        self.learner = User.objects.create_user("learner")
        self.colleague = User.objects.create_user("colleague", is_staff=True)
        self.clerk = User.objects.create_user("clerk", is_staff=True)
        self.clerk.user_permissions.set(
            Permission.objects.filter(content_type__app_label="auth").exclude(codename__endswith="permission")
        )
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(self.clerk)
        self.everything = {
            "username": "taken", "email": "taken@example.org", "is_active": "on", "is_staff": "on",
            "is_superuser": "on", "groups": [str(Group.objects.get(name="Teachers").pk)],
            "user_permissions": [str(pk) for pk in Permission.objects.values_list("pk", flat=True)[:5]],
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
        }  # fmt: skip

    def rights(self, user: User) -> tuple[Any, ...]:
        user = User.objects.get(pk=user.pk)
        return user.is_staff, user.is_superuser, user.groups.count(), user.user_permissions.count()

    def test_a_learner_is_changed_without_gaining_a_right(self):
        response = self.client.post(f"/admin/auth/user/{self.learner.pk}/change/", self.everything)
        self.assertEqual(response.status_code, 302)
        self.assertEqual(User.objects.get(pk=self.learner.pk).username, "taken")
        self.assertEqual(self.rights(self.learner), (False, False, 0, 0))

    def test_staff_their_passwords_and_oneself_are_for_superusers(self):
        for user in (self.boss, self.colleague, self.clerk):
            before = self.rights(user)
            self.assertEqual(
                self.client.post(f"/admin/auth/user/{user.pk}/change/", self.everything).status_code, 403, user
            )
            password = {"password1": "another long pass phrase", "password2": "another long pass phrase"}
            self.assertEqual(self.client.post(f"/admin/auth/user/{user.pk}/password/", password).status_code, 403)
            self.assertEqual(self.client.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code, 403)
            chosen = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
            self.client.post("/admin/auth/user/", chosen)
            self.assertEqual(self.rights(user), before)
            self.assertFalse(User.objects.get(pk=user.pk).check_password("another long pass phrase"))

    def test_groups_are_for_superusers(self):
        group = Group.objects.get(name="Teaching assistants")
        before = group.permissions.count()
        data = {"name": "x", "permissions": [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]}
        for address in (f"/admin/auth/group/{group.pk}/change/", "/admin/auth/group/add/"):
            self.assertEqual(self.client.post(address, data).status_code, 403)
        self.assertEqual(group.permissions.count(), before)

    def test_a_superuser_still_gives_rights(self):
        self.client.force_login(self.boss)
        response = self.client.post(f"/admin/auth/user/{self.learner.pk}/change/", self.everything)
        self.assertEqual(response.status_code, 302)
        self.assertEqual(self.rights(self.learner), (True, True, 1, 5))

    def test_the_roles_give_no_right_over_accounts(self):
        for role in ("Teachers", "Teaching assistants"):
            client = Client(headers={"host": "localhost"})
            client.force_login(Roles.make(role))
            for address in ("/admin/auth/user/", "/admin/auth/group/", f"/admin/auth/user/{self.boss.pk}/change/",
                            f"/admin/auth/user/{self.boss.pk}/password/"):  # fmt: skip
                self.assertEqual(client.get(address).status_code, 403)
                self.assertEqual(client.post(address, self.everything).status_code, 403)
