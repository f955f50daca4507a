"""HTTP views: upload of tables and download of artifacts, with the same ownership rules as the sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from playground.wire.access import check_account
from playground.wire.envelope import dump
from playground.wire.errors import InvalidData, MissingField, PlaygroundError
from playground.wire.identity import identify
from playground.wire.threads import in_thread
from training import broadcast, runs, uploads
from training.access import get_file_owner, get_shared_file
from training.artifacts.catalog import KINDS
from training.engines.base import get_engine
from training.engines.requester import Requester
from training.exceptions import ArtifactNotReady
from training.models import Artifact, TrainingRun
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.spec.reading import ReadingOptions

ARTIFACT_WAIT = 30  # seconds that a download waits for a file that is being built
LOOK_AGAIN = 0.3  # seconds


def render_error(error: PlaygroundError) -> JsonResponse:
    return JsonResponse(error.data.model_dump(exclude={"event"}), status=error.status)


def answers_errors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view so that it answers a PlaygroundError as JSON."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(*args, **kwargs)
        except PlaygroundError as error:
            return render_error(error)

    return answer


@require_POST
@answers_errors
def upload_dataset(request: HttpRequest) -> HttpResponseBase:
    """Store a table: multipart field `file`, and optionally `reading`, reading options in JSON.

    Answers 201 with what `datasetDescribed` holds.
    """
    identity = identify(request)
    check_account(identity)
    file = request.FILES.get("file")
    if file is None:
        raise MissingField("There is no file in the request.", hint="Send it as multipart field `file`.", where="file")
    ask = partial(get_engine().answer, requester=Requester.from_identity(identity))
    described = uploads.add_dataset(identity, file, ask, _parse_reading(request.POST.get("reading", "")))
    return JsonResponse(dump(described), status=201)


def _parse_reading(text: str) -> ReadingOptions | None:
    """Raises InvalidData."""
    try:
        return ReadingOptions.model_validate_json(text) if text else None
    except ValidationError as error:
        raise InvalidData.from_validation(error) from None


@require_GET
async def download_artifact(request: HttpRequest, run_id: UUID, name: str) -> HttpResponseBase:
    """Send a file of a run. If it is still being made, wait ARTIFACT_WAIT seconds for it."""
    return await send_artifact(lambda: get_file_owner(identify(request, VIEW_RUNS, VIEW_DATASETS), run_id, name), name)


@require_GET
async def download_shared(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Send a file of a run to a visitor with its link."""
    response = await send_artifact(lambda: get_shared_file(token, name), name)
    response["Referrer-Policy"], response["X-Robots-Tag"] = "no-referrer", "noindex"
    return response


async def send_artifact(get_run: Callable[[], TrainingRun], name: str) -> HttpResponseBase:
    try:
        artifact = await _await_artifact(await in_thread(get_run)(), name)
    except PlaygroundError as error:
        return render_error(error)
    content = await in_thread(artifact.file.open)("rb")
    return FileResponse(
        content,
        as_attachment=True,
        filename=artifact.name,
        content_type=KINDS[artifact.name].content_type,
    )


async def _await_artifact(run: TrainingRun, name: str) -> Artifact:
    """Return a file. The channel layer, which may be unavailable, is used only if the file does not exist yet."""
    if (artifact := await in_thread(runs.find_artifact)(run, name)) is not None:
        return artifact
    async with broadcast.listen(run.pk) as grew:
        try:
            async with asyncio.timeout(ARTIFACT_WAIT):
                while (artifact := await in_thread(runs.find_artifact)(run, name)) is None:
                    with contextlib.suppress(TimeoutError):
                        # The broadcast comes after all files are stored. This file may be stored earlier.
                        await asyncio.wait_for(grew.wait(), LOOK_AGAIN)
                    grew.clear()
        except TimeoutError:
            raise ArtifactNotReady(f"{name} is still being built.") from None
    return artifact
