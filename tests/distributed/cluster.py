"""The slice of pipelines that runs on every cluster, and the way to run it there with the probe of that cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from pipeglot import backends, engines
from pipeglot.backends.base import PROBES, Mode
from pipeglot.conformance import corpus
from pipeglot.conformance.corpus import Case
from pipeglot.conformance.judge import STATE, Verdict, verdict
from pipeglot.conformance.judge import Trial as Trial
from pipeglot.engines.run import Request, run_many
from tests.test_examples import EXAMPLES, credit_case, load

HERE = Path(__file__).parent
CREDIT = "gate passed"
CORPUS = (
    "nested_strict_fail",  # branches inside branches, merged
    "runtime",
    "runtime_in_runtime",
    "retries_that_help",
    "failure_blocks_below_not_beside",
    "final_after_failure",
    "tolerated_item",
    "everything_json",
    "whole_floats",
    "awkward_constants",
)


def cases() -> dict[str, Case]:
    """Credit scoring, both fan-outs and a slice of the corpus, by name."""
    found = [credit_case(CREDIT)]
    found += [Case(load("fan_out", "strict"), "failed"), Case(load("fan_out", "tolerant"), "succeeded")]
    found += [case for case in corpus.cases() if case.id in CORPUS]
    return {case.id: case for case in found}


def packages() -> tuple[str, ...]:
    """What the slice needs beside an engine."""
    return credit_case(CREDIT).ir.packages


def credit_env(folder: Path) -> dict[str, str]:
    """Where credit scoring finds its data, and where it keeps its models."""
    return {"CREDIT_HOME": str(folder / "credit_home"), "CREDIT_DATA": str(EXAMPLES / "data")}


@dataclass(frozen=True)
class Ran:
    """What a cluster did: a verdict per case, and which worker ran what (worker, pipeline, task)."""

    verdicts: Mapping[str, Verdict]
    hosts: Sequence[tuple[str, str, str]]


@contextmanager
def probe(target: str, script: str, told: Mapping[str, str]) -> Iterator[None]:
    """Meanwhile `server` of a target means the cluster of that probe; `told` are variables for it."""
    engine = engines.spec(target)

    def variables(mode: Mode, home: Path) -> Mapping[str, str]:
        return {**engine.variables(mode, home), "PIPEGLOT_PROBES": str(PROBES), **told}

    there = replace(
        engine, probes={"server": HERE / script}, variables=variables, side_by_side=frozenset({"server"}), database=None
    )
    with mock.patch(f"{backends.TARGETS[target]}.BACKEND", replace(backends.get(target), engine=there)):
        yield


def run(target: str, script: str, python: Path, told: Mapping[str, str], timeout: float = 600) -> Ran:
    """Run the slice on a cluster, and judge every run by the reference."""
    chosen = cases()
    with tempfile.TemporaryDirectory(prefix="pipeglot-") as text:
        folder = Path(text)
        hosts = folder / "hosts.txt"
        hosts.touch()
        trials, requests = [], []
        for number, case in enumerate(chosen.values()):
            trial = Trial(case.id, case.ir, case.params, case.logical_date, case.env)
            own = folder / str(number)
            own.mkdir()
            env = {STATE: str(own), **credit_env(own), **case.env}
            trials.append(trial)
            requests.append(Request(trial.pipeline, params=trial.params, logical_date=trial.instant, env=env))
        with probe(target, script, {**told, "PIPEGLOT_HOSTS": str(hosts)}):
            outcomes = list(run_many(requests, target, mode="server", python=python, timeout=timeout))
        verdicts = {}
        with mock.patch.dict("os.environ", credit_env(folder / "reference")):
            for trial, outcome in zip(trials, outcomes, strict=True):
                verdicts[trial.name] = verdict(trial, outcome)
        lines = [line.split(" ", 2) for line in hosts.read_text(encoding="utf-8").splitlines()]
        return Ran(verdicts, [(line[0], line[1], line[2]) for line in lines])


def living(wanted: Callable[[str, bytes], bool]) -> list[str]:
    """Command lines of this machine's processes that `wanted` picks by command line and environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environ = (entry / "environ").read_bytes()
        except OSError:
            continue
        if command and wanted(command, environ):
            found.append(f"{entry.name} {command}")
    return found
