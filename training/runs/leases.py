"""Leases: the right of an engine to work on a run. A lease is a token in the run's row, and it expires.

Nothing is recorded for a run without its token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from playground import leases
from playground.wire.identity import GUEST_PREFIX
from training.exceptions import WorkerLost
from training.messages.events import TrainingArtifacts, TrainingCancelled
from training.messages.runs import RunKind, RunStatus
from training.messages.sweeps import RESULTS
from training.models import Building, TrainingRun
from training.queues import GPU, TRAINING
from training.quota import filter_by_address
from training.runs.history import describe_artifacts
from training.runs.recording import Claim, append, finish, update
from training.signals import run_queued

MAX_ATTEMPTS = 3  # attempts at a run whose workers were lost before they stored a checkpoint
LEASE_SECONDS = 5  # after which another worker takes over the run of a worker that is silent


def claim_next(engine_id: str, queues: Collection[str] = (TRAINING, GPU)) -> Claim | None:
    """Claim the next run to train from these queues.

    Accounts take turns with each other, and all guests at one address together count as one account. The one with the
    fewest running goes next, then the one served longest ago. The guests at one address take turns in the same order.
    The oldest run of an owner goes first. Where several runs are trained at once, an address that has half of them or
    more, of guests and accounts, goes after all others.
    """
    of_owner = TrainingRun.objects.filter(owner=OuterRef("owner"))
    at_address = filter_by_address(TrainingRun.objects.all(), OuterRef("address_key"))
    queued = TrainingRun.objects.filter(status=RunStatus.QUEUED, queue__in=queues).annotate(
        owner_running=_count_running(of_owner, "owner"),
        owner_served=_find_last_start(of_owner),
        address_running=_count_running(at_address, "address_key"),
        address_served=_find_last_start(at_address),
    )
    running = TrainingRun.objects.filter(status=RunStatus.RUNNING, queue__in=queues)
    addresses = Counter(running.values_list("address_key", flat=True))
    crowded = [address for address, count in addresses.items() if address and 2 * count >= addresses.total()]
    by_address = Q(owner__startswith=GUEST_PREFIX) & ~Q(address_key="")
    # No constant where none is crowded: databases take it for the number of a column.
    last = [Case(When(address_key__in=crowded, then=1), default=0)] if crowded else []
    ordered = queued.order_by(
        *last,
        Case(When(by_address, then=F("address_running")), default=F("owner_running")),
        Case(When(by_address, then=F("address_served")), default=F("owner_served")).asc(nulls_first=True),
        "owner_running",
        F("owner_served").asc(nulls_first=True),
        "created",
    )
    while (run_id := ordered.values_list("pk", flat=True).first()) is not None:
        if (taken := claim(run_id, engine_id)) is not None:
            return taken  # otherwise another engine took it first
    return None


def _count_running(runs: QuerySet[TrainingRun], name: str) -> Coalesce:
    """Return an expression that counts the running runs among correlated runs, which all have the same value in the
    field `name`.
    """
    running = runs.filter(status=RunStatus.RUNNING).order_by().values(name)
    return Coalesce(Subquery(running.annotate(count=Count("*")).values("count")), 0)


def _find_last_start(runs: QuerySet[TrainingRun]) -> Subquery:
    """Return a subquery for the time at which one of the correlated runs was started last, NULL where none was."""
    return Subquery(runs.filter(started__isnull=False).order_by("-started").values("started")[:1])


def claim(run_id: UUID, engine_id: str) -> Claim | None:
    """Claim a queued run. Return None if another engine has claimed it."""
    queued = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED)
    started = Coalesce(F("started"), timezone.now())
    token = leases.claim(queued, engine_id, LEASE_SECONDS, status=RunStatus.RUNNING, started=started)
    return Claim(run_id, token) if token else None


def claim_building(engine_id: str, *, urgent_only: bool, run_id: UUID | None = None) -> Claim | None:
    """Claim a finished run whose files are still to be made: the run `run_id`, or the run that has waited longest.

    `urgent_only`: claim only a run for a file of which a visitor waits. Return None if there is none.
    """
    least = Building.URGENT if urgent_only else Building.WANTED
    free = TrainingRun.objects.filter(leases.is_free(), building__gte=least)
    run_id = run_id or free.order_by("-building", "finished").values_list("pk", flat=True).first()
    if run_id is None:
        return None
    token = leases.claim(free.filter(pk=run_id), engine_id, LEASE_SECONDS)
    return Claim(run_id, token) if token else None


def has_work(queues: Collection[str]) -> bool:
    """Return whether a run waits in these queues, or files of any run are to be made."""
    queued = Q(status=RunStatus.QUEUED, queue__in=queues)
    return TrainingRun.objects.filter(queued | Q(building__gte=Building.WANTED) & leases.is_free()).exists()


def renew(claims: Collection[Claim]) -> set[UUID]:
    """Prolong the leases of these claims. Return the runs among them that are to be cancelled."""
    if not claims:
        return set()
    held = TrainingRun.objects.filter(
        pk__in=[claim.run_id for claim in claims],
        worked_by__in=[claim.token for claim in claims],
        lease_until__isnull=False,
    )
    leases.renew(held, LEASE_SECONDS)
    return set(held.filter(cancel_requested=True, status=RunStatus.RUNNING).values_list("pk", flat=True))


def give_back(claim: Claim) -> None:
    """End a claim. A run that has not ended is queued again, up to MAX_ATTEMPTS times."""
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=claim.run_id, worked_by=claim.token).first()
        if run is not None:
            _release(run)


def take_back_expired() -> None:
    """Queue the runs again whose leases have expired: their engine was lost."""
    with transaction.atomic():
        for run in TrainingRun.objects.select_for_update().filter(leases.has_expired(), status=RunStatus.RUNNING):
            _release(run)


def give_back_all(engine_id: str) -> None:
    """Let all leases of an engine expire now. Called when it stops."""
    held = TrainingRun.objects.filter(worked_by__startswith=f"{engine_id}:", lease_until__isnull=False)
    leases.expire(held)


def finish_building(claim: Claim, *, tried_all: bool) -> None:
    """End the making of files, and record the event with the files that exist.

    `tried_all`: False if the worker was lost before. Then another one continues, up to MAX_ATTEMPTS times.
    """
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=claim.run_id, worked_by=claim.token).first()
        if run is None or run.building == Building.NOT_WANTED:
            return
        if not tried_all and run.attempts < MAX_ATTEMPTS:
            update(run, lease_until=None)
            return
        update(run, building=Building.NOT_WANTED, lease_until=None)
        append(run, [TrainingArtifacts(run_id=run.pk, artifacts=describe_artifacts(run))])


def _release(run: TrainingRun) -> None:
    if run.status != RunStatus.RUNNING:
        update(run, lease_until=None)
    elif run.cancel_requested:
        finish(run, RunStatus.CANCELLED, TrainingCancelled(run_id=run.pk))
    elif run.attempts >= MAX_ATTEMPTS:
        lost = WorkerLost(f"The worker process ended {run.attempts} times while it trained this.")
        finish(run, RunStatus.FAILED, RESULTS[RunKind(run.kind)].of_failure(run.pk, lost))
    else:
        update(run, status=RunStatus.QUEUED, worked_by="", lease_until=None)
        transaction.on_commit(lambda: run_queued.send(sender=None, queue=run.queue))
