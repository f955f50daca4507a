"""Base class of browser tests: real Chromium and a real server."""

from __future__ import annotations

import os
import shutil
import unittest
from functools import cache, partial
from multiprocessing.util import Finalize
from typing import Any, ClassVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, sync_playwright

from tests.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PATIENCE_MS = 30_000
LOOK_AGAIN_MS = 30
POLICY = "Content Security Policy"

TRAIN = """async (specs) => {
  const { connect } = await import("/static/playground/socket.js");
  const socket = connect("/ws/training/");
  const over = new Map();
  socket.on("trainingResult", ({ run_id }) => over.get(run_id)());
  const ids = [];
  for (const spec of specs) {
    const { run_id } = await socket.request("runTraining", spec);
    ids.push(run_id);
    await new Promise((resolve) => over.set(run_id, resolve));
  }
  socket.close();
  return ids;
}"""

CALL = """async ([name, action]) => {
  const addresses = performance.getEntriesByType("resource").map((entry) => entry.name);
  const pattern = new RegExp(`/static/playground/[a-z]+/${name}([.][0-9a-f]+)?[.]js$`);
  return (await import(addresses.find((address) => pattern.test(address))))[action]();
}"""


@cache
def get_server() -> Server:
    """Shared, since it takes seconds until a server and its workers are warm."""
    server = Server()
    Finalize(None, server.close, exitpriority=0)  # as `atexit`, in processes of `--parallel` too
    return server.start()


@unittest.skipUnless(CHROMIUM or os.environ.get("CI"), "there is no Chromium here: apt-get install chromium")
class BrowserTestCase(unittest.TestCase):
    """One server for all, a browser a class, a fresh visitor a test.

    A message in the page's console fails the test, and so does anything that a visitor's page asks another host for, or
    tries against the Content-Security-Policy.
    """

    server: ClassVar[Server]
    playwright: ClassVar[Playwright]
    browser: ClassVar[Browser]

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = get_server()
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        self.complaints: list[str] = []
        self.context = self.new_visitor()
        self.page = self.context.new_page()
        self.listen(self.page)

    def new_visitor(self, **options) -> BrowserContext:
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", teach_to_wait)
        context.on("request", self._hear_request)
        context.on("console", self._hear_policy)
        self.addCleanup(context.close)
        return context

    def listen(self, page: Page) -> None:
        """To what the page's own console says, beside what is heard of every page."""

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and POLICY not in message.text:
                self.complaints.append(message.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear_policy(self, message: ConsoleMessage) -> None:
        if POLICY in message.text:
            self.complaints.append(message.text)

    def _hear_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname != "127.0.0.1":
            self.complaints.append(f"another host was asked for {request.url}")

    def tearDown(self) -> None:
        self.assertEqual(self.complaints, [])

    def open(self, path: str = "/", base: str = "") -> None:
        self.page.goto((base or self.server.url) + path)
        self.page.wait_for_selector("#columns .chip")

    def wait_for_text(self, selector: str, text: str) -> None:
        self.page.locator(selector).filter(has_text=text).first.wait_for()


def train(page: Page, *specs: dict[str, Any]) -> list[str]:
    """Train the specs from this page as its visitor. Return the run_ids when all runs have ended."""
    return page.evaluate(TRAIN, list(specs))


def call(page: Page, module: str, action: str) -> Any:
    """What a function of one of the page's own modules gives. It is imported by the address that the page has it from,
    with a hash in it: by any other it would be a second module, with a state of its own.
    """
    return page.evaluate(CALL, [module, action])


def teach_to_wait(page: Page) -> None:
    """`wait_for_function` looks at an expression from outside: Playwright's own evaluates it in the page, which the
    Content-Security-Policy refuses.
    """
    page.wait_for_function = partial(_wait_for, page)  # type: ignore[method-assign]


def _wait_for(page: Page, expression: str, *, arg: Any = None, timeout: float = PATIENCE_MS) -> Any:
    for _ in range(int(timeout / LOOK_AGAIN_MS)):
        if found := page.evaluate(expression, arg):
            return found
        page.wait_for_timeout(LOOK_AGAIN_MS)
    raise AssertionError(f"it never came true: {expression}")
