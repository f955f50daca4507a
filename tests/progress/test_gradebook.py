"""The gradebook in the admin: who sees what, found, filtered, sorted, exported and reset; and what a page costs."""

from __future__ import annotations

import csv
import io
import time
from datetime import timedelta
from typing import Any
from unittest import mock

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import AsyncClient, Client, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playground.wire.identity import Identity
from progress import services, standings
from progress.exceptions import StorageUnavailable
from progress.export import defuse
from progress.models import Attempt, Question, Standing
from progress.records import QuestionKey
from progress.storage import get_storage
from progress.totals import Share
from tests.progress.lessons import RIGHT, client_of, key_of, load_lesson, new_user

LIST = "/admin/progress/learner/"


def identity_of(user: User) -> Identity:
    return Identity(f"user:{user.pk}", user_id=user.pk)


def answer(user: User, *questions: str, **answers: Any) -> None:
    for question, given in ({name: RIGHT[name] for name in questions} | answers).items():
        services.submit_answer(identity_of(user), key_of(question), given)


def finish(user: User) -> None:
    """All points there are."""
    answer(user, *RIGHT)
    services.confirm(identity_of(user), key_of("read"))
    services.award(f"user:{user.pk}", key_of("lab"), 50)


class GradebookTestCase(TestCase):
    def setUp(self) -> None:
        self.module = load_lesson()
        self.teacher = new_user("view_learner", "change_learner", username="teacher", is_staff=True)
        self.client = client_of(self.teacher)
        self.ada = new_user(username="ada", first_name="Ada", last_name="Lovelace", email="ada@example.org")
        self.bob = new_user(username="bob", email="bob@example.com")
        self.eve = new_user(username="eve")

    def names(self, **query: str) -> list[str]:
        response = self.client.get(LIST, query)
        self.assertEqual(response.status_code, 200)
        return [learner.username for learner in response.context["cl"].result_list]


class TableTests(GradebookTestCase):
    def test_it_shows_points_and_percent_as_text_beside_each_bar(self):
        answer(self.ada, "one", "several")
        page = self.client.get(LIST)
        self.assertContains(page, "Ada Lovelace (ada)")
        self.assertContains(page, '30 of 155 <span class="share-percent">(19 %)</span>', 2)
        self.assertContains(page, 'aria-hidden="true"><rect width="19%"', 2)
        self.assertContains(page, "Shapes of tables")

    def test_one_module_is_shown_by_its_sections(self):
        answer(self.ada, "one", "text")
        page = self.client.get(LIST, {"module": "shapes"})
        self.assertContains(page, '10 of 30 <span class="share-percent">(33 %)</span>')
        self.assertContains(page, '40 of 125 <span class="share-percent">(32 %)</span>')

    def test_it_is_searched_by_name_and_email(self):
        for words in ("lovelace", "ADA", "ada@example.org", "Ada Lovelace"):
            self.assertEqual(self.names(q=words), ["ada"])
        self.assertEqual(self.names(q="example"), ["ada", "bob"])

    def test_it_is_filtered_by_completion_in_all_and_in_one_module(self):
        answer(self.ada, "one")
        finish(self.bob)
        get_storage().award(f"user:{self.eve.pk}", QuestionKey("elsewhere", "s", "q"), 9)
        services.read_many([f"user:{self.eve.pk}"])
        for module in ({}, {"module": "shapes"}):
            self.assertEqual(self.names(completion="all", **module), ["bob"])
        for module in ({}, {"module": "shapes"}):
            self.assertEqual(self.names(completion="some", **module), ["ada"])
            self.assertEqual(self.names(completion="none", **module), ["eve"], "points elsewhere do not count")

    def test_it_is_filtered_by_activity(self):
        answer(self.ada, "one")
        answer(self.bob, one="b")
        Standing.objects.filter(user=self.bob).update(active=timezone.now() - timedelta(days=10))
        for activity, names in (
            ("day", ["ada"]), ("week", ["ada"]), ("month", ["ada", "bob"]), ("older", []), ("never", ["eve"]),
        ):  # fmt: skip
            self.assertEqual(self.names(activity=activity), names)

    def test_it_is_sorted_by_name_points_and_activity(self):
        answer(self.bob, "text")
        answer(self.ada, "one")
        self.assertEqual(self.names(), ["ada", "bob", "eve"])
        self.assertEqual(self.names(o="-1"), ["eve", "bob", "ada"])
        self.assertEqual(self.names(o="-2"), ["bob", "ada", "eve"])
        self.assertEqual(self.names(o="3"), ["eve", "bob", "ada"])
        self.assertEqual(self.names(o="-3"), ["ada", "bob", "eve"])

    def test_fifty_make_a_page(self):
        User.objects.bulk_create(User(username=f"learner{number:03}") for number in range(60))
        self.assertEqual(len(self.names()), 50)
        self.assertEqual(len(self.names(p="2")), 13)

    def test_staff_who_learn_are_learners_too_and_others_are_not(self):
        self.assertNotIn("teacher", self.names())
        answer(self.teacher, "one")
        self.assertIn("teacher", self.names())

    def test_points_that_came_by_another_way_are_shown_and_sorted_by(self):
        get_storage().award(f"user:{self.eve.pk}", key_of("text"), 40)
        self.assertContains(self.client.get(LIST), "40 of 155")
        self.assertEqual(self.names(o="-2")[0], "eve")
        get_storage().award(f"user:{self.bob.pk}", key_of("number"), 30)
        standings.rebuild(get_storage())
        self.assertEqual(self.names(o="-2"), ["eve", "bob", "ada"])

    def test_an_outage_of_the_storage_is_said_and_shows_no_zeros(self):
        answer(self.ada, "one")
        with mock.patch.object(type(get_storage()), "get_many", side_effect=StorageUnavailable("It is gone.")):
            page = self.client.get(LIST)
            self.assertContains(page, "It is gone.")
            self.assertContains(page, "not available")
            self.assertNotContains(page, "of 155")
            self.assertContains(self.client.get(f"{LIST}{self.ada.pk}/change/"), "It is gone.")

    def test_odd_queries_harm_nothing(self):
        for query in ({"module": "nothing"}, {"module": "' or 1=1"}, {"module": "x" * 5000}, {"completion": "x"},
                      {"activity": "x"}, {"o": "99"}, {"module": "a\x00"}):  # fmt: skip
            self.assertEqual(self.client.get(LIST, query, follow=True).status_code, 200, query)


