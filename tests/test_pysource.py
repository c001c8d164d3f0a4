"""Generated source says exactly the value it was given, in the form `ruff format` leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeglot.codegen.code import Code
from pipeglot.codegen.expressions import expression, fitting
from pipeglot.codegen.names import Imports, Names, identifier
from pipeglot.codegen.pysource import WIDTH, Atom, call, flat, literal, statement
from pipeglot.core.ir import All, Any_, Compare, Const, DictOf, IsIn, Item, ListOf, Not, Out, ParamRef, Text, Value
from tests.conftest import examples

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
    lines += [statement(f"{'x' * 60} = ", call("y" * n, 1, a=2)) for n in (20, 30, 60, 83, 100)]
    assert formatted("\n".join(lines) + "\n") is None


CONDITIONS = st.recursive(
    st.builds(
        Compare,
        op=st.sampled_from(["==", "!=", "<", ">="]),
        left=st.builds(Out, ref=st.sampled_from(["model", "candidate", "in_production"]), path=st.just(("auc",))),
        right=st.builds(Const, value=st.sampled_from([1, 0.5, "some text"])) | st.just(Out(ref="x")),
    )
    | st.builds(IsIn, value=st.just(Out(ref="chosen")), options=st.sampled_from([("a",), ("alpha", "beta", "gamma")])),
    lambda inner: (
        st.builds(Not, operand=inner)
        | st.builds(All, operands=st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Any_, operands=st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=9,
)
SCOPES = [
    {"model": {"auc": m}, "candidate": {"auc": c}, "in_production": {"auc": 2}, "x": x, "chosen": chosen}
    for m in (0, 1)
    for c in (1, 2)
    for x in (1, 2)
    for chosen in ("a", "beta")
]


def plain(value: Value, scope: Any) -> Any:
    """What a condition gives, in the most obvious way."""
    match value:
        case Compare(op=op, left=left, right=right):
            a, b = plain(left, scope), plain(right, scope)
            if op in ("==", "!="):
                return (a == b) is (op == "==")
            return a < b if op == "<" else a >= b
        case IsIn(value=inner, options=options):
            return plain(inner, scope) in options
        case All(operands=operands):
            return all(plain(operand, scope) for operand in operands)
        case Any_(operands=operands):
            return any(plain(operand, scope) for operand in operands)
        case Not(operand=operand):
            return not plain(operand, scope)
        case Const(value=constant):
            return constant
        case Out(ref=ref, path=path):
            return scope[ref]["auc"] if path else scope[ref]
    raise AssertionError(value)


def ordered(value: Value) -> bool:
    """Whether no text is compared with `<`: the language refuses to evaluate that."""
    match value:
        case Compare(op="<" | ">=", right=Const(value=str())):
            return False
        case All(operands=operands) | Any_(operands=operands):
            return all(map(ordered, operands))
        case Not(operand=operand):
            return ordered(operand)
    return True


@settings(max_examples=examples(300))
@given(CONDITIONS.filter(ordered), st.integers(1, 90))
def test_a_condition_means_the_same_however_it_is_laid_out(condition: Value, room: int) -> None:
    def bare(root: Any) -> str:
        return str(root.ref)

    for doc in (expression(condition, bare), fitting(condition, bare, room)):
        source = statement("", doc)
        for scope in SCOPES:
            assert eval(source, dict(scope)) == plain(condition, scope), source


@pytest.mark.parametrize("told", [True, False])
def test_a_condition_compared_with_a_bool_keeps_its_brackets(told: bool) -> None:
    a, b, c = (IsIn(value=Out(ref=n), options=("x",)) for n in "abc")
    either, is_so = Any_(operands=(a, b)), Const(value=told)
    op: Any = "==" if told else "!="
    for compared in (Compare(op=op, left=either, right=is_so), Compare(op=op, left=is_so, right=either)):
        said = flat(expression(All(operands=(compared, c)), lambda root: f"{root.ref}"))  # type: ignore[union-attr]
        assert said == '(a in ("x",) or b in ("x",)) and c in ("x",)'


def test_a_condition_denied_twice_is_the_condition() -> None:
    a, b, c = (IsIn(value=Out(ref=f"a_rather_long_name_{n}"), options=("alpha", "beta")) for n in "abc")
    either = Any_(operands=(a, b))
    twice = Not(operand=Not(operand=either))
    for plainly, denied in ((All(operands=(either, c)), All(operands=(twice, c))), (either, twice)):
        for room in (40, 70, 200):
            told = [flat(fitting(each, lambda root: f"{root.ref}", room)) for each in (plainly, denied)]  # type: ignore[union-attr]
            assert told[0] == told[1]
            told = [flat(expression(each, lambda root: f"{root.ref}")) for each in (plainly, denied)]  # type: ignore[union-attr]
            assert told[0] == told[1]


# Without shrinking, which would start ruff for minutes: the diff in the message shows the one that is wrong.
@settings(max_examples=3, phases=[Phase.generate])
@given(st.lists(st.tuples(CONDITIONS, st.sampled_from([4, 8])), min_size=100, max_size=100))
def test_conditions_are_a_fixed_point_of_ruff_format(pairs: list[tuple[Value, int]]) -> None:
    def future(root: Any) -> str:
        return f"{root.ref}.result()"

    blocks: list[str] = []
    for condition, indent in pairs:
        lines = ["def f():", *(["    if True:"] if indent == 8 else [])]
        lines.append(statement("if ", fitting(condition, future, WIDTH - indent - len("if :")), ":", indent=indent))
        lines.append(" " * indent + "    pass")
        lines.append(statement("return ", call("f", a=expression(condition, future), b=1), indent=4))
        blocks.append("\n".join(lines))
    assert formatted("\n\n\n".join(blocks) + "\n") is None


def formatted(source: str) -> str | None:
    """What `ruff format` would rather have; nothing when it is content."""
    command = [
        str(Path(sys.executable).parent / "ruff"),
        "format",
        "--isolated",
        "--stdin-filename",
        "x.py",
        "--diff",
        "-",
    ]
    done = subprocess.run(command, input=source.encode(), capture_output=True)
    return done.stdout.decode() or (done.stderr.decode() if done.returncode else None)
