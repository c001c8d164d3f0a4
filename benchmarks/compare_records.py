"""What it costs to compare two records of 100,000 calls: time of the processor and memory against an earlier revision.

    python benchmarks/compare_records.py [--calls 100000] [--before 4f792f3]

Each in a process of its own, one after the other: two records, in which one call in a hundred differs, are read, judged
and told as JSON, Markdown and HTML. At most a fifth of the earlier time and half of its memory. The earlier revision is
taken from this repository's history. Exits with 1 when a ratio is missed.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from pipeglot.core.ir import (
    AnyNode,
    Call,
    Collected,
    Const,
    Each,
    Imported,
    Item,
    Out,
    Parameter,
    Pipeline,
    Step,
    Value,
)
from pipeglot.core.record import CallRecord, Record

REPOSITORY = Path(__file__).parents[1]
START = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
TIME, MEMORY = 0.2, 0.5
FLAT, WAYS = 2000, 40
"""Calls that are no loop's, and how many of them stand side by side."""

JOB = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
try:
    from pipeglot.compare.judge import judge
    from pipeglot.compare.model import Side
except ImportError:  # the earlier revision
    from pipeglot.migrate.judge import judge
    from pipeglot.migrate.model import Side
from pipeglot.migrate.report import html, markdown

when = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
large = Pipeline.from_json(Path("large.json").read_text("utf-8"))
sides = []
for name in ("old", "new"):
    record = Record.from_json(Path(f"{name}.json").read_text("utf-8"))
    sides.append(Side(spec=f"record:{name}.json", engine=record.engine, records=(record,)))
found = judge(large, *sides, params={}, logical_date=when, started=when)
assert found.verdict == "diverged", found.why
for name, made in (("json", found.to_json()), ("md", markdown(found)), ("html", html(found))):
    Path(f"{sys.argv[1]}.{name}").write_text(made, "utf-8")
"""


def pipeline(calls: int) -> Pipeline:
    """A wide and deep part in which each call waits for one or two others, and a loop with all other instances."""
    chance = random.Random(7)
    flat = min(FLAT, calls // 2)
    body: list[AnyNode] = []
    for number in range(flat):
        above = (
            {f"c{chance.randrange(max(0, number - 2 * WAYS), number)}" for _ in range(2)} if number >= WAYS else set()
        )
        args: dict[str, Value] = {f"x{n}": Out(ref=ref) for n, ref in enumerate(sorted(above))}
        body.append(Call(id=f"c{number}", step="work", args=args))
    items = Const(value=[*range((calls - flat) // 2)])
    train = Call(id="train", step="work", args={"item": Item(loop="each"), "base": Out(ref="c0")})
    score = Call(id="score", step="work", args={"model": Out(ref="train")})
    collected = (Collected(id="scores", value=Out(ref="score")),)
    body.append(Each(id="each", items=items, body=(train, score), collected=collected))
    takes = tuple(Parameter(name=name, has_default=True) for name in ("x0", "x1", "item", "base", "model"))
    steps = (Step(name="work", run=Imported(module="work", attr="work"), parameters=takes),)
    return Pipeline(name="large", steps=steps, body=tuple(body))


def record(of: Pipeline, engine: str, differ: bool) -> Record:
    """A run of it; every hundredth call gives another value where it is to differ."""
    chance = random.Random(11)
    calls: list[CallRecord] = []

    def ran(id: str, index: tuple[int, ...], begin: float) -> None:
        number = len(calls)
        output = {"rows": chance.randrange(10**6) + (differ and number % 100 == 3), "file": f"data/{number}.parquet"}
        started = START + timedelta(seconds=begin)
        ended = started + timedelta(seconds=0.5)
        calls.append(
            CallRecord(id=id, index=index, state="succeeded", attempts=1, started=started, ended=ended, output=output)
        )

    for number, node in enumerate(of.body):
        if isinstance(node, Call):
            ran(node.id, (), number)
        else:
            assert isinstance(node, Each) and isinstance(node.items, Const) and isinstance(node.items.value, list)
            for item in range(len(node.items.value)):
                ran("train", (item,), len(of.body) + item)
                ran("score", (item,), len(of.body) + item + 1)
    told = {"engine": engine, "engine_version": "1", "state": "succeeded", "logical_date": "2026-03-02T05:00:00Z"}
    return Record.model_validate({"pipeline": of.name, **told, "params": {}, "started": START, "calls": tuple(calls)})


def measured(source: Path, folder: Path) -> tuple[float, float]:
    """The seconds and the megabytes that the comparison takes with the package at `source`."""
    command = [sys.executable, "-c", JOB, source.parent.name]
    child = subprocess.Popen(
        command, cwd=folder, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(source)}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure by turns; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--before", default="4f792f3", help="the earlier revision")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        archive = subprocess.run(
            ["git", "archive", args.before, "src"], cwd=REPOSITORY, check=True, capture_output=True
        )
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder / "before", filter="data")
        large = pipeline(args.calls)
        (folder / "large.json").write_text(large.to_json(), encoding="utf-8")
        for name, engine in (("old", "airflow"), ("new", "dagster")):
            (folder / f"{name}.json").write_text(record(large, engine, name == "new").to_json(), encoding="utf-8")
        now = measured(REPOSITORY / "src", folder)
        before = measured(folder / "before" / "src", folder)
    ratios = [a / b for a, b in zip(now, before, strict=True)]
    missed = ratios[0] > TIME or ratios[1] > MEMORY
    print(
        f"{args.calls:,} calls: {before[0]:.1f} s and {before[1]:.0f} MB before, {now[0]:.1f} s and {now[1]:.0f} MB now"
    )
    print(
        f"time {ratios[0]:.3f} (at most {TIME}), memory {ratios[1]:.3f} (at most {MEMORY}){'  MISSED' if missed else ''}"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
