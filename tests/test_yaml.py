"""The YAML writer: what any reader gets back is what was written, and what a line is there for stays with it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeglot.codegen.pysource import Spelling
from pipeglot.codegen.yaml import dump

yaml = pytest.importorskip("yaml")

HARD = [
    *(
        "",
        " ",
        "no",
        "~",
        "null",
        "1",
        "1.0",
        "0x1f",
        "1e5",
        "-",
        "- a",
        "a: b",
        "#c",
        "a #c",
        "'",
        '"',
        "{{$}}",
        "---",
        "...",
    ),
    *(
        "line\nbreak",
        "line\n",
        "\nline",
        "  indented\nmore",
        "tail\n\n",
        "tab\tin\nlines",
        "\r\n",
        "trail \nx",
        "a\n  \nb\n",
    ),
    *(
        "\x00\x1b",
        "\x7f",
        "\x85x",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "ünï 日本 \U0001f600",
        "ünï\n日本\n",
        "x" * 10_000,
        "?",
        "=",
        "<<",
        "file.py:flow",
        "a:",
    ),
]


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_any_text_survives_yaml(text: str) -> None:
    key = text[:200]
    data = {"a": {key: text}, "b": [text, {"c": [text, [text]], key: {}}], "d": []}
    assert yaml.safe_load(dump(data)) == data


@pytest.mark.parametrize("value", [0, -1, 2**53, 0.1, 1e300, 5e-324, 1e17, -0.0, True, False, None, [], {}])
def test_any_scalar_survives_yaml(value: Any) -> None:
    read = yaml.safe_load(dump({"a": value, "b": [value]}))
    assert read == {"a": value, "b": [value]}
    assert type(read["a"]) is type(value)


@pytest.mark.parametrize("deeper", [0, 2])
def test_lists_may_stand_deeper_than_their_keys(deeper: int) -> None:
    data = {"a": [{"b": [1, [2, {"c": 3}]]}]}
    text = dump(data, deeper=deeper)
    assert yaml.safe_load(text) == data
    assert text.splitlines()[1] == " " * deeper + "- b:"


def test_lines_know_what_they_are_there_for() -> None:
    data = {"name": "x", "tags": ["a", "b"], "schedules": [{"cron": "0 2 * * *", "timezone": "UTC"}]}
    spells: Spelling = {"tags": "Pipeline.tags Pipeline.owner", "schedules": {"": {"cron": "Cron.expression"}}}
    marks = {(mark.attribute, mark.first, mark.last) for mark in dump(data, spells, deeper=2).marks}
    assert marks == {("Pipeline.tags", 1, 3), ("Pipeline.owner", 1, 3), ("Cron.expression", 5, 5)}
