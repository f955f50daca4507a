"""Links to runs: create, find by token, withdraw. No other module writes `Share`.

The token is the random id of the share, signed with SECRET_KEY. So a copy of the database opens no run, the owner can
see the link again, forged tokens are refused without a query, and a link ends when its row is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from training import broadcast
from training.exceptions import NotShareable, ShareNotFound, SharingDisabled
from training.messages.runs import RunKind
from training.models import Share, TrainingRun


def share(run: TrainingRun) -> str:
    """Return the path of a run's link, and create the link if there is none. Raises SharingDisabled, NotShareable."""
    if not settings.TRAINING_SHARING:
        raise SharingDisabled("Runs are not shared on this server.")
    if run.kind != RunKind.TRAINING:
        raise NotShareable("Sweeps and comparisons have no page that could be shared.")
    return url_of(Share.objects.get_or_create(run=run)[0])


def unshare(run: TrainingRun) -> None:
    """Withdraw the link of a run. Connections that watch the run with it stop."""
    with transaction.atomic():
        Share.objects.filter(run=run).delete()
        transaction.on_commit(lambda: broadcast.broadcast_unshared(run.pk))


def get_share(token: str) -> Share:
    """Return the share of a token, with its run. Raises ShareNotFound for any wrong token."""
    share_id = _read(token) if settings.TRAINING_SHARING else None
    found = Share.objects.select_related("run").filter(pk=share_id).first() if share_id else None
    if found is None:
        raise ShareNotFound("This link leads nowhere (any more).")
    return found


def find_revoked(tokens: Iterable[str]) -> set[str]:
    """Return the tokens whose links are withdrawn."""
    ids = {token: _read(token) for token in tokens}
    there = set(Share.objects.filter(pk__in=filter(None, ids.values())).values_list("pk", flat=True))
    return {token for token, share_id in ids.items() if share_id not in there or not settings.TRAINING_SHARING}


def find_url(run: TrainingRun) -> str:
    """Return the path of a run's link. Empty if the run is not shared."""
    found = getattr(run, "share", None)
    return url_of(found) if found and settings.TRAINING_SHARING else ""


def url_of(share: Share) -> str:
    return reverse("shared", args=[build_token(share)])


def build_token(share: Share) -> str:
    """Return the token of a share: letters, digits, `-`, `_` and one dot."""
    return _signer().sign(share.pk.hex)


def _read(token: str) -> UUID | None:
    try:
        return UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="training.sharing", sep=".")
