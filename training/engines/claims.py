"""The next job for a trainer: claimed in the database and ordered. Called by whoever owns trainers."""

from __future__ import annotations

from collections.abc import Collection

from playground.wire.errors import PlaygroundError
from training import runs
from training.engines.orders import order_building, order_training
from training.engines.process import Assignment
from training.engines.queues import GPU, TRAINING


def claim_job(engine_id: str, queues: Collection[str] = (TRAINING, GPU)) -> Assignment | None:
    """What somebody waits for first, then training from these queues, and files when there is nothing else to do.

    None: nothing is.
    """
    claim = runs.claim_building(engine_id, urgent_only=True)
    if claim is None and (claim := runs.claim_next(engine_id, queues)) is not None:
        try:
            return Assignment(order_training(claim.run_id), claim)
        except PlaygroundError as error:  # its dataset has been deleted, say
            runs.fail(claim, error)
            return claim_job(engine_id, queues)
    if claim is None and (claim := runs.claim_building(engine_id, urgent_only=False)) is None:
        return None
    try:
        return Assignment(order_building(claim.run_id), claim)
    except PlaygroundError:  # it has been deleted since
        runs.finish_building(claim, tried_all=True)
        return claim_job(engine_id, queues)
