"""Settings of the server: address, security, accounts, connections, log and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator

from playground.environment.fields import Flag, Names, Section, setting

Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(lambda value: str(value).strip().upper())
]
Format = Annotated[Literal["plain", "json"], BeforeValidator(lambda value: str(value).strip().lower())]


SHORTEST_TOKEN = 20
"""Characters of METRICS_TOKEN. Wrong tokens are not counted, so it has to be too long to guess."""


class Address(Section):
    """Where the playground is reached, and what protects it."""

    title: ClassVar[str] = "Address and security"

    DATA_DIR: Path | None = setting(
        None,
        "The folder of the database, uploads, models, mail and the secret key. Only its owner can read it.",
        shown="`var/` beside `manage.py`",
    )
    PUBLIC_URL: str = setting(
        "http://localhost:8000",
        "The address under which visitors reach the playground. Links in mails begin with it. With an `https` address, "
        "cookies are sent over https only.",
        needed="in production",
    )
    ALLOWED_HOSTS: Names = setting(
        ["localhost", "127.0.0.1", "[::1]"],
        "The host names under which the server answers, without scheme, port or path. Sockets are accepted from pages "
        "of these hosts only.",
        needed="in production",
    )
    CSRF_TRUSTED_ORIGINS: Names = setting(
        [],
        "Other origins whose forms are accepted, such as `https://lab.example.org:8443`. The origin of `PUBLIC_URL` is "
        "accepted once that is set.",
    )
    SECRET_KEY: str = setting(
        "",
        "The key that signs sessions and links. All processes need the same one.",
        shown="created once, stored in `DATA_DIR`",
        needed="with more than one machine",
        is_secret=True,
    )
    BEHIND_PROXY: Flag = setting(
        False,
        "A proxy ends TLS and sets `X-Forwarded-Proto`. The server trusts this header and redirects http to https.",
        needed="behind a proxy",
    )
    HSTS_SECONDS: int = setting(
        2_592_000, "How long browsers use https only for this host, if `PUBLIC_URL` is an https address.", least=0
    )
    HSTS_SUBDOMAINS: Flag = setting(False, "Whether the same holds for all subdomains.")
    HSTS_PRELOAD: Flag = setting(
        False, "Whether browsers may know it before the first visit. This is hard to take back."
    )
    DEBUG: Flag = setting(
        False,
        "Show Django's error pages, and serve static files from their source folders. Never use it where others have "
        "access.",
    )


class Accounts(Section):
    """Who may use the playground."""

    title: ClassVar[str] = "Accounts"

    ACCOUNTS_ONLY: Flag = setting(
        False,
        "Guests can read pages, modules, tables and shared runs only. To train, check, predict, upload, answer "
        "questions or send mail they need an account.",
    )
    OPEN_REGISTRATION: Flag = setting(
        True, "Whether visitors can create accounts. Otherwise administrators create them in the admin."
    )
    SIGN_UPS_PER_ADDRESS_PER_HOUR: int = setting(
        250, "New accounts from one network address.", unit="accounts", least=0
    )
    GUEST_SESSIONS_PER_ADDRESS_PER_HOUR: int = setting(
        5_000,
        "Sessions of new guests that are stored for one network address. Beyond this, a guest is known for one page or "
        "socket only.",
        unit="sessions",
        least=0,
    )


class Sockets(Section):
    """How much one server process holds for its clients. Each process counts for itself."""

    title: ClassVar[str] = "Sockets"

    WIRE_MAX_SOCKETS: int = setting(
        5_000,
        "Open sockets. Beyond this, only addresses with few sockets get another one, up to twice as many in all. "
        "Others are closed with code 4430.",
        unit="sockets",
        least=1,
    )
    WIRE_MAX_SOCKETS_PER_ADDRESS: int = setting(
        600,
        "Open sockets of one network address, such as a school behind one router. Another one is closed with "
        "code 4430.",
        unit="sockets",
        least=1,
    )
    WIRE_MAX_HELD_BYTES: int = setting(
        192_000_000,
        "Estimated memory of unfinished and waiting frames of all sockets. One network address may hold a third of it. "
        "Then frames are refused with `too_much_waiting`, except those of addresses that hold little, up to twice the "
        "limit in all.",
        least=1,
    )


class Requests(Section):
    """How much one server process receives at once. Each process counts for itself."""

    title: ClassVar[str] = "HTTP requests"

    HTTP_MAX_HELD_BYTES: int = setting(
        4_000_000_000,
        "Bodies of all requests under way, in memory and temporary files. One network address may hold a quarter of "
        "it. Then requests are answered with 429. Temporary files need this much space, with daphne up to twice as "
        "much.",
        least=1,
    )


class Log(Section):
    """The log on standard error."""

    title: ClassVar[str] = "Log"

    LOG_LEVEL: Level = setting("INFO", "The lowest level that is logged.")
    LOG_FORMAT: Format = setting("plain", "`json` writes one JSON object a line.")


class Metrics(Section):
    """What monitoring reads. `/healthz` and `/readyz` need no settings."""

    title: ClassVar[str] = "Metrics"

    METRICS_TOKEN: str = setting(
        "",
        f"The bearer token for `/metrics`, at least {SHORTEST_TOKEN} random characters. Without it there "
        "is no `/metrics`.",
        needed="to use `/metrics`",
        is_secret=True,
    )
    METRICS_PORT: int = setting(
        0,
        "The port on which a Celery worker serves its metrics. 0: it serves none.",
        unit="port",
        least=0,
        most=65_535,
    )
    METRICS_ADDRESS: str = setting(
        "127.0.0.1", "The network address of this port. Everybody who can connect to it can read the metrics."
    )
