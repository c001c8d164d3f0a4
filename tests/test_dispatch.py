"""Nothing of the language is dropped in silence: what a target does not support is refused by its support table."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeglot import CompileError, backends
from pipeglot.backends.base import NO_ROW, Ability, Backend, Compiled, Support
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.ir import At, Call, Group, Pipeline, Policy, Shell, Step
from tests.toys import registered

ALL = {name: Support("native", "so") for name in FEATURES}
STEP = Step(name="s", run=Shell(script="true"))


def pipeline() -> Pipeline:
    slow = Call(id="slow", step="s", policy=Policy(timeout=5), at=At(file="mine.py", line=7))
    body = (Call(id="a", step="s", at=At(file="mine.py", line=3)), Group(id="g", body=(slow,)))
    return Pipeline(name="p", tags=("t",), steps=(STEP,), body=body, at=At(file="mine.py", line=1))


def emit(pipeline: Pipeline, options: Mapping[str, str]) -> Compiled:
    return Compiled("toy", {"p.txt": "p"}, "p.txt", pipeline.name)


def toy(support: Mapping[str, Support]) -> Backend:
    return Backend("toy", emit, lambda pipeline, run: (), support)


@pytest.mark.parametrize("ability", ["notimpl", "notyet", "never"])
def test_what_the_table_refuses_is_refused_by_one_code_where_it_is_used(
    ability: Ability, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"timeout": Support(ability, "it waits"), "tags": Support(ability, "no place"), "if": Support(ability)}
    registered(monkeypatch, toy({**ALL, **refused}))
    with pytest.raises(CompileError) as told:
        backends.compile(pipeline(), "toy")
    assert [(d.code, d.severity, d.at and d.at.line, d.message) for d in told.value.diagnostics] == [
        ("PG217", "error", 1, "toy does not support tags: no place"),
        ("PG217", "error", 7, "toy does not support time limit of an attempt: it waits"),
    ]


def test_a_feature_without_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, toy({name: row for name, row in ALL.items() if name != "group"}))
    with pytest.raises(CompileError, match="PG217 toy does not support groups"):
        backends.compile(pipeline(), "toy")


def test_a_row_of_no_feature_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="toy has rows of no feature: groups"):
        toy({**ALL, "groups": Support("native")})


def test_a_row_that_names_a_code_is_left_to_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, toy({**ALL, "tags": Support("never", "they get lost (TOY100)")}))
    assert backends.compile(pipeline(), "toy").files


@pytest.mark.parametrize("target", backends.TARGETS)
def test_our_targets_take_a_stand_on_every_feature(target: str) -> None:
    support = backends.get(target).support
    assert [name for name, row in support.items() if row is NO_ROW or not row.how] == []


def test_features_are_found_where_they_stand() -> None:
    assert features_of(pipeline()) == {"call", "group", "shell", "tags", "timeout"}
