"""Credit scoring ends the same in every one of its four ways, here and on each engine."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pipeglot import backends, engines
from pipeglot.compare.judge import judge
from pipeglot.compare.model import Side
from pipeglot.conformance.corpus import surprises
from pipeglot.conformance.judge import Trial, verdict
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.record import Record
from pipeglot.engines.run import Request, run_many
from pipeglot.migrate.report import html
from tests.test_engines import installed
from tests.test_examples import EXAMPLES, OUTCOMES, credit_case

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TARGETS = tuple(backends.TARGETS)


@dataclass(frozen=True)
class Ran:
    """What became of one outcome on an engine; `home` is the folder that the engine's run wrote to."""

    outcome: Record | PipeglotError
    home: Path

    @property
    def record(self) -> Record:
        assert isinstance(self.outcome, Record), self.outcome
        return self.outcome


def credit_env(home: Path) -> dict[str, str]:
    return {"CREDIT_HOME": str(home), "CREDIT_DATA": str(EXAMPLES / "data")}


@lru_cache
def ran(target: str) -> Mapping[str, Ran]:
    """All four outcomes in one process of one engine, each with a folder of its own."""
    installed(target)
    homes, requests = {}, []
    for outcome in OUTCOMES:
        folder = Path(tempfile.mkdtemp(prefix=f"credit-{target}-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        homes[outcome] = folder / "credit_home"
        trial = trial_of(outcome)
        env = credit_env(homes[outcome])
        requests.append(Request(trial.pipeline, params=trial.params, logical_date=trial.instant, env=env))
    engine = engines.prepare(target, requests[0].pipeline.packages)
    found = run_many(requests, target, python=engine.python, timeout=240)
    return {name: Ran(one, homes[name]) for name, one in zip(OUTCOMES, found, strict=True)}


def trial_of(outcome: str) -> Trial:
    case = credit_case(outcome)
    return Trial(outcome, case.ir, case.params, case.logical_date)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_engine_ends_as_promised(outcome: str, target: str) -> None:
    case = credit_case(outcome)
    one = ran(target)[outcome]
    assert surprises(case, one.record) == []
    assert (one.home / "notifications.log").read_text() == f"credit scoring of 2026-03-02: {case.state}\n"
    assert deployed(one.home) == (["2026-03-02"] if outcome == "gate passed" else [])


def deployed(home: Path) -> list[str]:
    """The days that something was deployed on."""
    index = home / "registry" / "deployed.json"
    found: dict[str, Any] = json.loads(index.read_text()) if index.exists() else {}
    return list(found)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_engine_agrees_with_the_reference(outcome: str, target: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    with mock.patch.dict("os.environ", credit_env(tmp_path / "credit_home")):
        found = verdict(trial_of(outcome), ran(target)[outcome].outcome)
    assert (found.problems, found.refused) == ((), ())


@pytest.mark.parametrize(("old", "new"), list(permutations(TARGETS, 2)), ids="-to-".join)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_moving_it_from_any_engine_to_any_other_is_equivalent(outcome: str, old: str, new: str) -> None:
    trial = trial_of(outcome)
    sides = [Side(spec=target, engine=target, records=(ran(target)[outcome].record,)) for target in (old, new)]
    found = judge(trial.pipeline, *sides, params=trial.params, logical_date=trial.instant, started=trial.instant)
    assert (found.verdict, found.differences) == ("equivalent", ())
    assert f'"{found.verdict}"' in html(found)
