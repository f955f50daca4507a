"""The port is read from a server's command line as the server itself reads it."""

from __future__ import annotations

import socket
from unittest import mock

from django.test import SimpleTestCase

from playground.startup import find_address, find_port_problem


class PortTests(SimpleTestCase):
    def test_host_and_port_are_found_in_every_spelling(self):
        for line, address in (
            ("/venv/bin/uvicorn playground.asgi:application", ("127.0.0.1", 8000)),
            ("/venv/bin/uvicorn --host 0.0.0.0 --port 8001 playground.asgi:application", ("0.0.0.0", 8001)),
            ("/lib/uvicorn/__main__.py --host=:: --port=8001 playground.asgi:application", ("::", 8001)),
            ("/lib/daphne/__main__.py -b 0.0.0.0 -p 8002 playground.asgi:application", ("0.0.0.0", 8002)),
            ("daphne --bind 10.0.0.1 --port 8002 playground.asgi:application", ("10.0.0.1", 8002)),
        ):
            with self.subTest(line):
                self.assertEqual(find_address(line.split()), address)

    def test_other_programs_and_sockets_have_no_port(self):
        for line in (
            "manage.py runserver 8000",
            "/venv/bin/celery -A playground worker",
            "/venv/bin/gunicorn -b 0.0.0.0:8000 playground.asgi:application",
            "/venv/bin/uvicorn --uds /run/playground.sock playground.asgi:application",
            "/venv/bin/uvicorn --fd=3 playground.asgi:application",
            "/venv/bin/daphne -u /run/playground.sock playground.asgi:application",
            "/venv/bin/daphne -e ssl:443 playground.asgi:application",
            "/venv/bin/uvicorn --port 0 playground.asgi:application",
        ):
            with self.subTest(line):
                self.assertIsNone(find_address(line.split()))

    def test_only_a_port_in_use_is_a_problem(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            line = ["uvicorn", "--port", str(port)]
            # Tests may run in child processes, which have nothing to look for.
            self.enterContext(mock.patch("multiprocessing.parent_process", return_value=None))
            self.assertIn(str(port), find_port_problem(line))
        self.assertEqual(find_port_problem(line), "")
        self.assertEqual(find_port_problem(["uvicorn", "--host", "192.0.2.1", "--port", str(port)]), "")
