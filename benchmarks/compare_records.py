"""What it costs to judge and report two records: processor time and memory against an earlier build, and their growth.

    python -m benchmarks.compare_records

Two records, in which one call in a hundred differs, are read, judged and told as JSON, Markdown and HTML.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from benchmarks.measure import BUILD, Options, Row, Usage, by_turns, earlier, exponent, run, used
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

START = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
SIZES = (10_000, 30_000, 100_000)
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


def compared(calls: int, source: Path | None = None) -> Usage:
    """What the comparison takes, with an earlier package at `source`."""
    folder = BUILD / f"records_{calls}"
    if not folder.exists():
        folder.mkdir(parents=True)
        large = pipeline(calls)
        (folder / "large.json").write_text(large.to_json(), encoding="utf-8")
        for name, engine in (("old", "airflow"), ("new", "dagster")):
            (folder / f"{name}.json").write_text(record(large, engine, name == "new").to_json(), encoding="utf-8")
    return used([sys.executable, "-c", JOB, "before" if source else "now"], folder, source)


def rows(options: Options) -> Iterator[Row]:
    before = earlier(options.before)
    sizes = [options.size(size) for size in SIZES]
    grown: dict[int, Usage] = {}
    for size in sizes:
        found = by_turns({"ours": partial(compared, size), "before": partial(compared, size, before)}, 1)
        ours, other = grown[size], _ = found["ours"], found["before"]
        name = f"judge and report, {size:,} calls"
        yield Row(name, ours.seconds, other.seconds, options.before, 0.2, memory=ours.memory)
        yield Row(f"{name}: memory", ours.memory, other.memory, options.before, 0.5, "MiB")
    slope = exponent(sizes, [usage.seconds for usage in grown.values()])
    last, first = grown[sizes[-1]], grown[sizes[0]]
    yield Row(
        "judge and report, growth",
        last.seconds,
        first.seconds,
        f"{sizes[-1]:,} calls beside {sizes[0]:,}",
        exponent=slope,
        most=1.1,
        memory=last.memory,
    )


if __name__ == "__main__":
    run(rows)
