"""Pages of runs: the list of my runs, runs side by side, and a run that is shared by a link."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from playground.run_page import describe_shared
from playground.task_page import describe_comparison, describe_sweep
from playground.wire.errors import InvalidData, PlaygroundError
from playground.wire.identity import identify
from training import runs
from training.access import get_shared
from training.messages.runs import RunKind
from training.models import TrainingRun
from training.permissions import VIEW_DATASETS, VIEW_RUNS

COMPARED = (2, 6)  # smallest and largest number of runs


@require_GET
@ensure_csrf_cookie
def my_runs(request: HttpRequest) -> HttpResponse:
    identify(request)
    return render(request, "playground/runs.html", {"sharing": settings.TRAINING_SHARING, "most": COMPARED[1]})


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show two to six runs that the visitor may view side by side. `?runs=` holds their run_ids, separated by
    commas.
    """
    try:
        run_ids = _parse_run_ids(request.GET.get("runs", ""))
        for run_id in run_ids:
            if runs.get_run(identify(request, VIEW_RUNS), run_id, VIEW_RUNS).kind != RunKind.TRAINING:
                raise InvalidData("A sweep or a comparison has no curves.", hint="Choose among its runs.", where="runs")
    except PlaygroundError as error:
        return _render_error(request, error)
    return render(request, "playground/compare.html", {"run_ids": [str(run_id) for run_id in run_ids]})


def show_task(request: HttpRequest, run: TrainingRun) -> HttpResponse:
    """Show the page of a sweep or of a comparison, which is a run of many trainings."""
    describe = describe_sweep if run.kind == RunKind.SWEEP else describe_comparison
    try:
        page = describe(identify(request, VIEW_RUNS, VIEW_DATASETS), run)
    except PlaygroundError as error:
        return _render_error(request, error)
    return render(request, f"playground/{RunKind(run.kind).value}.html", {"page": page})


@require_GET
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show a shared run. The link is a secret, so search engines and other sites must not learn it."""
    try:
        access = get_shared(token)
    except PlaygroundError as error:
        response = _render_error(request, error)
    else:
        context = {"run": access.summarize(), "run_id": access.run.pk, "token": token, "withheld": access.withheld}
        context["page"] = describe_shared(access.run)
        response = render(request, "playground/shared.html", context)
    response["Referrer-Policy"], response["X-Robots-Tag"] = "no-referrer", "noindex"
    return response


def _parse_run_ids(text: str) -> list[UUID]:
    least, most = COMPARED
    try:
        run_ids = list(dict.fromkeys(UUID(part) for part in text.split(",", most + 1) if part))
    except ValueError:
        run_ids = []
    if not least <= len(run_ids) <= most:
        raise InvalidData("Two to six runs can be compared.", hint="Choose them among your runs.", where="runs")
    return run_ids


def _render_error(request: HttpRequest, error: PlaygroundError) -> HttpResponse:
    return render(request, "playground/not_found.html", {"error": error.data}, status=error.status)
