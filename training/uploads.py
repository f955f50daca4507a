"""Uploaded and linked tables. No other module writes Dataset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from playground.closed_accounts import writing_for
from playground.database_locks import lock
from playground.wire.envelope import dump
from playground.wire.identity import Identity
from training.datasets.builtin import BUILTINS
from training.datasets.link import LinkLimits, parse_link
from training.exceptions import DatasetNotFound, LinksDisabled, UploadTooLarge
from training.jobs.questions import DescribeQuestion, FetchQuestion
from training.jobs.sources import source_of
from training.messages.datasets import DatasetDescribed, DatasetInfo
from training.models import Dataset
from training.permissions import VIEW_DATASETS
from training.quota import check_datasets, check_room, counts_by_address
from training.spec import TrainingSpec
from training.spec.reading import ReadingOptions

LINK_SECONDS = 20  # limit of the time for fetching a table from a link
LINK_FRESH_SECONDS = 3_600  # for which a fetched table is used again


def add_dataset(
    identity: Identity,
    file: UploadedFile,
    describe: Callable[[DescribeQuestion], DatasetDescribed],
    reading: ReadingOptions | None = None,
) -> DatasetDescribed:
    """Store an upload and return its description. A table that cannot be described is not stored.

    `reading`: how it is to be read.

    Raises UploadTooLarge, StorageFull, TooManyDatasets, UnreadableTable, AccountClosed.
    """
    size = file.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        raise UploadTooLarge(f"The file has {size:,} bytes; at most {settings.UPLOAD_MAX_BYTES:,} are accepted.")
    dataset = _begin(identity, _clean_name(file.name), reading, size=size)
    dataset.file.save(_location(dataset), file, save=False)
    try:
        described = describe(DescribeQuestion(source_of(dataset)))
    except BaseException:
        discard(dataset)
        raise
    keep(dataset, described)
    return describe_dataset(dataset)


def find_linked(identity: Identity, url: str) -> Dataset | None:
    """Find the table that this owner fetched from the link within the last LINK_FRESH_SECONDS.

    Raises LinksDisabled, LinkRefused.
    """
    if not settings.LINKS_ENABLED:
        raise LinksDisabled("This server takes no tables from links.", where="fileURL")
    parse_link(url)  # a link that is refused here needs no worker
    fresh = timezone.now() - timedelta(seconds=LINK_FRESH_SECONDS)
    return Dataset.objects.filter(owner=identity.owner, url=url, created__gte=fresh).first()


def begin_link(identity: Identity, url: str, reading: ReadingOptions | None = None) -> tuple[Dataset, FetchQuestion]:
    """Build an unsaved dataset for a link, and the question whose answer `keep` takes. `reading`: how it is to be read.

    Raises StorageFull, TooManyDatasets.
    """
    dataset = _begin(identity, _clean_name(urlsplit(url).path), reading, url=url)
    dataset.file.name = f"datasets/{_location(dataset)}"
    limits = LinkLimits(
        settings.UPLOAD_MAX_BYTES,
        LINK_SECONDS,
        tuple(settings.LINK_NETWORKS),
        tuple(int(port) for port in settings.LINK_PORTS),
    )
    return dataset, FetchQuestion(url, source_of(dataset), limits)


def keep(dataset: Dataset, described: DatasetDescribed) -> None:
    """Record a dataset whose file is stored, or delete the file.

    The limits are checked again, one upload of an owner after the other: others may have been stored meanwhile. Raises
    AccountClosed, StorageFull, TooManyDatasets.
    """
    identity = Identity(dataset.owner, address=dataset.address_key)
    try:
        dataset.size = dataset.file.size
        dataset.described = dump(described.model_copy(update={"dataset_id": dataset.pk, "name": dataset.name}))
        with writing_for(dataset.owner):
            lock(f"tables of {dataset.owner}")
            if counts_by_address(identity):
                lock(f"tables of address {dataset.address_key}")
            check_room(identity, dataset.size)
            check_datasets(identity)
            dataset.save(force_insert=True)
    except BaseException:
        discard(dataset)
        raise


def discard(dataset: Dataset) -> None:
    """Delete the file of a dataset that is not recorded."""
    dataset.file.storage.delete(str(dataset.file.name))


def describe_dataset(dataset: Dataset) -> DatasetDescribed:
    """Return the stored description of an upload."""
    return DatasetDescribed.model_validate(dataset.described)


def _begin(identity: Identity, name: str, reading: ReadingOptions | None, url: str = "", size: int = 0) -> Dataset:
    check_room(identity, size)
    check_datasets(identity)
    return Dataset(
        id=uuid4(),
        owner=identity.owner,
        user_id=identity.user_id,
        address_key=identity.address if identity.is_guest else "",
        name=name,
        url=url,
        reading=reading.model_dump(mode="json", exclude_none=True) if reading else None,
    )


def _location(dataset: Dataset) -> str:
    return f"{dataset.pk}.csv"


def get_dataset(identity: Identity, dataset_id: UUID) -> Dataset:
    """Return an upload of the visitor, or of others for staff who may view tables. Raises DatasetNotFound."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset is None or not identity.may_reach(dataset.owner, VIEW_DATASETS):
        raise DatasetNotFound("There is no such dataset.", where="dataset_id")
    return dataset


def list_datasets(identity: Identity) -> list[DatasetInfo]:
    """Return the built-in tables, then the visitor's uploads, newest first."""
    builtins = [
        DatasetInfo(
            default=table.name,
            name=table.name,
            rows=table.rows,
            columns=table.columns,
            target=table.target,
            problem_type=table.problem_type,
            about=table.about,
        )
        for table in BUILTINS.values()
    ]
    uploads = []
    for dataset in Dataset.objects.filter(owner=identity.owner):
        described = describe_dataset(dataset)
        uploads.append(
            DatasetInfo(
                dataset_id=dataset.pk,
                name=dataset.name,
                rows=described.rows,
                columns=len(described.columns),
                target=described.target,
                problem_type=described.problem_type,
            )
        )
    return builtins + uploads


def get_test_dataset(identity: Identity, spec: TrainingSpec) -> Dataset | None:
    """Return the upload whose rows are the test rows, None where the spec names none. Raises DatasetNotFound."""
    if spec.split is None or spec.split.dataset_id is None:
        return None
    try:
        return get_dataset(identity, spec.split.dataset_id)
    except DatasetNotFound:
        raise DatasetNotFound("There is no such dataset.", where="split.dataset_id") from None


def _clean_name(name: str | None) -> str:
    """Return the displayed name of a file: printable and short. It is never used as a path."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[:200] or "table.csv"
