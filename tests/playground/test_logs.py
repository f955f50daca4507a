"""Lines of the log: one a record whatever users write, and each says which connection and run it is about."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from contextlib import contextmanager
from uuid import uuid4

from channels.testing import HttpCommunicator, WebsocketCommunicator
from django.test import SimpleTestCase, TransactionTestCase

from playground.connection_middleware import ConnectionMiddleware
from playground.logs import FORMATTERS, PlainFormatter, build_logging
from playground.routing import build_application
from playground.wire import context
from training.jobs.jobs import TrainJob
from training.work.execute import execute

FORGED = "harmless\n2026-01-01 00:00:00,000 INFO auth: admin signed in\r\x1b[2K\u2028\x85end"


@contextmanager
def writing(log_format: str):
    """A logger whose lines come out as the settings would have them, and what has come out."""
    formatter = build_logging(log_format, "INFO")["formatters"]["chosen"]["()"]()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("here")
    logger.addHandler(handler)
    yield logger, stream


@contextmanager
def hearing(name: str):
    """The lines of one of our loggers, as they come out, and nowhere else."""
    handler, logger, lines = logging.StreamHandler(stream := io.StringIO()), logging.getLogger(name), []
    handler.setFormatter(PlainFormatter())
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
        lines += stream.getvalue().splitlines()


class FormatTests(SimpleTestCase):
    def test_the_settings_build_a_log_that_python_takes(self):
        for log_format in FORMATTERS:
            self.assertTrue(logging.config.DictConfigurator(build_logging(log_format, "INFO")))

    def test_users_text_cannot_begin_a_line_of_its_own(self):
        for log_format in ("plain", "json"):
            with writing(log_format) as (logger, stream):
                logger.warning("a run called %s", FORGED)
                text = stream.getvalue()
            self.assertEqual(len(text.splitlines()), 1, text)
            self.assertTrue(text.rstrip("\n").isprintable())
            self.assertIn("admin signed in", text)

    def test_nor_can_what_an_exception_quotes(self):
        for log_format in ("plain", "json"):
            with writing(log_format) as (logger, stream):
                try:
                    raise ValueError(FORGED)
                except ValueError:
                    logger.exception("it failed")
                lines = stream.getvalue().splitlines()
            self.assertIn("it failed", lines[0])
            self.assertIn("ValueError: harmless", "\n".join(lines))
            for line in lines[1:]:
                self.assertTrue(line.startswith("    "), line)

    def test_json_can_be_read_by_programs(self):
        run_id = uuid4()
        with writing("json") as (logger, stream), context.about_run(run_id):
            logger.info("größer als %d", 3)
            line = json.loads(stream.getvalue())
        self.assertRegex(line.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")
        self.assertEqual(line, {"level": "INFO", "logger": "here", "message": "größer als 3", "run_id": str(run_id)})

    def test_a_run_is_named_within_its_block_alone(self):
        run_id = uuid4()
        with writing("plain") as (logger, stream):
            with context.about_run(run_id):
                logger.info("in")
            logger.info("out")
            inside, outside = stream.getvalue().splitlines()
        self.assertTrue(inside.endswith(f"INFO here: in [run={run_id}]"))
        self.assertTrue(outside.endswith("INFO here: out"))


class ConnectionTests(TransactionTestCase):
    door = ConnectionMiddleware(build_application())

    async def visit(self, *headers: tuple[bytes, bytes]) -> str:
        request = HttpCommunicator(self.door, "GET", "/healthz", headers=[(b"host", b"localhost"), *headers])
        answer = await request.get_response(timeout=20)
        await request.wait(timeout=20)
        self.assertEqual(answer["status"], 200)
        return dict(answer["headers"])[b"x-request-id"].decode()

    async def test_each_request_is_answered_with_an_id_of_its_own(self):
        first, second = await self.visit(), await self.visit()
        self.assertRegex(first, r"^[0-9a-f]{16}$")
        self.assertNotEqual(first, second)

    async def test_a_proxys_id_is_taken_over_if_it_is_one(self):
        self.assertEqual(await self.visit((b"x-request-id", b"Proxy-7.a_b")), "Proxy-7.a_b")
        for text in (b"", b"a b", b"x" * 65, b"a\nb", "é".encode(), b"<b>"):
            self.assertRegex(await self.visit((b"x-request-id", text)), r"^[0-9a-f]{16}$")

    async def test_what_a_socket_logs_names_its_connection(self):
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"x-request-id", b"socket-1")]
        socket = WebsocketCommunicator(self.door, "/ws/training/", headers=headers)
        frame = {"event": "frontendLog", "data": {"level": "error", "message": "one\ntwo"}}
        with hearing("frontend") as lines:
            await socket.connect(timeout=20)
            await socket.send_to(text_data=json.dumps(frame))
            await socket.send_to(text_data=json.dumps({"event": "listTrainings"}))
            await socket.receive_from(timeout=20)
            await socket.disconnect(timeout=20)
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].endswith(r"one\ntwo [connection=socket-1]"), lines)
        self.assertEqual(context.connection_id.get(), "")


class WorkerTests(SimpleTestCase):
    def test_what_a_worker_logs_names_its_run(self):
        run_id, told = uuid4(), []
        with hearing("training.work.execute") as lines:
            execute(
                TrainJob(run_id, None, None, None), told.append, lambda: False
            )  # a job that fails with an unexpected error
        self.assertEqual(told[0][0].code, "training_broke")
        self.assertTrue(lines[0].endswith(f"run {run_id} failed [run={run_id}]"), lines)
        self.assertEqual(context.run_id.get(), "")
