"""Claiming of the next job in the database."""

from __future__ import annotations

from collections.abc import Collection

from playground.wire.errors import PlaygroundError
from training import runs
from training.engines.process import Assignment
from training.jobs.from_rows import build_file_job, build_training_job
from training.queues import GPU, TRAINING


def claim_job(engine_id: str, queues: Collection[str] = (TRAINING, GPU)) -> Assignment | None:
    """Claim the next job and build it. Return None if there is none.

    Files that a visitor waits for come first, then runs of these queues, then files that nobody waits for yet.
    """
    claim = runs.claim_building(engine_id, urgent_only=True)
    if claim is None and (claim := runs.claim_next(engine_id, queues)) is not None:
        try:
            return Assignment(build_training_job(claim.run_id), claim)
        except PlaygroundError as error:  # for example: its dataset has been deleted
            runs.fail(claim, error)
            return claim_job(engine_id, queues)
    if claim is None and (claim := runs.claim_building(engine_id, urgent_only=False)) is None:
        return None
    try:
        return Assignment(build_file_job(claim.run_id), claim)
    except PlaygroundError:  # the run has been deleted since
        runs.finish_building(claim, tried_all=True)
        return claim_job(engine_id, queues)
