"""The Learn pages: the list of modules, one module, and the data of a lab for the Train page.

The content comes from `progress.services`, which returns no answer key. Answers are sent over the socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from playground.wire.errors import PlaygroundError
from playground.wire.identity import identify
from progress import services
from progress.catalogue import LabContent
from progress.exceptions import ModuleNotFound
from progress.messages import ModuleMessage
from progress.module_info import QuestionInfo
from progress.permissions import VIEW_MODULES
from progress.records import get_key
from training.spec import TrainingSpec

# The initial layers of a network; the page adapts the output to the table.
FIRST_LAYERS = [{"layer": "Linear", "out_features": 16}, {"layer": "ReLU"}, {"layer": "Linear", "out_features": 2}]


@dataclass(frozen=True)
class Lab:
    """A lab for which the Train page is opened. `key` is `moduleID/sectionID/questionID`."""

    key: str
    module: ModuleMessage
    question: QuestionInfo
    setup: dict[str, Any]

    @property
    def anchor(self) -> str:
        _, section_id, question_id = self.key.split("/")
        return f"{section_id}.{question_id}"


@require_GET
def list_modules(request: HttpRequest) -> HttpResponse:
    try:
        overview = services.list_modules(identify(request, VIEW_MODULES))
    except PlaygroundError as error:
        return render(request, "playground/not_found.html", {"error": error.data}, status=error.status)
    return render(request, "playground/learn/modules.html", {"overview": overview})


@require_GET
def show_module(request: HttpRequest, module_id: str) -> HttpResponse:
    try:
        module = services.get_module(identify(request, VIEW_MODULES), module_id)
    except PlaygroundError as error:
        status = 404 if isinstance(error, ModuleNotFound) else error.status
        return render(request, "playground/not_found.html", {"error": error.data}, status=status)
    return render(request, "playground/learn/module.html", {"module": module})


def find_lab(request: HttpRequest) -> Lab | None:
    """Return the lab that `?lab=moduleID/sectionID/questionID` names. None if it does not exist or cannot be read
    now.
    """
    key = request.GET.get("lab", "")
    if key.count("/") != 2:
        return None
    module_id, section_id, question_id = key.split("/")
    try:
        get_key(module_id, section_id, question_id)
    except ValueError:  # databases refuse some characters, and long text
        return None
    try:
        module = services.get_module(identify(request, VIEW_MODULES), module_id)
    except PlaygroundError:
        return None
    for section in module.sections:
        for question in section.questions:
            if (section.sectionID, question.questionID) == (section_id, question_id) and question.lab is not None:
                return Lab(key, module, question, _build_setup(question.lab))
    return None


def _build_setup(lab: LabContent) -> dict[str, Any]:
    """Return the initial setup of the Train page for a lab: the fields that differ from an empty setup."""
    usual = TrainingSpec.model_fields["test_size"].default
    return {
        "default": lab.dataset,
        "kind": "estimator" if lab.estimator else "network",
        "user_arch": FIRST_LAYERS,
        "settings": {"test_size": lab.min_test_size} if lab.min_test_size > usual else {},
    }
