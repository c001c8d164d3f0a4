"""What every benchmark needs: processor time and peak memory of a process, turns, ratios, an earlier revision.

A benchmark is a module beside this one with a generator `rows(options)` of `Row`s. `run(rows)` makes a program of it;
`python -m benchmarks` (`./dev bench`) collects all of them.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "benchmarks"


@dataclass(frozen=True)
class Options:
    """What the caller asks of all benchmarks."""

    runs: int = 5
    """How often each side is measured; scripts may do fewer of what takes minutes."""
    small: bool = False
    """Sizes that take seconds: whether it works, not whether the aim is met."""
    only: str = ""
    """A part of the names of the rows that are wanted."""
    before: str = "4f792f3"
    """The revision of this repository that stands for an earlier build."""

    def wants(self, name: str) -> bool:
        return self.only in name

    def size(self, full: int) -> int:
        return max(10, full // 100) if self.small else full


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, the one measured beside it in the same run, and what is aimed at."""

    name: str
    ours: float
    beside: float | None = None
    against: str = ""
    """What the other figure is."""
    aim: float | None = None
    """Ours is at most this many times the other."""
    unit: str = "CPU s"
    exponent: float | None = None
    """Of the growth over three sizes: 1 is linear."""
    most: float | None = None
    """The exponent is at most this."""
    memory: float | None = None
    """The peak of ours, in MiB."""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.beside if self.beside else None

    @property
    def met(self) -> bool | None:
        """None where nothing is aimed at."""
        aims = [(self.ratio, self.aim), (self.exponent, self.most)]
        met = [is_ is not None and is_ <= at_most for is_, at_most in aims if at_most is not None]
        return all(met) if met else None


@dataclass(frozen=True)
class Usage:
    """What a process used, with all those that it started and waited for."""

    seconds: float
    """Of the processor."""
    memory: float
    """The peak of the largest, in MiB."""
    output: str = ""


_MEASURE = """
import ctypes, json, os, resource, subprocess, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
child = subprocess.Popen(sys.argv[2:])
_, status, _ = os.wait4(child.pid, 0)
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)], file)
"""
"""In a small process between: `ru_maxrss` of a child begins with the size of the process that started it, and what a
program started and left (servers of an engine that is ended at once) is counted too, where Linux hands that over."""


