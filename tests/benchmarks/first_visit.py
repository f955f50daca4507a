"""A first model in Chromium at a server that has only just begun to answer, on its first start and a later one."""

from __future__ import annotations

import os
from contextlib import closing
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.report import report
from tests.browser.browsing import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.server import Server

LIMIT = 10.0  # seconds
LANDINGS = 5


def measure() -> bool:
    os.environ.pop("NUMBA_CACHE_DIR", None)  # the server keeps what is compiled in its own, empty data folder
    with closing(Server()) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        cold = _visit_at_once(server, browser)
        server.wait_until_compiled()
        server.stop()
        later = _visit_at_once(server, browser)
        warm = _visit(server, browser)
        ready = median(_land(server, browser) for _ in range(LANDINGS))
        browser.close()
    report(
        f"the Train page, warm: from landing until it is all there, median of {LANDINGS}", f"{ready:.1f} s", "–", True
    )
    return report(
        "first model, from landing to results by three clicks: just after a first start, a later start, and warm",
        f"{cold:.1f} s, {later:.1f} s, {warm:.1f} s",
        f"at most {LIMIT:.0f} s",
        max(cold, later, warm) <= LIMIT,
    )


def _visit_at_once(server: Server, browser: Browser) -> float:
    server.launch()
    server.wait_until_it_answers()
    return _visit(server, browser)


def _land(server: Server, browser: Browser) -> float:
    with browser.new_context() as context:
        page = context.new_page()
        began = perf_counter()
        page.goto(server.url)
        page.wait_for_selector("#columns .chip")
        return perf_counter() - began


def _visit(server: Server, browser: Browser) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    began = perf_counter()
    page.goto(server.url)
    page.click(".card:has-text('WINE')")
    page.click("#presets button:text('Deeper with dropout')")
    page.click("#train")
    page.wait_for_selector("#results:not([hidden])")
    took = perf_counter() - began
    context.close()
    return took
