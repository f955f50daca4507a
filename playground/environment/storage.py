"""Settings of what is stored, where, and for how long."""

from __future__ import annotations

from typing import ClassVar

from playground.environment.fields import DatabaseAddress, Section, setting


class Database(Section):
    """The database, and Redis for more than one process."""

    title: ClassVar[str] = "Database and Redis"

    DATABASE_URL: DatabaseAddress = setting(
        "",
        "The database, such as `postgres://name:password@host:5432/name`.",
        shown="SQLite in `DATA_DIR`",
        needed="with more than one machine",
        is_secret=True,
    )
    REDIS_URL: str = setting(
        "",
        "The Redis of the channel layer, the cache and Celery, such as `redis://host:6379/0`, or `rediss://` with TLS.",
        shown="memory of the process",
        needed="with more than one server process, and for Celery",
        is_secret=True,
    )


class Files(Section):
    """Where uploads and the files of runs are stored, and how much space they may take."""

    title: ClassVar[str] = "Files"

    FILE_STORAGE: str = setting(
        "disk", "`disk` is the folder `files` in `DATA_DIR`, `s3` a bucket. The class of any Django storage works, too."
    )
    S3_BUCKET: str = setting(
        "",
        "The name of the bucket. Credentials are those of any AWS program. Objects are private.",
        shown="none",
        needed="with `FILE_STORAGE=s3`",
    )
    S3_REGION: str = setting("", "The region of the bucket.", shown="as for any AWS program")
    S3_ENDPOINT_URL: str = setting("", "Another service with the protocol of S3.", shown="AWS")
    MAX_BYTES_PER_OWNER: int = setting(
        5_000_000_000, "Uploads and files of runs of one owner together. 0: no limit.", unit="bytes", least=0
    )
    MAX_BYTES_PER_ADDRESS: int = setting(
        20_000_000_000,
        "Uploads and files of runs of all guests at one network address together. 0: no limit.",
        unit="bytes",
        least=0,
    )
    UPLOAD_MAX_DATASETS_PER_ADDRESS: int = setting(
        500,
        "Uploads of all guests at one network address together. They count for `KEEP_ADDRESSES_DAYS`.",
        unit="tables",
        least=0,
    )


class Retention(Section):
    """After how many days `manage.py clean` removes what is old. 0 means that it is kept without end."""

    title: ClassVar[str] = "How long things are kept"

    KEEP_GUEST_RUNS_DAYS: int = setting(
        90, "Finished runs of visitors without an account. Their session lasts as long after their last visit.", least=0
    )
    KEEP_USER_RUNS_DAYS: int = setting(0, "Finished runs of users.", least=0)
    KEEP_UNUSED_UPLOADS_DAYS: int = setting(90, "Uploads with which no run was trained.", least=0)
    KEEP_FILES_DAYS: int = setting(0, "Files of finished runs, models included. The results stay.", least=0)
    KEEP_EVENTS_DAYS: int = setting(
        30, "The separate progress events of a finished run. Then they are packed into one, with every epoch.", least=0
    )
    KEEP_ADDRESSES_DAYS: int = setting(
        30,
        "The hashed network address of a guest's run or upload. Then it no longer counts for its address.",
        least=0,
    )
    KEEP_MAIL_DAYS: int = setting(90, "Mails that are sent, failed or cancelled.", least=0)


class Progress(Section):
    """Where the points of learners are stored."""

    title: ClassVar[str] = "Progress"

    PROGRESS_STORAGE: str = setting(
        "orm",
        "`orm` is the database, `dynamodb` a DynamoDB table, `memory` the memory of the process. The class of another "
        "storage works, too.",
    )
    PROGRESS_TABLE: str = setting(
        "userProgress", "The name of the DynamoDB table. Region and credentials are those of any AWS program."
    )
    DYNAMODB_ENDPOINT_URL: str = setting("", "Another service with the protocol of DynamoDB.", shown="AWS")
