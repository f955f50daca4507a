"""Reading, grading and awarding below the socket: points once, hints by and by, guests who become users."""

from __future__ import annotations

from unittest import mock

from django.contrib.auth.models import User
from django.test import TestCase, TransactionTestCase

from playground.wire.envelope import dump
from playground.wire.identity import Identity
from progress import services
from progress.attempts import KEPT
from progress.exceptions import (
    AnswerRequired,
    ModuleNotFound,
    NotYours,
    QuestionIncomplete,
    QuestionNotFound,
    StorageUnavailable,
)
from progress.messages import AnswerResult
from progress.models import Attempt, Module, Question, Standing
from progress.records import QuestionKey
from progress.storage import get_storage
from tests.progress.lessons import (
    ALICE,
    BOB,
    LESSON_POINTS,
    RIGHT,
    SECRETS,
    STAFF,
    WRONG,
    key_of,
    load_lesson,
    new_user,
)
from tests.together import at_once


class LessonTestCase(TestCase):
    def setUp(self) -> None:
        self.module = load_lesson()

    def answer(self, identity: Identity, question: str, answer: object):
        return services.submit_answer(identity, key_of(question), answer)


class AnswerTests(LessonTestCase):
    def test_a_right_answer_earns_its_points_once(self):
        first = self.answer(ALICE, "one", "a")
        self.assertEqual((first.correct, first.points, first.attempts, first.hint), (True, 10, 1, ""))
        second = self.answer(ALICE, "one", "a")
        self.assertEqual((second.correct, second.points, second.attempts), (True, 0, 2))
        self.assertEqual(services.read_progress(ALICE).points, 10)

    def test_every_kind_earns_its_own(self):
        for question, answer in RIGHT.items():
            self.assertTrue(self.answer(ALICE, question, answer).correct)
        self.assertEqual(
            services.read_progress(ALICE).to_wire(),
            {"shapes": {
                "modulePoints": 100,
                "rows": {"sectionPoints": 30, "one": 10, "several": 20},
                "scores": {"sectionPoints": 70, "number": 30, "text": 40},
            }},
        )  # fmt: skip

    def test_each_wrong_attempt_opens_one_more_hint_and_the_last_one_stays(self):
        hints = [self.answer(ALICE, "one", "b").hint for _ in range(3)]
        self.assertEqual(hints, ["SECRET-hint-1", "SECRET-hint-2", "SECRET-hint-2"])
        shown = services.get_module(ALICE, "shapes").sections[0].questions[0]
        self.assertEqual((shown.hints, shown.attempts, shown.earned), (["SECRET-hint-1", "SECRET-hint-2"], 3, None))
        self.assertEqual(services.get_module(BOB, "shapes").sections[0].questions[0].hints, [])

    def test_attempts_are_recorded_as_they_were_typed(self):
        self.answer(ALICE, "number", "94 %")
        self.answer(ALICE, "several", ["b", "a"])
        recorded = (
            Attempt.objects.filter(owner=ALICE.owner).order_by("pk").values_list("question__slug", "answer", "correct")
        )
        self.assertEqual(list(recorded), [("number", "94 %", True), ("several", ["a", "b"], False)])

    def test_the_newest_attempts_are_kept_and_all_are_counted(self):
        for _ in range(KEPT + 5):
            result = self.answer(ALICE, "one", "b")
        self.assertEqual(result.attempts, KEPT + 5)
        self.assertEqual(Attempt.objects.filter(owner=ALICE.owner).count(), KEPT)

    def test_an_answer_that_the_storage_did_not_take_leaves_no_trace(self):
        unavailable = StorageUnavailable("gone")
        with (
            mock.patch.object(type(get_storage()), "award", side_effect=unavailable),
            self.assertRaises(StorageUnavailable),
        ):
            self.answer(ALICE, "one", "a")
        self.assertEqual(Attempt.objects.count(), 0)
        self.assertEqual(self.answer(ALICE, "one", "a").points, 10)

    def test_unknown_questions_and_drafts_are_not_there_whoever_asks(self):
        for key in (
            QuestionKey("shapes", "scores", "one"),
            QuestionKey("no", "rows", "one"),
            QuestionKey("x\u00e9 .#", "'", '"'),
        ):
            with self.assertRaises(QuestionNotFound):
                services.submit_answer(ALICE, key, "a")
        Module.objects.filter(slug="shapes").update(status=Module.Status.DRAFT)
        for identity in (ALICE, STAFF):
            with self.assertRaises(QuestionNotFound):
                self.answer(identity, "one", "a")

    def test_a_question_that_staff_left_incomplete_is_not_graded_nor_shown(self):
        Question.objects.filter(section__module=self.module, slug="number").update(answer=None)
        with self.assertRaises(QuestionIncomplete):
            self.answer(ALICE, "number", 1)
        shown = [q.questionID for section in services.get_module(ALICE, "shapes").sections for q in section.questions]
        self.assertEqual(shown, ["one", "several", "text", "read", "lab"])


