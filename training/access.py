"""Access: what a visitor may see of a run, as its owner, as staff, or with its link.

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
from training import runs, share_links
from training.exceptions import ArtifactNotFound, ShareNotFound
from training.messages.runs import RunSummary
from training.models import TrainingRun
from training.permissions import VIEW_DATASETS, VIEW_RUNS
from training.spec import TrainingSpec
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer

ROW_KEEPERS = ("neighbors", "svm")
"""scikit-learn's modules whose fitted estimators hold rows that they were trained on."""


@dataclass(frozen=True)
class Access:
    """A run and what its visitor may see of it.

    Parameters
    ----------
    token
        Of the link by which the run is seen. Empty for its owner and for staff.
    withheld
        Names of files that are not shown, since they hold rows of the table.
    shows_source
        Whether the table's id or address is shown.
    """

    run: TrainingRun
    token: str = ""
    withheld: frozenset[str] = frozenset()
    shows_source: bool = True

    def show(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return an event's data with the addresses of the files for this visitor, and without withheld rows."""
        if self.withheld and data.get("points"):
            return data | {"points": []}
        if not (self.token or self.withheld) or not data.get("artifacts"):
            return data
        shown = [file for file in data["artifacts"] if file["name"] not in self.withheld]
        if self.token:
            shown = [file | {"url": reverse("shared_artifact", args=[self.token, file["name"]])} for file in shown]
        return data | {"artifacts": shown}

    def summarize(self) -> RunSummary:
        summary = runs.summarize(self.run)
        return summary.model_copy(update={"url": reverse("shared", args=[self.token])}) if self.token else summary

    def describe_spec(self) -> dict[str, Any]:
        """Return the spec as it was sent, with the model in the object form, without private fields."""
        hidden = {"csvData", "notify", *(() if self.shows_source else ("dataset_id", "fileURL"))}
        spec = {name: value for name, value in self.run.spec.items() if name not in hidden}
        if spec.get("split") and not self.shows_source:
            spec["split"] = {name: value for name, value in spec["split"].items() if name != "dataset_id"}
        if spec.get("user_arch"):
            spec["user_arch"] = [parse_layer(entry).as_object() for entry in spec["user_arch"]]
        if spec.get("user_model"):
            choice = parse_estimator(spec["user_model"])
            spec["user_model"] = {"estimator": choice.entry.name, **choice.arguments}
        return spec


def get_access(identity: Identity, run_id: UUID, token: str) -> Access:
    """Return what the visitor may see of a run, with a token what the run's link shows.

    Staff who may view runs but not tables see no rows of others' tables. Raises RunNotFound, or with a token
    ShareNotFound: a token opens its own run and no other.
    """
    if not token:
        return describe_access(identity, runs.get_run(identity, run_id, VIEW_RUNS))
    access = get_shared(token)
    if access.run.pk != run_id:
        raise ShareNotFound("This link leads to another run.")
    return access


def describe_access(identity: Identity, run: TrainingRun) -> Access:
    """Return what the visitor may see of a run that they may view."""
    may_see_rows = identity.may_reach(run.owner, VIEW_DATASETS)
    return Access(run, withheld=frozenset() if may_see_rows else find_withheld(run), shows_source=may_see_rows)


def get_shared(token: str) -> Access:
    """Return what the link with this token shows. Raises ShareNotFound."""
    run = share_links.get_share(token).run
    return Access(run, token, find_withheld(run), shows_source=False)


def get_file_owner(identity: Identity, run_id: UUID, name: str) -> TrainingRun:
    """Return the run whose file the visitor asks for. Raises RunNotFound, or ArtifactNotFound for a withheld file."""
    return _refuse_withheld(get_access(identity, run_id, ""), name)


def get_shared_file(token: str, name: str) -> TrainingRun:
    """Return the run whose file a link asks for. Raises ShareNotFound, or ArtifactNotFound for a withheld file."""
    return _refuse_withheld(get_shared(token), name)


def _refuse_withheld(access: Access, name: str) -> TrainingRun:
    if name in access.withheld:
        raise ArtifactNotFound("You may not have this file: it holds rows of the table.")
    return access.run


def find_withheld(run: TrainingRun) -> frozenset[str]:
    """Return the names of files that hold rows of the table. None are withheld for a built-in table."""
    spec = TrainingSpec.model_validate(run.spec)
    if spec.default is not None and (spec.split is None or spec.split.dataset_id is None):
        return frozenset()
    return frozenset(_list_withheld(spec))


def _list_withheld(spec: TrainingSpec) -> Iterable[str]:
    yield "predictions.csv"
    if spec.csvData is not None:
        yield from ("train.py", "train.ipynb")  # a small inline table is part of the code
    if spec.user_model is not None and parse_estimator(spec.user_model).entry.module in ROW_KEEPERS:
        yield from ("model.skops", "model.onnx")
