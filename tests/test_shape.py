"""What stands where, what waits for what, and Includes inlined as regions."""

from __future__ import annotations

from typing import Any

import pytest

from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.ir import (
    Arm,
    Call,
    Collected,
    Const,
    Ctx,
    DictOf,
    Each,
    Final,
    Group,
    If,
    Imported,
    Include,
    Inlined,
    Item,
    Merged,
    Out,
    Param,
    ParamRef,
    Pipeline,
    SourceFragment,
    Step,
    Text,
    Value,
)
from pipeglot.core.shape import EnclosingBlock, Shape, Waits, asks_state, inline

F = Step(name="f", run=Imported(module="m", attr="f"))


def call(id: str, *takes: str, after: tuple[str, ...] = ()) -> Call:
    return Call(id=id, step="f", args={f"x{n}": Out(ref=ref) for n, ref in enumerate(takes)}, after=after)


def pipeline(*body: Any, **more: Any) -> Pipeline:
    return Pipeline(name="p", steps=(F,), body=body, **more)


def test_a_region_waits_for_all_that_its_blocks_take_from_outside() -> None:
    inner = Each(id="loop", items=Out(ref="b"), body=(call("d", "c"),), after=("e",))
    branch = If(id="branch", arms=(Arm(when=Out(ref="a"), body=(call("x"), inner)),))
    shape = Shape(pipeline(call("a"), call("b"), call("c"), call("e"), branch))
    assert shape.waits("branch") == Waits(("a", "b", "c"), ("e",))
    assert shape.waits("loop") == Waits(("b", "c"), ("e",))
    assert shape.upstream("branch") == ("a", "b", "c", "e")
    assert shape.upstream("loop") == ()


def test_after_is_lifted_to_the_outermost_node_that_holds_the_call_and_not_this_one() -> None:
    loop = Each(id="loop", items=Const(value=[1]), body=(call("x"), call("y", after=("x",))))
    branch = If(id="branch", arms=(Arm(when=Const(value=True), body=(loop, call("z", after=("y",)))),))
    shape = Shape(pipeline(branch, call("end", after=("x",))))
    assert shape.waits("y").after == ("x",)
    assert shape.waits("z").after == ("loop",)
    assert shape.waits("end").after == ("branch",)
    assert shape.frames["x"] == (EnclosingBlock("branch", 0), EnclosingBlock("loop"))


def test_groups_are_transparent() -> None:
    shape = Shape(pipeline(Group(id="g", body=(call("a"), Group(id="h", body=(call("b", "a"),)))), call("c", "b")))
    assert shape.frames["b"] == ()
    assert shape.groups["b"] == ("g", "h")
    assert shape.upstream("c") == ("b",)


def test_merged_and_collected_values_stand_for_their_region() -> None:
    branch = If(
        id="branch",
        arms=(Arm(when=Const(value=True), body=(call("a"),)), Arm()),
        merged=(Merged(id="m", values=(Out(ref="a"), Out(ref="before"))),),
    )
    loop = Each(
        id="loop",
        items=Const(value=[1]),
        body=(call("b", "m"),),
        collected=(Collected(id="bs", value=Out(ref="b")),),
    )
    shape = Shape(pipeline(call("before"), branch, loop, call("end", "bs")))
    assert shape.waits("branch").values == ("before",)
    assert shape.upstream("loop") == ("branch",)
    assert shape.upstream("end") == ("loop",)


def included(result: Value | None = None, **more: Any) -> Pipeline:
    body = (
        Call(id="x", step="f", args={"n": ParamRef(name="n", path=("k",)), "d": ParamRef(name="d")}),
        Each(id="loop", items=ParamRef(name="n"), body=(Call(id="y", step="f", args={"i": Item(loop="loop")}),)),
        call("z", "x"),
    )
    params = (Param(name="n", required=True), Param(name="d", default=[5]))
    return Pipeline(name="inner", steps=(F,), params=params, body=body, result=result, **more)


def test_an_include_becomes_a_group_that_is_entered_as_a_region() -> None:
    inner = included(DictOf(items=(("u", Out(ref="z", path=("v",))),)))
    include = Include(id="inc", pipeline=inner, args={"n": Out(ref="a", path=("q",))}, after=("b",))
    flat = inline(
        pipeline(call("a"), call("b"), include, Call(id="end", step="f", args={"r": Out(ref="inc", path=("u", 0))}))
    )
    shape = Shape(flat)
    assert [*shape.nodes] == ["a", "b", "inc", "inc.x", "inc.loop", "inc.y", "inc.z", "end"]
    x = shape.nodes["inc.x"]
    assert isinstance(x, Call)
    assert x.args == {"n": Out(ref="a", path=("q", "k")), "d": Const(value=[5])}
    assert set(shape.waits("inc.z").values + shape.waits("inc.z").after) == {"inc.x", "a", "b"}
    assert shape.waits("inc.loop") == Waits(("a",), ("a", "b"))
    end = shape.nodes["end"]
    assert isinstance(end, Call) and end.args == {"r": Out(ref="inc.z", path=("v", 0))}