class ConfirmTests(LessonTestCase):
    def test_what_has_nothing_to_grade_is_earned_by_saying_so_once(self):
        self.assertTrue(services.confirm(ALICE, key_of("read")).was_new)
        self.assertFalse(services.confirm(ALICE, key_of("read")).was_new)
        self.assertEqual(services.read_progress(ALICE).points, 5)

    def test_what_has_a_key_is_not(self):
        for question in (*RIGHT, "lab"):
            with self.subTest(question), self.assertRaises(AnswerRequired):
                services.confirm(ALICE, key_of(question))
        self.assertEqual(services.read_progress(ALICE).points, 0)


class OwnershipTests(LessonTestCase):
    def test_own_progress_goes_by_many_names(self):
        user = new_user()
        me = Identity(f"user:{user.pk}", user_id=user.pk)
        for name in (None, "", "me", user.pk, str(user.pk), f"user:{user.pk}"):
            self.assertEqual(services.read_progress(me, name).user_id, me.owner)
        self.assertEqual(services.read_progress(ALICE, ALICE.owner).user_id, ALICE.owner)

    def test_others_progress_is_not_yours_but_for_staff_to_read(self):
        self.answer(ALICE, "one", "a")
        for name in (ALICE.owner, 5, "5", "user:5", "ALICE", "user:0", "-1", "' or 1=1"):
            with self.subTest(name=name), self.assertRaises(NotYours):
                services.read_progress(BOB, name)
        self.assertEqual(services.read_progress(STAFF, ALICE.owner).points, 10)
        self.assertEqual(services.read_progress(STAFF, 12345).points, 0)
        with self.assertRaises(NotYours):
            services.parse_user_id(STAFF, ALICE.owner, to_change=True)


class CatalogueTests(LessonTestCase):
    def test_the_list_says_how_much_there_is_and_how_much_is_earned(self):
        self.answer(ALICE, "one", "a")
        lesson = next(module for module in services.list_modules(ALICE).modules if module.moduleID == "shapes")
        self.assertEqual(
            (lesson.sections, lesson.questions, lesson.points, lesson.earned, lesson.draft),
            (2, 6, LESSON_POINTS, 10, False),
        )

    def test_a_module_shows_everything_but_its_keys(self):
        module = services.get_module(ALICE, "shapes")
        text = str(dump(module)) + module.model_dump_json()
        for secret in SECRETS:
            self.assertNotIn(secret, text)
        for shown in ("One column", "A **row** is one example.", "Which are numbers?", "max_parameters"):
            self.assertIn(shown, text)
        self.assertEqual(module.points, LESSON_POINTS)

    def test_drafts_are_for_staff(self):
        Module.objects.filter(slug="shapes").update(status=Module.Status.DRAFT)
        with self.assertRaises(ModuleNotFound):
            services.get_module(ALICE, "shapes")
        self.assertNotIn("shapes", [module.moduleID for module in services.list_modules(ALICE).modules])
        self.assertTrue(services.get_module(STAFF, "shapes").draft)
        self.assertIn("shapes", [module.moduleID for module in services.list_modules(STAFF).modules if module.draft])

    def test_a_module_costs_the_same_queries_however_large_it_is(self):
        with self.assertNumQueries(7):  # module, sections, questions, choices; what is earned and what counts; attempts
            services.get_module(ALICE, "shapes")
        with self.assertNumQueries(3):
            services.list_modules(ALICE)


