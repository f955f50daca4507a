"""The road through Amazon SES, version 2 of its interface, with the finished MIME message.

Region, credentials and endpoint are boto3's own: AWS_REGION, AWS_ACCESS_KEY_ID …, or the role of the machine.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from notifications.exceptions import PermanentFailure, TemporaryFailure
from notifications.transports.road import Road

# What is wrong with the message or its recipient. All else is about the account, or passes.
REJECTIONS = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException"})


class EmailBackend(Road):
    """Raises TemporaryFailure or PermanentFailure."""

    def send_one(self, message: EmailMessage) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        encoding = message.encoding or "utf-8"
        content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        try:
            self._client.send_email(
                FromEmailAddress=sanitize_address(message.from_email, encoding),
                Destination={"ToAddresses": [sanitize_address(address, encoding) for address in message.recipients()]},
                Content={"Raw": {"Data": content}},
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            failure = PermanentFailure if code in REJECTIONS else TemporaryFailure
            raise failure(str(error)) from error
        except BotoCoreError as error:  # no connection, no credentials
            raise TemporaryFailure(str(error)) from error

    @cached_property
    def _client(self) -> Any:
        import boto3  # here: it takes a quarter of a second to load, and most playgrounds never do
        from botocore.config import Config

        # One attempt: the outbox tries again, and a second one after a lost answer would be a second mail.
        config = Config(
            connect_timeout=settings.EMAIL_TIMEOUT,
            read_timeout=settings.EMAIL_TIMEOUT,
            retries={"total_max_attempts": 1},
        )
        # A session of its own, since the default one may not be used by two threads at once.
        return boto3.session.Session().client("sesv2", config=config)
