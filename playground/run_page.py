"""Data that a run's page gets before its socket connects: the run's spec, and whether mail is offered.

Called by the views, which put it into the page as JSON.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from notifications.policy import find_offer
from playground.wire.identity import Identity
from training.access import Access, describe_access
from training.models import TrainingRun


def describe_page(identity: Identity, run: TrainingRun | None = None) -> dict[str, Any]:
    """Return the data of a page. `run` is None on the Train page, which starts runs itself."""
    offer = find_offer(identity)
    return {"run": run and describe_run(identity, run), "mail": offer and asdict(offer)}


def describe_shared(run: TrainingRun) -> dict[str, Any]:
    """Return the data for visitors who have the run's link. It contains nothing that only the owner may see or do."""
    return {"run": {**describe_run(None, run), "spec": None}, "mail": None}


def describe_run(identity: Identity | None, run: TrainingRun) -> dict[str, Any]:
    """Return the page's data about a run. `identity` is None for a stranger who has its link."""
    access = describe_access(identity, run) if identity else Access(run, shows_source=False)
    end = run.finished or timezone.now()
    return {
        "run_id": str(run.pk),
        "name": run.name,
        "title": str(run),
        "target": run.target,
        "over": run.finished is not None,
        "own": identity is not None and run.owner == identity.owner,
        # A spec with inline rows may be large, so its run cannot be repeated from its page.
        "spec": None if run.spec.get("csvData") else access.describe_spec(),
        "elapsed": (end - run.started).total_seconds() if run.started else None,
    }
