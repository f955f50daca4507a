"""The ONLY writer of run state: create, cancel, claim, record, replay. Called by consumers, views, admin and engines.

A run's state changes by conditional UPDATE, so that of two writers one wins.
"""

from training.runs.admission import ACTIVE
from training.runs.announcer import announce_missed
from training.runs.census import Census, take_census
from training.runs.history import (
    describe_artifacts,
    get_run,
    list_runs,
    names_to_build,
    read_epochs,
    read_events,
    read_last,
    read_result,
    read_scores,
    summarize,
)
from training.runs.leases import (
    claim,
    claim_building,
    claim_next,
    finish_building,
    give_back,
    give_back_all,
    has_work,
    renew,
    take_back_expired,
)
from training.runs.ledger import Claim, fail, record
from training.runs.requests import TRAIN_AGAIN, cancel_all, create, find_artifact, request_cancel
from training.runs.upkeep import delete, rename

__all__ = [
    "ACTIVE",
    "TRAIN_AGAIN",
    "Census",
    "Claim",
    "announce_missed",
    "cancel_all",
    "claim",
    "claim_building",
    "claim_next",
    "create",
    "delete",
    "describe_artifacts",
    "fail",
    "find_artifact",
    "finish_building",
    "get_run",
    "give_back",
    "give_back_all",
    "has_work",
    "list_runs",
    "names_to_build",
    "read_epochs",
    "read_events",
    "read_last",
    "read_result",
    "read_scores",
    "record",
    "rename",
    "renew",
    "request_cancel",
    "summarize",
    "take_back_expired",
    "take_census",
]
