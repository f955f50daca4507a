"""Every place that shows a total shows the same one, before and after each edit of the catalogue, over each storage."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import uuid
from collections.abc import Callable
from io import StringIO
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import TransactionTestCase, override_settings

from playground.wire.identity import Identity
from progress import loading, services
from progress.consumers import ProgressConsumer
from progress.messages import GetUserProgressData
from progress.models import Module, Question, Section, Standing
from progress.records import QuestionKey, Record
from progress.storage import get_storage
from progress.worth import add_up
from tests.progress.lessons import build_lesson, client_of, key_of, load_lesson, new_user
from tests.stand_ins import AWS_ENVIRONMENT, needs_dynalite, start_dynalite, start_moto

LIST = "/admin/progress/learner/"
OTHER = QuestionKey("more", "rows", "one")
Totals = dict[str, tuple[int, int]]
"""Place -> points earned and possible: "" for all, else module, or module/section."""


class EditContract:
    """Edits of the catalogue. Ada has earned 10 + 40 + 5 in `shapes` (of 155) and 10 in `more` (of 155)."""

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        Module.objects.all().delete()
        loading.load([build_lesson(), build_lesson(id="more", title="More tables")])
        self.boss = client_of(User.objects.create_superuser("boss"))
        self.ada = new_user(username="ada")
        self.identity = Identity(f"user:{self.ada.pk}", user_id=self.ada.pk)
        self.learner = client_of(self.ada)
        for key, points in ((key_of("one"), 10), (key_of("text"), 40), (key_of("read"), 5), (OTHER, 10)):
            services.award(self.identity.owner, key, points)
        self.stored = get_storage().get(self.identity.owner).earned

    # --- the places -----------------------------------------------------------------------------------------------

    def read_gradebook(self) -> Totals:
        """The list of learners: all modules, then the sections of each. Also what it is sorted and filtered by."""
        found: Totals = {}
        page = self.boss.get(LIST, {"q": "ada"})
        titles = {module.title: module.slug for module in Module.objects.filter(status="published")}
        heads = re.findall(r'<th scope="col" class="[^"]*column-(\w+)', page.content.decode())
        shares = _find_shares(_row_of(page))
        found[""] = shares[0]
        found |= dict(zip([slug for _, slug in sorted(titles.items(), key=_order)], shares[1:], strict=True))
        self.assertEqual(len(heads), len(shares) + 2)  # type: ignore[attr-defined]
        standing = page.context["cl"].result_list[0].points
        self.assertEqual(standing, found[""][0], "the index that the list is sorted by")  # type: ignore[attr-defined]
        for slug in titles.values():
            page = self.boss.get(LIST, {"q": "ada", "module": slug})
            whole, *sections = _find_shares(_row_of(page))
            self.assertEqual(whole, found[slug])  # type: ignore[attr-defined]
            for section, share in zip(Section.objects.filter(module__slug=slug), sections, strict=True):
                found[f"{slug}/{section.slug}"] = share
        return found

    def read_learners_page(self) -> Totals:
        page = self.boss.get(f"{LIST}{self.ada.pk}/change/")
        found = {"": (page.context["total"].part, page.context["total"].whole)}
        slugs = Module.objects.filter(status="published").values_list("slug", flat=True)
        for slug, module in zip(slugs, page.context["modules"], strict=True):
            found[slug] = (module.share.part, module.share.whole)
            for section, lines in zip(Section.objects.filter(module__slug=slug), module.sections, strict=True):
                found[f"{slug}/{section.slug}"] = (lines.share.part, lines.share.whole)
        self.assertIn(f"<dd>{found[''][0]} of {found[''][1]}", page.content.decode())  # type: ignore[attr-defined]
        return found

    def read_csv(self) -> Totals:
        found: Totals = {}
        modules = list(Module.objects.filter(status="published").values_list("slug", flat=True))
        found |= dict(zip(["", *modules], self._export("modules"), strict=True))
        for slug in modules:
            sections = [f"{slug}/{each.slug}" for each in Section.objects.filter(module__slug=slug)]
            found |= dict(zip([slug, *sections], self._export("modules", module=slug), strict=True))
        (earned, possible), *questions = self._export("questions")
        self.assertEqual((earned, possible), found[""])  # type: ignore[attr-defined]
        self.assertEqual(earned, sum(each[0] for each in questions))  # type: ignore[attr-defined]
        self.assertEqual(possible, sum(each[1] for each in questions))  # type: ignore[attr-defined]
        return found

    def _export(self, what: str, **query: str) -> list[tuple[int, int]]:
        response = self.boss.get(f"{LIST}export/{what}/", {"q": "ada", **query})
        text = b"".join(response.streaming_content).decode()
        _, out_of, ada = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
        self.assertEqual(int(ada[-1]), self.uncounted())  # type: ignore[attr-defined]
        return [(int(part), int(whole)) for part, whole in zip(ada[4:-1], out_of[4:-1], strict=True)]

    def read_learn_pages(self) -> Totals:
        found: Totals = {}
        page = self.learner.get("/learn/").content.decode()
        found[""] = _find_points(page)
        for slug, points, item in re.findall(r'data-module="([^"]+)" data-points="(\d+)">(.*?)</li>', page, re.S):
            found[slug] = _find_points(item)
            self.assertEqual(found[slug][1], int(points))  # type: ignore[attr-defined]
            found[slug] = _find_points(self.learner.get(f"/learn/{slug}/").content.decode())
            module = services.get_module(self.identity, slug)
            self.assertEqual(found[slug], (module.earned, module.points))  # type: ignore[attr-defined]
        self.assertEqual(f"{self.uncounted()} more points" in page, bool(self.uncounted()))  # type: ignore[attr-defined]
        return found

    def read_socket(self) -> Totals:
        """`userProgressData`, `userProgressUpdated` and `modules`. The first two name no possible points."""
        consumer = ProgressConsumer()
        consumer.identity, consumer.channel_name = self.identity, "here"
        data = async_to_sync(consumer.get_progress)(GetUserProgressData())
        sent: list[Any] = []
        with mock.patch.object(consumer, "send_message", side_effect=_keep(sent)):
            async_to_sync(consumer.progress_changed)({"but": "", "earned": []})
        self.assertEqual(sent[0].progress, data.progress)  # type: ignore[attr-defined]
        self.assertEqual((sent[0].totalPoints, sent[0].notCounted), (data.totalPoints, data.notCounted))  # type: ignore[attr-defined]
        self.assertEqual(_sum_modules(data.notCounted), self.uncounted())  # type: ignore[attr-defined]
        modules = services.list_modules(self.identity)
        found = {"": (data.totalPoints, modules.points)}
        self.assertEqual(modules.earned, data.totalPoints)  # type: ignore[attr-defined]
        self.assertEqual(_sum_modules(data.progress), data.totalPoints)  # type: ignore[attr-defined]
        for module in modules.modules:
            found[module.moduleID] = (module.earned, module.points)
            self.assertEqual(data.progress.get(module.moduleID, {}).get("modulePoints", 0), module.earned)  # type: ignore[attr-defined]
        return found

    def read_export_command(self) -> dict[str, int]:
        out = StringIO()
        call_command("export_progress", stdout=out)
        [row] = [row for row in json.loads(out.getvalue()) if row["uid"] == self.identity.owner]
        progress = json.loads(row["progressData"])
        self.assertEqual(_sum_modules(json.loads(row.get("notCounted", "{}"))), self.uncounted())  # type: ignore[attr-defined]
        found = {"": _sum_modules(progress)}
        for slug, module in progress.items():
            found[slug] = module["modulePoints"]
        return found

    def read_admin_of_modules(self) -> dict[str, int]:
        page = self.boss.get("/admin/progress/module/")
        return {module.slug: module.point_count or 0 for module in page.context["cl"].result_list}

    def uncounted(self) -> int:
        return add_up(get_storage().get(self.identity.owner)).uncounted.points

    # --- the comparison -------------------------------------------------------------------------------------------

    def check(self, earned: int, possible: int) -> None:
        """Compare all places. Nothing may be lost in the storage."""
        expected = self.read_gradebook()
        self.assertEqual(expected[""], (earned, possible))  # type: ignore[attr-defined]
        for read in (self.read_learners_page, self.read_csv, self.read_learn_pages, self.read_socket):
            found = read()
            self.assertEqual(found, {place: expected[place] for place in found}, read.__name__)  # type: ignore[attr-defined]
            self.assertLessEqual({place for place in expected if "/" not in place}, set(found))  # type: ignore[attr-defined]
        exported = self.read_export_command()
        self.assertEqual(exported, {place: expected[place][0] for place in exported})  # type: ignore[attr-defined]
        listed = self.read_admin_of_modules()
        for place in expected.keys() & listed.keys():
            self.assertEqual(listed[place], expected[place][1])  # type: ignore[attr-defined]
        self.assertEqual(get_storage().get(self.identity.owner).earned, self.stored)  # type: ignore[attr-defined]
        self.assertEqual(earned + self.uncounted(), sum(self.stored.values()))  # type: ignore[attr-defined]

    def test_all_places_agree_before_and_after_each_edit(self):
        question, section, module = Question.objects, Section.objects, Module.objects
        shapes = {"section__module__slug": "shapes"}
        self.check(65, 310)
        for edit, earned, possible in self.edits(question, section, module, shapes):
            edit()
            with self.subTest(earned=earned, possible=possible):  # type: ignore[attr-defined]
                self.check(earned, possible)

    def edits(self, question: Any, section: Any, module: Any, shapes: dict[str, str]) -> list[Any]:
        def change(which: Any, **fields: Any) -> None:
            for name, value in fields.items():
                setattr(which, name, value)
            which.save()

        def add_question() -> None:
            change(Question(section=section.get(module__slug="shapes", slug="rows"), slug="new", kind="done", points=7))

        def move_question(to: str, place: str) -> None:
            target = section.get(module__slug=to, slug=place)
            change(question.get(pk=read), section=target)

        read = question.get(slug="read", **shapes).pk
        edits: list[tuple[Callable[[], Any], int, int]] = [
            (lambda: question.get(slug="text", **shapes).delete(), 25, 270),
            (add_question, 25, 277),
            (lambda: change(question.get(slug="one", **shapes), points=4), 25, 271),
            (lambda: change(question.get(slug="one", **shapes), points=10), 25, 277),
            (self._act("withdraw", "more"), 15, 122),
            (self._act("publish", "more"), 25, 277),
            (lambda: move_question("more", "rows"), 20, 277),
            (lambda: move_question("shapes", "scores"), 25, 277),
            (lambda: section.get(module__slug="shapes", slug="rows").delete(), 15, 240),
            (lambda: module.get(slug="more").delete(), 5, 85),
            (lambda: loading.load([build_lesson(id="third", title="Third")]), 5, 240),
        ]  # fmt: skip
        return edits

    def _act(self, action: str, slug: str) -> Callable[[], Any]:
        def act() -> None:
            chosen = [Module.objects.get(slug=slug).pk]
            self.boss.post("/admin/progress/module/", {"action": action, "_selected_action": chosen, "index": "0"})

        return act


class ORMTotalsTests(EditContract, TransactionTestCase):
    """Over the database."""


class DynamoDBTotals(EditContract):
    start: Callable[[], Any]

    def setUp(self) -> None:
        environment = mock.patch.dict(os.environ, AWS_ENVIRONMENT)
        environment.start()
        self.addCleanup(environment.stop)  # type: ignore[attr-defined]
        server = type(self).start()
        self.addCleanup(server.kill)  # type: ignore[attr-defined]
        storage = {
            "BACKEND": "progress.storage.dynamodb.DynamoDBStorage",
            "OPTIONS": {"table": f"progress-{uuid.uuid4()}", "endpoint_url": server.url},
        }
        settings = override_settings(PROGRESS_STORAGE=storage)
        settings.enable()
        self.addCleanup(settings.disable)  # type: ignore[attr-defined]
        get_storage().create_table()  # type: ignore[attr-defined]
        super().setUp()


@needs_dynalite
class DynaliteTotalsTests(DynamoDBTotals, TransactionTestCase):
    start = staticmethod(start_dynalite)


class MotoTotalsTests(DynamoDBTotals, TransactionTestCase):
    start = staticmethod(start_moto)


class RuleTests(TransactionTestCase):
    def setUp(self) -> None:
        self.module = load_lesson()
        self.record = Record("user:1", {key_of("one"): 10, key_of("text"): 99, QuestionKey("gone", "s", "q"): 7})

    def test_what_does_not_count_is_named_and_in_no_total(self):
        totals = add_up(self.record)
        self.assertEqual((totals.of().part, totals.of("shapes").part, totals.of("gone").part), (109, 109, 0))
        self.assertEqual(totals.uncounted.earned, {QuestionKey("gone", "s", "q"): 7})

    def test_a_question_counts_with_the_points_that_it_gave(self):
        share = add_up(self.record).of("shapes", "scores", "text")
        self.assertEqual((share.part, share.whole), (99, 40))

    def test_a_draft_counts_for_nothing_also_for_staff(self):
        Module.objects.update(status=Module.Status.DRAFT)
        totals = add_up(self.record)
        self.assertEqual((totals.of().part, totals.of().whole, totals.uncounted.points), (0, 0, 116))

    def test_a_reset_says_what_was_not_counted(self):
        user = new_user()
        get_storage().merge(f"user:{user.pk}", self.record.earned)
        self.assertIn("109 points, 7 points that were not counted, and 0 attempts", services.reset(f"user:{user.pk}"))

    def test_an_outage_of_the_storage_does_not_stop_an_edit(self):
        from progress.exceptions import StorageUnavailable

        user = new_user()
        services.award(f"user:{user.pk}", key_of("one"), 10)
        outage = mock.patch.object(type(get_storage()), "get_many", side_effect=StorageUnavailable("It is gone."))
        with outage, self.assertLogs("progress.recount"):
            Question.objects.get(slug="one").delete()
        self.assertEqual(Standing.objects.get(user=user).points, 10, "put right when the learner is shown")
        services.read_many([f"user:{user.pk}"])
        self.assertEqual(Standing.objects.get(user=user).points, 0)

    def test_many_deleted_questions_are_recounted_once(self):
        services.award(f"user:{new_user().pk}", key_of("one"), 10)
        with mock.patch.object(type(get_storage()), "get_many", return_value={}) as read:
            self.module.sections.get(slug="scores").delete()
        self.assertEqual(read.call_count, 1)


def _order(item: tuple[str, str]) -> Any:
    module = Module.objects.get(slug=item[1])
    return module.order, module.slug


def _row_of(page: Any) -> str:
    return page.content.decode().split("<tbody>")[1]


def _find_shares(html: str) -> list[tuple[int, int]]:
    return [(int(part), int(whole)) for part, whole in re.findall(r'share-text">(\d+) of (\d+)', html)]


def _find_points(html: str) -> tuple[int, int]:
    part, whole = re.search(r"<strong[^>]*>(\d+)</strong> of (\d+) points", html).groups()  # type: ignore[union-attr]
    return int(part), int(whole)


def _sum_modules(progress: dict[str, Any]) -> int:
    return sum(module["modulePoints"] for module in progress.values())


def _keep(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send
