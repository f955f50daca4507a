"""Sessions live as long as what their guests own, are prolonged while they are used, and end together with it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.models import UserSettings
from playground.sessions import SessionStore
from playground.theme import Theme
from playground.wire.identity import GUEST_KEY, Identity, owner_of
from progress import services
from progress.models import Attempt, Earned
from tests.progress.lessons import key_of, load_lesson
from tests.training.cases import create_run
from training import runs
from training.models import Dataset, TrainingRun

COOKIE = settings.SESSION_COOKIE_NAME


class SessionCase(TransactionTestCase):
    def setUp(self) -> None:
        self.browser = Client()
        self.browser.get("/")
        self.guest = Identity(f"guest:{self.browser.session[GUEST_KEY]}")

    def set_days_left(self, days: float) -> None:
        Session.objects.update(expire_date=timezone.now() + timedelta(days=days))

    def days_left(self) -> int:
        return round((Session.objects.get().expire_date - timezone.now()) / timedelta(days=1))


class RenewalTests(SessionCase):
    def test_a_guests_session_and_cookie_live_longer_than_what_the_guest_owns(self):
        self.assertEqual(self.days_left(), 2 * settings.KEEP_GUEST_RUNS_DAYS)
        self.assertEqual(self.browser.cookies[COOKIE]["max-age"], 2 * settings.KEEP_GUEST_RUNS_DAYS * 86_400)

    def test_it_is_prolonged_with_its_cookie_when_less_than_half_is_left(self):
        self.set_days_left(89)
        del self.browser.cookies[COOKIE]["max-age"]
        answer = self.browser.get("/learn/")
        self.assertEqual(self.days_left(), 180)
        self.assertEqual(answer.cookies[COOKIE]["max-age"], 180 * 86_400)

    def test_otherwise_nothing_is_written(self):
        self.set_days_left(91)
        with CaptureQueriesContext(connection) as captured:
            answer = self.browser.get("/learn/")
        self.assertFalse([query for query in captured if "django_session" in query["sql"] and "UPDATE" in query["sql"]])
        self.assertNotIn(COOKIE, answer.cookies)
        self.assertEqual(self.days_left(), 91)

    @override_settings(KEEP_GUEST_RUNS_DAYS=0)
    def test_for_ever_is_ten_years(self):
        self.set_days_left(3)
        self.browser.get("/learn/")
        self.assertEqual(self.days_left(), 3_650)

    def test_a_session_that_is_signed_in_lives_as_long_as_django_says(self):
        self.browser.force_login(User.objects.create_user("ada"))
        self.set_days_left(3)
        self.browser.get("/learn/")
        self.assertEqual(self.days_left(), settings.SESSION_COOKIE_AGE // 86_400)

    def test_one_that_ended_meanwhile_is_not_brought_back(self):
        self.set_days_left(3)
        store = SessionStore(self.browser.session.session_key)
        store.load()
        Session.objects.all().delete()
        self.assertFalse(store.renew())
        self.assertFalse(Session.objects.exists())


class ExpiryTests(SessionCase):
    def setUp(self) -> None:
        super().setUp()
        load_lesson()
        self.run_id = create_run(self.guest)
        services.submit_answer(self.guest, key_of("one"), "a")
        user_settings.update(self.guest, Preferences(theme=Theme.DARK))
        Dataset.objects.create(owner=self.guest.owner, name="mine.csv", file="datasets/mine.csv", size=1)

    def clean(self) -> None:
        call_command("clean", stdout=StringIO())

    def test_with_an_expired_session_goes_all_that_its_guest_owns_and_nothing_of_others(self):
        create_run(Identity("guest:another"))
        runs.request_cancel(self.run_id)
        self.set_days_left(-1)
        self.clean()
        self.assertFalse(Session.objects.exists())
        self.assertEqual(TrainingRun.objects.get().owner, "guest:another")
        for model in (Dataset, UserSettings, Attempt, Earned):
            self.assertFalse(model.objects.exists(), model)

    def test_it_stays_while_a_run_is_under_way_and_all_stays_with_a_session_in_use(self):
        self.set_days_left(-1)
        self.clean()
        self.assertTrue(TrainingRun.objects.exists() and Session.objects.exists() and Earned.objects.exists())
        self.set_days_left(1)
        runs.request_cancel(self.run_id)
        self.clean()
        self.assertTrue(TrainingRun.objects.exists() and Session.objects.exists() and Earned.objects.exists())

    def test_what_was_not_carried_over_yet_goes_to_the_account_that_was_signed_in(self):
        user = User.objects.create_user("ada")
        session = self.browser.session
        self.browser.force_login(user)
        session = self.browser.session
        session[GUEST_KEY] = self.guest.owner.removeprefix("guest:")
        session.save()
        create_run(self.guest)
        self.set_days_left(-1)
        self.clean()
        self.assertEqual(set(TrainingRun.objects.values_list("owner", flat=True)), {owner_of(user.pk)})
