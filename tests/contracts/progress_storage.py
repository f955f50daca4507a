"""Contract of the progress storages, as mixins. test_progress_storage.py runs them on each storage."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from progress.exceptions import StorageUnavailable
from progress.records import Award, QuestionKey, Record
from progress.storage.base import ProgressStorage
from tests.together import PATIENCE, at_once

KEY = QuestionKey("neurons", "layers", "how-many")
ODD_IDENTIFIERS = (
    "size", "names", "values", "count", "user_id", "updated", "question", "module",  # reserved, or taken by the item
    "7", "0", "-1", "1e3", "true", "null",
    "a b", " a", "a ", "a.b", "a/b", "a%2Fb", "a%b", "%2F", "/", "//", "#q0", ":q0", "a#b", "a:b", "a,b", "[0]", "a[0]",
    "'", '"', "\\", "${x}", "{}", "é", "e\u0301", "ß", "Ünï çødé", "学习", "🧠", "👩‍🏫", "A", "a", "question/a/b",
    "x" * 100, "学" * 100, "🧠" * 100, "/" * 100, "%" * 100,
)  # fmt: skip

if TYPE_CHECKING:
    Base = unittest.TestCase
else:
    Base = object


class StorageContract(Base):
    """`storage` is a new one, with nothing in it, for each test."""

    storage: ProgressStorage

    def assert_totals(self, record: Record) -> None:
        """Totals are what the questions sum up to, in the record and on the wire."""
        wire = record.to_wire()
        self.assertEqual(record.points, sum(record.earned.values()))
        self.assertEqual(record.points, sum(module["modulePoints"] for module in wire.values()))
        for module_id, module in wire.items():
            sections = {name: value for name, value in module.items() if name != "modulePoints"}
            self.assertEqual(module["modulePoints"], record.module_points(module_id))
            self.assertEqual(module["modulePoints"], sum(section["sectionPoints"] for section in sections.values()))
            for section_id, section in sections.items():
                questions = {name: value for name, value in section.items() if name != "sectionPoints"}
                self.assertEqual(section["sectionPoints"], record.section_points(module_id, section_id))
                self.assertEqual(section["sectionPoints"], sum(questions.values()))

    def test_who_has_earned_nothing_has_an_empty_record(self):
        self.assertEqual(self.storage.get("user:1"), Record("user:1"))
        self.assertEqual(self.storage.get_many(["user:1", "user:2"])["user:2"], Record("user:2"))
        self.assertEqual(self.storage.get_many([]), {})
        self.assertEqual(list(self.storage.iterate()), [])
        self.assertEqual(self.storage.count(), 0)

    def test_an_award_is_in_its_answer_and_in_what_is_read_after_it(self):
        before = datetime.now(UTC)
        award = self.storage.award("user:1", KEY, 10)
        self.assertTrue(award.was_new)
        self.assertEqual(award.record.earned, {KEY: 10})
        assert award.record.updated
        self.assertTrue(before <= award.record.updated <= datetime.now(UTC))
        self.assertEqual(self.storage.get("user:1"), award.record)
        self.assertEqual(self.storage.get_many(["user:1"]), {"user:1": award.record})
        self.assertEqual(list(self.storage.iterate()), [(award.record,)])

    def test_a_question_is_earned_once_and_keeps_its_points(self):
        first = self.storage.award("user:1", KEY, 10)
        second = self.storage.award("user:1", KEY, 25)
        self.assertEqual(second, Award(first.record, False))
        self.assertEqual(self.storage.get("user:1"), first.record)

    def test_a_question_may_be_worth_nothing_and_is_earned_once_all_the_same(self):
        self.assertTrue(self.storage.award("user:1", KEY, 0).was_new)
        again = self.storage.award("user:1", KEY, 10)
        self.assertFalse(again.was_new)
        self.assertEqual(again.record.earned, {KEY: 0})
        self.assertEqual(
            again.record.to_wire(), {"neurons": {"modulePoints": 0, "layers": {"sectionPoints": 0, "how-many": 0}}}
        )

    def test_totals_are_the_sums_of_the_questions(self):
        points = iter(range(1, 100))
        for module in "ab":
            for section in ("a", "b", "modulo"):
                for question in ("a", "b", "c"):
                    award = self.storage.award("user:1", QuestionKey(module, section, question), next(points))
                    self.assert_totals(award.record)
        record = self.storage.get("user:1")
        self.assert_totals(record)
        self.assertEqual(record.points, sum(range(1, 19)))
        self.assertEqual(record.module_points("b"), sum(range(10, 19)))
        self.assertEqual(record.section_points("a", "b"), 4 + 5 + 6)

    def test_learners_do_not_share_anything(self):
        for user_id in ("user:1", "user:10", "USER:1", "guest:user:1"):
            self.assertTrue(self.storage.award(user_id, KEY, 10).was_new, user_id)
        self.assertEqual(self.storage.count(), 4)
        self.storage.reset("user:1")
        self.assertEqual(self.storage.get("user:10").points, 10)

    def test_odd_identifiers_survive_and_stay_apart(self):
        keys = [QuestionKey(odd, odd, odd) for odd in ODD_IDENTIFIERS]
        keys += [QuestionKey("a", "b/c", "d"), QuestionKey("a/b", "c", "d"), QuestionKey("a", "b", "c/d")]
        keys += [QuestionKey("a", "b%2Fc", "d"), QuestionKey("a%2Fb", "c", "d"), QuestionKey("a", "b", "c%2Fd")]
        for points, key in enumerate(keys):
            award = self.storage.award("user:1", key, points)
            self.assertTrue(award.was_new, key)
        record = self.storage.get("user:1")
        self.assertEqual(record.earned, {key: points for points, key in enumerate(keys)})
        self.assert_totals(record)
        self.assertFalse(self.storage.award("user:1", keys[-1], 1).was_new)

    def test_reset_forgets_one_learner_and_points_can_be_earned_again(self):
        self.storage.award("user:1", KEY, 10)
        self.storage.award("user:2", KEY, 10)
        self.storage.reset("user:1")
        self.storage.reset("user:3")
        self.assertEqual(self.storage.get("user:1"), Record("user:1"))
        self.assertEqual([record.user_id for page in self.storage.iterate() for record in page], ["user:2"])
        self.assertEqual(self.storage.award("user:1", KEY, 5).record.points, 5)

    def test_many_are_read_each_once_even_if_asked_for_twice(self):
        for number in range(130):
            self.storage.award(f"user:{number}", KEY, number)
        wanted = [f"user:{number}" for number in range(140)]
        records = self.storage.get_many(wanted + wanted[:5])
        self.assertEqual({name: record.points for name, record in records.items()}, {
            f"user:{number}": number if number < 130 else 0 for number in range(140)
        })  # fmt: skip

    def test_merging_gives_what_is_not_earned_yet_and_may_be_repeated(self):
        then = datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
        earned = {QuestionKey(f"m{number}", f"s{number % 7}", f"q{number}"): number for number in range(170)}
        record = self.storage.merge("user:1", earned, then)
        self.assertEqual(record, Record("user:1", earned, then))
        self.assertEqual(self.storage.merge("user:1", earned, then + timedelta(1)), record)
        self.assertEqual(self.storage.get("user:1"), record)
        self.assert_totals(record)

    def test_merging_leaves_what_is_earned_already_as_it_is(self):
        first = self.storage.award("user:1", KEY, 10).record
        other = QuestionKey("neurons", "layers", "why")
        merged = self.storage.merge("user:1", {KEY: 99, other: 5}, datetime(2020, 1, 2, tzinfo=UTC))
        self.assertEqual(merged, Record("user:1", {KEY: 10, other: 5}, first.updated))
        self.assertEqual(self.storage.get("user:1"), merged)

    def test_merging_without_a_time_is_done_now_and_merging_nothing_changes_nothing(self):
        self.assertEqual(self.storage.merge("user:1", {}), Record("user:1"))
        self.assertEqual(self.storage.count(), 0)
        before = datetime.now(UTC)
        record = self.storage.merge("user:1", {KEY: 1})
        assert record.updated
        self.assertTrue(before <= record.updated <= datetime.now(UTC))

    def test_pages_hold_at_most_their_limit(self):
        for number in range(7):
            self.storage.award(f"user:{number}", KEY, number)
        pages = list(self.storage.iterate(limit=3))
        self.assertTrue(all(len(page) <= 3 for page in pages))
        self.assertEqual(sorted(record.points for page in pages for record in page), list(range(7)))
        self.assertEqual(len(self.storage.list_page(limit=100).records), 7)

    def test_paging_sees_each_of_a_thousand_once_while_others_come_earn_and_go(self):
        learners = fill(self.storage, 1_000)
        going = [f"user:{number}-going" for number in range(20)]
        for user_id in going:
            self.storage.award(user_id, KEY, 1)
        seen: list[str] = []
        for turn, page in enumerate(self.storage.iterate(limit=50)):
            seen += [record.user_id for record in page]
            self.storage.award(f"user:{turn * 37}-coming", KEY, 1)
            self.storage.award(learners[turn * 31 % 1_000], QuestionKey("m", "s", "later"), 1)
            self.storage.reset(going[turn % 20])
        self.assertEqual(sorted(name for name in seen if name in set(learners)), sorted(learners))
        self.assertEqual(len(seen), len(set(seen)))


class RaceContract(Base):
    """For storages whose stand-ins are atomic."""

    storage: ProgressStorage

    def test_of_240_questions_earned_at_once_none_is_lost(self):
        keys = [QuestionKey(f"m{number % 5}", f"s{number % 20}", f"q{number}") for number in range(240)]
        awards = at_once(
            [
                lambda key=key, points=points: self.storage.award("user:1", key, points)
                for points, key in enumerate(keys)
            ]
        )
        self.assertTrue(all(award.was_new for award in awards))
        for key, award in zip(keys, awards, strict=True):
            self.assertIn(key, award.record.earned)
            self.assert_totals(award.record)
        record = self.storage.get("user:1")
        self.assertEqual(record.earned, {key: points for points, key in enumerate(keys)})
        self.assert_totals(record)

    def test_of_60_who_answer_the_same_question_at_once_exactly_one_earns_it(self):
        awards = at_once([lambda points=points: self.storage.award("user:1", KEY, points) for points in range(1, 61)])
        earners = [award for award in awards if award.was_new]
        self.assertEqual(len(earners), 1)
        for award in awards:
            self.assertEqual(award.record, earners[0].record)
        self.assertEqual(self.storage.get("user:1"), earners[0].record)

    def test_merges_and_awards_at_once_lose_and_double_nothing(self):
        keys = [QuestionKey("m", f"s{number % 3}", f"q{number}") for number in range(60)]
        at_once(
            [lambda: self.storage.merge("user:1", dict.fromkeys(keys, 2)) for _ in range(4)]
            + [lambda key=key: self.storage.award("user:1", key, 2) for key in keys[::3]]
        )
        record = self.storage.get("user:1")
        self.assertEqual(record.earned, dict.fromkeys(keys, 2))
        self.assert_totals(record)

    def test_paging_sees_each_of_a_thousand_once_while_threads_write(self):
        learners = fill(self.storage, 1_000)
        over, written = threading.Event(), threading.Semaphore(0)

        def write(thread: int) -> None:
            turn = 0
            while not over.is_set():
                self.storage.award(f"user:{turn}-new-{thread}", KEY, 1)
                self.storage.award(learners[turn * 7 % 1_000], QuestionKey("m", f"s{thread}", f"q{turn}"), 1)
                turn += 1
                written.release()

        def read() -> list[str]:
            seen = []
            try:
                for page in self.storage.iterate(limit=40):
                    seen += [record.user_id for record in page]
                    self.assertTrue(written.acquire(timeout=PATIENCE))  # at least one between two pages
            finally:
                over.set()
            return seen

        seen = at_once([lambda: write(0), lambda: write(1), read])[-1]
        self.assertEqual(sorted(name for name in seen if name in set(learners)), sorted(learners))
        self.assertEqual(len(seen), len(set(seen)))


class OutageContract(Base):
    """For storages that may be out of reach."""

    storage: ProgressStorage

    def break_storage(self) -> None:
        """From now on it does not answer."""
        raise NotImplementedError

    def test_an_outage_is_never_read_as_nothing_earned(self):
        for number in range(7):
            self.storage.award(f"user:{number}", KEY, 10)
        pages = self.storage.iterate(limit=3)
        self.assertGreater(len(next(pages)), 0)
        self.break_storage()
        actions: dict[str, Callable[[], Any]] = {
            "the next page": lambda: next(pages),
            "get": lambda: self.storage.get("user:1"),
            "get_many": lambda: self.storage.get_many(["user:1", "user:2"]),
            "award": lambda: self.storage.award("user:1", QuestionKey("m", "s", "q"), 1),
            "award again": lambda: self.storage.award("user:1", KEY, 10),
            "merge": lambda: self.storage.merge("user:1", {QuestionKey("m", "s", "q"): 1}),
            "list_page": lambda: self.storage.list_page(),
            "reset": lambda: self.storage.reset("user:1"),
            "count": lambda: self.storage.count(),
        }
        for name, action in actions.items():
            with self.subTest(name), self.assertRaises(StorageUnavailable) as caught, self.assertLogs("progress"):
                action()
            self.assertEqual(caught.exception.data.code, "storage_unavailable")


def fill(storage: ProgressStorage, learners: int) -> list[str]:
    """Who has earned something now."""
    user_ids = [f"user:{number}" for number in range(learners)]
    for user_id in user_ids:
        storage.award(user_id, KEY, 10)
    return user_ids
