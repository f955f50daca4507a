"""Tables of the project itself: counted attempts and closed accounts. The apps have models of their own."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Throttle(models.Model):
    """How often something was tried lately. Written by `playground/accounts/throttle.py` and `pace.py` alone.

    name: what is limited, such as `sign-in`.
    subject, origin: keyed hashes of what is counted, such as an account and a network address. Either may be empty: a
        row without an origin counts all attempts on the subject.
    count: attempts until `expires`. An expired row counts as absent.
    not_before: the time of the next attempt that is allowed.
    has_turn: whether the next attempt has a place in the sequence of attempts on the account.
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
    """An account for which nothing may be written any more. Written by `playground/closing.py` alone.

    owner: its `Identity.owner`. `manage.py clean` deletes the row 30 days later. Primary keys are never used again.
    """

    owner = models.CharField(max_length=100, primary_key=True)
    closed = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.owner
