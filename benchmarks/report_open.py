"""How long a large report takes to open in Chromium, against the report of a small dry-run, and how large it is.

    python -m benchmarks.report_open

By turns, each in a page of its own, from the navigation until the page says that it is ready; wall time. Needs
`/usr/bin/chromium`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import sync_playwright
from tests import dryruns

from benchmarks.measure import BUILD, Options, Row, run
from pipeglot.migrate.report import html

SIZES = {
    "small": (10, 2),
    "5,000 calls": (5000, 2),
    "a loop of 2,500, 5,000 instances": (2, 2500),
    "a loop of 50,000, 100,000 instances": (2, 50_000),
}


def rows(options: Options) -> Iterator[Row]:
    took: dict[str, list[float]] = {name: [] for name in SIZES}
    BUILD.mkdir(parents=True, exist_ok=True)
    files = {name: BUILD / f"report_{number}.html" for number, name in enumerate(SIZES)}
    for name, (calls, items) in SIZES.items():
        shown = dryruns.large(min(calls, options.size(calls)), options.size(items), judged=False)
        files[name].write_text(html(shown), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(options.runs):
            for name, file in files.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                begun = time.perf_counter()
                page.goto(file.as_uri())
                page.wait_for_selector("html[data-ready]")
                took[name].append(time.perf_counter() - begun)
                page.close()
        browser.close()
    small, *others = files
    sizes = {name: file.stat().st_size / 1e6 for name, file in files.items()}
    for name in others:
        opens = statistics.median(took[name])
        yield Row(f"open a report, {name}", opens, statistics.median(took[small]), "a small report", unit="s")
        yield Row(f"size of a report, {name}", sizes[name], sizes[small], "a small report", unit="MB")


if __name__ == "__main__":
    run(rows)
