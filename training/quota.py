"""How many bytes an owner's uploads and files take, and whether there is room. Asked before more is stored."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Sum

from training.exceptions import StorageFull
from training.models import Artifact, Dataset


def measure_bytes(owner: str) -> int:
    """Of all tables that the owner has uploaded, and of all files that the owner's runs have made."""
    uploads = Dataset.objects.filter(owner=owner).aggregate(bytes=Sum("size"))["bytes"]
    files = Artifact.objects.filter(run__owner=owner).aggregate(bytes=Sum("size"))["bytes"]
    return (uploads or 0) + (files or 0)


def check_room(owner: str, size: int = 0) -> None:
    """For a file of so many bytes, or for whatever a run will make. Raises StorageFull."""
    limit = settings.MAX_BYTES_PER_OWNER
    if limit and (taken := measure_bytes(owner)) + size >= limit:
        raise StorageFull(f"Your tables and files take {_tell(taken)} of the {_tell(limit)} that you may keep here.")


def _tell(count: int) -> str:
    """1234567 -> '1.2 MB'."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000  # type: ignore[assignment]
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
