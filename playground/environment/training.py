"""Settings of training: the engine, its limits, and tables from outside."""

from __future__ import annotations

import os
from typing import ClassVar

from playground.environment.fields import Flag, Names, Section, setting
from training.limits import Limits, SweepLimits


class Engine(Section):
    """What trains, and with how many processes."""

    title: ClassVar[str] = "Training engine"

    TRAINING_ENGINE: str = setting(
        "local",
        "`local` trains in worker processes of the server, `celery` in workers that `celery -A playground worker` "
        "starts on any number of machines.",
    )
    TRAINING_WORKERS: int = setting(
        os.cpu_count() or 1,
        "How many runs one engine or worker trains at once.",
        unit="processes",
        least=1,
        shown="one for each core",
    )
    TRAINING_QUESTION_WORKERS: int = setting(
        2,
        "Processes that answer short questions: checks, predictions and descriptions of tables.",
        unit="processes",
        least=1,
    )
    TRAINING_GPU: Flag = setting(
        False,
        'Whether runs may ask for `"device": "gpu"`. With Celery such runs wait for a worker of '
        "`celery -A playground worker -Q gpu`.",
    )
    CELERY_BROKER_URL: str = setting(
        "",
        "The broker of Celery: `redis://…`, or `sqs://` with the variables or role of any AWS program, "
        "`AWS_ENDPOINT_URL_SQS` among them. Answers come back through Redis in both cases.",
        shown="`REDIS_URL`",
        is_secret=True,
    )
    AWS_DEFAULT_REGION: str = setting("us-east-1", "The region of SQS.")
    TRAINING_DRAIN_SECONDS: int = setting(
        10,
        "How long a Celery worker that is told to stop may continue. Then another worker takes over its runs.",
        least=0,
    )


class TrainingLimits(Section):
    """What runs may cost, and how many there may be. A guest who has no run yet is admitted up to twice the limits of
    guests at one network address (an IPv4 address, or an IPv6 network of 64 bits).
    """

    title: ClassVar[str] = "Limits of training"

    TRAINING_MAX_EPOCHS: int = setting(Limits.epochs, "Epochs of one run.", unit="epochs", least=1)
    TRAINING_MAX_PARAMETERS: int = setting(Limits.parameters, "Parameters of one network.", unit="parameters", least=1)
    TRAINING_MAX_ROWS: int = setting(Limits.rows, "Rows of one table.", unit="rows", least=1)
    TRAINING_MAX_SECONDS: int = setting(int(Limits.seconds), "Duration of one run.", least=1)
    TRAINING_MAX_MEMORY_MB: int = setting(Limits.memory_mb, "Memory of the process that trains a run.", least=1)
    TRAINING_MAX_SWEEP_RUNS: int = setting(SweepLimits.runs, "Runs of one sweep.", unit="runs", least=0)
    TRAINING_MAX_SWEEP_SECONDS: int = setting(int(SweepLimits.seconds), "Duration of one sweep or comparison.", least=1)
    TRAINING_MAX_QUEUED: int = setting(
        2_000, "Waiting runs of all owners. Further runs are refused with `queue_full`.", unit="runs", least=0
    )
    TRAINING_MAX_ACTIVE_RUNS_PER_OWNER: int = setting(
        20, "Waiting and training runs of one owner.", unit="runs", least=0
    )
    TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS: int = setting(
        200,
        "Waiting and training runs of all guests at one network address. Further runs are refused with "
        "`too_many_runs`.",
        unit="runs",
        least=0,
    )
    TRAINING_MAX_RUNS_PER_OWNER: int = setting(1_000, "Stored runs of one owner.", unit="runs", least=0)
    TRAINING_MAX_RUNS_PER_ADDRESS: int = setting(
        10_000,
        "Stored runs of all guests at one network address. They count for `KEEP_ADDRESSES_DAYS`.",
        unit="runs",
        least=0,
    )
    TRAINING_SHARING: Flag = setting(
        True, "Whether owners can create links that show a run to others. Without it, existing links end."
    )


class Tables(Section):
    """Tables that visitors upload or load from links."""

    title: ClassVar[str] = "Uploads and links"

    UPLOAD_MAX_BYTES: int = setting(250_000_000, "Size of one table, uploaded or from a link.", least=0)
    LINKS_ENABLED: Flag = setting(True, "Whether tables can be loaded from links.")
    LINK_NETWORKS: Names = setting(
        [],
        "Networks such as `10.1.0.0/16` to which links may lead on any port, in addition to public addresses.",
    )
    LINK_PORTS: Names = setting(
        ["80", "443"],
        "Ports of public addresses to which links may lead. Others are refused with `link_refused`.",
    )
