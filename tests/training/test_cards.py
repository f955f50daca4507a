"""Experiments of cards, followed with a few seeds; `python -m tests.benchmarks cards` follows them with twenty."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.training.walk import UNJUDGED, Walk, judge, walk_table

SEEDS = range(3)
FOLLOWED = {
    "SPIRAL": ("the page's network", "DecisionTreeClassifier(max_depth=1)", "a tiny rate"),
    "noise, a rare class": ("the page's network", "LogisticRegression()"),
    "noise": ("KNeighborsClassifier()",),
    "waves": ("Ridge()",),
    "WINE": ("6 epochs", "a huge rate"),
    "patients": ("the page's network",),
}


class ExperimentTests(SimpleTestCase):
    walk: Walk

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.walk = Walk()
        for table, starts in FOLLOWED.items():
            cls.walk.add(walk_table(table, SEEDS, starts))

    def test_no_sequence_of_experiments_is_circular_or_endless(self):
        self.assertGreater(len(self.walk.steps), 30)
        self.assertEqual((self.walk.led_back, self.walk.unfinished), ([], []))

    def test_no_kind_of_card_lowers_the_score(self):
        for finding in {step.finding for step in self.walk.steps} - set(UNJUDGED):
            gains = [step.after - step.before for step in self.walk.steps if step.finding == finding]
            self.assertGreater(sum(gains) / len(gains), -0.02, finding)
        self.assertEqual([judged for judged in judge(self.walk) if judged.is_lowered], [])

    def test_all_well_is_the_only_card(self):
        self.assertGreater(self.walk.shown["all_well"], 0)
        self.assertEqual(self.walk.contradictions, [])

    def test_a_network_that_is_too_small_for_the_spiral_is_led_to_one_that_is_not(self):
        gains = [
            step.after - step.before
            for step in self.walk.steps
            if step.table == "SPIRAL" and step.start == "the page's network" and len(step.path) == 1
        ]
        self.assertGreaterEqual(len(gains), len(SEEDS))
        self.assertGreater(min(gains), 0.1)
