"""Chromium for the tests of the report: the system's own, cut off from every network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeglot.compare.model import Report
from pipeglot.migrate.report import html
from tests.conftest import engines_required

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("PIPEGLOT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    reason = "no Chromium on PATH (Debian: apt-get install chromium)" if program is None else ""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        reason = "playwright is not installed"
    if reason and engines_required():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A report in the browser, and everything it complained about or asked for."""

    page: Page
    noise: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def draw(self) -> Page:
        """Scroll to what is drawn when it is seen."""
        for part, drawn in (("graph", ".canvas svg"), ("timeline", "#gantt .row")):
            self.page.evaluate("(id) => document.getElementById(id).scrollIntoView()", part)
            self.page.wait_for_selector(drawn)
        return self.page


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a dry-run's report; what the page says on the console or loads fails the test at its end."""
    pages: list[Opened] = []

    def open_(run: Report, **options: Any) -> Opened:
        file = tmp_path / f"report-{len(pages)}.html"
        file.write_text(html(run), encoding="utf-8")
        page = chromium.new_page(viewport={"width": 1440, "height": 1000}, **options)

        def refuse(dialog: Dialog) -> None:
            one.noise.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        one = Opened(page)
        pages.append(one)
        page.on("console", lambda message: one.noise.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.noise.append(str(error)))
        page.on("dialog", refuse)
        page.on("request", lambda request: one.requests.append(request.url))
        page.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return one

    yield open_
    for one in pages:
        one.page.close()
        assert one.noise == []
        assert [url for url in one.requests if not url.startswith(("file:", "data:"))] == []
        assert len([url for url in one.requests if url.startswith("file:")]) == 1
