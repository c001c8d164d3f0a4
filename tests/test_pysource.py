"""Generated source says exactly the value it was given, in the form `ruff format` leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeglot.core.ir import All, Compare, Const, DictOf, IsIn, Item, ListOf, Not, Out, ParamRef, Text, Value
from pipeglot.core.pysource import (
    Atom,
    Code,
    Imports,
    Names,
    call,
    expression,
    flat,
    identifier,
    literal,
    statement,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["o'brien", 'say "hi"', "end\\", "{{ x }}", "a\nb", "\x00", "{}", "'\"", "日本" * 20, "x" * 100]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def names(root: Any) -> str:
    return {"out": "o", "item": "i", "param": "p"}[root.kind]


@given(JSON)
def test_a_literal_evaluates_to_its_value(value: Any) -> None:
    assert eval(flat(literal(value))) == value
    assert eval(statement("", literal(value)).strip()) == value


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1, 2}, object(), b"x"])
def test_what_has_no_literal_form_is_refused(bad: object) -> None:
    with pytest.raises(TypeError, match="no literal form"):
        literal(bad)


@given(st.lists(st.tuples(TEXT, st.sampled_from(["o", "i", "p"])), max_size=4))
def test_text_is_written_as_str_writes_its_parts(pieces: list[tuple[str, str]]) -> None:
    refs: dict[str, Value] = {
        "o": Out(ref="c", path=("a'b", 0)),
        "i": Item(loop="l"),
        "p": ParamRef(name="n", path=("k",)),
    }
    scope = {"o": {"a'b": [1.5]}, "i": True, "p": {"k": "pé"}}
    values = {"o": "1.5", "i": "True", "p": "pé"}
    value = Text(parts=tuple(part for text, ref in pieces for part in (Const(value=text), refs[ref])))
    assert eval(flat(expression(value, names)), scope) == "".join(text + values[ref] for text, ref in pieces)


def test_conditions_become_plain_operators() -> None:
    n = Out(ref="c", path=("n",))
    value = All(operands=(Compare(op=">", left=n, right=Const(value=1)), Not(operand=IsIn(value=n, options=(2, "x")))))
    assert flat(expression(value, names)) == 'o["n"] > 1 and o["n"] not in (2, "x")'


def test_nested_values_keep_their_structure() -> None:
    value = DictOf(items=(("a", ListOf(items=(Const(value=1), Item(loop="l")))), ("it's", Const(value=None))))
    assert eval(flat(expression(value, names)), {"i": 9}) == {"a": [1, 9], "it's": None}


def test_imports_are_sorted_in_sections() -> None:
    imports = Imports()
    imports.name("__future__", "annotations")
    imports.name("airflow.sdk", "task")
    imports.name("airflow.sdk", "DAG")
    imports.module("json")
    imports.name("typing", "Any")
    text = imports.text(standard=sys.stdlib_module_names)
    assert text.split("\n\n") == [
        "from __future__ import annotations",
        "import json\nfrom typing import Any",
        "from airflow.sdk import DAG, task",
    ]


@given(st.lists(TEXT, max_size=20))
def test_names_are_legal_and_distinct(texts: list[str]) -> None:
    made = Names(taken=["load"])
    given_names = [made(number, text) for number, text in enumerate(texts)]
    assert len(set(given_names)) == len(given_names)
    assert all(name.isidentifier() and name.isascii() for name in given_names)
    assert [made(number, text) for number, text in enumerate(texts)] == given_names


def test_identifier_never_is_empty() -> None:
    assert identifier("日本") == "x"


def test_code_is_text_of_its_own_type() -> None:
    assert Code("x") == "x"


@settings(max_examples=1)
@given(st.lists(st.tuples(TEXT, JSON), min_size=150, max_size=150))
def test_statements_are_a_fixed_point_of_ruff_format(pairs: list[tuple[str, Any]]) -> None:
    lines = [statement(f"name_{n} = ", call("make", text, value=value)) for n, (text, value) in enumerate(pairs)]
    lines += [statement("y = ", call("f", x=Atom("z"), **{f"k{n}": n for n in range(30)}))]
    source = "\n".join(lines) + "\n"
    done = subprocess.run(
        [Path(sys.executable).parent / "ruff", "format", "--isolated", "--stdin-filename", "x.py", "-"],
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == source
