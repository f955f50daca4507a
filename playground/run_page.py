"""What the run's page knows before its socket speaks: the run as it was asked for, and whether mail is offered.

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
    """`run` is None on the page that trains: what it starts, it knows itself."""
    offer = find_offer(identity)
    return {"run": run and describe_run(identity, run), "mail": offer and asdict(offer)}


def describe_shared(run: TrainingRun) -> dict[str, Any]:
    """For whoever has a link to it: nothing that only its owner may know or do."""
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
        # Rows that were sent along with it may be many: such a run is not repeated from its page.
        "spec": None if run.spec.get("csvData") else access.describe_spec(),
        "elapsed": (end - run.started).total_seconds() if run.started else None,
    }
