"""The size of pages and how long browsers cache them, on a server with DEBUG off."""

from __future__ import annotations

import gzip
import re
import unittest
import urllib.request
from typing import Any
from urllib.parse import urljoin

from tests.browser.browsing import get_server
from tests.server import Talk

LIMIT = 145_000  # bytes, compressed: the page, its styles and our own modules, whose comments hold their types
LIBRARY = "/static/plotly/"
CHART_PAGES = {"/"}
PAGES = (
    "/",
    "/runs/",
    "/learn/",
    "/learn/loss-and-gradient-descent/",
    "/developers/",
    "/docs/settings/",
    "/settings/",
    "/account/sign-up/",
)
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url: str, cookie: str = "") -> tuple[Any, bytes]:
    """Headers, and the body as it came over the wire."""
    headers = {"Accept-Encoding": "gzip", "Cookie": cookie}
    with _opener.open(urllib.request.Request(url, headers=headers), timeout=30) as response:
        return response.headers, response.read()


class WeightTests(unittest.TestCase):
    def collect(self, url: str, cookie: str = "") -> dict[str, tuple[Any, bytes]]:
        """Everything static that the page at `url` loads, modules of modules too."""
        html = fetch(url, cookie)[1].decode()
        waiting = [urljoin(url, link) for link in re.findall(r'(?:href|src|content)="(/static/[^"]+)"', html)]
        found: dict[str, tuple[Any, bytes]] = {}
        while waiting:
            address = waiting.pop()
            if address in found:
                continue
            headers, body = found[address] = fetch(address)
            if address.endswith(".js") and LIBRARY not in address:
                text = (gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body).decode()
                waiting += [urljoin(address, link) for link in re.findall(r'(?:from|import) "(\.\.?/[^"]+)"', text)]
        return found

    def test_every_page_is_light_and_loads_the_library_only_where_a_chart_is(self):
        server = get_server()
        for path in PAGES:
            with self.subTest(path=path):
                self.assert_light(server.url + path, has_chart=path in CHART_PAGES)

    def test_the_pages_of_large_sweeps_and_of_comparisons_are_light(self):
        network = ["nn.Linear(8)", "nn.ReLU()", "nn.Linear(3)"]
        spec = {"default": "IRIS", "user_arch": network, "epochs": 1}
        vary = {"learning_rate": [n / 1000 for n in range(1, 26)], "user_arch[0].out_features": list(range(1, 21))}
        with Talk(get_server()) as talk:
            sweep = talk.ask("runSweep", spec=spec, vary=vary)["data"]["run_id"]
            ids = []
            for epochs in (1, 2):
                ids.append(talk.ask("runTraining", **spec | {"epochs": epochs})["data"]["run_id"])
                while (frame := talk.receive())["event"] != "trainingResult" or frame["data"]["run_id"] != ids[-1]:
                    pass
            comparison = talk.ask("compareTraining", run_id=ids[0], other_run_id=ids[1])["data"]["run_id"]
            for run_id in (sweep, comparison):
                self.assert_light(f"{talk.server.url}/runs/{run_id}/", has_chart=True, cookie=talk.cookie)

    def assert_light(self, url: str, *, has_chart: bool, cookie: str = "") -> None:
        files = self.collect(url, cookie)
        own = {url: body for url, (_, body) in files.items() if LIBRARY not in url}
        self.assertGreater(len(own), 3)
        page = gzip.compress(fetch(url, cookie)[1])
        self.assertLess(sum(map(len, own.values())) + len(page), LIMIT)
        self.assertEqual(len(files) > len(own), has_chart)

    def test_static_files_are_compressed_and_kept_for_ever_under_a_name_that_changes_with_them(self):
        for url, (headers, body) in self.collect(get_server().url + "/").items():
            with self.subTest(url=url):
                self.assertRegex(url, r"\.[0-9a-f]{12}\.\w+$")
                self.assertIn("immutable", headers["Cache-Control"])
                if len(body) > 1_000:
                    self.assertEqual(headers["Content-Encoding"], "gzip")

    def test_the_client_is_there_under_its_own_name_for_developers(self):
        for name, export in (("socket.js", b"export { connect"), ("wire/socket.js", b"export function connect")):
            headers, body = fetch(f"{get_server().url}/static/playground/{name}")
            self.assertIn(export, body)
            self.assertNotIn("immutable", headers["Cache-Control"])
