"""What an owner may do with a run that is kept: give it another name, or delete it with all that it left behind."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from playground.wire.identity import Identity
from playground.wire.text import make_storable
from training.exceptions import RunActive, RunNotFound
from training.models import TrainingRun
from training.runs.admission import ACTIVE


def rename(identity: Identity, run_id: UUID, name: str) -> str:
    """Returns the name as it is kept: on one line, without blanks around it. Raises RunNotFound."""
    kept = " ".join(make_storable(name).split())
    if not TrainingRun.objects.filter(pk=run_id, owner=identity.owner).update(name=kept):
        raise RunNotFound("There is no such run.")
    return kept


def delete(identity: Identity, run_id: UUID) -> None:
    """The run, its events and its files. Raises RunNotFound, to staff too: others' runs are not theirs to delete;
    RunActive while it waits or trains.
    """
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=run_id, owner=identity.owner).first()
        if run is None:
            raise RunNotFound("There is no such run.")
        if run.status in ACTIVE:
            raise RunActive("This run is still under way.")
        run.delete()
