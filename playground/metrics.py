"""Metrics for Prometheus at /metrics: counters of this process, and counts of database rows."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from wsgiref.simple_server import WSGIServer

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from notifications import mail_queue
from training import runs
from training.messages.runs import RunStatus

logger = logging.getLogger(__name__)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Answer with the metrics. Answer 404 unless METRICS_TOKEN is set, and 401 without it as bearer token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("Send METRICS_TOKEN as bearer token.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    text = generate_latest(REGISTRY) + generate_latest(_database)
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


class MetricsPort:
    """A port of a Celery worker with its counters. Clients that reach the port may read them without a token."""

    def __init__(self) -> None:
        self._server: WSGIServer | None = None

    def start(self) -> None:
        try:
            self._server, _ = start_http_server(settings.METRICS_PORT, settings.METRICS_ADDRESS)
        except OSError:
            # The worker trains without the port.
            logger.exception("METRICS_PORT %s could not be opened", settings.METRICS_PORT)

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class DatabaseCollector(Collector):
    """Counts of rows, equal in every process. If the database does not answer, a metric reports the outage."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            counts, mails = runs.count_runs(), mail_queue.count_by_status()
        except DatabaseError:
            logger.warning("the database could not be counted", exc_info=True)
            yield GaugeMetricFamily("playground_database_up", "Whether the database could be counted.", 0)
            return
        yield GaugeMetricFamily("playground_database_up", "Whether the database could be counted.", 1)
        yield _by_status("playground_runs", "Runs in the database.", counts.by_status)
        depth = counts.by_status[RunStatus.QUEUED]
        yield GaugeMetricFamily("playground_queue_depth", "Runs that wait for a worker.", depth)
        yield GaugeMetricFamily(
            "playground_queue_oldest_seconds", "For how long the oldest of them waits.", counts.oldest_waiting
        )
        yield _by_status("playground_mails", "E-mails in the queue, by status.", mails)


def _by_status(name: str, about: str, counts: dict) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=["status"])
    for status, count in counts.items():
        family.add_metric([status.value], count)
    return family


_database = CollectorRegistry()
_database.register(DatabaseCollector())
