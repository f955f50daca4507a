"""Senders for tests: users and guests, the identities of their sockets, and finished runs of theirs."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.core import mail as django_mail
from django.test import Client

from notifications.delivery import deliver_due
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.wire.identity import Identity
from tests.training.cases import ALICE, create_run, wait_for_receivers
from training import runs
from training.messages.events import EpochRow, TrainingResult
from training.messages.runs import RunStatus

AUXILIARY = {
    "kind": "network",
    "confusion_matrix": [],
    "target": "species",
    "headline": {"metric": "accuracy", "value": 0.96, "baseline": 0.33},
}


def create_user(confirmed: str = "", **fields: Any) -> Identity:
    """Create a user. `email` is an address as given at sign-up; `confirmed` is one whose link was followed."""
    if confirmed:
        fields["email"] = confirmed
    user = get_user_model().objects.create_user(f"user{uuid4().hex[:8]}", **fields)
    if confirmed:
        user_settings.record_confirmed(user)
    return Identity(f"user:{user.pk}", user_id=user.pk)


def visit_as(identity: Identity) -> Client:
    """The browser of a user."""
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.get(pk=identity.user_id))
    return client


def end_run(identity: Identity = ALICE, *, success: bool = True, **fields: Any) -> UUID:
    """A run that has ended as if a worker had trained it; nothing else may be queued."""
    run_id = create_run(identity, **fields)
    claim = runs.claim_next("engine")
    assert claim is not None and claim.run_id == run_id
    runs.record(claim, [end_of(run_id, success=success)])
    wait_for_receivers()
    assert runs.get_run(identity, run_id).status in (RunStatus.SUCCEEDED, RunStatus.FAILED)
    return run_id


def end_of(run_id: UUID, *, success: bool = True) -> TrainingResult:
    if not success:
        return TrainingResult(run_id=run_id, success=False, status=400, message="It diverged.", hint="Learn slower.")
    rows = [EpochRow(epoch=1, train_time=0.1, train_loss=1.0, test_loss=1.0)]
    return TrainingResult(
        run_id=run_id, success=True, status=200, message="done", dl_results=rows, auxiliary_outputs=AUXILIARY
    )


def confirm_address(identity: Identity, address: str) -> None:
    """As people do it: the address given, the mail delivered, its link opened, its button pressed."""
    user_settings.update(identity, Preferences(email=address))
    response = Client(headers={"host": "localhost"}).post(read_link())
    assert response.status_code == 200, response.content


def read_link() -> str:
    """The path of the link in the newest mail, after delivering what is due."""
    deliver_due()
    found = re.search(r"https?://[^/\s]+(/settings/email/\S+)", str(django_mail.outbox[-1].body))
    assert found, django_mail.outbox[-1].body
    return found.group(1)
