"""Models of training: uploads, runs, their events, files, checkpoints and links.

`owner` is an `Identity.owner`. Only `training/runs/` writes the state of a run.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from training.messages.runs import RunKind, RunStatus


class Owned(models.Model):
    """A row that belongs to a user or to a guest."""

    owner = models.CharField(max_length=100, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    address_key = models.CharField(
        max_length=32,
        blank=True,
        default="",
        editable=False,
        help_text="Keyed hash of the address that it came from, while it counts for a limit. Empty: it does not.",
    )

    class Meta:
        abstract = True


class Dataset(Owned):
    """An uploaded or linked table. `described` is the data of its `datasetDescribed`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to="datasets/", max_length=200)
    size = models.BigIntegerField(help_text="Bytes.")
    url = models.CharField(max_length=2_000, blank=True, help_text="The link that it was fetched from.")
    described = models.JSONField(default=dict)
    reading = models.JSONField(
        null=True, default=None, editable=False, help_text="How it is read where a run says nothing else."
    )

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"]),
            models.Index(fields=["address_key"], name="dataset_of_address"),
        ]

    def __str__(self) -> str:
        return self.name


class Building(models.IntegerChoices):
    """Whether files of a finished run are still to be made: when a worker is idle, or at once for a visitor."""

    NOT_WANTED = 0
    WANTED = 1
    URGENT = 2


class TrainingRun(Owned):
    """One training, or a sweep or comparison of many, from the queue to its result."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        max_length=10,
        choices=[(kind.value, kind.value.title()) for kind in RunKind],
        default=RunKind.TRAINING.value,
    )
    name = models.CharField(max_length=100, blank=True)
    status = models.CharField(
        max_length=10,
        choices=[(status.value, status.value.title()) for status in RunStatus],
        default=RunStatus.QUEUED.value,
    )
    spec = models.JSONField()
    task = models.JSONField(default=dict, blank=True, help_text="What a sweep varies, or what a run is compared with.")
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.SET_NULL)
    test_dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs_tested_on",
        help_text="The table whose rows are the test rows, where the split names one.",
    )
    data = models.CharField(max_length=200, help_text="The table's name.")
    target = models.CharField(max_length=200, blank=True, help_text="The column that is predicted.")
    model = models.CharField(max_length=200, help_text="The network or estimator in a few words.")
    seed = models.PositiveBigIntegerField()

    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0.0, help_text="0 to 100.")
    metric = models.CharField(max_length=30, blank=True, help_text="The headline's, once the run has succeeded.")
    value = models.FloatField(null=True, blank=True, help_text="The headline's, on the test rows.")
    baseline = models.FloatField(null=True, blank=True, help_text="The same of guessing without the features.")
    message = models.CharField(max_length=500, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    last_epoch = models.PositiveIntegerField(default=0, help_text="The last epoch that is stored as an event.")

    attempts = models.PositiveSmallIntegerField(default=0)
    worked_by = models.CharField(max_length=100, blank=True, help_text="The engine that holds the lease.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="When others may take the run over.")
    cancel_requested = models.BooleanField(default=False)
    queue = models.CharField(max_length=10, default="training", help_text="Which workers take it: training, or gpu.")
    trainer = models.CharField(max_length=10, blank=True, help_text="That a network's first epochs came from.")
    building = models.PositiveSmallIntegerField(choices=Building.choices, default=Building.NOT_WANTED)
    tell_by = models.DateTimeField(
        null=True, blank=True, help_text="When others may tell of its end. Empty: told, or not over."
    )

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["status", "created"]),
            models.Index(fields=["owner", "-created"]),
            models.Index(fields=["address_key", "status"], name="run_of_address"),
            models.Index(fields=["address_key", "-started"], name="run_of_address_served"),
            models.Index(fields=["lease_until"], condition=models.Q(lease_until__isnull=False), name="run_leased"),
            models.Index(fields=["building"], condition=models.Q(building__gt=0), name="run_to_be_built"),
            models.Index(fields=["tell_by"], condition=models.Q(tell_by__isnull=False), name="run_untold"),
        ]
        permissions = [("cancel_trainingrun", "Can cancel training runs")]

    def __str__(self) -> str:
        return self.name or f"{self.model} on {self.data}"


class RunEvent(models.Model):
    """An event of a run, as it is sent."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    event = models.CharField(max_length=40)
    data = models.JSONField()

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="run_event_once")]

    def __str__(self) -> str:
        return f"{self.event} {self.seq}"


class Artifact(models.Model):
    """A file of a run."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="artifacts")
    name = models.CharField(max_length=40)
    file = models.FileField(upload_to="artifacts/", max_length=200)
    size = models.BigIntegerField(help_text="Bytes.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_artifact_once")]

    def __str__(self) -> str:
        return self.name


class Checkpoint(models.Model):
    """A checkpoint from which a run can be continued. `training/trainers/checkpoint.py` defines the file."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="checkpoints")
    epoch = models.PositiveIntegerField()
    file = models.FileField(upload_to="checkpoints/", max_length=200)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class Share(models.Model):
    """The link to a run (`share_links.py`). Everybody who has it may view the run, until this row is deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.OneToOneField(TrainingRun, on_delete=models.CASCADE, related_name="share", editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"the link to {self.run}"