def test_what_stands_in_a_group_of_an_include_comes_after_all_that_it_takes() -> None:
    inner = replace(included(), body=(Group(id="g", body=(call("u"), call("v"))),), result=None)
    include = Include(id="inc", pipeline=inner, args={"n": Out(ref="a")}, after=("b",))
    shape = Shape(inline(pipeline(call("a"), call("b"), include)))
    assert [set(shape.waits(id).after) for id in ("inc.u", "inc.v")] == [{"a", "b"}] * 2


def test_a_pipeline_without_includes_is_inlined_to_itself() -> None:
    plain = pipeline(call("a"))
    assert inline(plain) is plain


def test_included_steps_keep_their_name_unless_another_step_has_it() -> None:
    other = Step(name="f", run=Imported(module="other", attr="f"))
    inner = replace(included(), steps=(other,))
    flat = inline(pipeline(call("a"), Include(id="inc", pipeline=inner, args={"n": Const(value={"k": 1})})))
    assert [step.name for step in flat.steps] == ["f", "inc.f"]
    assert Shape(flat).nodes["inc.z"].step == "inc.f"  # type: ignore[union-attr]


def test_included_imports_of_one_package_do_not_clash() -> None:
    step = Step(name="f", run=Inlined(name="f"))

    def with_import(p: Pipeline, text: str) -> Pipeline:
        return replace(p, code=(SourceFragment(kind="import", names=("os",), text=text),), steps=(step,))

    inner = with_import(included(), "import os.path")
    outer = with_import(pipeline(Include(id="inc", pipeline=inner, args={"n": Const(value={"k": 1})})), "import os")
    assert [chunk.text for chunk in inline(outer).code] == ["import os", "import os.path"]


@pytest.mark.parametrize("other", ["from sys import os", "def os(): ..."])
def test_an_included_import_clashes_with_another_meaning_of_its_name(other: str) -> None:
    def with_code(p: Pipeline, text: str) -> Pipeline:
        kind: Any = "function" if text.startswith("def") else "import"
        step = Step(name="f", run=Inlined(name="f"))
        return replace(p, code=(SourceFragment(kind=kind, names=("os",), text=text),), steps=(step,))

    include = Include(id="inc", pipeline=with_code(included(), "import os"), args={"n": Const(value={"k": 1})})
    with pytest.raises(AuthoringError, match="PG169"):
        inline(with_code(pipeline(include), other))


def test_included_source_of_the_same_name_and_another_text_is_refused() -> None:
    def with_code(p: Pipeline, text: str) -> Pipeline:
        step = Step(name="f", run=Inlined(name="f"))
        return replace(p, code=(SourceFragment(kind="function", names=("f",), text=text),), steps=(step,))

    include = Include(id="inc", pipeline=with_code(included(), "def f(): ..."), args={"n": Const(value={"k": 1})})
    outer = with_code(pipeline(include), "def f(): return 1")
    with pytest.raises(AuthoringError, match="PG169"):
        inline(outer)


def test_a_block_is_ordered_by_what_waits_for_what_and_else_as_it_was_written() -> None:
    body = (call("a", "d"), Group(id="g", body=(call("b"), call("c", after=("e",)))), call("d"), call("e"))
    assert [node.id for node in Shape(pipeline(*body)).ordered(body)] == ["d", "a", "b", "e", "c"]


def test_the_tightest_loop_around_a_call_bounds_it() -> None:
    inner = Each(id="inner", items=Const(value=[1]), body=(call("a"),), max_parallel=5)
    outer = Each(id="outer", items=Const(value=[1]), body=(inner, call("b")), max_parallel=2)
    free = Each(id="free", items=Const(value=[1]), body=(call("c"),))
    assert Shape(pipeline(outer, free)).bounds == {"a": (2, "outer"), "b": (2, "outer")}


def test_values_are_made_of_those_that_regions_within_gave() -> None:
    inner = Each(
        id="e", items=Const(value=[1]), body=(call("a"),), collected=(Collected(id="all", value=Out(ref="a")),)
    )
    branch = If(id="i", arms=(Arm(body=(inner,)),), merged=(Merged(id="m", values=(Out(ref="all"),)),))
    shape = Shape(pipeline(call("before"), branch, call("z", "m", after=("before",))))
    assert shape.made_of(["m", "z"]) == {"m", "all"} and shape.made_of(["before"]) == set()
    assert shape.awaited == {"before"}


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        ({}, False),
        ({"s": Ctx(name="state")}, True),
        ({"d": Ctx(name="day")}, False),
        ({"t": Text(parts=(Ctx(name="state"),))}, True),
    ],
)
def test_a_final_call_asks_for_the_state_when_it_is_given_it(given: dict[str, Value], asks: bool) -> None:
    assert asks_state(Final(call=Call(id="end", step="f", args=given))) == asks
