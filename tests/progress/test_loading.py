"""From files to rows and back: what ships is there, what staff made theirs stays theirs."""

from __future__ import annotations

from django.core.management import call_command
from django.test import TestCase

from progress import loading
from progress.catalogue import read_content
from progress.description import describe_module, with_everything
from progress.loading import load
from progress.models import Attempt, Choice, Module, Question, Section
from tests.progress.lessons import ALICE, build_lesson, load_lesson
from tests.training.test_admin import FewerThan


def stored(slug: str = "shapes"):
    return describe_module(with_everything(Module.objects.filter(slug=slug)).get())


class ShippedTests(TestCase):
    def test_migrating_loads_and_publishes_every_module_that_ships(self):
        shipped = read_content()
        self.assertGreater(len(shipped), 0)
        rows = list(with_everything(Module.objects.filter(slug__in=[module.id for module in shipped])))
        self.assertEqual([describe_module(row) for row in rows], shipped)
        self.assertEqual({row.status for row in rows}, {Module.Status.PUBLISHED})

    def test_migrating_again_costs_one_query(self):
        with self.assertNumQueries(3):  # the savepoint's two beside it
            loading.load_shipped()

    def test_it_is_loaded_again_after_the_database_was_emptied(self):
        Module.objects.all().delete()
        loading.ShippedModule.objects.all().delete()
        call_command("migrate", "progress", verbosity=0)
        self.assertEqual(Module.objects.count(), len(read_content()))


class LoadTests(TestCase):
    def test_rows_say_what_the_file_says(self):
        load_lesson()
        self.assertEqual(stored(), build_lesson())

    def test_loading_costs_the_same_queries_however_much_there_is(self):
        with self.assertNumQueries(FewerThan(20)):
            load(build_lesson(id=f"copy-{number}") for number in range(8))
        self.assertEqual(stored("copy-7"), build_lesson(id="copy-7"))

    def test_loading_again_changes_nothing(self):
        load_lesson()
        with self.assertNumQueries(3):
            self.assertEqual(load([build_lesson()]), [])

    def test_new_content_replaces_what_nobody_touched_and_attempts_stay(self):
        load_lesson()
        question = Question.objects.get(section__module__slug="shapes", slug="text")
        Attempt.objects.create(
            owner=ALICE.owner, question=question, number=1, answer="x", correct=False, when="2026-01-01T00:00Z"
        )
        lesson = build_lesson()
        scores = lesson.sections[1].model_copy(update={"questions": lesson.sections[1].questions[1:], "title": "New"})
        changed = lesson.model_copy(update={"title": "New title", "sections": (scores,)})
        self.assertEqual(load([changed]), ["shapes"])
        self.assertEqual(stored(), changed)
        self.assertEqual(Attempt.objects.get(owner=ALICE.owner).question, question)

    def test_what_staff_changed_is_not_overwritten(self):
        def retitle():
            Module.objects.filter(slug="shapes").update(title="Mine")

        def reword():
            Choice.objects.filter(question__slug="one", slug="b").update(text="Mine")

        def remove():
            Section.objects.get(module__slug="shapes", slug="rows").delete()

        def break_it():
            Question.objects.filter(section__module__slug="shapes", slug="number").update(answer=None)

        for touch in (retitle, reword, remove, break_it):
            with self.subTest(touch.__name__):
                Module.objects.filter(slug="shapes").delete()
                loading.ShippedModule.objects.filter(slug="shapes").delete()
                load_lesson()
                touch()
                with self.assertLogs("progress.loading", "INFO"):
                    self.assertEqual(load([build_lesson(summary="Changed in the file")]), [])
                self.assertNotEqual(Module.objects.get(slug="shapes").summary, "Changed in the file")

    def test_what_staff_deleted_stays_deleted(self):
        load_lesson().delete()
        self.assertEqual(load([build_lesson()]), [])
        with self.assertLogs("progress.loading", "INFO"):
            self.assertEqual(load([build_lesson(summary="Changed")]), [])
        self.assertFalse(Module.objects.filter(slug="shapes").exists())

    def test_a_draft_stays_a_draft_and_the_order_is_the_staffs(self):
        load_lesson()
        Module.objects.filter(slug="shapes").update(status=Module.Status.DRAFT, order=3)
        self.assertEqual(load([build_lesson(title="Changed")]), ["shapes"])
        module = Module.objects.get(slug="shapes")
        self.assertEqual((module.title, module.status, module.order), ("Changed", Module.Status.DRAFT, 3))
