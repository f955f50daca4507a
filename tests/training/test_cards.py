"""Experiments of cards, followed with a few seeds; `python -m tests.benchmarks cards` follows them with twenty."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.training.walk import Walk, judge, walk_table

SEEDS = range(3)
FOLLOWED = {
    "SPIRAL": ("the page's network", "LogisticRegression()", "DecisionTreeClassifier(max_depth=1)", "a tiny rate"),
    "noise": ("the page's network", "KNeighborsClassifier()"),
    "noise, a rare class": ("the page's network", "LogisticRegression()"),
    "waves": ("Ridge()", "6 epochs"),
    "few rows": ("the page's network",),
    "WINE": ("the page's network", "a huge rate"),
}


class ExperimentTests(SimpleTestCase):
    walk: Walk

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.walk = Walk()
        for table, starts in FOLLOWED.items():
            cls.walk.add(walk_table(table, SEEDS, starts))

    def test_none_leads_back_or_goes_on_for_ever(self):
        self.assertGreater(len(self.walk.steps), 30)
        self.assertEqual((self.walk.led_back, self.walk.unfinished), ([], []))

    def test_none_lowers_the_score_beyond_the_noise_of_the_seeds(self):
        self.assertEqual([judged for judged in judge(self.walk) if judged.is_lowered], [])

    def test_all_is_well_stands_alone(self):
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
