"""The pages: the playground itself, one run of it, and the contract for developers."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from playground.contract import REGISTRIES, get_contract
from playground.event_examples import build_event_examples
from playground.learn import find_lab
from playground.run_page import describe_page
from playground.run_views import show_task
from playground.wire.errors import PlaygroundError
from playground.wire.identity import identify
from training import runs
from training.messages.runs import RunKind
from training.models import TrainingRun
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.problems import CODES
from training.spec import ColumnType, Criterion, Optimizer, ProblemType, Schedule, Trainer
from training.trainers import estimators
from training.trainers.defaults import BATCH_SIZE, EPOCHS, LEARNING_RATES, SCHEDULE_GAMMA
from training.trainers.networks import layers

OFFERED_TYPES = (ColumnType.NUMBER, ColumnType.CATEGORY, ColumnType.DATE, ColumnType.TEXT, ColumnType.IGNORED)
"""What a column may be taken for instead; the others are what is found in it."""


@require_GET
@ensure_csrf_cookie
def index(request: HttpRequest) -> HttpResponse:
    return _render_train(request)


@require_GET
@ensure_csrf_cookie
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    try:
        found = runs.get_run(identify(request, VIEW_RUNS), run_id, VIEW_RUNS)
    except PlaygroundError as error:
        return render(request, "playground/not_found.html", {"error": error.data}, status=error.status)
    if found.kind != RunKind.TRAINING:
        return show_task(request, found)
    return _render_train(request, found)


@require_GET
def asyncapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(get_contract())


@require_GET
def developers(request: HttpRequest) -> HttpResponse:
    contract = get_contract()
    sockets = [_describe_socket(contract, name, channel) for name, channel in contract["channels"].items()]
    schemas = contract["components"]["schemas"]
    registries = [(name, schemas[name]["description"], schemas[name]["oneOf"]) for name in REGISTRIES]
    context = {"sockets": sockets, "registries": registries, "codes": CODES, "console": build_event_examples(contract)}
    return render(request, "playground/developers.html", context)


def _render_train(request: HttpRequest, found: TrainingRun | None = None) -> HttpResponse:
    # A guest has a session from here on, which the sockets and uploads share.
    identity = identify(request, VIEW_DATASETS)
    catalog = {
        "layers": layers.palette(),
        "estimators": estimators.palette(),
        "column_types": {
            "offered": [kind.value for kind in OFFERED_TYPES],
            "learned": [kind.value for kind in ColumnType if kind.is_learned],
        },
        "problem_types": [problem_type.value for problem_type in ProblemType],
        "criteria": [criterion.value for criterion in Criterion],
        "optimizers": [optimizer.value for optimizer in Optimizer],
        "schedules": [schedule.value for schedule in Schedule],
        "trainers": [trainer.value for trainer in Trainer],
        "learning_rates": LEARNING_RATES,
    }
    defaults = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "schedule_gamma": SCHEDULE_GAMMA}
    page = describe_page(identity, found)
    context = {
        "catalog": catalog,
        "run_id": found and found.pk,
        "page": page,
        "defaults": defaults,
        "lab": find_lab(request),
        "sharing": settings.TRAINING_SHARING,
    }
    return render(request, "playground/train.html", context)


def _describe_socket(contract: dict[str, Any], name: str, channel: dict[str, Any]) -> dict[str, Any]:
    receives, sends = [], []
    for key, operation in contract["operations"].items():
        if not key.startswith(f"{name}_"):
            continue
        described = [_describe_message(contract, reference) for reference in operation["messages"]]
        if operation["action"] == "receive":
            answers = [reference["$ref"].rsplit("/", 1)[-1] for reference in operation["reply"]["messages"]]
            receives += [message | {"answers": answers} for message in described]
        else:
            sends += described
    return {"address": channel["address"], "receives": receives, "sends": sends}


def _describe_message(contract: dict[str, Any], reference: dict[str, str]) -> dict[str, Any]:
    message = contract["components"]["messages"][reference["$ref"].rsplit("/", 1)[-1]]
    schema = message["payload"]["properties"]["data"]
    if "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return {"name": message["name"], "summary": message["summary"], "schema": json.dumps(schema, indent=2)}