class DetailTests(GradebookTestCase):
    def test_one_learner_is_shown_down_to_the_attempt(self):
        answer(self.ada, one="b")
        answer(self.ada, "one", "number")
        page = self.client.get(f"{LIST}{self.ada.pk}/change/")
        self.assertContains(page, "Ada Lovelace")
        self.assertContains(page, "10 of 10")
        self.assertContains(page, "– of 20")
        self.assertContains(page, "<q>b</q>")
        self.assertContains(page, '<q>0.94</q> <span class="right">right</span>')
        self.assertContains(page, '<ol reversed start="2">')

    def test_points_of_questions_that_are_gone_are_still_shown(self):
        get_storage().award(f"user:{self.ada.pk}", QuestionKey("old", "s", "q"), 7)
        self.assertContains(self.client.get(f"{LIST}{self.ada.pk}/change/"), "old / s / q: 7 points")

    def test_one_question_shows_how_many_were_right_and_which_choices_were_wrong(self):
        answer(self.ada, one="b")
        answer(self.ada, "one")
        answer(self.bob, "one")
        answer(self.eve, one="c")
        question = self.module.sections.get(slug="rows").questions.get(slug="one")
        page = self.client.get(f"{LIST}question/{question.pk}/")
        results = page.context["results"]
        self.assertEqual((results.answered, results.right.part, results.at_once.part, results.attempts), (3, 2, 1, 4))
        self.assertEqual(
            [(each.answer, each.correct, each.times.part) for each in results.answers],
            [("One example", True, 2), ("One column", False, 1), ("One table", False, 1)],
        )
        self.assertContains(page, '2 of 3 <span class="share-percent">(67 %)</span>')

    def test_other_kinds_show_the_commonest_answers(self):
        for user, given in ((self.ada, 1), (self.bob, 1.0), (self.eve, 2)):
            answer(user, number=given)
        answer(self.ada, several=["a", "b"])
        number = self.module.sections.get(slug="scores").questions.get(slug="number")
        answers = self.client.get(f"{LIST}question/{number.pk}/").context["results"].answers
        self.assertEqual([(each.answer, each.times.part) for each in answers], [("1", 2), ("2", 1)])
        several = self.module.sections.get(slug="rows").questions.get(slug="several")
        answers = self.client.get(f"{LIST}question/{several.pk}/").context["results"].answers
        self.assertEqual([(each.answer, each.times.part) for each in answers], [("1", 1), ("two", 1), ("3", 0)])

    def test_names_and_answers_are_shown_as_text(self):
        User.objects.filter(pk=self.ada.pk).update(first_name="<script>alert(1)</script>")
        answer(self.ada, text="<script>alert(2)</script>")
        text = self.module.sections.get(slug="scores").questions.get(slug="text")
        for page in (LIST, f"{LIST}{self.ada.pk}/change/", f"{LIST}question/{text.pk}/"):
            self.assertNotContains(self.client.get(page), "<script>alert")


