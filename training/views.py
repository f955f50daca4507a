"""Plain HTTP where HTTP is better than a socket: uploads in, artefacts out, under the same ownership rules."""

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
    """Turns a PlaygroundError into its JSON."""

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
    """Multipart field `file`, a table, and perhaps `reading`, JSON with options of how it is to be read.

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
    """The file, awaited for a while where it is still being built."""
    return await send_artifact(lambda: get_file_owner(identify(request, VIEW_RUNS, VIEW_DATASETS), run_id, name), name)


@require_GET
async def download_shared(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The same for whoever has the run's link."""
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
    """Return the file. One that is there already is sent without the channel layer, which may be away."""
    if (artifact := await in_thread(runs.find_artifact)(run, name)) is not None:
        return artifact
    async with broadcast.listen(run.pk) as grew:
        try:
            async with asyncio.timeout(ARTIFACT_WAIT):
                while (artifact := await in_thread(runs.find_artifact)(run, name)) is None:
                    with contextlib.suppress(TimeoutError):
                        # Files are stored one by one, and announced when all are there: this one may be sooner.
                        await asyncio.wait_for(grew.wait(), LOOK_AGAIN)
                    grew.clear()
        except TimeoutError:
            raise ArtifactNotReady(f"{name} is still being built.") from None
    return artifact
