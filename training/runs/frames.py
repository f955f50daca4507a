"""Which frames of a run's boundary are stored. Asked by the ledger, before it stores more."""

from __future__ import annotations

from uuid import UUID

from training.messages.boundary import NO_FRAME, FrameOrder, TrainingBoundary
from training.models import RunEvent


def find_last_frame(run_id: UUID) -> FrameOrder:
    """NO_FRAME where none is stored."""
    stored = RunEvent.objects.filter(run_id=run_id, event=TrainingBoundary.event_name).order_by("-seq")
    data = stored.values_list("data", flat=True).first()
    return TrainingBoundary.model_validate(data).frames[-1].order if data else NO_FRAME
