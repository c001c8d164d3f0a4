"""What it costs to run a pipeline of one step on each engine, and what a native DAG waits for its first task.

    python -m benchmarks.engine_start [--only airflow]

Time of the processor, of the command with all processes of the engine, servers included, against an earlier build on the
same environment. The engine's database exists: it is made once for an environment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.measure import BUILD, Options, Row, by_turns, earlier, run, stage, used
from pipeglot import backends

AIMS = {"airflow": 0.6, "prefect": 0.7}
RUNS = 3
PIPELINE = """
from pipeglot import pipeline, step

@step
def add(n: int) -> int:
    return n + 1

@pipeline
def one() -> int:
    return add(1)
"""

NATIVE = """
from datetime import datetime
from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def native():
    @task
    def add():
        return 2
    add()

native()
"""

FIRST = """
import sys, threading
from pathlib import Path
try:
    from pipeglot.engines.process import Job, execute
except ImportError:  # the earlier revision
    from pipeglot.backends.execute import Job, execute
from pipeglot.core.diagnostic import EngineError

def spent():  # by this process's children and theirs that live
    parents, times = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], times[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    mine = {int(Path("/proc/self").resolve().name)}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return sum(times[pid] for pid in mine) / 100

found, stop = [], threading.Event()
def heard(event):
    if event["state"] == "running":
        found.append(spent())
        stop.set()
try:
    list(execute("airflow", [Job(folder=Path(sys.argv[1]), entry="native.py", name="native")], on_event=heard, stop=stop))
except EngineError:
    pass  # stopped
print(found[0])
"""


def rows(options: Options) -> Iterator[Row]:
    before = earlier(options.before)
    runs = 1 if options.small else min(options.runs, RUNS)
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "one.py").write_text(PIPELINE, encoding="utf-8")
    (BUILD / "native.py").write_text(NATIVE, encoding="utf-8")
    for target in backends.TARGETS:
        name = f"run of one step, {target}"
        if options.wants(name):
            command = [sys.executable, "-m", "pipeglot", "run", "one.py", "--on", target]
            sides = {"ours": partial(used, command, BUILD), "before": partial(used, command, BUILD, before)}
            found = by_turns(sides, runs)
            ours, other = found["ours"], found["before"]
            yield Row(name, ours.seconds, other.seconds, options.before, AIMS.get(target), memory=ours.memory)
    name = "to the first task of a native DAG, airflow"
    if options.wants(name):
        command = [sys.executable, "-c", FIRST, str(BUILD)]
        found = by_turns({"ours": partial(stage, command), "before": partial(stage, command, before)}, runs)
        yield Row(name, found["ours"].seconds, found["before"].seconds, options.before, 0.5)


if __name__ == "__main__":
    run(rows)
