"""The files that go with a message: found, awaited, and read as far as they fit. Called by mail and compose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from notifications.exceptions import AttachmentNotFound
from notifications.fields import quote
from training import runs
from training.exceptions import ArtifactNotFound

if TYPE_CHECKING:
    from training.models import Artifact, TrainingRun

CURVE = "loss.png"


class FilesPending(Exception):
    """Some are still being built; asking has hurried them up."""


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


@dataclass(frozen=True)
class Files:
    """`linked` do not fit, or were not built in time; `missing` cannot be had. `curve` stands in the text itself."""

    attached: tuple[File, ...] = ()
    linked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    curve: File | None = None


def choose_names(promised: Iterable[str]) -> list[str]:
    """What is sent where nobody named anything: the model and all plots."""
    return [name for name in promised if name.startswith("model.") or name.endswith(".png")]


def list_promised(run: TrainingRun) -> list[str]:
    """The files that a finished run has or will have."""
    result = runs.read_result(run.pk)
    return [file.name for file in result.artifacts] if result else []


def check_names(run: TrainingRun, names: Iterable[str]) -> None:
    """Hurries up what is being built. Raises AttachmentNotFound for what the run does not and will not have."""
    for index, name in enumerate(names):
        try:
            runs.find_artifact(run, name)
        except ArtifactNotFound:
            where = f"attachment_array[{index}]"
            raise AttachmentNotFound(f"This run has no {quote(name)}.", where=where) from None


def read_files(run: TrainingRun, names: Sequence[str], *, patient: bool) -> Files:
    """What there is, up to EMAIL_MAX_ATTACHMENT_BYTES. Raises FilesPending if `patient` and some are not built yet."""
    found: dict[str, Artifact] = {}
    pending, missing = set(), set()
    for name in {CURVE, *names}:
        try:
            artifact = runs.find_artifact(run, name)
        except ArtifactNotFound:
            missing.add(name)
            continue
        if artifact is None:
            pending.add(name)
        else:
            found[name] = artifact
    if patient and pending:
        raise FilesPending
    curve = _read_file(found[CURVE]) if CURVE in found else None
    room = settings.EMAIL_MAX_ATTACHMENT_BYTES - len(curve.content if curve else b"")
    attached: list[File] = []
    for name in names:
        if name not in found:
            continue
        if found[name].size > room:
            pending.add(name)
        elif (file := _read_file(found[name])) is not None:
            attached.append(file)
            room -= len(file.content)
        else:
            missing.add(name)
    linked = tuple(name for name in names if name in pending)
    return Files(tuple(attached), linked, tuple(name for name in names if name in missing), curve)


def _read_file(artifact: Artifact) -> File | None:
    """None where the storage has lost it."""
    try:
        with artifact.file.open("rb") as file:
            return File(artifact.name, file.read())
    except FileNotFoundError:
        return None
