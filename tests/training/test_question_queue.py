"""Whose question is next: fair between owners, bounded waits, budgets. On a clock of the test's own."""

from __future__ import annotations

import random
import unittest
from concurrent.futures import Future
from typing import Any
from unittest.mock import patch

from django.test import SimpleTestCase

from training.engines.question_limits import QuestionLimits
from training.engines.question_queue import ADDRESS_ACCOUNTS, ADDRESS_OWNERS, CEILING, STOP_SECONDS, QuestionQueue
from training.engines.requester import Requester
from training.exceptions import QuestionLimitReached
from training.work.roles import Role

DESK, LONG = Role.QUESTION, Role.LONG_QUESTION
ALICE, BOB, CAROL = Requester("guest:alice"), Requester("guest:bob"), Requester("user:3")


class QueueTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.queue: QuestionQueue[str] = QuestionQueue({DESK: 2, LONG: 4}, 30, lambda: self.now)

    def put(self, requester: Requester, item: str = "", lane: Role = DESK):
        return self.queue.put(item or requester.owner, requester, lane)

    def run_for(self, seconds: float, lane: Role = DESK) -> str:
        """Take the next question, let it run, and return its item."""
        asked = self.queue.take(lane)
        assert asked is not None
        self.now += seconds
        self.queue.finish(asked)
        return asked.item


class TurnTests(QueueTestCase):
    def test_questions_of_owners_who_used_nothing_are_taken_as_they_arrive(self):
        for requester in (BOB, ALICE, CAROL):
            self.put(requester)
            self.now += 0.01
        self.assertEqual([self.run_for(0.001) for _ in range(3)], ["guest:bob", "guest:alice", "user:3"])

    def test_an_owner_who_has_used_much_goes_after_others(self):
        self.put(ALICE)
        self.run_for(10)
        self.put(ALICE)
        self.now += 1
        self.put(BOB)
        self.assertEqual(self.run_for(1), "guest:bob")

    def test_an_owner_who_has_used_much_does_not_wait_for_ever(self):
        self.put(ALICE)
        self.run_for(10)
        self.put(ALICE, "late")
        for number in range(40):
            self.put(Requester(f"guest:{number}"))
            if self.run_for(1) == "late":
                break
        self.assertLess(number, 12)

    def test_one_owner_gets_half_of_the_places(self):
        for _ in range(3):
            self.put(ALICE)
        self.assertIsNotNone(self.queue.take(DESK))
        self.assertIsNone(self.queue.take(DESK))
        self.put(BOB)
        taken = self.queue.take(DESK)
        assert taken is not None
        self.assertEqual(taken.item, "guest:bob")

    def test_guests_of_one_address_share_what_some_owners_have(self):
        crowd = [Requester(f"guest:{number}", "192.0.2.1") for number in range(50)]
        for guest in crowd:
            self.put(guest)
            self.run_for(1)
        self.assertGreater(self.queue.measure_use(Requester("guest:new", "192.0.2.1")), 20 / ADDRESS_OWNERS)
        self.assertEqual(self.queue.measure_use(Requester("guest:new", "192.0.2.2")), 0)

    def test_accounts_of_one_address_share_what_a_class_has(self):
        for number in range(50):
            self.put(Requester(f"user:{number}", "192.0.2.1"))
            self.run_for(1)
        self.assertGreater(self.queue.measure_use(Requester("user:new", "192.0.2.1")), 20 / ADDRESS_ACCOUNTS)
        for other in (Requester("user:new", "192.0.2.2"), Requester("guest:new", "192.0.2.1")):
            self.assertEqual(self.queue.measure_use(other), 0)

    def test_many_accounts_of_one_address_do_not_delay_another_address(self):
        crowd = [Requester(f"user:{number}", "192.0.2.1") for number in range(120)]
        for requester in crowd:
            self.put(requester)
        taken = [self.queue.take(DESK), self.queue.take(DESK)]
        self.now += 0.5
        self.put(Requester("user:200", "192.0.2.2"))
        for asked in taken[:1]:
            assert asked is not None
            self.queue.finish(asked)
            self.put(asked.requester)
        self.assertEqual(self.run_for(0.1), "user:200")
        self.assertEqual(self.run_for(0.1), "user:2", "the crowd uses all places again")

    def test_an_address_keeps_half_of_the_places_however_many_others_ask(self):
        for number in range(8):
            self.put(Requester(f"user:{number}", "192.0.2.1"), lane=LONG)
        for _ in range(2):
            self.queue.take(LONG)
        self.now += 1
        for number in range(10, 18):
            self.put(Requester(f"user:{number}", f"192.0.2.{number}"), lane=LONG)
        others = [self.queue.take(LONG) for _ in range(2)]
        self.assertEqual([asked and asked.item for asked in others], ["user:10", "user:11"])
        self.queue.finish(next(self.queue.running))
        self.assertEqual(self.run_for(1, LONG), "user:2")

    def test_no_meter_shows_more_than_its_ceiling(self):
        ada, guest = Requester("user:1", "192.0.2.1"), Requester("guest:1", "192.0.2.1")
        for requester in (ada, guest):
            self.put(requester)
            self.run_for(100_000)
            self.assertEqual(self.queue.measure_use(requester), CEILING * 30 + 30)

    def test_questions_whose_asker_has_gone_are_dropped(self):
        self.put(ALICE, "gone")
        self.put(ALICE, "there")
        self.queue.drop(lambda item: item == "gone")
        self.assertEqual(self.run_for(1), "there")
        self.assertIsNone(self.queue.take(DESK))

    def test_no_question_goes_before_another_that_arrived_earlier_by_more_than_its_owner_has_used(self):
        for seed in range(30):
            with self.subTest(seed=seed):
                self.check_order(random.Random(seed))

    def check_order(self, draw: random.Random) -> None:
        """Let owners ask at random times, and check at each turn whose question is taken."""
        queue: QuestionQueue[float] = QuestionQueue({DESK: 1}, 1e9, lambda: self.now)
        due = sorted((self.now + draw.uniform(0, 60), str(draw.randrange(5))) for _ in range(60))
        answered = 0
        while answered < 60:
            while due and due[0][0] <= self.now:
                _, owner = due.pop(0)
                queue.put(draw.uniform(0.01, 5), Requester(owner), DESK)
            asked = queue.take(DESK)
            if asked is None:
                self.now = due[0][0]
                continue
            for other in queue.waiting:
                self.assertLessEqual(asked.arrived - other.arrived, queue.measure_use(other.requester))
            self.now += asked.item
            queue.finish(asked)
            answered += 1


