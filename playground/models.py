"""Tables of accounts: counted attempts, closed accounts and user settings. The apps have models of their own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from playground.theme import Theme


class Throttle(models.Model):
    """Counted attempts. Written only by `playground/accounts/rate_limits.py` and `sign_in_delay.py`.

    name: what is limited, such as `sign-in`.
    subject, origin: keyed hashes of what is counted, such as an account and a network address. Either may be empty: a
        row without an origin counts all attempts on the subject.
    count: attempts until `expires`. An expired row counts as absent.
    not_before: the time of the next attempt that is allowed.
    has_turn: whether a place in the sequence of attempts on the account is reserved for the next attempt.
    """

    name = models.CharField(max_length=20)
    subject = models.CharField(max_length=32, blank=True)
    origin = models.CharField(max_length=32, blank=True)
    count = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    has_turn = models.BooleanField(default=False)
    expires = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "subject", "origin"], name="throttle_once")]
        indexes = [models.Index(fields=["origin"], name="throttle_by_origin")]

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class ClosedAccount(models.Model):
    """An account for which nothing may be written any more. Written only by `playground/closed_accounts.py`.

    owner: the `Identity.owner` of the account. `manage.py clean` deletes the row after 30 days. The primary key of an
        account is never used again.
    """

    owner = models.CharField(max_length=100, primary_key=True)
    closed = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.owner


class UserSettings(models.Model):
    """The settings of one account or guest. Written only by `playground/accounts/user_settings.py`.

    owner: the `Identity.owner`.
    """

    owner = models.CharField(max_length=100, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, editable=False)
    display_name = models.CharField(max_length=60, blank=True)
    email = models.CharField(max_length=254, blank=True, help_text="Confirmed.")
    pending_email = models.CharField(max_length=254, blank=True, help_text="Given, and not confirmed yet.")
    pending_key = models.CharField(max_length=40, blank=True, editable=False, help_text="Of the newest link.")
    notify_when_finished = models.BooleanField(default=False)
    theme = models.CharField(max_length=6, choices=[(theme.value, theme.value) for theme in Theme], default="system")
    beginner_mode = models.BooleanField(default=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "notifications_usersettings"  # of the app that had this model first
        ordering = ["pk"]
        verbose_name_plural = "user settings"

    def __str__(self) -> str:
        return self.display_name or (self.user.get_username() if self.user else "guest")
