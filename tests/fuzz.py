"""Random pipelines on the reference and on real engines, compared, and what diverges made small.

    python -m tests.fuzz --seconds 600 --targets all --seed 7      # until the time is up
    python -m tests.fuzz --count 2000 --targets airflow prefect    # or so many on each
    python -m tests.fuzz --seed 7 --only 31 --targets airflow      # one again
    python -m tests.fuzz --file build/fuzz/x.json --targets airflow

Many pipelines share an engine process; as many processes as there are cores take turns over the targets. Exits with 1
when a run diverged. A divergence is shrunk, kept in `build/fuzz`, and printed with the command that repeats it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeglot import backends
from pipeglot.conformance.judge import Trial, Verdict, judge, reference
from pipeglot.core.border import read
from pipeglot.core.diagnostic import EngineError, PipeglotError
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.engines import list_engines
from tests.random_pipelines import Limits, given, numbered
from tests.readable import text
from tests.shrink import Shrunk, nodes, shrink

FOLDER = Path("build/fuzz")

FIRST, NEXT, LARGEST = 8, 40, 150
"""Pipelines of the first batch on a target, at least of the next ones, and of the largest."""

BATCH_SECONDS = 60.0
"""What a batch is meant to take: long against the start of an engine, short enough to take turns."""


def trial(seed: int, number: int, limits: Limits) -> Trial:
    """Pipeline `number` of a seed, and the params it is run with."""
    return Trial(f"{seed}/{number}", numbered(seed, number, limits), given(seed, number))


def kinds(problems: Sequence[str]) -> frozenset[str]:
    """What sorts of difference there are: `state`, `output`, `order` ..., or an error and its code."""
    words = (problem.split() for problem in problems)
    return frozenset(" ".join(word[:2]) if word[0].endswith("Error:") else word[0].rstrip(":") for word in words)


@dataclass(frozen=True)
class Outcome:
    """A verdict without what is large."""

    number: int
    problems: tuple[str, ...]
    refused: tuple[str, ...]
    record: Record | None


def run_batch(target: str, seed: int, numbers: Sequence[int], limits: Limits, deadline: float | None) -> list[Outcome]:
    """The outcomes of pipelines `numbers` in one engine process, as far as it came until the deadline."""
    outcomes = []
    for number, verdict in zip(numbers, verdicts([trial(seed, n, limits) for n in numbers], target), strict=False):
        kept = verdict.record if verdict.problems else None
        outcomes.append(Outcome(number, verdict.problems, verdict.refused, kept))
        if deadline is not None and time.time() > deadline:
            break
    return outcomes


def verdicts(trials: Sequence[Trial], target: str) -> Iterator[Verdict]:
    """As `judge`, where a compiler that breaks is a problem of the one trial."""
    broken = {number: problem for number, each in enumerate(trials) if (problem := crash(each.pipeline, target))}
    judged = judge([each for number, each in enumerate(trials) if number not in broken], target)
    for number, each in enumerate(trials):
        yield Verdict(each, (broken[number],)) if number in broken else next(judged)


def crash(pipeline: Pipeline, target: str) -> str:
    """What the compiler breaks with, which is never right; empty when it does its work or refuses."""
    try:
        backends.compile(pipeline, target)
    except PipeglotError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: compiling: {error}"
    return ""


@dataclass
class Tally:
    """What became of the pipelines on one target."""

    target: str
    next: int = 0
    busy: int = 0
    ran: int = 0
    diverged: list[Outcome] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    seconds: float = 0.0
    broken: str = ""

    def add(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        self.seconds += seconds
        for outcome in outcomes:
            self.refusals += bool(outcome.refused)
            self.ran += not outcome.refused
            self.refused.update(outcome.refused)
            if outcome.problems:
                self.diverged.append(outcome)

    def __str__(self) -> str:
        pace = (self.ran + self.refusals) / self.seconds if self.seconds else 0.0
        said = f"{self.target}: {self.ran} ran, {len(self.diverged)} diverged, {self.refusals} refused"
        codes = "".join(f" {code}x{count}" for code, count in sorted(self.refused.items()))
        broken = f", stopped: {self.broken.splitlines()[0]}" if self.broken else ""
        return f"{said}{codes}, {self.seconds:.0f} s of an engine, {pace:.2f} pipelines/s{broken}"


def fuzz(
    targets: Sequence[str],
    seed: int,
    limits: Limits,
    *,
    count: int | None = None,
    seconds: float | None = None,
    processes: int | None = None,
) -> list[Tally]:
    """Run pipelines 0, 1, ... of a seed on every target, until `count` are done or the time is up."""
    begun = time.monotonic()
    deadline = None if seconds is None else time.time() + seconds
    tallies = [Tally(target) for target in targets]
    with ProcessPoolExecutor(processes or os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        running: dict[Future[list[Outcome]], tuple[Tally, float]] = {}

        def submit() -> bool:
            open_ = [t for t in tallies if not t.broken and (count is None or t.next < count)]
            if not open_ or (deadline is not None and time.time() > deadline - 5):
                return False
            tally = min(open_, key=lambda t: (t.busy, t.seconds))
            done = tally.ran + tally.refusals
            size = max(NEXT, int(BATCH_SECONDS * done / tally.seconds)) if done else FIRST
            size = min(size, LARGEST, (count or sys.maxsize) - tally.next)
            numbers = range(tally.next, tally.next + size)
            tally.next, tally.busy = tally.next + size, tally.busy + 1
            running[pool.submit(run_batch, tally.target, seed, numbers, limits, deadline)] = tally, time.monotonic()
            return True

        while (len(running) < (processes or os.cpu_count() or 1) and submit()) or running:
            if len(running) < (processes or os.cpu_count() or 1) and submit():
                continue
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                tally, since = running.pop(future)
                tally.busy -= 1
                try:
                    tally.add(future.result(), time.monotonic() - since)
                except EngineError as error:
                    tally.broken = str(error)
                print(f"[{time.monotonic() - begun:5.0f} s] {tally}", flush=True)
    return tallies


# ---------------------------------------------------------------- one divergence


def smaller(found: Trial, problems: Sequence[str], target: str, *, batches: int = 30) -> Shrunk:
    """The smallest pipeline that diverges on a target in no other way than the one found."""
    wanted = kinds(problems)

    def fails(candidates: Sequence[Pipeline]) -> list[bool]:
        trials = [Trial(str(n), each, _known(found.params, each)) for n, each in enumerate(candidates)]
        return [bool(v.problems) and kinds(v.problems) <= wanted for v in verdicts(trials, target)]

    return shrink(found.pipeline, fails, batches=batches)


def _known(params: dict[str, Any], pipeline: Pipeline) -> dict[str, Any]:
    names = {param.name for param in pipeline.params}
    return {name: value for name, value in params.items() if name in names}


def save(case: Trial, path: Path) -> None:
    """Keep a trial so that `--file` can repeat it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"name": case.name, "params": case.params, "pipeline": json.loads(case.pipeline.to_json())}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def saved(path: Path) -> Trial:
    """A trial that `save` kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Trial(content["name"], read(Pipeline, content["pipeline"]), content["params"])


def tell(verdict: Verdict, target: str) -> Iterator[str]:
    """A trial, what differs, and both records, for people."""
    yield text(verdict.trial.pipeline)
    if verdict.trial.params:
        yield f"run with {verdict.trial.params}"
    yield from (f"  {problem}" for problem in verdict.problems)
    records = [("reference", reference(verdict.trial)), *([(target, verdict.record)] if verdict.record else [])]
    for name, record in records:
        yield f"{name}: {record.state}, result {record.result!r}"
        for call in record.calls:
            index = "".join(f"[{n}]" for n in call.index)
            error = f" {call.error.type}: {call.error.message}" if call.error else ""
            tolerated = " (tolerated)" if call.tolerated else ""
            yield f"    {call.id}{index}: {call.state}{tolerated}, {call.attempts} attempts, {call.output!r}{error}"


def report(case: Trial, problems: Sequence[str], target: str, name: str, *, batches: int) -> None:
    """Keep a divergence, shrink it, and say how to see it again."""
    original = FOLDER / f"{name}.json"
    save(case, original)
    print(f"\nDIVERGED: python -m tests.fuzz --file {original} --targets {target}")
    print("\n".join(f"  {problem}" for problem in problems[:8]))
    shrunk = smaller(case, problems, target, batches=batches)
    minimal = FOLDER / f"{name}.min.json"
    small = Trial(case.name, shrunk.pipeline, _known(case.params, shrunk.pipeline))
    save(small, minimal)
    was = f"{nodes(case.pipeline)} nodes -> {nodes(shrunk.pipeline)}, {shrunk.batches} batches"
    ended = "" if shrunk.finished else ", not finished"
    print(f"shrunk ({was}{ended}): python -m tests.fuzz --file {minimal} --targets {target}")
    for verdict in verdicts([small], target):
        print("\n".join(tell(verdict, target)), flush=True)


def report_all(tallies: Sequence[Tally], seed: int, limits: Limits, *, batches: int, shrunk: int) -> None:
    """Report what diverged: of each target the first few of each kind."""
    for tally in tallies:
        seen: Counter[frozenset[str]] = Counter()
        for outcome in sorted(tally.diverged, key=lambda o: o.number):
            kind = kinds(outcome.problems)
            seen[kind] += 1
            name = f"{tally.target}_{seed}_{outcome.number}"
            if seen[kind] == 1 and len(seen) <= shrunk:
                report(trial(seed, outcome.number, limits), outcome.problems, tally.target, name, batches=batches)
            else:
                save(trial(seed, outcome.number, limits), FOLDER / f"{name}.json")
                print(f"also DIVERGED: {FOLDER / name}.json: {outcome.problems[0]}", flush=True)


def installed() -> list[str]:
    """The targets whose engine is there."""
    return [one.name for one in list_engines() if one.python is not None and "@" not in one.name]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="pipelines on each target (default: 60, or what the time allows)")
    parser.add_argument("--seconds", type=float, help="when to stop")
    parser.add_argument("--only", type=int, help="one pipeline of the seed")
    parser.add_argument("--file", type=Path, nargs="+", help="pipelines that were kept, or any pipeline's JSON")
    parser.add_argument("--targets", nargs="+", default=["all"], help="targets, or all whose engine is installed")
    parser.add_argument("--calls", type=int, default=10, help="about how many calls a pipeline has")
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--processes", type=int, help="engine processes at a time (default: one per core)")
    parser.add_argument("--batches", type=int, default=30, help="batches that shrinking one case may take")
    parser.add_argument("--shrink", type=int, default=3, help="cases shrunk per target")
    told = parser.parse_args(arguments)
    limits = Limits(calls=told.calls, depth=told.depth)
    targets = installed() if told.targets == ["all"] else told.targets
    if told.only is not None or told.file:
        cases = [saved(path) for path in told.file] if told.file else [trial(told.seed, told.only, limits)]
        return _again(cases, targets, told.batches if told.only is not None and told.shrink else 0)
    count = 60 if told.count is None and told.seconds is None else told.count
    tallies = fuzz(targets, told.seed, limits, count=count, seconds=told.seconds, processes=told.processes)
    report_all(tallies, told.seed, limits, batches=told.batches, shrunk=told.shrink)
    print(f"\nseed {told.seed}, about {limits.calls} calls, depth {limits.depth}")
    print("\n".join(map(str, tallies)))
    return 1 if any(tally.diverged or tally.broken for tally in tallies) else 0


def _again(cases: Sequence[Trial], targets: Sequence[str], batches: int) -> int:
    """Single cases in full."""
    diverged = False
    for target in targets:
        for verdict in verdicts(cases, target):
            word = "DIVERGED" if verdict.problems else "refused" if verdict.refused else "agrees"
            print(f"{verdict.trial.name} on {target}: {word} {' '.join(verdict.refused)}")
            print("\n".join(tell(verdict, target)))
            diverged = diverged or bool(verdict.problems)
            if verdict.problems and batches:
                name = f"{target}_{verdict.trial.name.replace('/', '_')}"
                report(verdict.trial, verdict.problems, target, name, batches=batches)
    return int(diverged)


if __name__ == "__main__":
    sys.exit(main())