def used(command: Sequence[object], folder: Path | None = None, source: Path | None = None) -> Usage:
    """Run a command in a process of its own, with byte code at hand as after an installation.

    Args:
        folder: where it runs.
        source: a package root that goes before what is installed (see `earlier`).
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    # Whatever the caller's environment says of byte code, and whatever installers left: the same for both sides.
    env |= {"PYTHONPYCACHEPREFIX": str(BUILD / "bytecode")} | ({"PYTHONPATH": str(source)} if source else {})
    told = BUILD / f"used-{os.getpid()}.json"
    between: list[str | Path] = [sys.executable, "-S", "-E", "-c", _MEASURE, told, *map(str, command)]
    done = subprocess.run(between, cwd=folder, env=env, capture_output=True, text=True)
    seconds, memory, code = json.loads(told.read_text())
    told.unlink()
    if code:
        raise RuntimeError(f"{[str(part)[:200] for part in command]} exited with {code}:\n{done.stdout}{done.stderr}")
    return Usage(seconds, memory, done.stdout)


def stage(command: Sequence[object], source: Path | None = None) -> Usage:
    """The same for a program that prints last how many seconds of the processor the stage in question took."""
    usage = used(command, source=source)
    return replace(usage, seconds=float(usage.output.split()[-1]))


def by_turns(sides: Mapping[str, Callable[[], Usage]], runs: int, warm: bool = True) -> dict[str, Usage]:
    """Measure each side `runs` times, one after the other and each as often first; the medians.

    Args:
        warm: once before it counts, for byte code and disk caches.
    """
    found: dict[str, list[Usage]] = {name: [] for name in sides}
    for turn in range(-1 if warm else 0, runs):
        for name in sides if turn % 2 else reversed([*sides]):
            usage = sides[name]()
            if turn >= 0:
                found[name].append(usage)
    return {name: median(each) for name, each in found.items()}


def median(found: Sequence[Usage]) -> Usage:
    """The median of times and of peaks, with the last output."""
    seconds, memory = (
        statistics.median(column) for column in zip(*((u.seconds, u.memory) for u in found), strict=True)
    )
    return Usage(seconds, memory, found[-1].output)


def exponent(sizes: Sequence[int], figures: Sequence[float]) -> float:
    """How a figure grows with the size: the slope in logarithms. 1 is linear, 2 is quadratic.

    >>> round(exponent([10, 100, 1000], [2, 20, 200]), 3)
    1.0
    """
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, figures)]).slope


def earlier(revision: str) -> Path:
    """The package root of an earlier revision, taken from this repository's history."""
    folder = BUILD / revision
    if not folder.exists():
        archive = subprocess.run(["git", "archive", revision, "src"], cwd=ROOT, check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
    return folder / "src"


# ---------------------------------------------------------------- the table

HEAD = (
    f"{'':44} {'ours':>9} {'beside':>9} {'unit':6} {'ratio':>7} {'aim':>6} {'exponent':>8} {'aim':>5} {'MiB':>6}  met"
)


def line(row: Row) -> str:
    """A row as text."""

    def number(value: float | None, form: str = ".3g") -> str:
        return "" if value is None else f"{value:{form if abs(value) < 1000 else ',.0f'}}"

    met = {None: "", True: "yes", False: "MISSED"}[row.met]
    figures = f"{number(row.ours):>9} {number(row.beside):>9} {row.unit:6} {number(row.ratio):>7} {number(row.aim):>6}"
    scale = f"{number(row.exponent, '.2f'):>8} {number(row.most):>5} {number(row.memory, '.0f'):>6}"
    return f"{row.name:44} {figures} {scale}  {met:6} {row.against}".rstrip()


def as_json(row: Row) -> dict[str, Any]:
    return asdict(row) | {"ratio": row.ratio, "met": row.met}


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--runs", type=int, default=Options.runs, help="how often each side is measured")
    made.add_argument("--small", action="store_true", help="small sizes: whether it works, not whether aims are met")
    made.add_argument("--only", default="", metavar="TEXT", help="only rows with this in their names")
    made.add_argument("--before", default=Options.before, metavar="REVISION", help="the earlier build")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    return made


def collect(benchmarks: Mapping[str, Callable[[Options], Iterator[Row]]], given: argparse.Namespace) -> int:
    """Print the rows as they come, and write them as JSON; 1 when an aim is missed or a benchmark fails."""
    options = Options(given.runs, given.small, given.only, given.before)
    found: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    print(HEAD)
    for name, rows in benchmarks.items():
        try:
            for row in rows(options):
                if options.wants(row.name):
                    row = replace(row, aim=None, most=None) if options.small else row
                    found.append({"benchmark": name, **as_json(row)})
                    print(line(row), flush=True)
        except Exception as error:  # one that cannot run here must not keep the others' rows
            failed[name] = f"{type(error).__name__}: {error}"
            print(f"{name} FAILED: {failed[name]}", flush=True)
    if given.json:
        revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        told = {"revision": revision, **asdict(options), "python": sys.version, "rows": found, "failed": failed}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    missed = [row["name"] for row in found if row["met"] is False]
    print(f"{len(found)} rows, {len(missed)} missed, {len(failed)} failed")
    return int(bool(missed or failed))


def run(rows: Callable[[Options], Iterator[Row]]) -> None:
    """One benchmark as a program. Exits with 1 when an aim is missed."""
    main = sys.modules["__main__"]
    sys.exit(collect({Path(str(main.__file__)).stem: rows}, parser(main.__doc__).parse_args()))
