"""Limits of stored tables and files, for one owner and for all guests at one address.

A guest gets a new name by dropping a cookie, so guests are also counted by address. Each account has its own limit, and
no other: what all accounts of one address keep is bounded by their number alone (SIGN_UPS_PER_ADDRESS_PER_HOUR).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Sum

from playground.wire.identity import GUEST_PREFIX, Identity
from training.exceptions import StorageFull, TooManyDatasets
from training.models import Artifact, Dataset

MAX_DATASETS_PER_OWNER = 50  # uploads kept for one owner

KEEP_LESS = "Delete what you no longer need, or sign in: each account has its own limit."


def measure_bytes(owner: str) -> int:
    """Return the bytes of all tables that the owner has uploaded, and of all files that the owner's runs have made."""
    return _sum_sizes(Dataset.objects.filter(owner=owner), Artifact.objects.filter(run__owner=owner))


def check_room(identity: Identity, size: int = 0) -> None:
    """Check that `size` more bytes may be kept. It is 0 for the files of a run, whose size is not known yet.

    Raises StorageFull.
    """
    limit = settings.MAX_BYTES_PER_OWNER
    own = taken = measure_bytes(identity.owner)
    if limit and taken + size >= limit:
        raise StorageFull(
            f"Your tables and files take {_as_text(taken)} of the {_as_text(limit)} that you may keep here."
        )
    limit = limit_address(settings.MAX_BYTES_PER_ADDRESS, own)
    if limit and counts_by_address(identity) and (taken := _measure_address(identity.address)) + size >= limit:
        raise StorageFull(
            f"The tables and files of all guests at your address take {_as_text(taken)} of {_as_text(limit)}.",
            hint=KEEP_LESS,
        )


def check_datasets(identity: Identity) -> None:
    """Check that one more table may be kept. Raises TooManyDatasets."""
    limit = MAX_DATASETS_PER_OWNER
    own = Dataset.objects.filter(owner=identity.owner).count()
    if own >= limit:
        raise TooManyDatasets(f"You have {limit} tables, and no more are kept for one owner.")
    limit = limit_address(settings.UPLOAD_MAX_DATASETS_PER_ADDRESS, own)
    if counts_by_address(identity) and filter_by_address(Dataset.objects.all(), identity.address).count() >= limit:
        raise TooManyDatasets(f"The guests at your address have {limit} tables, which is the limit.", hint=KEEP_LESS)


def limit_address(limit: int, own: int) -> int:
    """Return the limit of a guest's address. `own` is what this guest has already.

    The limit is doubled for a guest who has nothing, so that a few guests cannot shut out the others behind one router.
    """
    return limit if own else 2 * limit


def counts_by_address(identity: Identity) -> bool:
    """Return whether the limits of guests at one address apply. They do not to accounts and commands."""
    return identity.is_guest and bool(identity.address)


def filter_by_address(rows: QuerySet[Any], address: str | OuterRef) -> QuerySet[Any]:
    """Return the rows of all guests at one address, given by its key or, in a subquery, by the outer row."""
    return rows.filter(address_key=address, owner__startswith=GUEST_PREFIX)


def _measure_address(address: str) -> int:
    files = Artifact.objects.filter(run__address_key=address, run__owner__startswith=GUEST_PREFIX)
    return _sum_sizes(filter_by_address(Dataset.objects.all(), address), files)


def _sum_sizes(uploads: QuerySet[Dataset], files: QuerySet[Artifact]) -> int:
    return sum(rows.aggregate(bytes=Sum("size"))["bytes"] or 0 for rows in (uploads, files))


def _as_text(count: int) -> str:
    """Return a number of bytes as text: 1234567 -> '1.2 MB'."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000  # type: ignore[assignment]
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
