"""Drawings: every call and edge of the pipeline is there, and no text of the author's breaks them."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeglot.core.graph import draw, words
from pipeglot.core.ir import (
    Arm,
    Call,
    Collected,
    Compare,
    Const,
    Each,
    Final,
    If,
    Item,
    Merged,
    Out,
    Param,
    ParamRef,
    Pipeline,
    Value,
)
from pipeglot.core.shape import Shape, inline
from tests.random_pipelines import random_pipeline


def call(id: str, *refs: str, after: tuple[str, ...] = (), **args: Value) -> Call:
    taken: dict[str, Value] = {f"x{number}": Out(ref=ref) for number, ref in enumerate(refs)}
    return Call(id=id, step="work", args={**taken, **args}, after=after)


GATE = Compare(op=">", left=Out(ref="score", path=("auc",)), right=ParamRef(name="floor"))
CREDIT = Pipeline(
    name="credit",
    params=(Param(name="floor", default=0.7), Param(name="day", required=True)),
    body=(
        call("load"),
        Each(
            id="variants",
            items=Const(value=[1, 2]),
            body=(call("train", "load", v=Item(loop="variants")),),
            collected=(Collected(id="models", value=Out(ref="train")),),
            max_parallel=2,
        ),
        call("score", "models"),
        If(
            id="gate",
            arms=(Arm(when=GATE, body=(call("register", "score"),)), Arm(body=(call("keep"),))),
            merged=(Merged(id="version", values=(Out(ref="register"), Out(ref="keep"))),),
        ),
        call("publish", "version", after=("variants",)),
    ),
    result=Out(ref="version"),
    final=Final(call=call("notify")),
)


def test_the_outline_reads_as_the_pipeline_does() -> None:
    assert draw(CREDIT) == (
        "credit\n"
        "  param floor = 0.7\n"
        "  param day\n"
        "  load\n"
        "  each variants: [1, 2], 2 at once\n"
        "    train <- load\n"
        "  models = all of train\n"
        "  score <- models\n"
        "  if score.auc > floor\n"
        "    register <- score\n"
        "  else\n"
        "    keep\n"
        "  version = one of register, keep\n"
        "  publish <- version, after variants\n"
        "  finally notify\n"
        "  result version\n"
    )


def edges(text: str) -> set[tuple[str, str, str]]:
    """The edges of a Mermaid text by the labels of their ends; the style is `-->` or `-.->`."""
    labels = {name: label for name, label in re.findall(r'^ *(n\d+)(?:\[|\{+)"(.*?)"', text, re.MULTILINE)}
    found = re.findall(r"^ *(n\d+) (-->|-\.->)(?:\|.*\|)? (n\d+)$", text, re.MULTILINE)
    return {(labels[start], arrow, labels[end]) for start, arrow, end in found}


def test_mermaid_draws_values_solid_and_order_dashed() -> None:
    assert edges(draw(CREDIT, "mermaid")) == {
        ("load", "-->", "train"),
        ("each variants: [1, 2], 2 at once", "-->", "train"),
        ("train", "-->", "score"),
        ("score", "-->", "if gate"),
        ("score", "-->", "register"),
        ("if gate", "-->", "register"),
        ("if gate", "-->", "keep"),
        ("register", "-->", "publish"),
        ("keep", "-->", "publish"),
        ("train", "-.->", "publish"),
    }


def test_dot_draws_the_same_nodes_and_edges() -> None:
    mermaid, dot = draw(CREDIT, "mermaid"), draw(CREDIT, "dot")
    assert ("finally" in dot) == ("finally" in mermaid) == (CREDIT.final is not None)
    ends = re.findall(r"^ *(n\d+) -> (n\d+) ", dot, re.MULTILINE)
    assert sorted(ends) == sorted(re.findall(r"^ *(n\d+) -\.?->(?:\|.*\|)? (n\d+)$", mermaid, re.MULTILINE))
    assert dot.count("{") == dot.count("}") and dot.startswith('digraph "credit" {')


@given(st.integers(0, 10_000))
def test_random_pipelines_are_drawn_whole(seed: int) -> None:
    pipeline = inline(random_pipeline(random.Random(seed)))
    shape = Shape(pipeline)
    for form in ("mermaid", "dot"):
        text = draw(pipeline, form)
        declared = set(re.findall(r"^ *(n\d+)[ \[{(]", text, re.MULTILINE)) | set(
            re.findall(r"subgraph (?:cluster_)?(n\d+)", text)
        )
        assert len(declared) == len(shape.nodes)
    outline = draw(pipeline, "text")
    assert all(node.id in outline for node in shape.calls)


@pytest.mark.parametrize("hostile", ['a"b', "a\nb", "a\\", "#quot;", "]", "|", "<b>", "x" * 500, "\x1b[31m", "ä"])
def test_hostile_ids_break_no_line(hostile: str) -> None:
    pipeline = Pipeline(name=hostile, body=(call(hostile), call("next", hostile)))
    for form in ("text", "mermaid", "dot"):
        lines = draw(pipeline, form).splitlines()
        assert all(line.isprintable() and len(line) < 800 for line in lines)
    assert len(draw(pipeline, "mermaid").splitlines()) == 4
    assert re.findall(r'^  n1 \[label="((?:[^"\\]|\\.)*)"\];$', draw(pipeline, "dot"), re.MULTILINE)


def test_words_say_a_condition_as_one_would_write_it() -> None:
    assert words(GATE) == "score.auc > floor"
    assert words(Out(ref="a", path=("x y", 0))) == "a['x y'][0]"


@pytest.mark.parametrize("length", [80, 81])
def test_an_id_of_more_than_eighty_characters_is_cut(length: int) -> None:
    drawn = draw(Pipeline(name="p", body=(call("x" * length),)), "text")
    assert drawn == f"p\n  {'x' * 80 if length == 80 else 'x' * 77 + '...'}\n"
