"""Settings of mail: how it is sent, and to whom."""

from __future__ import annotations

from typing import ClassVar

from playground.environment.fields import Flag, Section, setting


class Mail(Section):
    """How mail is sent."""

    title: ClassVar[str] = "Mail"

    EMAIL_BACKEND: str = setting(
        "console",
        "The transport: `console`, `file`, `smtp`, `ses`, `api_gateway`, or the class of any Django e-mail backend.",
        needed="in production",
    )
    EMAIL_FROM: str = setting(
        "Deep Learning Playground <playground@localhost>", "The sender of all mail.", needed="in production"
    )
    EMAIL_HOST: str = setting("localhost", "The SMTP server.", needed="with `EMAIL_BACKEND=smtp`")
    EMAIL_PORT: int = setting(25, "The port of the SMTP server.", unit="port", least=1, most=65_535)
    EMAIL_HOST_USER: str = setting("", "The user name at the SMTP server.", shown="none")
    EMAIL_HOST_PASSWORD: str = setting("", "The password at the SMTP server.", shown="none", is_secret=True)
    EMAIL_USE_TLS: Flag = setting(False, "Whether to use STARTTLS, mostly on port 587.")
    EMAIL_USE_SSL: Flag = setting(False, "Whether to use TLS from the start, mostly on port 465.")
    EMAIL_FILE_PATH: str = setting("", "The folder of the `file` transport.", shown="`mail/` in `DATA_DIR`")
    EMAIL_GATEWAY_URL: str = setting(
        "", "The address of the API Gateway.", shown="none", needed="with `EMAIL_BACKEND=api_gateway`"
    )
    EMAIL_GATEWAY_KEY: str = setting(
        "", "The key that the API Gateway gets as `x-api-key`.", shown="none", is_secret=True
    )
    EMAIL_MAX_ATTACHMENT_BYTES: int = setting(
        10_000_000, "All attachments of one mail together. Further files become links.", least=0
    )


class MailPolicy(Section):
    """Who may send mail, to whom, and how much. A stranger is a mailbox that the sender has not confirmed."""

    title: ClassVar[str] = "Limits of mail"

    EMAIL_TO_ANYONE: Flag = setting(
        False, "Whether users can send results to any address. Otherwise they can send to their confirmed address only."
    )
    EMAIL_FROM_GUESTS: Flag = setting(
        True, "Whether guests can send the results of their runs, to one address in each session."
    )
    EMAIL_GUEST_WORDS: Flag = setting(
        False,
        "Whether text by the sender and files are sent to strangers, too. Use it only on a server without strangers.",
    )
    EMAIL_PER_HOUR: int = setting(1_000, "All mails together.", unit="mails", least=0)
    EMAIL_PER_USER_PER_HOUR: int = setting(
        30, "Mails of one user, and mails of all kinds to one confirmed address.", unit="mails", least=0
    )
    EMAIL_FROM_GUESTS_PER_HOUR: int = setting(60, "Mails of all guests together.", unit="mails", least=0)
    EMAIL_TO_STRANGERS_PER_HOUR: int = setting(
        500,
        "Mails to all strangers together. The rest of `EMAIL_PER_HOUR` is kept for confirmed addresses.",
        unit="mails",
        least=0,
    )