class ResetTests(GradebookTestCase):
    def reset(self, client: Client, *users: User, **fields: str):
        data = {"action": "reset_progress", "_selected_action": [str(user.pk) for user in users], **fields}
        return client.post(LIST, data, follow=True)

    def setUp(self) -> None:
        super().setUp()
        answer(self.ada, "one", "text")
        answer(self.bob, "one")

    def points(self, user: User) -> int:
        return services.read_progress(identity_of(user)).points

    def test_it_asks_first(self):
        page = self.reset(self.client, self.ada)
        self.assertContains(page, "It cannot be undone")
        self.assertContains(page, "Ada Lovelace")
        self.assertEqual(self.points(self.ada), 50)

    def test_confirmed_it_forgets_points_attempts_and_standing_of_those_alone_and_is_logged(self):
        page = self.reset(self.client, self.ada, confirmed="yes")
        self.assertContains(page, "The progress of 1 learner was reset.")
        self.assertEqual((self.points(self.ada), self.points(self.bob)), (0, 10))
        self.assertFalse(Attempt.objects.filter(owner=f"user:{self.ada.pk}").exists())
        self.assertFalse(Standing.objects.filter(user=self.ada).exists())
        entry = LogEntry.objects.get()
        self.assertEqual((entry.user, entry.object_id), (self.teacher, str(self.ada.pk)))
        self.assertIn("50 points and 2 attempts", entry.get_change_message())
        self.assertContains(self.client.get(f"{LIST}{self.ada.pk}/history/"), "50 points and 2 attempts")

    def test_the_learners_page_offers_it_to_those_who_may(self):
        url = f"{LIST}{self.ada.pk}/change/"
        self.assertContains(self.client.get(url), "Reset progress…")
        viewer = client_of(new_user("view_learner", is_staff=True))
        self.assertNotContains(viewer.get(url), "Reset progress…")

    def test_who_may_only_look_does_not_reset(self):
        viewer = client_of(new_user("view_learner", is_staff=True))
        self.reset(viewer, self.ada, confirmed="yes")
        self.assertEqual(self.points(self.ada), 50)
        self.assertFalse(LogEntry.objects.exists())

    def test_an_outage_in_the_middle_is_said(self):
        with mock.patch.object(type(get_storage()), "reset", side_effect=StorageUnavailable("It is gone.")):
            page = self.reset(self.client, self.ada, confirmed="yes")
        self.assertContains(page, "It is gone. Try again for the others.")
        self.assertContains(page, "The progress of 0 learners was reset.")
        self.assertEqual(Attempt.objects.filter(owner=f"user:{self.ada.pk}").count(), 2)


class RoleTests(GradebookTestCase):
    def pages(self) -> list[str]:
        question = self.module.sections.get(slug="rows").questions.get(slug="one")
        learner = f"{LIST}{self.ada.pk}/"
        return [LIST, f"{learner}change/", f"{learner}history/", f"{LIST}question/{question.pk}/",
                f"{LIST}export/modules/", f"{LIST}export/questions/"]  # fmt: skip

    def test_who_may_view_sees_every_page_and_changes_nothing(self):
        viewer = client_of(new_user("view_learner", is_staff=True))
        for page in self.pages():
            self.assertEqual(viewer.get(page).status_code, 200, page)
        for page in (f"{LIST}add/", f"{LIST}{self.ada.pk}/delete/"):
            self.assertEqual(self.client.get(page).status_code, 403, page)
        self.assertEqual(self.client.post(f"{LIST}{self.ada.pk}/change/", {"username": "x"}).status_code, 405)

    def test_staff_without_permission_are_refused_and_learners_sent_to_the_login(self):
        staff = client_of(new_user("view_module", is_staff=True))
        learner = client_of(new_user("view_learner"))
        for page in self.pages():
            self.assertEqual(staff.get(page).status_code, 403, page)
            self.assertRedirects(learner.get(page), f"/admin/login/?next={page}", fetch_redirect_response=False)

    def test_there_are_groups_for_those_who_teach_and_those_who_assist(self):
        for name, may_reset in (("Teachers", True), ("Teaching assistants", False)):
            user = new_user(is_staff=True)
            user.groups.add(Group.objects.get(name=name))
            self.assertTrue(user.has_perms(["progress.view_learner", "progress.view_module", "progress.view_question"]))
            self.assertIs(user.has_perm("progress.change_learner"), may_reset)
            self.assertIs(user.has_perm("progress.change_question"), may_reset)


