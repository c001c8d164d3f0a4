"""Parameters: what text on the command line means is decided by the parameter's type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeglot.cli.files import InputError
from pipeglot.cli.params import collect, typed
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.ir import Param, Pipeline

PIPELINE = Pipeline(
    name="p",
    params=(
        Param(name="margin", type={"type": "number"}, default=0.5),
        Param(name="label", type={"type": "string"}, default=""),
    ),
)


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("3", int, 3),
        ("3", float, 3),
        ("0.5", float, 0.5),
        ("3", str, "3"),
        ("true", str, "true"),
        ("", str, ""),
        ("true", bool, True),
        ("3", int | str, 3),
        ("three", int | str, "three"),
        ("[1]", int | str, "[1]"),
        ("null", int | None, None),
        ("null", str | None, None),
        ('"null"', str | None, "null"),
        ('["a"]', list[str], ["a"]),
        ('{"a": 1}', dict[str, int], {"a": 1}),
        ("free text", Any, "free text"),
        ("7", Any, 7),
    ],
)
def test_text_is_read_as_the_type_admits(text: str, type: Any, value: Any) -> None:
    got = typed(text, TypeAdapter(type).json_schema())
    assert (got, got.__class__) == (value, value.__class__)


def test_choices_and_references_are_types_too() -> None:
    assert typed("7", {"enum": [7, 8]}) == 7
    assert typed("7", {"enum": ["7", "8"]}) == "7"
    schema = {"$ref": "#/$defs/Name", "$defs": {"Name": {"type": "string"}}}
    assert typed("7", schema) == "7"


@pytest.mark.parametrize("text", ["x", "", "NaN", "[" * 100_000, "01"])
def test_text_that_is_no_json_where_json_is_needed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an integer"):
        typed(text, {"type": "integer"})


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("9007199254740993", int),
        ("-9007199254740993", Any),
        ("9007199254740993", float),
        ("1e400", float),
        ("-1e400", Any),
        ("[1, [1e400]]", list[Any]),
        ('{"a": {"b": 9007199254740993}}', dict[str, Any]),
        ('"\\ud800"', Any),
        ('{"\\ud800": 1}', Any),
        ("caf\udce9", str),
    ],
)
def test_text_for_a_value_that_the_language_has_not_is_refused(text: str, type: Any) -> None:
    with pytest.raises(ValueError, match=r"beyond the 2\*\*53|no finite number|lone surrogate"):
        typed(text, TypeAdapter(type).json_schema())


def test_the_last_numbers_of_the_language_are_taken() -> None:
    assert typed("9007199254740992", {"type": "integer"}) == 2**53
    assert typed("1.7976931348623157e308", {"type": "number"}) == 1.7976931348623157e308


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "params.json"
    file.write_text('{"margin": 1, "label": "file"}')
    assert collect(PIPELINE, ["label=a=b"], str(file)) == {"margin": 1, "label": "a=b"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("margin", "not NAME=VALUE"),
        ("margn=1", "no parameter 'margn'"),
        ("margin=x", 'parameter margin: it is "x", not a number'),
    ],
)
def test_a_wrong_parameter_is_named(given: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        collect(PIPELINE, [given], None)


def test_a_misspelt_name_gets_a_guess() -> None:
    with pytest.raises(InputError) as caught:
        collect(PIPELINE, ["margn=1"], None)
    assert caught.value.diagnostics[0].help == "did you mean margin?"


@pytest.mark.parametrize(
    "text", ["[]", "{", "1", '{"unknown": 1}', '{"margin": "x"}', '{"margin": 1e400}', '{"margin": NaN}']
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.json"
    file.write_text(text)
    with pytest.raises(PipeglotError):
        collect(PIPELINE, [], str(file))
