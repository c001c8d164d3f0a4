"""Values and names at the rim: hidden names, a parameter called like a fact of the run, errors nobody can write, time limits
that a step catches, keys that an engine has for its own. Each engine runs all of it in one process, as the reference does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends
from pipeglot.author.read import read
from pipeglot.conformance.judge import Trial, Verdict, judge, reference
from pipeglot.core.record import Record

FOLDER = Path(__file__).parent / "data" / "cases" / "fidelity"
TARGETS = tuple(backends.TARGETS)
FORMS = ("aws", "legacy", "set", "class", "id", "version", "env", "prefect", "kfp", "pickle")


def trial(name: str, source: str, **params: Any) -> Trial:
    return Trial(name, read(str(FOLDER / source)).pipeline, params)


@lru_cache(maxsize=1)
def trials() -> Mapping[str, Trial]:
    found = [
        trial("abs", "abs.py"),
        trial("names", "names.py"),
        trial("names_given", "names.py", str="other", isinstance=5.0),
        trial("dates", "dates.py:dates", logical_date="2020-02-02", day="Monday", run_id="none", description="JSON"),
        trial("dates_undated", "dates.py:undated", logical_date="2020-02-02"),
        trial("limited", "swallow.py:limited"),
        trial("everything", "swallow.py:everything"),
        trial("text_index", "textindex.py"),
        trial("text_index_of_a_list", "textindex.py", kind="many"),
        trial("messages", "messages.py:tolerated_messages"),
        trial("failing_messages", "messages.py:failing_messages"),
        trial("env_given", "notation.py:given", value={"env": "HOME"}),
        *(trial(form, "notation.py:notation", form=form) for form in FORMS),
    ]
    return {each.name: each for each in found}


@lru_cache
def verdicts(target: str) -> Mapping[str, Verdict]:
    return {each.trial.name: each for each in judge(list(trials().values()), target)}


def errors(record: Record | None) -> dict[str, tuple[str, str]]:
    assert record is not None
    return {call.id: (call.error.type, call.error.message) for call in record.calls if call.error}


LOUD = {("airflow", form) for form in ("legacy", "set", "class", "id")}
"""Dicts that Airflow's XCom does not keep: the step that gives one fails, and says which keys."""
SWALLOWED = {("airflow", "everything"), ("prefect", "everything")}
"""A bare `except` takes there what interrupts the step: named at compile time."""


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", trials())
def test_the_rim_is_as_in_the_reference_run(name: str, target: str) -> None:
    found = verdicts(target)[name]
    if (target, name) in LOUD:
        assert found.record is not None and found.record.state == "failed"
        kind, message = errors(found.record)["make"]
        assert "__" in message and "dict" in message, kind
    elif (target, name) in SWALLOWED:
        assert "PG216" in {d.code for d in found.said}
    else:
        assert (found.problems, found.refused) == ((), ())


def test_the_reference_run_is_what_the_language_says() -> None:
    results = {name: reference(each).result for name, each in trials().items() if name not in ("limited", "everything")}
    assert results["abs"] == 4
    assert results["names"] == f"[1, 2, -1] 2 {' '.join(4 * ['of the author'])} 1.5 text 2026-03-01T02:00:00Z"
    assert results["dates"] == "2020-02-02 Monday none JSON 2026-03-01T02:00:00Z 2026-03-01"
    assert results["text_index"] == "label c" and results["text_index_of_a_list"] == "label cat"
    assert results["messages"] == 1
    assert results["legacy"] == "[('__type', 'dict'), ('__var', {'a': 1})]"


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_an_error_that_cannot_be_written_keeps_its_type_and_what_can_be_written(target: str) -> None:
    found = errors(verdicts(target)["failing_messages"].record)
    assert found["parse"] == ("ValueError", "'cannot parse caf\\udce9;3'")
    assert found["caused"] == ("RuntimeError", "'cannot read the file'")
    assert found["call_api"] == ("ApiError", "'down'")


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_a_step_that_catches_its_own_time_limit_has_failed(target: str) -> None:
    record = verdicts(target)["limited"].record
    assert record is not None
    states = {call.id: (call.state, call.tolerated, call.output) for call in record.calls}
    assert states == dict.fromkeys(["predict", "wrapped", "again"], ("failed", True, "late"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_name_that_dagster_reads_in_the_file_is_refused_there_and_the_authors_elsewhere(target: str) -> None:
    found = backends.get(target).compile(read(str(FOLDER / "dagster_names.py")).pipeline)
    refused = [d.code for d in found.diagnostics if d.severity == "error"]
    assert refused == (["PG200"] if target == "dagster" else []), found.diagnostics
    assert bool(found.files) == (target != "dagster")
