"""The metrics page: its content, and that only Prometheus may read it."""

from __future__ import annotations

from unittest.mock import patch

from channels.db import database_sync_to_async
from channels.testing import HttpCommunicator
from django.db import OperationalError
from django.test import Client, TransactionTestCase, override_settings
from prometheus_client.parser import text_string_to_metric_families

from notifications import mail_queue
from playground.connection_middleware import ConnectionMiddleware
from playground.routing import build_application
from tests.notifications.cases import queue_text
from tests.sockets import open_socket
from tests.training.cases import EngineTestCase, RunTestCase, create_run
from training import runs

TOKEN = "tell-me"
APPLICATION = build_application()


def scrape(token: str = TOKEN):
    return Client(headers={"host": "localhost", "authorization": f"Bearer {token}"}).get("/metrics")


def read_samples() -> dict[tuple[str, ...], float]:
    """(name, label values …) -> value, as Prometheus' own parser reads them."""
    response = scrape()
    assert response.status_code == 200, response.content
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


class GuardTests(TransactionTestCase):
    def test_without_a_token_in_the_settings_there_is_nothing(self):
        for token in ("", TOKEN):
            self.assertEqual(scrape(token).status_code, 404)

    @override_settings(METRICS_TOKEN=TOKEN)
    def test_only_who_brings_the_token_is_told(self):
        for token in ("", "wrong", TOKEN + "x", "ünlikely"):
            response = scrape(token)
            self.assertEqual(response.status_code, 401)
            self.assertNotIn(b"playground_", response.content)
        self.assertEqual(Client(headers={"host": "localhost"}).get("/metrics").status_code, 401)
        self.assertEqual(scrape().status_code, 200)


@override_settings(METRICS_TOKEN=TOKEN)
class DatabaseTests(RunTestCase):
    def test_runs_and_the_queue_and_mails_are_counted_when_asked(self):
        before = read_samples()
        self.assertEqual(before["playground_queue_depth",], 0)
        self.assertEqual(before["playground_queue_oldest_seconds",], 0)
        waiting, cancelled = create_run(), create_run()
        runs.request_cancel(cancelled)
        queue_text()
        seen = read_samples()
        self.assertEqual(seen["playground_database_up",], 1)
        self.assertEqual(seen["playground_queue_depth",], 1)
        self.assertGreater(seen["playground_queue_oldest_seconds",], 0)
        self.assertEqual(seen["playground_runs", "queued"], 1)
        self.assertEqual(seen["playground_runs", "cancelled"], 1)
        self.assertEqual(seen["playground_runs", "succeeded"], 0)
        self.assertEqual(seen["playground_mails", "queued"], 1)
        self.assertEqual(runs.count_runs().by_status["queued"], 1, waiting)

    def test_a_database_that_is_away_leaves_what_the_process_counts(self):
        with (
            patch.object(mail_queue, "count_by_status", side_effect=OperationalError("away")),
            self.assertLogs("playground.metrics", "WARNING"),
        ):
            seen = read_samples()
        self.assertEqual(seen["playground_database_up",], 0)
        self.assertNotIn(("playground_queue_depth",), seen)
        self.assertIn(("playground_epochs_recorded_total",), seen)


@override_settings(METRICS_TOKEN=TOKEN)
class RequestTests(TransactionTestCase):
    async def test_requests_are_timed_by_method_and_status_whatever_clients_call_their_methods(self):
        door = ConnectionMiddleware(APPLICATION)
        before = await database_sync_to_async(read_samples)()
        for method, path in (("GET", "/healthz"), ("GET", "/nowhere"), ("BREW", "/healthz")):
            request = HttpCommunicator(door, method, path, headers=[(b"host", b"localhost")])
            await request.get_response(timeout=20)
            await request.wait(timeout=20)
        now = await database_sync_to_async(read_samples)()
        name = "playground_http_request_seconds_count"
        for labels in (("GET", "200"), ("GET", "404"), ("other", "403")):
            self.assertEqual(now[name, *labels] - before.get((name, *labels), 0), 1, labels)


@override_settings(METRICS_TOKEN=TOKEN)
class ProcessTests(EngineTestCase):
    async def test_sockets_frames_epochs_and_deliveries_are_counted(self):
        read = database_sync_to_async(read_samples)
        before = await read()

        def grown(now: dict, *key: str) -> float:
            return now.get(key, 0) - before.get(key, 0)

        async with open_socket(APPLICATION) as socket:
            await socket.send("runTraining", default="IRIS", epochs=7)
            await socket.receive_until("trainingArtifacts")
            await socket.ask("listTrainings", limit=-1)
            await socket.ask("inventedByAClient")
            await socket.send_text("no JSON")
            await socket.receive()
            now = await read()
            self.assertEqual(grown(now, "playground_sockets_open", "training"), 1)
        frames = "playground_frames_total"
        self.assertEqual(grown(now, frames, "training", "runTraining", "answered"), 1)
        self.assertEqual(grown(now, frames, "training", "listTrainings", "refused"), 1)
        self.assertEqual(grown(now, frames, "training", "", "refused"), 2)
        self.assertFalse([key for key in now if "inventedByAClient" in key])
        self.assertEqual(grown(now, "playground_epochs_recorded_total"), 7)
        deliveries = grown(now, "playground_event_delivery_seconds_count")
        self.assertGreaterEqual(deliveries, 1)
        self.assertLess(grown(now, "playground_event_delivery_seconds_sum") / deliveries, 5)
        after = await read()
        self.assertEqual(grown(after, "playground_sockets_open", "training"), 0)
