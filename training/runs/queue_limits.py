"""Limits of stored runs: for one owner, for the guests at one address, and for the whole queue.

Each account has its own limit. Only the limit of the queue also counts the accounts at one address.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from playground.wire.identity import GUEST_PREFIX, Identity
from training.exceptions import QueueFull, TooManyRuns
from training.messages.runs import ACTIVE, RunStatus
from training.models import TrainingRun
from training.quota import KEEP_LESS, counts_by_address, filter_by_address, limit_address

GUEST_QUEUE_PERCENT = 50  # percent of the queue that runs of all guests together may take
ADDRESS_QUEUE_PERCENT = 50  # percent of the queue that runs from one network address may take

SIGN_IN = "Wait until some of them finish, or sign in: each account has its own limit."
DELETE_RUNS = "Delete runs that you no longer need, on the page of your runs."


def check_runs(identity: Identity) -> int:
    """Check that one more run may be stored, and return how many are waiting. The caller holds the owner's turn.

    Raises TooManyRuns, QueueFull.
    """
    active, kept = _check_runs(
        TrainingRun.objects.filter(owner=identity.owner),
        "You have",
        settings.TRAINING_MAX_ACTIVE_RUNS_PER_OWNER,
        settings.TRAINING_MAX_RUNS_PER_OWNER,
    )
    if counts_by_address(identity):
        _check_runs(
            filter_by_address(TrainingRun.objects.all(), identity.address),
            "The guests at your address have",
            limit_address(settings.TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS, active),
            limit_address(settings.TRAINING_MAX_RUNS_PER_ADDRESS, kept),
            SIGN_IN,
            KEEP_LESS,
        )
    return _check_queue(identity)


def forget_addresses(user: User) -> None:
    """Clear the hashed addresses of the account's runs that are over: they count for no limit by address."""
    over = TrainingRun.objects.filter(user=user).exclude(status__in=ACTIVE)
    over.exclude(address_key="").update(address_key="")


def _check_runs(
    runs: QuerySet[TrainingRun], who: str, max_active: int, max_kept: int, wait: str = "", delete: str = ""
) -> tuple[int, int]:
    """Check these runs, and return how many are active and how many are kept. Raises TooManyRuns."""
    counts = runs.aggregate(all=Count("pk"), active=Count("pk", filter=Q(status__in=ACTIVE)))
    if counts["active"] >= max_active:
        raise TooManyRuns(f"{who} {max_active} runs waiting or training already.", hint=wait)
    if counts["all"] >= max_kept:
        raise TooManyRuns(f"{who} {max_kept} runs, and no more are kept.", hint=delete or DELETE_RUNS)
    return counts["active"], counts["all"]


def _check_queue(identity: Identity) -> int:
    """Check the queue, and return how many runs wait. Guests leave room for accounts, and one address for all others.

    Raises QueueFull.
    """
    limit = settings.TRAINING_MAX_QUEUED
    queued = TrainingRun.objects.filter(status=RunStatus.QUEUED)
    counts = queued.aggregate(
        all=Count("pk"),
        guests=Count("pk", filter=Q(owner__startswith=GUEST_PREFIX)),
        address=Count("pk", filter=Q(address_key=identity.address)),
    )
    if counts["all"] >= limit:
        raise QueueFull("So many runs are waiting that no more are taken in.")
    if identity.is_guest and counts["guests"] >= _share(limit, GUEST_QUEUE_PERCENT):
        raise QueueFull("So many runs of guests are waiting that no more are taken in.", hint=SIGN_IN)
    if identity.address and counts["address"] >= _share(limit, ADDRESS_QUEUE_PERCENT):
        raise QueueFull("So many runs from your address are waiting that no more are taken in.")
    return int(counts["all"])


def _share(limit: int, percent: int) -> int:
    """Return a percentage of the limit, at least 1, so that a short queue excludes nobody."""
    return max(1, limit * percent // 100)
