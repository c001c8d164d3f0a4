"""What an author's function becomes: ids, blocks and the values that leave them, values, params and settings."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from pydantic import BaseModel, Field, computed_field
from typing_extensions import TypedDict

from pipeglot import (
    AuthoringError,
    Cron,
    Every,
    Param,
    Pipeline,
    all_,
    any_,
    collect,
    container,
    continue_,
    each,
    elsewhen,
    finally_,
    group,
    is_in,
    merge,
    not_,
    otherwise,
    pipeline,
    run,
    shell,
    step,
    when,
)
from pipeglot.core import ir
from pipeglot.core.check import check
from pipeglot.core.ir import Const, Ctx, DictOf, Item, ListOf, Out, ParamRef, Text
from tests.operations import grows_in_proportion


class Verdict(TypedDict):
    auc: float
    better: bool


class Point(NamedTuple):
    x: int
    label: str


T = TypeVar("T")


@dataclass
class Page(Generic[T]):
    first: T
    size: int = 1


@dataclass
class Model:
    uri: str
    auc: float
    verdict: Verdict
    tags: list[str] = field(default_factory=list)


class Report(BaseModel):
    total: int = Field(serialization_alias="sum")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return 2 * self.total


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@step
def text(value: str = "") -> str:
    return value


@step
def number(value: float = 0.0) -> float:
    return value


@step
def texts(value: str = "") -> list[str]:
    return [value]


@step
def take(value: Any = None) -> None:
    return None


@step
def model(data: str = "") -> Model:
    return Model(data, 0.5, {"auc": 0.5, "better": True})


@step
def pair() -> tuple[Model, Verdict]:
    return model(), {"auc": 0.5, "better": True}


@step
def point() -> Point:
    return Point(1, "a")


@step
def page() -> Page[Verdict]:
    return Page({"auc": 0.5, "better": True})


@step
def report() -> Report:
    return Report(total=1)


@step
def colour() -> Colour:
    return Colour.RED


@step
def by_number() -> dict[int, str]:
    return {1: "one"}


def traced(fn: Callable[..., Any]) -> ir.Pipeline:
    """The pipeline a function makes: valid by the rules, and the same after a round trip through JSON."""
    made = pipeline(fn).ir()
    assert [found for found in check(made) if found.severity == "error"] == []
    assert ir.Pipeline.from_json(made.to_json()) == made
    return made


def ids(body: tuple[ir.AnyNode, ...]) -> list[Any]:
    """The ids of a block; a node with blocks is followed by theirs."""
    found: list[Any] = []
    for node in body:
        found.append(node.id)
        found += [ids(block) for block in ir.blocks(node)]
    return found


def args(made: ir.Pipeline, id: str) -> dict[str, ir.Value]:
    (found,) = (node for node in ir.walk(made.body) if node.id == id)
    assert isinstance(found, ir.Call)
    return found.args


# ---------------------------------------------------------------- ids


def test_ids_are_the_steps_name_then_the_variable_then_a_number() -> None:
    def made() -> None:
        first = text()
        second: str = text(text(first))
        third = fourth = text(second)
        text.options(id="mine")(third)
        take([third, fourth])

    assert ids(traced(made).body) == ["text", "text_2", "second", "text_3", "mine", "take"]


def test_a_number_is_noted_once_a_line() -> None:
    @pipeline
    def made() -> None:
        for value in ("a", "b", "c"):
            text(value)

    _, notes = made.trace()
    assert [(note.code, note.severity) for note in notes] == [("PG140", "note")]
    assert ".options(id=" in notes[0].help and "text_2" in notes[0].message


def test_regions_are_named_for_what_they_hold() -> None:
    def made() -> None:
        with when(run.run_id == "a"):
            text()
        with otherwise():
            number()
        with each(["a"]) as name:
            take(name)
        with group("tail"), each(["a"]) as (_):
            late = text()
        take.options(id="end")(collect(late))

    assert ids(traced(made).body) == [
        "if_text",
        ["text"],
        ["number"],
        "each_name",
        ["take"],
        "tail",
        ["each__", ["late"]],
        "end",
    ]


def test_an_if_is_named_for_its_first_call_at_any_depth() -> None:
    def made() -> None:
        with when(run.run_id == "a"), each(["a"]) as item:
            take(item)

    assert ids(traced(made).body)[0] == "if_take"


def test_merged_and_collected_values_take_their_variable() -> None:
    def made() -> list[str]:
        with when(run.run_id == "a"):
            new = text()
        with otherwise():
            old = text.options(id="old")()
        version = merge(new, old)
        take(merge(new, "none"))
        with each(["a"]) as item:
            loud = text.options(id="loud")(item)
        every = collect(loud)
        take(collect(loud))
        short = each(["a"], lambda x: text.options(id="short_one")(x))
        take([version, every])
        return short

    body = traced(made).body
    merged = [one.id for node in body if isinstance(node, ir.If) for one in node.merged]
    collected = [one.id for node in body if isinstance(node, ir.Each) for one in node.collected]
    assert merged == ["version", "text_merged"]
    assert collected == ["every", "loud_list", "short"]


def test_ids_can_be_given() -> None:
    def made() -> None:
        with when(run.run_id == "a", id="gate"):
            a = text()
        with otherwise():
            b = text.options(id="b")()
        take(merge(a, b, id="chosen"))
        with each(["a"], id="loop") as item:
            c = text.options(id="c")(item)
        take.options(id="end")(collect(c, id="all"))

    assert [node for node in ids(traced(made).body) if isinstance(node, str)] == ["gate", "take", "loop", "end"]


# ---------------------------------------------------------------- order


def test_after_takes_results_blocks_and_conditions() -> None:
    def made() -> None:
        quiet = take()
        where = model().verdict
        with when(where["better"]) as gate:
            text()
        with each(["a"]) as item:
            kept = text.options(id="kept")(item)
        every = collect(kept)
        loop = each(["b"])
        with loop as other:
            take.options(id="inner")(other)
        take.options(id="last", after=[quiet, where, gate, every, loop, where["auc"] > 0.5])()
        take.options(id="one", after=[quiet])()
        with when(where["better"], after=[quiet]):
            take.options(id="late")()
        with each(["c"], after=[quiet]) as third:
            take.options(id="later")(third)

    made_ = traced(made)
    found = {node.id: node.after for node in ir.walk(made_.body) if not isinstance(node, ir.Group)}
    assert found["last"] == ("take", "model", "if_text", "every", "each_loop")
    assert found["one"] == found["if_late"] == found["each_third"] == ("take",)


# ---------------------------------------------------------------- values


def test_values_become_paths_lists_dicts_and_text() -> None:
    def made(margin: float = 0.5, who: Page[str] = Page("a")) -> None:  # noqa: B008
        best, verdict = pair()
        take.options(id="path")(best.verdict["auc"])
        take.options(id="param")(who.first)
        take.options(id="list")([best.uri, (margin, 1), "x"])
        take.options(id="dict")({"a": verdict, "b": {"c": [1, None]}})
        take.options(id="text")(f"{best.uri} of {run.day}: {margin}!")
        take.options(id="joined")("/".join(["a", f"{best.uri}"]) + "%s" % margin)  # noqa: UP031
        take.options(id="record")(Page(first=best.uri, size=2))
        take.options(id="item")(best.tags[0])
        x, label = point()
        take.options(id="points")([x, label, point.options(id="p2")().label, point.options(id="p3")()[1]])
        take.options(id="pages")(page().first["auc"])
        take.options(id="alias")([report().total, report.options(id="r2")().twice])
        take.options(id="key")(by_number()[1])

    made_ = traced(made)
    best = Out(ref="pair", path=(0, "uri"))
    assert args(made_, "path")["value"] == Out(ref="pair", path=(0, "verdict", "auc"))
    assert args(made_, "param")["value"] == ParamRef(name="who", path=("first",))
    listed = ListOf(items=(ParamRef(name="margin"), Const(value=1)))
    assert args(made_, "list")["value"] == ListOf(items=(best, listed, Const(value="x")))
    inner = (("a", Out(ref="pair", path=(1,))), ("b", Const(value={"c": [1, None]})))
    assert args(made_, "dict")["value"] == DictOf(items=inner)
    day, margin = Ctx(name="day"), ParamRef(name="margin")
    parts = (best, Const(value=" of "), day, Const(value=": "), margin, Const(value="!"))
    assert args(made_, "text")["value"] == Text(parts=parts)
    assert args(made_, "joined")["value"] == Text(parts=(Const(value="a/"), best, margin))
    assert args(made_, "record")["value"] == DictOf(items=(("first", best), ("size", Const(value=2))))
    assert args(made_, "item")["value"] == Out(ref="pair", path=(0, "tags", 0))
    paths = [("point", 0), ("point", 1), ("p2", 1), ("p3", 1)]
    assert args(made_, "points")["value"] == ListOf(items=tuple(Out(ref=r, path=(n,)) for r, n in paths))
    assert args(made_, "pages")["value"] == Out(ref="page", path=("first", "auc"))
    total = (Out(ref="report", path=("sum",)), Out(ref="r2", path=("twice",)))
    assert args(made_, "alias")["value"] == ListOf(items=total)
    assert args(made_, "key")["value"] == Out(ref="by_number", path=("1",))


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02T00:00:00Z"),
        (Colour.RED, "red"),
        (Page(Colour.BLUE), {"first": "blue", "size": 1}),
        ([Point(1, "a")], [[1, "a"]]),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ("\ue000 '\"\\\n{{ x }}", "\ue000 '\"\\\n{{ x }}"),
        (None, None),
    ],
)
def test_constants_are_written_as_pydantic_does(given: Any, plain: Any) -> None:
    def made() -> None:
        take(given)

    assert args(traced(made), "take")["value"] == Const(value=plain)


def test_a_field_that_every_member_of_a_union_has() -> None:
    def made() -> None:
        with when(run.run_id == "a"):
            a = model()
        with otherwise():
            b = model.options(id="b")("x")
        take(merge(a, b).uri)

    assert args(traced(made), "take")["value"] == Out(ref="model_merged", path=("uri",))


def test_conditions() -> None:
    def made(limit: int = 3) -> None:
        value, name = number(), text()
        c = all_(value > limit, any_(name == "a", not_(is_in(name, ["b", "c"]))), colour() != Colour.RED)
        with when(all_(c, run.logical_date >= datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))):
            take()
        with elsewhen(value >= 0.5):
            take.options(id="other")()
        with elsewhen(run.day == date(2026, 1, 1)):
            take.options(id="third")()

    (gate,) = (node for node in traced(made).body if isinstance(node, ir.If))
    first, second, third = (arm.when for arm in gate.arms)
    instant = ir.Compare(op=">=", left=Ctx(name="logical_date"), right=Const(value="2026-01-01T00:00:00Z"))
    assert isinstance(first, ir.All) and first.operands[1] == instant
    assert second == ir.Compare(op=">=", left=Out(ref="number"), right=Const(value=0.5))
    assert third == ir.Compare(op="==", left=Ctx(name="day"), right=Const(value="2026-01-01"))


def test_static_python_unrolls() -> None:
    def made(deep: bool = True) -> None:
        for value in ["a", "b"]:
            if value == "b":
                text.options(id=value)(value)

    assert ids(traced(made).body) == ["b"]


# ---------------------------------------------------------------- blocks in blocks

MAKERS = ("call", "if", "each", "group")


def value_of(kind: str, depth: int, rest: tuple[str, ...], numbers: Any) -> Any:
    """A text made inside `kind`, which holds the kinds of `rest`, and brought out of it."""
    if kind == "call" or not rest:
        return text.options(id=f"t{next(numbers)}")("x")
    if kind == "if":
        with when(run.run_id == f"{depth}"):
            a = value_of(rest[0], depth + 1, rest[1:], numbers)
        with otherwise():
            b = text.options(id=f"t{next(numbers)}")("y")
        return merge(a, b)
    if kind == "each":
        with each(["a", "b"]) as item:
            inner = value_of(rest[0], depth + 1, rest[1:], numbers)
            both = take.options(id=f"t{next(numbers)}")([inner, item])
        del both
        return texts.options(id=f"t{next(numbers)}")(f"{collect(inner)}")[0]
    with group(f"g{next(numbers)}"):
        return value_of(rest[0], depth + 1, rest[1:], numbers)


@pytest.mark.parametrize("kinds", list(itertools.product(MAKERS[1:], MAKERS[1:], MAKERS[1:])), ids="-".join)
def test_values_leave_blocks_in_blocks(kinds: tuple[str, ...]) -> None:
    def made() -> str:
        made_: str = value_of(kinds[0], 0, (*kinds[1:], "call"), itertools.count())
        return made_

    made_ = traced(made)
    held = {node.kind for node in ir.walk(made_.body)}
    assert held == {*kinds, "call"}
    assert isinstance(made_.result, Out)


def test_composed_values_leave_blocks() -> None:
    def made() -> None:
        with when(run.run_id == "a"):
            a = model()
        with otherwise():
            b = text()
        merged = merge({"uri": a.uri, "by": f"{a.auc} x"}, {"uri": b, "by": "none"})
        with each(["a"]) as item:
            c = text.options(id="c")(item)
        pairs = collect([item, c, f"{item}!"])
        take([merged, pairs])

    gate, loop, _ = traced(made).body
    assert isinstance(gate, ir.If) and isinstance(loop, ir.Each)
    assert gate.merged[0].values[1] == DictOf(items=(("uri", Out(ref="text")), ("by", Const(value="none"))))
    item = Item(loop="each_item")
    assert loop.collected[0].value == ListOf(items=(item, Out(ref="c"), Text(parts=(item, Const(value="!")))))


def test_a_merge_may_stand_deeper_than_its_if() -> None:
    def made() -> None:
        with when(run.run_id == "a"):
            a = text()
        with otherwise():
            b = text.options(id="b")()
        with each(["a"]) as item:
            take([item, merge(a, b)])

    gate, loop = traced(made).body
    assert isinstance(gate, ir.If) and [one.id for one in gate.merged] == ["text_merged"]
    assert isinstance(loop, ir.Each)


def test_a_step_is_the_body_of_a_loop() -> None:
    def made() -> list[str]:
        return each(texts(), text)

    (_, loop) = traced(made).body
    assert isinstance(loop, ir.Each)
    assert (loop.id, loop.collected[0].value) == ("each_value", Out(ref="text"))


def test_a_final_is_told_the_outcome() -> None:
    def made(who: str = "team") -> None:
        text()
        with finally_() as outcome:
            take.options(retries=2)(f"{who} {run.run_id}: {outcome.state}")

    final = traced(made).final
    assert final is not None and final.call.policy.retry is not None
    state = final.call.args["value"]
    assert isinstance(state, Text) and state.parts[-1] == Ctx(name="state")


# ---------------------------------------------------------------- steps


def test_policies_of_the_step_and_of_the_call() -> None:
    tough = step(text, retries=3, retry_delay="1m", backoff=2, max_delay=timedelta(minutes=5), timeout="1h30m")

    def made() -> None:
        tough("a")
        tough.options(id="b", retries=0, timeout=10, on_failure=continue_(default="none"))("b")

    (a, b) = traced(made).body
    assert isinstance(a, ir.Call) and isinstance(b, ir.Call)
    assert a.policy == ir.Policy(retry=ir.Retry(count=3, delay=60, backoff=2, max_delay=300), timeout=5400)
    assert b.policy == ir.Policy(timeout=10, on_failure=ir.Continue(default="none"))
    assert a.step == b.step == "text"


@shell('echo "$who $times"')
def greet(who: str, times: int = 2) -> None: ...


@container("alpine:3.20", command=["true"])
def contained(who: str) -> None: ...


def test_shell_and_container_steps() -> None:
    def made() -> str:
        take(contained("you"))
        return greet("you")

    made_ = traced(made)
    kinds = {one.name: one.run for one in made_.steps}
    assert kinds["greet"] == ir.Shell(script='echo "$who $times"')
    assert kinds["contained"] == ir.Container(image="alpine:3.20", command=("true",))
    assert args(made_, "greet") == {"who": Const(value="you"), "times": Const(value=2)}
    assert made_.step("greet").returns == {"type": "string"}
    assert greet("you", 3) == "you 3"


def test_steps_are_declared_once_in_the_order_of_their_first_call() -> None:
    def made() -> None:
        take(text())
        take.options(id="again")(number())

    assert [one.name for one in traced(made).steps] == ["text", "take", "number"]


# ---------------------------------------------------------------- pipelines


def test_params_come_from_the_signature() -> None:
    def made(
        needed: int,
        margin: Annotated[float, Param(ge=0, lt=1, description="how much")] = 0.5,
        metric: Literal["auc", "ks"] = "auc",
        hue: Colour = Colour.RED,
        size: Annotated[int, Param(choices=[1, 2])] = 1,
        when_: date = date(2026, 1, 1),
        free: Any = None,
    ) -> None:
        take([needed, margin, metric, hue, size, when_, free])

    params = {param.name: param for param in traced(made).params}
    assert params["needed"].required and not params["margin"].required
    assert params["margin"].type == {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    assert params["margin"].description == "how much"
    assert params["metric"].type["enum"] == ["auc", "ks"]
    assert params["hue"].default == "red" and params["when_"].default == "2026-01-01"
    assert params["size"].type["enum"] == [1, 2] and params["free"].type == {}


def test_settings() -> None:
    @pipeline(
        name="nightly credit",
        schedule=Cron("0 2 * * *", tz="Europe/Berlin"),
        start=date(2026, 1, 1),
        catch_up=True,
        max_active_runs=1,
        run_timeout="2h",
        owner="risk",
        tags=["a", "b"],
        packages=["x>=1"],
        options={"airflow": {"pool": "p"}},
    )
    def credit() -> None:
        """Score."""
        take()

    made = credit.ir()
    assert (made.name, made.description, made.owner, made.tags) == ("nightly credit", "Score.", "risk", ("a", "b"))
    assert made.schedule is not None and made.schedule.start == datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
    assert (made.max_active_runs, made.run_timeout, made.packages) == (1, 7200, ("x>=1",))
    assert made.options == {"airflow": {"pool": "p"}}

    hourly = pipeline(credit.fn, schedule=Every("1h"), description="").ir()
    assert hourly.schedule is not None and hourly.schedule.timing == ir.Interval(seconds=3600)
    assert hourly.description == ""


@pipeline
def inner(factor: Annotated[float, Param(ge=0)] = 1.0) -> float:
    return number(factor)


def test_a_pipeline_in_a_pipeline_is_an_include() -> None:
    def made() -> float:
        ready = take()
        first = inner(number())
        return inner.options(id="second", after=[ready])(first)

    made_ = traced(made)
    first, second = (node for node in made_.body if isinstance(node, ir.Include))
    assert (first.id, second.id, second.after) == ("inner", "second", ("take",))
    assert second.args == {"factor": Out(ref="inner")} and second.pipeline == inner.ir()
    assert made_.result == Out(ref="second")


def test_a_pipeline_is_a_generic_object() -> None:
    assert isinstance(inner, Pipeline)
    assert inner.check() == []
    record = inner.run(factor=2)
    assert (record.state, record.result) == ("succeeded", 2.0)


def test_the_author_cannot_swallow_what_is_wrong() -> None:
    @pipeline
    def made() -> None:
        try:
            if text() == "a":
                take()
        except Exception:
            take.options(id="hidden")()

    with pytest.raises(AuthoringError, match="PG101"):
        made.ir()


def test_what_is_wrong_is_told_at_once() -> None:
    @pipeline(schedule=Cron("0 2 * * *"))
    def made() -> None:
        value: Any = text()
        if value is None:
            take()
        f"{value}"
        take(value)
        len(value)

    with pytest.raises(AuthoringError) as caught:
        made.ir()
    assert [found.code for found in caught.value.diagnostics] == ["PG101", "PG102"]


def test_plain_values_may_be_tested_for_identity() -> None:
    def made() -> None:
        limit: Any = None
        chosen = {"a": limit}.get("a")
        value = text()
        if limit is None and chosen is None:
            take(value)

    assert ids(traced(made).body) == ["text", "take"]


def test_ids_need_no_source_and_no_version_of_python() -> None:
    space: dict[str, Any] = {"text": text, "each": each, "collect": collect}
    lines = [f"    v{n} = text(text('{n}'))\n" for n in range(300)]  # more variables than one byte counts
    lines += ["    with each(['a']) as item: w = text(item)\n", "    xs = collect(w); last = text(xs[0])\n"]
    exec("def made():\n" + "".join(lines), space)
    found = ids(pipeline(space["made"]).ir().body)
    assert found[:4] == ["text", "v0", "text_2", "v1"]
    assert found[-4:] == ["v299", "each_item", ["w"], "last"]


def test_tracing_is_linear() -> None:
    def traced(count: int) -> None:
        def made() -> None:
            for number_ in range(count):
                with when(run.run_id == f"{number_}"):
                    a = text("a")
                with otherwise():
                    b = text("b")
                take(merge(a, b))

        pipeline(made).ir()

    assert grows_in_proportion(traced, 30)


@pipeline
def shown(x: float = 1.0) -> float:
    return number(x)


def test_params_of_a_run_are_json() -> None:
    assert shown.run(x=2.5).result == 2.5
    with pytest.raises(AuthoringError, match="PG352"):
        shown.run(x=object())
