"""How large a report is, and how long it takes to open in Chromium, against the report of a small dry-run.

    python benchmarks/report_open.py [--program chromium] [--runs 3]

By turns, each in a page of its own, from the navigation until the page says that it is ready. Sizes are exact; times are
given as ratios to the small report of the same turn, for machines differ. Needs the development dependencies.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import dryruns

from pipeglot.migrate.report import html

SIZES = {
    "small": (10, 2),
    "5,000 calls": (5000, 2),
    "a loop of 2,500, 5,000 instances": (2, 2500),
    "a loop of 50,000, 100,000 instances": (2, 50_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="/usr/bin/chromium")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    took: dict[str, list[float]] = {name: [] for name in SIZES}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = {name: Path(folder, f"{number}.html") for number, name in enumerate(SIZES)}
        for name, size in SIZES.items():
            files[name].write_text(html(dryruns.large(*size, judged=False)), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=given.program, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(given.runs):
            for name, file in files.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                begun = time.perf_counter()
                page.goto(file.as_uri())
                page.wait_for_selector("html[data-ready]")
                took[name].append(time.perf_counter() - begun)
                page.close()
        for name, file in files.items():
            ratio = statistics.median(a / b for a, b in zip(took[name], took["small"], strict=True))
            megabytes = file.stat().st_size / 1e6
            print(
                f"{name}: {megabytes:.2f} MB, opens in {ratio:.1f} times the small one ({statistics.median(took[name]):.2f} s)"
            )
        browser.close()


if __name__ == "__main__":
    main()
