"""The settings that the documentation gives for a server on the network: Django finds nothing to complain of."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest

from tests.documented import find_example
from tests.server import ROOT


def documented() -> dict[str, str]:
    """Return the settings of the documentation's one environment file."""
    lines = find_example("install", "ini").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class DeployTests(unittest.TestCase):
    def check(self, **environment: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            clean = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
            return subprocess.run(
                [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
                cwd=ROOT,
                env={**clean, **environment, "DATA_DIR": folder},
                capture_output=True,
                text=True,
                timeout=60,
            )

    def test_the_documented_settings_are_fit_for_the_network(self):
        settings = documented()
        self.assertEqual(settings["SECRET_KEY"], "…")
        answer = self.check(**{**settings, "SECRET_KEY": "k3:" + "".join(map(str, range(40)))})
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("no issues", answer.stdout)

    def test_with_them_pages_come_over_https_alone_and_cookies_too(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [sys.executable, "-c", VISIT],
                cwd=ROOT,
                env={**os.environ, **documented(), "DATA_DIR": folder},
                check=True,
                timeout=60,
            )

    def test_without_them_it_says_what_is_missing(self):
        answer = self.check()
        self.assertEqual(answer.returncode, 1)
        for code in ("playground.E006", "playground.W001"):
            self.assertIn(code, answer.stderr)


VISIT = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "playground.settings"
django.setup()
from django.core.management import call_command
from django.test import Client
from playground.static_files import collect
collect()
call_command("migrate", verbosity=0)
host = {"host": "lab.example.org"}
plain = Client(headers=host).get("/learn/")
assert (plain.status_code, plain["Location"]) == (301, "https://lab.example.org/learn/"), plain
assert Client(headers=host).get("/healthz").status_code == 200
page = Client(headers=host | {"x-forwarded-proto": "https"}).get("/")
assert page.status_code == 200, page
assert page["Strict-Transport-Security"] == "max-age=2592000", page.headers
assert page.cookies["sessionid"]["secure"] and page.cookies["csrftoken"]["secure"], page.cookies
# A name that the proxy did not pass on as Host counts for nothing.
forged = Client(headers=host | {"x-forwarded-host": "evil.example"}).get("/learn/")
assert forged["Location"].startswith("https://lab.example.org/"), forged["Location"]
"""
