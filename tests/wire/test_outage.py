"""Exceptions that mean that another service does not answer."""

from __future__ import annotations

import subprocess
import sys
from unittest import TestCase

import redis.exceptions
from botocore.exceptions import ClientError, EndpointConnectionError
from django.db import DataError, OperationalError

from playground.wire.outage import is_outage
from tests.server import ROOT


def raised_from(cause: Exception) -> Exception:
    error = ValueError("could not be read")
    error.__cause__ = cause
    return error


class OutageTests(TestCase):
    def test_connection_errors_of_every_service_are_outages(self):
        for error in (
            OperationalError("the server closed the connection"),
            redis.exceptions.ConnectionError("refused"),
            redis.exceptions.TimeoutError("too slow"),
            redis.exceptions.BusyLoadingError("a kind of ConnectionError"),
            EndpointConnectionError(endpoint_url="https://s3.example.org"),
            raised_from(redis.exceptions.ConnectionError("refused")),
        ):
            with self.subTest(error=repr(error)):
                self.assertTrue(is_outage(error))

    def test_other_errors_are_not(self):
        for error in (
            None,
            ConnectionError("not of a service"),
            TimeoutError("not of a service"),
            DataError("the value is too long"),
            redis.exceptions.ResponseError("unknown command"),
            ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"),
        ):
            with self.subTest(error=repr(error)):
                self.assertFalse(is_outage(error))

    def test_the_rule_loads_neither_redis_nor_botocore(self):
        code = "import sys, playground.wire.outage; print({'redis', 'botocore'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.strip(), "set()", done.stderr)
