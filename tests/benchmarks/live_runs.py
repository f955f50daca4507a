"""Plays workers elsewhere: `python -m tests.benchmarks.live_runs SESSION RUNS PER_SECOND SECONDS`, for `scale`.

Records epochs of many runs, each as a worker's pool would, with the time at which it does so in `train_time`.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import count
from uuid import uuid4

import django


def main(session: str, n_runs: int, per_second: float, seconds: float) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    from playground.wire.groups import serve_from_a_thread
    from playground.wire.identity import GUEST_KEY, Identity
    from training import runs
    from training.messages.events import EpochRow, TrainingCancelled, TrainingProgress
    from training.spec import TrainingSpec

    def record_epoch(claim: runs.Claim | None, epoch: int) -> None:
        assert claim is not None
        row = EpochRow(epoch=epoch, train_time=time.time(), train_loss=0.1, test_loss=0.1, train_acc=1.0, test_acc=1.0)
        runs.record(claim, [TrainingProgress(run_id=claim.run_id, progress=1, epochs=[row], eta_seconds=1)])

    serve_from_a_thread()
    identity, spec = Identity(f"guest:{SessionStore(session)[GUEST_KEY]}"), TrainingSpec(default="IRIS", epochs=10_000)
    claims = []
    for _ in range(n_runs):
        run_id = uuid4()
        runs.create(identity, spec, data="IRIS", model="played", dataset=None, run_id=run_id)
        claims.append(runs.claim(run_id, "played"))
    for claim in claims:  # so that each who watches hears something, and thereby that it watches
        record_epoch(claim, 1)
    print(json.dumps([str(claim.run_id) for claim in claims if claim]), flush=True)
    sys.stdin.readline()
    began, late = time.time(), 0.0
    for turn in count(1):
        for position, claim in enumerate(claims):
            assert claim is not None
            due = began + (turn - 1 + position / n_runs) / per_second
            time.sleep(max(0.0, due - time.time()))  # the rate is what is played
            now = time.time()
            late = max(late, now - due)
            record_epoch(claim, 1 + turn)
        if time.time() - began > seconds:
            break
        runs.renew([claim for claim in claims if claim])
    for claim in claims:
        assert claim is not None
        runs.record(claim, [TrainingCancelled(run_id=claim.run_id)])
    print(json.dumps({"epochs": turn, "late": late}), flush=True)


if __name__ == "__main__":
    django.setup()
    session, n_runs, per_second, seconds = sys.argv[1:]
    main(session, int(n_runs), float(per_second), float(seconds))
