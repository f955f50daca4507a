"""Each generated file trains, or is refused with a code and a remedy, and loses nothing without a note."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.tables.campaign import run_campaign

SECONDS = 20.0


class AnyTableTests(SimpleTestCase):
    def test_every_file_trains_or_is_refused_with_a_remedy(self):
        campaign = run_campaign(SECONDS)
        self.assertEqual(campaign.faults, {})
        self.assertGreater(campaign.codes.get("", 0), 5, campaign.codes)