class CarryOverTests(LessonTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = new_user()
        self.me = Identity(f"user:{self.user.pk}", user_id=self.user.pk)

    def test_points_and_attempts_of_a_guest_follow_and_nothing_doubles(self):
        self.answer(self.me, "one", "a")
        self.answer(ALICE, "one", "b")
        self.answer(ALICE, "one", "a")
        self.answer(ALICE, "text", "over-fitting")
        for _ in range(3):
            services.carry_over(ALICE.owner, self.me.owner)
            self.assertEqual(services.read_progress(self.me).points, 50)
            self.assertEqual(services.read_progress(ALICE).points, 0)
            numbers = Attempt.objects.filter(owner=self.me.owner, question__slug="one").order_by("number")
            self.assertEqual(list(numbers.values_list("number", "answer")), [(1, "a"), (2, "b"), (3, "a")])
            self.assertEqual(Attempt.objects.filter(owner=ALICE.owner).count(), 0)
            self.assertEqual(Standing.objects.get(user=self.user, module_id="shapes").points, 50)

    def test_cut_short_it_is_finished_the_next_time(self):
        self.answer(ALICE, "text", "over-fitting")
        gone = mock.patch.object(type(get_storage()), "reset", side_effect=StorageUnavailable("gone"))
        with gone, self.assertRaises(StorageUnavailable):
            services.carry_over(ALICE.owner, self.me.owner)
        services.carry_over(ALICE.owner, self.me.owner)
        self.assertEqual(services.read_progress(self.me).points, 40)
        self.assertEqual(services.read_progress(ALICE).points, 0)

    def test_what_a_teacher_reset_does_not_come_back(self):
        self.answer(ALICE, "text", "over-fitting")
        services.carry_over(ALICE.owner, self.me.owner)
        self.assertEqual(services.reset(self.me.owner), "40 points and 1 attempts")
        services.carry_over(ALICE.owner, self.me.owner)
        self.assertEqual(services.read_progress(self.me).points, 0)
        self.assertFalse(Standing.objects.filter(user=self.user).exists())


class StandingTests(LessonTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = new_user()
        self.me = Identity(f"user:{self.user.pk}", user_id=self.user.pk)

    def test_it_follows_awards_and_attempts(self):
        self.answer(self.me, "one", "b")
        before = Standing.objects.get(user=self.user)
        self.assertEqual((before.module_id, before.points), ("shapes", 0))
        self.answer(self.me, "one", "a")
        self.answer(self.me, "one", "a")
        services.confirm(self.me, key_of("read"))
        after = Standing.objects.get(user=self.user)
        self.assertEqual(after.points, 15)
        self.assertGreater(after.active, before.active)

    def test_guests_have_none(self):
        self.answer(ALICE, "one", "a")
        self.assertEqual(Standing.objects.count(), 0)

    def test_one_that_drifted_is_put_right_when_the_record_is_shown(self):
        self.answer(self.me, "one", "a")
        Standing.objects.update(points=7)
        get_storage().award(self.me.owner, QuestionKey("elsewhere", "s", "q"), 3)
        records = services.read_many([self.me.owner])
        self.assertEqual(records[self.me.owner].points, 13)
        self.assertEqual(dict(Standing.objects.values_list("module_id", "points")), {"shapes": 10, "elsewhere": 0})

    def test_records_of_nobody_are_passed_over(self):
        get_storage().award("user:999999", key_of("one"), 10)
        services.read_many(["user:999999", "guest:x", "user:abc"])
        self.assertEqual(Standing.objects.count(), 0)


class ConcurrencyTests(TransactionTestCase):
    def test_two_tabs_at_once_earn_once_and_lose_no_attempt(self):
        load_lesson()
        user = User.objects.create_user("tabs")
        me, answers = Identity(f"user:{user.pk}", user_id=user.pk), {**RIGHT, "number": WRONG["number"]}

        def tab() -> list[AnswerResult]:
            return [services.submit_answer(me, key_of(name), answers[name]) for name in ("one", "text", "number")]

        results = [result for answered in at_once([tab] * 8) for result in answered]
        self.assertEqual(sorted(result.points for result in results), [0] * 22 + [10, 40])
        self.assertEqual(services.read_progress(me).points, 50)
        self.assertEqual(Standing.objects.get(user=user).points, 50)
        for question in ("one", "text", "number"):
            numbers = Attempt.objects.filter(owner=me.owner, question__slug=question).values_list("number", flat=True)
            self.assertEqual(sorted(numbers), list(range(1, 9)))