def read_csv(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


class ExportTests(GradebookTestCase):
    def test_by_module_and_by_question(self):
        answer(self.ada, "one", "text")
        response = self.client.get(f"{LIST}export/modules/")
        self.assertTrue(response.streaming)
        self.assertEqual(response["Content-Disposition"], 'attachment; filename="progress-by-module.csv"')
        head, out_of, ada, bob, _eve = read_csv(response)
        self.assertEqual(head[:4], ["learner", "name", "e-mail", "last activity"])
        self.assertEqual(head[4:], ["points", "Shapes of tables", "not counted"])
        self.assertEqual(out_of[-3:], ["155", "155", ""])
        self.assertEqual([*ada[:3], *ada[4:]], ["ada", "Ada Lovelace", "ada@example.org", "50", "50", "0"])
        self.assertEqual(bob[3:], ["", "0", "0", "0"])
        head, out_of, ada, *_ = read_csv(self.client.get(f"{LIST}export/questions/"))
        row = dict(zip(head, ada, strict=True))
        self.assertEqual(row["shapes / rows / one"], "10")
        self.assertEqual(row["shapes / scores / text"], "40")
        self.assertEqual(row["shapes / scores / lab"], "0")
        self.assertEqual(dict(zip(head, out_of, strict=True))["shapes / scores / lab"], "50")

    def test_what_is_filtered_and_in_its_order_on_all_pages(self):
        answer(self.bob, "text")
        answer(self.ada, "one")
        User.objects.bulk_create(User(username=f"learner{number:03}") for number in range(120))
        rows = read_csv(self.client.get(f"{LIST}export/modules/", {"completion": "some", "o": "-2"}))
        self.assertEqual([row[0] for row in rows[2:]], ["bob", "ada"])
        rows = read_csv(self.client.get(f"{LIST}export/modules/", {"q": "learner", "p": "2"}))
        self.assertEqual(len(rows), 122)
        head, *_ = read_csv(self.client.get(f"{LIST}export/modules/", {"module": "shapes"}))
        self.assertEqual(head[5:-1], ["Rows", "Scores"])

    def test_names_that_spreadsheets_would_run_are_text(self):
        User.objects.filter(pk=self.ada.pk).update(
            username="@ada", first_name='=HYPERLINK("http://evil.example")', email="+1@example.org"
        )
        row = read_csv(self.client.get(f"{LIST}export/modules/", {"q": "ada"}))[2]
        self.assertEqual(row[:3], ["'@ada", '\'=HYPERLINK("http://evil.example") Lovelace', "'+1@example.org"])
        for text in ("-1+1", "\t=1", "\r=1", "  =1", "＝1", "\n@x"):
            self.assertEqual(defuse(text), f"'{text}")
        for text in ("Ada", "a=b", "O'Neil", ""):
            self.assertEqual(defuse(text), text)

    def test_the_page_links_to_exports_of_what_it_shows(self):
        page = self.client.get(LIST, {"completion": "none", "q": "a"})
        self.assertContains(page, f"{LIST}export/questions/?completion=none&amp;q=a")

    def test_nothing_else_is_exported(self):
        self.assertEqual(self.client.get(f"{LIST}export/passwords/").status_code, 404)


class StreamTests(TransactionTestCase):
    async def test_under_asgi_it_is_streamed_without_being_gathered_first(self):
        from asgiref.sync import sync_to_async

        def prepare() -> User:
            load_lesson()
            User.objects.bulk_create(User(username=f"learner{number:03}") for number in range(600))
            return new_user("view_learner", is_staff=True)

        client = AsyncClient(headers={"host": "localhost"})
        await client.aforce_login(await sync_to_async(prepare)())
        response = await client.get(f"{LIST}export/modules/")
        self.assertTrue(response.is_async)
        chunks = [chunk async for chunk in response.streaming_content]
        self.assertEqual(len(chunks), 3)
        self.assertEqual(b"".join(chunks).count(b"learner1"), 100)


class CostTests(GradebookTestCase):
    """The cost of a page does not grow with the number of learners."""

    def add_learners(self, count: int) -> None:
        for number in range(count):
            user = User(username=f"learner{User.objects.count()}-{number}")
            user.save()
            answer(user, "one", "text")

    def cost(self, path: str, **query: str) -> tuple[int, int]:
        """Queries, and requests to the storage."""
        storage = type(get_storage())
        names = ("get", "get_many", "list_page", "award")
        real = {name: getattr(storage, name) for name in names}
        calls: list[str] = []

        def counting(name: str):
            def call(this: Any, *args: Any, **kwargs: Any) -> Any:
                calls.append(name)
                return real[name](this, *args, **kwargs)

            return call

        with mock.patch.multiple(storage, **{name: counting(name) for name in names}):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = self.client.get(path, query)
                if response.streaming:
                    b"".join(response.streaming_content)
            self.assertEqual(response.status_code, 200)
        return len(queries), len(calls)

    def test_the_gradebook_costs_the_same_for_5_and_for_50_learners(self):
        for query in ({}, {"module": "shapes"}, {"completion": "some", "activity": "week", "o": "-2", "q": "a"}):
            with self.subTest(query=query):
                self.add_learners(5 - len(self.names()) if len(self.names()) < 5 else 0)
                few = self.cost(LIST, **query)
                self.add_learners(45)
                self.assertEqual(self.cost(LIST, **query), few)
                self.assertEqual(few[1], 1)
                self.assertLess(few[0], 20)
                User.objects.filter(username__startswith="learner").delete()

    def test_a_learners_and_a_questions_page_cost_the_same_whatever_was_tried(self):
        question = self.module.sections.get(slug="rows").questions.get(slug="one")
        answer(self.ada, "one")
        pages = (f"{LIST}{self.ada.pk}/change/", f"{LIST}question/{question.pk}/")
        few = [self.cost(page) for page in pages]
        answer(self.ada, "several", "number", "text", one="b")
        self.add_learners(10)
        self.assertEqual([self.cost(page) for page in pages], few)
        self.assertEqual([calls for _, calls in few], [1, 0])

    def test_an_export_asks_the_storage_once_for_hundreds_of_learners(self):
        self.add_learners(5)
        few = self.cost(f"{LIST}export/questions/")
        self.add_learners(45)
        self.assertEqual(self.cost(f"{LIST}export/questions/"), few)
        self.assertEqual(few[1], 1)


class SpeedTests(TestCase):
    def test_a_thousand_learners_by_a_hundred_questions_are_exported_in_two_seconds(self):
        users = User.objects.bulk_create(User(username=f"learner{number:04}") for number in range(1_000))
        section = load_lesson().sections.get(slug="rows")
        Question.objects.filter(section__module__slug="shapes").delete()
        rows = [Question(section=section, slug=f"q{number}", kind="done", prompt="?") for number in range(100)]
        Question.objects.bulk_create(rows)
        keys = [QuestionKey("shapes", "rows", row.slug) for row in rows]
        storage = get_storage()
        for user in users:
            storage.merge(f"user:{user.pk}", dict.fromkeys(keys, 10))
        standings.rebuild(storage)
        from progress.export import build_chunks
        from progress.gradebook import list_questions, with_standings
        from progress.models import Learner

        columns = list_questions()
        started = time.process_time()
        rows = list(csv.reader("".join(build_chunks(with_standings(Learner.objects.all()), columns)).splitlines()))
        seconds = time.process_time() - started
        self.assertEqual(len(rows), 1_002)
        self.assertEqual({row[4] for row in rows[2:]}, {"1000"})
        self.assertLess(seconds, 2, "seconds of this process, so that others beside it do not count")


class ShareTests(TestCase):
    def test_a_hundred_percent_is_all_and_nothing_less(self):
        for part, whole, percent in ((0, 10, 0), (1, 3, 33), (999, 1000, 99), (10, 10, 100), (20, 10, 100), (0, 0, 0)):
            self.assertEqual(Share(part, whole).percent, percent)
