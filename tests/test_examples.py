"""The examples do what their README says: clean checks, and every outcome with the states it promises."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeglot.conformance.corpus import Case, surprises
from pipeglot.conformance.judge import Trial
from pipeglot.core.check import check
from pipeglot.core.record import Record
from pipeglot.meaning.run import execute
from tests.conftest import first

EXAMPLES = Path(__file__).parents[1] / "examples"
PIPELINES = [
    ("credit_scoring", "credit_scoring"),
    ("nested_branching", "nested_branching"),
    ("fan_out", "strict"),
    ("fan_out", "tolerant"),
]
BROKEN: list[dict[str, Any]] = [
    {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
    {"name": "broken", "algorithm": "forest", "options": {"n_estimators": -1}},
]
INGESTED = {"ingest": "succeeded", "current_production": 'succeeded={"version": "none", "auc": 0.5}'}
PREPARED = INGESTED | {
    "validate": 'succeeded={"rows": 1000, "default_rate": 0.3}',
    "build_features": "succeeded",
    "split_data": "succeeded",
}
CHOSEN = PREPARED | {
    **{f"{call}[{i}]": "succeeded" for call in ("train", "evaluate") for i in range(3)},
    "select": "succeeded",
    "compare": "succeeded",
    "notify": "succeeded",
}
UNDECIDED = {
    "select": "blocked*0",
    "compare": "blocked*0",
    "register": "blocked*0",
    "deploy": "blocked*0",
    "keep": "blocked*0",
}
OUTCOMES: dict[str, tuple[Any, ...]] = {
    "gate passed": (
        {},
        "succeeded",
        "2026-03-02-forest",
        CHOSEN | {"register": "succeeded", "deploy": "succeeded", "keep": "skipped*0"},
    ),
    "gate failed": (
        {"margin": 0.5},
        "succeeded",
        "none",
        CHOSEN | {"register": "skipped*0", "deploy": "skipped*0", "keep": "succeeded"},
    ),
    "variant failed": (
        {"variants": BROKEN},
        "failed",
        None,
        PREPARED
        | UNDECIDED
        | {"train[0]": "succeeded", "train[1]": "failed*1", "evaluate[0]": "succeeded", "evaluate[1]": "blocked*0"}
        | {"notify": "succeeded"},
    ),
    "failed before the gate": (
        {"source": "german_credit_corrupted.csv"},
        "failed",
        None,
        INGESTED
        | UNDECIDED
        | {"validate": "failed*1", "build_features": "blocked*0", "split_data": "blocked*0"}
        | {"train": "blocked*0", "evaluate": "blocked*0", "notify": "succeeded"},
    ),
}


def load(file: str, name: str) -> Any:
    """A pipeline of an example file, imported as the command line does: by path."""
    module = f"examples_{file}"
    if module not in sys.modules:
        spec = importlib.util.spec_from_file_location(module, EXAMPLES / f"{file}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])
    return getattr(sys.modules[module], name)


def credit_case(outcome: str) -> Case:
    """One of the four outcomes, on a Monday morning."""
    params, state, result, expect = OUTCOMES[outcome]
    pipeline = load("credit_scoring", "credit_scoring")
    return Case(pipeline, state, expect, params, result, outcome, logical_date="2026-03-02T05:00:00Z")


def run(case: Case) -> Record:
    trial = Trial(case.id, case.ir, case.params, case.logical_date)
    return execute(trial.pipeline, params=trial.params, logical_date=trial.instant)


@pytest.fixture
def credit_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CREDIT_HOME", str(tmp_path / "credit_home"))
    monkeypatch.setenv("CREDIT_DATA", str(EXAMPLES / "data"))
    yield tmp_path / "credit_home"


@pytest.mark.parametrize(("file", "name"), PIPELINES)
def test_example_checks_clean(file: str, name: str) -> None:
    assert [str(diagnostic) for diagnostic in check(load(file, name).ir())] == []


@pytest.mark.parametrize("outcome", first(OUTCOMES))
def test_credit_scoring_ends_as_promised(outcome: str, credit_home: Path) -> None:
    pytest.importorskip("sklearn")
    case = credit_case(outcome)
    record = run(case)
    assert surprises(case, record) == []
    told = (credit_home / "notifications.log").read_text()
    assert told == f"credit scoring of 2026-03-02: {case.state}\n"
    assert (credit_home / "registry" / "deployed.json").exists() == (outcome == "gate passed")


@pytest.mark.slow
def test_credit_scoring_compares_with_the_day_before_and_repeats_itself(credit_home: Path) -> None:
    pytest.importorskip("sklearn")
    monday = credit_case("gate passed")
    tuesday = replace(monday, logical_date="2026-03-03T05:00:00Z")
    assert [run(case).result for case in (monday, tuesday, monday, tuesday)] == ["2026-03-02-forest"] * 4
    deployed = json.loads((credit_home / "registry" / "deployed.json").read_text())
    assert list(deployed) == ["2026-03-02"]


BRANCHES = {"page_engineer": "skipped", "open_incident": "skipped", "refund": "skipped", "reply": "skipped"}


@pytest.mark.parametrize(
    ("params", "taken", "result"),
    [
        ({}, "page_engineer", "closed: an engineer was woken up for Ada"),
        ({"wake_up_at": 5}, "open_incident", "closed: an incident was opened for Ada"),
        ({"text": "Bob: I want my money back"}, "refund", "closed: Bob was refunded"),
        ({"text": "Eve: how are you?"}, "reply", "closed: Dear Eve, we will come back to you."),
    ],
)
def test_nested_branching_gives_one_answer_whichever_way_it_went(
    params: dict[str, Any], taken: str, result: str
) -> None:
    expect = {"read_ticket": "succeeded", **BRANCHES, taken: "succeeded", "close": "succeeded"}
    case = Case(load("nested_branching", "nested_branching"), "succeeded", expect, params, result)
    assert surprises(case, run(case)) == []


FOUND = {"find_files": 'succeeded=["letter.txt", "poem.txt", "scan.txt"]'} | {
    "read[0]": "succeeded",
    "read[1]": "succeeded",
    "count_words[0]": "succeeded=2",
    "count_words[1]": "succeeded=4",
}


def test_strict_fan_out_stops_only_what_needs_the_failed_item() -> None:
    expect = FOUND | {"read[2]": "failed", "count_words[2]": "blocked*0", "total": "blocked*0"}
    case = Case(load("fan_out", "strict"), "failed", expect, result=None)
    assert surprises(case, run(case)) == []


def test_tolerant_fan_out_records_the_failure_and_succeeds() -> None:
    expect = FOUND | {"read[2]": "failed~", "count_words[2]": "succeeded=0", "total": "succeeded=6"}
    case = Case(load("fan_out", "tolerant"), "succeeded", expect, result=6)
    assert surprises(case, run(case)) == []


def test_fan_out_over_nothing_totals_zero() -> None:
    expect = {"find_files": "succeeded=[]", "total": "succeeded=0"}
    case = Case(load("fan_out", "strict"), "succeeded", expect, {"suffix": ".csv"}, 0)
    assert surprises(case, run(case)) == []
