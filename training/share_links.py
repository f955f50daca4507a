"""A run's link: made, found again by its token, taken back. The ONLY writer of `Share`.

The token is the share's random id, signed with SECRET_KEY. So the database alone opens no run, its owner can be shown
the link again, forged tokens are refused without a look at the database, and a link ends with its row.
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
    """The address of the run's link, which is made where there is none. Raises SharingDisabled, NotShareable."""
    if not settings.TRAINING_SHARING:
        raise SharingDisabled("Runs are not shared on this server.")
    if run.kind != RunKind.TRAINING:
        raise NotShareable("Sweeps and comparisons have no page that could be shared.")
    return url_of(Share.objects.get_or_create(run=run)[0])


def unshare(run: TrainingRun) -> None:
    """Ends the run's link, and turns away whoever watches by it."""
    with transaction.atomic():
        Share.objects.filter(run=run).delete()
        transaction.on_commit(lambda: broadcast.tell_unshared(run.pk))


def get_share(token: str) -> Share:
    """With its run. Raises ShareNotFound, whatever is wrong with the link."""
    share_id = _read(token) if settings.TRAINING_SHARING else None
    found = Share.objects.select_related("run").filter(pk=share_id).first() if share_id else None
    if found is None:
        raise ShareNotFound("This link leads nowhere (any more).")
    return found


def find_revoked(tokens: Iterable[str]) -> set[str]:
    """Those whose links have been taken back."""
    ids = {token: _read(token) for token in tokens}
    there = set(Share.objects.filter(pk__in=filter(None, ids.values())).values_list("pk", flat=True))
    return {token for token, share_id in ids.items() if share_id not in there or not settings.TRAINING_SHARING}


def find_url(run: TrainingRun) -> str:
    """Empty where the run is not shared."""
    found = getattr(run, "share", None)
    return url_of(found) if found and settings.TRAINING_SHARING else ""


def url_of(share: Share) -> str:
    return reverse("shared", args=[build_token(share)])


def build_token(share: Share) -> str:
    """Letters, digits, `-`, `_` and one dot."""
    return _signer().sign(share.pk.hex)


def _read(token: str) -> UUID | None:
    try:
        return UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="training.sharing", sep=".")
