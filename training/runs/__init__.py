"""The state of runs: create, cancel, claim, record, replay. No other package writes it.

The state changes by conditional UPDATE statements, so that one of two concurrent writers wins.
"""

from training.messages.runs import ACTIVE
from training.runs.counts import RunCounts, count_runs
from training.runs.finish_signal import resend_missed
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
from training.runs.recording import Claim, fail, record
from training.runs.requests import TRAIN_AGAIN, cancel_all, create, delete, find_artifact, rename, request_cancel

__all__ = [
    "ACTIVE",
    "TRAIN_AGAIN",
    "Claim",
    "RunCounts",
    "cancel_all",
    "claim",
    "claim_building",
    "claim_next",
    "count_runs",
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
    "resend_missed",
    "summarize",
    "take_back_expired",
]
