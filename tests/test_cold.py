"""What a cold start does and loads: counted, for seconds depend on who else is running."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from pipeglot.author.read import read
from pipeglot.core import free_variables

PIPELINE = """
from pipeglot import all_, pipeline, step, when

LIMITS = {"low": 1}
OTHER = {"high": 2}


def helper(x: int) -> int:
    return x + LIMITS["low"]


def unused(x: int) -> int:
    OTHER["high"] = x
    return far(x)


def far(x: int) -> int:
    return x


@step
def first(x: int) -> int:
    return helper(x)


@step
def second(x):
    return x + 1


@pipeline
def numbers(x: int = 1) -> int:
    with when(x > 1):
        a = first(x)
        second(a)
    return first(x)
"""


def test_the_authors_file_is_parsed_once_and_only_what_travels_is_analysed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    analysed: list[str] = []
    parse, uses = ast.parse, free_variables.uses

    def counting(source: Any, *args: Any, **named: Any) -> Any:
        parsed.append(source)
        return parse(source, *args, **named)

    def noting(node: ast.stmt, text: str, file: str) -> Any:
        analysed.append(text.split("(")[0].split(" =")[0])
        return uses(node, text, file)

    monkeypatch.setattr(ast, "parse", counting)
    monkeypatch.setattr("pipeglot.author.module_index.uses", noting)
    file = tmp_path / "numbers_once.py"
    file.write_text(PIPELINE)
    assert len(read(str(file)).pipeline.code) == 4
    assert parsed == [PIPELINE]
    assert sorted(analysed) == ["LIMITS", "def first", "def helper", "def second"]
