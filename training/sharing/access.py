"""One run as somebody may see it: as its owner, or as a stranger who has its link. Both go this way in.

A stranger sees the result, and no more of a table that is not built in than the result shows: its name and columns, but
no test rows, no files that hold rows, and no address that it was fetched from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from playground.wire.identity import Identity
from training import runs
from training.exceptions import ArtifactNotFound, ShareNotFound
from training.models import TrainingRun
from training.parts import RunSummary
from training.sharing import links
from training.spec import TrainingSpec
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer

ROW_KEEPERS = ("neighbors", "svm")
"""scikit-learn's modules whose fitted estimators hold rows that they were trained on."""


@dataclass(frozen=True)
class Access:
    """`token` is empty for whoever may see the run without a link."""

    run: TrainingRun
    token: str = ""
    withheld: frozenset[str] = frozenset()
    """Names of files that are not shown."""

    def show(self, data: dict[str, Any]) -> dict[str, Any]:
        """An event's data with the addresses under which this visitor finds the files, and without others' rows."""
        if self.withheld and data.get("points"):
            return data | {"points": []}
        if not self.token or not data.get("artifacts"):
            return data
        shown = [
            file | {"url": reverse("shared_artifact", args=[self.token, file["name"]])}
            for file in data["artifacts"]
            if file["name"] not in self.withheld
        ]
        return data | {"artifacts": shown}

    def summarize(self) -> RunSummary:
        summary = runs.summarize(self.run)
        return summary.model_copy(update={"url": reverse("shared", args=[self.token])}) if self.token else summary

    def describe_spec(self) -> dict[str, Any]:
        """The spec as it was sent, its model in the object form, without what is nobody else's business."""
        hidden = {"csvData", "notify", *(("dataset_id", "fileURL") if self.token else ())}
        spec = {name: value for name, value in self.run.spec.items() if name not in hidden}
        if spec.get("user_arch"):
            spec["user_arch"] = [parse_layer(entry).as_object() for entry in spec["user_arch"]]
        if spec.get("user_model"):
            choice = parse_estimator(spec["user_model"])
            spec["user_model"] = {"estimator": choice.entry.name, **choice.arguments}
        return spec


def get_access(identity: Identity, run_id: UUID, token: str) -> Access:
    """Raises RunNotFound, or with a token ShareNotFound: it opens its own run and no other."""
    if not token:
        return Access(runs.get_run(identity, run_id))
    access = get_shared(token)
    if access.run.pk != run_id:
        raise ShareNotFound("This link leads to another run.")
    return access


def get_shared(token: str) -> Access:
    """Raises ShareNotFound."""
    run = links.get_share(token).run
    return Access(run, token, find_withheld(run))


def get_shared_file(token: str, name: str) -> TrainingRun:
    """The run whose file it is. Raises ShareNotFound, or ArtifactNotFound for one that strangers do not get."""
    access = get_shared(token)
    if name in access.withheld:
        raise ArtifactNotFound("This file is not shared: it holds rows of the table.")
    return access.run


def find_withheld(run: TrainingRun) -> frozenset[str]:
    """The files that hold rows of a table that is not built in."""
    spec = TrainingSpec.model_validate(run.spec)
    if spec.default is not None:
        return frozenset()
    return frozenset(_list_withheld(spec))


def _list_withheld(spec: TrainingSpec) -> Iterable[str]:
    yield "predictions.csv"
    if spec.csvData is not None:
        yield from ("train.py", "train.ipynb")  # a small inline table is part of the code
    if spec.user_model is not None and parse_estimator(spec.user_model).entry.module in ROW_KEEPERS:
        yield from ("model.skops", "model.onnx")
