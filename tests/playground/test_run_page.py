"""The data in the run's page before its socket connects, and the links of its cards."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.contrib.auth import get_user_model
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from notifications.policy import Offer, find_offer
from playground.accounts import user_settings
from playground.run_page import describe_page
from playground.wire.identity import Identity
from tests.training.cases import ALICE, STAFF, create_run
from training import runs
from training.messages.insights import Finding
from training.models import TrainingRun

ROOT = Path(__file__).parents[2]


class CardTests(SimpleTestCase):
    def test_every_finding_leads_to_a_module_that_there_is(self):
        source = (ROOT / "playground/static/playground/run/diagnosis.js").read_text()
        block = re.search(r"MODULES = \{(.*?)\}", source, re.S).group(1)
        leads = dict(re.findall(r'(\w+): "([a-z-]+)"', block))
        self.assertEqual(set(leads), {finding.value for finding in Finding} | {"diverged"})
        modules = {tomllib.loads(path.read_text())["id"] for path in (ROOT / "progress/content").glob("*.toml")}
        self.assertEqual(set(leads.values()) - modules, set())


class PageTests(TransactionTestCase):
    def describe(self, identity: Identity, **fields) -> dict:
        run = TrainingRun.objects.get(pk=create_run(**fields))
        return describe_page(identity, run)["run"]

    def test_a_run_is_described_as_it_was_asked_for_with_its_seed(self):
        described = self.describe(ALICE, epochs=3, seed=7, custom_model_name="mine")
        spec = {"default": "IRIS", "epochs": 3, "seed": 7, "custom_model_name": "mine"}
        self.assertEqual((described["spec"], described["name"], described["own"]), (spec, "mine", True))
        self.assertIsNone(described["elapsed"])  # it still waits
        runs.claim_next("engine")
        started = describe_page(ALICE, TrainingRun.objects.get())["run"]
        self.assertLess(started["elapsed"], 60)

    def test_staff_see_that_it_is_not_theirs(self):
        self.assertFalse(self.describe(STAFF)["own"])

    def test_rows_that_were_sent_along_are_not_put_into_the_page(self):
        rows = [{"x": n, "y": n % 2} for n in range(20)]
        self.assertIsNone(self.describe(ALICE, default=None, csvData=rows)["spec"])


class OfferTests(TransactionTestCase):
    def test_a_guest_is_offered_mail_unless_the_server_takes_none_from_guests(self):
        self.assertEqual(find_offer(ALICE), Offer("", is_fixed=False))
        with override_settings(EMAIL_FROM_GUESTS=False):
            self.assertIsNone(find_offer(ALICE))

    def test_a_user_writes_to_their_own_address_alone_unless_the_server_says_otherwise(self):
        users = get_user_model().objects
        known = users.create_user("ada", email="ada@example.org")
        user_settings.record_confirmed(known)
        unknown = users.create_user("bob", email="bob@example.org")  # given, and not confirmed
        ada, bob = (Identity(f"user:{user.pk}", user_id=user.pk) for user in (known, unknown))
        self.assertEqual(find_offer(ada), Offer("ada@example.org", is_fixed=True))
        self.assertIsNone(find_offer(bob))
        with override_settings(EMAIL_TO_ANYONE=True):
            self.assertEqual(find_offer(ada), Offer("ada@example.org", is_fixed=False))
            self.assertEqual(find_offer(bob), Offer("", is_fixed=False))