class BudgetTests(QueueTestCase):
    def use_up(self, requester: Requester) -> None:
        self.put(requester)
        self.run_for(40)

    def test_beyond_the_budget_questions_are_refused_while_others_use_the_lane(self):
        self.use_up(ALICE)
        self.put(BOB)
        with self.assertRaises(QuestionLimitReached) as caught:
            self.put(ALICE)
        self.assertEqual(caught.exception.data.code, "rate_limited")
        self.assertTrue(caught.exception.data.hint)

    def test_beyond_the_budget_questions_are_answered_while_nobody_else_asks(self):
        self.use_up(ALICE)
        self.put(BOB, lane=LONG)
        self.put(ALICE)
        self.assertEqual(self.run_for(1), "guest:alice")

    def test_the_budget_comes_back_after_a_minute_however_much_was_used(self):
        self.put(ALICE)
        self.run_for(10_000)
        self.put(BOB)
        with self.assertRaises(QuestionLimitReached):
            self.put(ALICE)
        self.now += 61
        self.put(ALICE)

    def test_the_budget_comes_back(self):
        self.use_up(ALICE)
        self.now += 60
        self.put(BOB)
        self.put(ALICE)
        self.queue.drop(lambda _: False)
        self.assertLess(self.queue.measure_use(ALICE), 30)


class QuestionLimitsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.admission = QuestionLimits()

    def admit(self, requester: Requester, count: int) -> list[Future[Any]]:
        return [self.admission.admit(requester) for _ in range(count)]

    @patch("training.engines.question_limits.MAX_QUESTIONS_PER_OWNER", 1)
    def test_accounts_of_one_address_share_a_bound(self):
        futures = [self.admission.admit(Requester(f"user:{number}", "here")) for number in range(ADDRESS_ACCOUNTS)]
        with self.assertRaisesMessage(QuestionLimitReached, "accounts at your address"):
            self.admission.admit(Requester("user:100", "here"))
        self.admission.admit(Requester("user:100", "there"))
        self.admission.admit(Requester("guest:100", "here"))
        futures[0].set_result(None)
        self.admission.admit(Requester("user:101", "here"))

    @patch("training.engines.question_limits.MAX_QUESTIONS_PER_OWNER", 4)
    def test_a_few_guests_do_not_shut_out_others_of_their_address(self):
        for number in range(ADDRESS_OWNERS):
            self.admit(Requester(f"guest:{number}", "here"), 4)
        newcomer = Requester("guest:100", "here")
        self.admit(newcomer, 1)
        with self.assertRaisesMessage(QuestionLimitReached, "guests at your address"):
            self.admit(newcomer, 1)
        for number in range(101, 100 + ADDRESS_OWNERS * 4):
            self.admit(Requester(f"guest:{number}", "here"), 1)
        with self.assertRaises(QuestionLimitReached):
            self.admit(Requester("guest:200", "here"), 1)


class StopTests(QueueTestCase):
    def fill(self) -> None:
        for number in range(4):
            self.put(Requester(f"guest:{number}"), lane=LONG)
            self.queue.take(LONG)

    def test_a_long_question_is_stopped_for_an_owner_who_used_much_less(self):
        self.fill()
        self.now += STOP_SECONDS + 1
        self.assertIsNone(self.queue.find_to_stop(LONG), "nobody waits")
        self.put(BOB, lane=LONG)
        stopped = self.queue.find_to_stop(LONG)
        assert stopped is not None
        self.queue.finish(stopped)
        self.assertEqual(self.run_for(1, LONG), "guest:bob")

    def test_a_long_question_goes_on_while_there_is_room_or_the_other_has_used_as_much(self):
        self.put(BOB, lane=LONG)
        self.run_for(20, LONG)
        self.fill()
        self.now += STOP_SECONDS + 1
        self.put(BOB, lane=LONG)
        self.assertIsNone(self.queue.find_to_stop(LONG))

    def test_a_question_moves_to_another_lane_and_keeps_its_turn(self):
        first = self.put(ALICE)
        self.queue.take(DESK)
        self.now += 1
        self.put(BOB, lane=LONG)
        self.assertTrue(self.queue.has_room(LONG, ALICE))
        self.queue.requeue(first, LONG)
        self.assertEqual([self.run_for(0, LONG) for _ in range(2)], ["guest:bob", "guest:alice"])
