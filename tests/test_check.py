"""Every rule fires on the smallest pipeline that breaks it, and on nothing else."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

import pytest

from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CODES
from pipeglot.core.ir import (
    MAX_DEPTH,
    All,
    Any_,
    Arm,
    At,
    Call,
    Compare,
    Const,
    Container,
    Continue,
    Cron,
    Ctx,
    DictOf,
    Final,
    Group,
    If,
    Imported,
    Include,
    Inlined,
    Interval,
    IsIn,
    Item,
    ListOf,
    Merged,
    Not,
    Out,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    Policy,
    Schedule,
    Secret,
    Shell,
    SourceFragment,
    Step,
    Text,
)
from pipeglot.core.rules.practice import has_secret
from tests.build import CODE, STEPS, call, each, item, less, pipeline, value, when
from tests.test_run import MEANING

YES = less(0, 1)
NUMBER = Param(name="n", type={"type": "integer"}, required=True)
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def cron(expression: str, zone: str = "UTC", **more: Any) -> Schedule:
    return Schedule(timing=Cron(expression=expression, timezone=zone), **more)


def inner(**fields: Any) -> Pipeline:
    return pipeline(call("x"), **{"name": "inner", **fields})


def step(**fields: Any) -> Pipeline:
    return pipeline(steps=(*STEPS, Step(name="mine", **fields)))


def deep(levels: int) -> Pipeline:
    node: Any = call("c")
    for n in range(levels - 1):
        node = Group(id=f"g{n}", body=(node,))
    return pipeline(node)


def deep_value(levels: int) -> Pipeline:
    made: Any = Const(value=1)
    for _ in range(levels - 2):
        made = ListOf(items=(made,))
    return pipeline(call("c", "give", x=made))


def deep_constant(levels: int) -> Pipeline:
    made: Any = 1
    for _ in range(levels - 3):
        made = [made]
    return pipeline(call("c", "give", x=made))


BROKEN: dict[str, tuple[str, Pipeline]] = {
    # names
    "two calls": ("PG170", pipeline(call("a"), call("a"))),
    "a call and a merged value": ("PG170", pipeline(call("m"), when("i", (YES, []), (None, []), m=[1, 2]))),
    "a call and the Final": ("PG170", pipeline(call("a"), final=Final(call=call("a")))),
    "two steps": ("PG170", pipeline(steps=(STEPS[0], STEPS[0]))),
    "two params": ("PG170", pipeline(params=(Param(name="n"), Param(name="n")), result=ParamRef(name="n"))),
    "a clash by inlining": ("PG170", pipeline(call("in.x"), Include(id="in", pipeline=inner()))),
    "no id": ("PG171", pipeline(call(""))),
    "a long id": ("PG171", pipeline(call("x" * 201))),
    "no name": ("PG171", pipeline(name="")),
    "a long id by inlining": ("PG171", pipeline(Include(id="i" * 200, pipeline=inner()))),
    "deep blocks": ("PG172", deep(MAX_DEPTH + 1)),
    "deep values": ("PG172", deep_value(MAX_DEPTH + 1)),
    "deep constants": ("PG172", deep_constant(MAX_DEPTH + 1)),
    "very deep": ("PG172", deep(400)),
    "deep by inlining": ("PG172", pipeline(Include(id="in", pipeline=deep(MAX_DEPTH)))),
    # references
    "no such call": ("PG173", pipeline(call("a", x="$b"))),
    "the value of an If": ("PG173", pipeline(when("i", (YES, [call("a")])), call("b", x="$i"))),
    "out of an If": ("PG174", pipeline(when("i", (YES, [call("a")])), call("b", x="$a"))),
    "out of an Each": ("PG174", pipeline(each("e", [1], call("a")), result="$a")),
    "from another arm": ("PG174", pipeline(when("i", (YES, [call("a")]), (None, [call("b", x="$a")])))),
    "merged from another arm": (
        "PG174",
        pipeline(when("i", (YES, [call("a")]), (None, [call("b")]), m=["$b", "$a"])),
    ),
    "before it is made": ("PG174", pipeline(call("a", x="$b"), call("b"))),
    "its own value": ("PG174", pipeline(call("a", x="$a"))),
    "a merged value inside its If": (
        "PG174",
        pipeline(when("i", (YES, [call("a", x="$m")]), (None, []), m=[1, 2])),
    ),
    "the item outside its loop": ("PG174", pipeline(each("e", [1], call("a")), call("b", x=item("e")))),
    "the item of a sibling": (
        "PG174",
        pipeline(each("e", item("f"), call("a")), each("f", [[1]], call("b"))),
    ),
    "a condition on what an arm makes": (
        "PG174",
        pipeline(when("i", (less("$a", 1), [call("a")]))),
    ),
    "after nothing": ("PG175", pipeline(call("a", after=("b",)))),
    "after itself": ("PG175", pipeline(call("a", after=("a",)))),
    "after what encloses it": ("PG175", pipeline(when("i", (YES, [call("a", after=("i",))])))),
    "after its group": ("PG175", pipeline(Group(id="g", body=(call("a", after=("g",)),)))),
    "after its own merged value": (
        "PG175",
        pipeline(when("i", (YES, [call("a", after=("m",))]), (None, []), m=[1, 2])),
    ),
    "a cycle": ("PG175", pipeline(call("a", after=("b",)), call("b", after=("c",)), call("c", after=("a",)))),
    "a cycle through a value": ("PG175", pipeline(call("a", after=("b",)), call("b", x="$a"))),
    "a cycle of regions": (
        "PG175",
        pipeline(
            when("i", (YES, [call("a", after=("b",))])),
            when("j", (YES, [call("b")])),
            call("c", after=("i",)),
            when("k", (YES, [call("d", after=("c",))]), after=("l",)),
            each("l", [1], call("e", after=("d",))),
        ),
    ),
    "a cycle through a group": (
        "PG175",
        pipeline(Group(id="g", body=(call("a", after=("b",)),)), call("b", after=("g",))),
    ),
    # arms
    "a value too few": ("PG176", pipeline(when("i", (YES, []), (None, []), m=[1]))),
    "no unconditional arm": ("PG176", pipeline(when("i", (YES, []), m=[1]))),
    "an arm after the unconditional one": ("PG177", pipeline(when("i", (None, []), (YES, [])))),
    "no condition": ("PG177", pipeline(when("i", (None, [call("a")])))),
    # calls
    "no such step": ("PG178", pipeline(call("a", "none"))),
    "no such step in the Final": ("PG178", pipeline(final=Final(call=call("a", "none")))),
    "an unknown argument": ("PG179", pipeline(call("a", y=1))),
    "a missing argument": ("PG179", pipeline(call("a", "flag"))),
    "a text for an int": ("PG180", pipeline(call("a", x="one"))),
    "a bool for an int": ("PG180", pipeline(call("a", x=True))),
    "a float for an int": ("PG180", pipeline(call("a", x=1.0))),
    "a list for an int": ("PG180", pipeline(call("a", x=ListOf(items=())))),
    "a list of texts for ints": (
        "PG180",
        pipeline(
            call("a", "ints", x=ListOf(items=(Const(value=1), Const(value="b")))),
            steps=(
                Step(
                    name="ints",
                    run=Inlined(name="num"),
                    parameters=(Parameter(name="x", type={"type": "array", "items": {"type": "integer"}}),),
                ),
            ),
        ),
    ),
    "a dict without a field": (
        "PG180",
        pipeline(
            call("a", "row", x=DictOf(items=())),
            steps=(
                Step(
                    name="row",
                    run=Inlined(name="num"),
                    parameters=(Parameter(name="x", type={"type": "object", "required": ["n"]}),),
                ),
            ),
        ),
    ),
    "an output of another type": ("PG180", pipeline(call("a", "flag", x=True), call("b", x="$a"))),
    "an argument of an Include": (
        "PG180",
        pipeline(
            Include(
                id="in",
                args={"n": Const(value="x")},
                pipeline=inner(params=(NUMBER,), result=ParamRef(name="n")),
            )
        ),
    ),
    # conditions
    "unknown type": ("PG181", pipeline(call("a", "give"), when("i", (less("$a", 1), [])))),
    "text with a number": ("PG181", pipeline(when("i", (less("a", 1), [])))),
    "bool with a number": (
        "PG181",
        pipeline(when("i", (Compare(op="==", left=value(True), right=value(1)), []))),
    ),
    "an order of bools": ("PG181", pipeline(when("i", (less(False, True), [])))),
    "None": ("PG181", pipeline(when("i", (Compare(op="==", left=value(None), right=value(1)), [])))),
    "a number as condition": ("PG181", pipeline(call("a"), when("i", (Out(ref="a"), [])))),
    "a number under not": ("PG181", pipeline(call("a"), when("i", (Not(operand=Out(ref="a")), [])))),
    "a number under and": ("PG181", pipeline(call("a"), when("i", (All(operands=(YES, Out(ref="a"))), [])))),
    "a text under or": ("PG181", pipeline(when("i", (Any_(operands=(YES, value("a"))), [])))),
    "in the wrong kind": (
        "PG181",
        pipeline(call("a"), when("i", (IsIn(value=Out(ref="a"), options=("x",)), []))),
    ),
    "a condition as an argument": ("PG181", pipeline(call("a", "flag", x=less("a", 1)))),
    "items that are no list": ("PG182", pipeline(call("a"), each("e", "$a", call("b")))),
    # the Final
    "a value in a Final": ("PG183", pipeline(call("a"), final=Final(call=call("f", x="$a")))),
    "after in a Final": ("PG183", pipeline(call("a"), final=Final(call=call("f", after=("a",))))),
    "a tolerated Final": (
        "PG183",
        pipeline(final=Final(call=call("f", policy=Policy(on_failure=Continue(default=1))))),
    ),
    "the item in a Final": (
        "PG174",
        pipeline(each("e", [1], call("a")), final=Final(call=call("f", x=item("e")))),
    ),
    "the state elsewhere": ("PG184", pipeline(call("a", "give", x=Ctx(name="state")))),
    "the state in the result": ("PG184", pipeline(result=Ctx(name="state"))),
    "no such param": ("PG184", pipeline(call("a", "give", x=ParamRef(name="n")))),
    # declarations
    "a default of the wrong type": (
        "PG185",
        pipeline(params=(Param(name="n", type={"type": "integer"}, default="x"),), result=ParamRef(name="n")),
    ),
    "a default that is no choice": (
        "PG185",
        pipeline(params=(Param(name="n", type={"enum": [1, 2]}, default=3),), result=ParamRef(name="n")),
    ),
    "required with a default": (
        "PG185",
        pipeline(params=(Param(name="n", required=True, default=3),), result=ParamRef(name="n")),
    ),
    "six fields": ("PG186", pipeline(schedule=cron("0 0 * * * *"))),
    "a nickname": ("PG186", pipeline(schedule=cron("@daily"))),
    "no number of minutes": ("PG186", pipeline(schedule=cron("61 0 * * *"))),
    "a random time": ("PG186", pipeline(schedule=cron("R 0 * * *"))),
    "two spaces": ("PG186", pipeline(schedule=cron("0  0 * * *"))),
    "a question mark": ("PG186", pipeline(schedule=cron("0 0 ? * *"))),
    "a day that never comes": ("PG186", pipeline(schedule=cron("0 0 30 2 *"))),
    "no such zone": ("PG186", pipeline(schedule=cron("0 0 * * *", "Mars/Base"))),
    "a folder of zones": ("PG186", pipeline(schedule=cron("0 0 * * *", "Europe"))),
    "a path as zone": ("PG186", pipeline(schedule=cron("0 0 * * *", "/etc/passwd"))),
    "catching up from nowhere": ("PG186", pipeline(schedule=cron("0 0 * * *", catch_up=True))),
    "a tolerated value of the wrong type": (
        "PG187",
        pipeline(call("a", policy=Policy(on_failure=Continue(default="x")))),
    ),
    "source that is no Python": (
        "PG188",
        pipeline(code=(*CODE, SourceFragment(kind="function", names=("f",), text="def f(:"))),
    ),
    "source that defines something else": (
        "PG188",
        pipeline(code=(*CODE, SourceFragment(kind="function", names=("f",), text="def g(): pass"))),
    ),
    "a future import in the middle": (
        "PG188",
        pipeline(code=(*CODE, SourceFragment(kind="import", names=("x",), text="from __future__ import annotations"))),
    ),
    "a function that is not there": ("PG188", step(run=Inlined(name="not_there"))),
    "a package that is none": ("PG189", pipeline(packages=("two words",))),
    "an option of pip": ("PG189", pipeline(packages=("--index-url=http://x",))),
    "an unknown argument of an Include": (
        "PG190",
        pipeline(Include(id="in", args={"n": Const(value=1)}, pipeline=inner())),
    ),
    "a missing argument of an Include": (
        "PG190",
        pipeline(
            Include(id="in", pipeline=inner(params=(NUMBER,), result=ParamRef(name="n"))),
        ),
    ),
    "the result of an Include without one": (
        "PG190",
        pipeline(Include(id="in", pipeline=inner()), call("b", x="$in")),
    ),
    "an error inside an Include": (
        "PG178",
        pipeline(Include(id="in", pipeline=pipeline(call("a", "none")))),
    ),
    "a path into a number": ("PG191", pipeline(call("a"), call("b", "give", x=Out(ref="a", path=("k",))))),
    "a path into an argument": (
        "PG191",
        pipeline(
            Include(
                id="in",
                args={"n": Const(value={"k": 1})},
                pipeline=inner(params=(Param(name="n"),), result=ParamRef(name="n", path=("other",))),
            ),
            result="$in",
        ),
    ),
    "a number beyond 2**53": ("PG192", pipeline(call("a", "give", x=[{"k": 2**53 + 1}]))),
    "a default beyond 2**53": (
        "PG192",
        pipeline(params=(Param(name="n", default=-(2**60)),), result=ParamRef(name="n")),
    ),
    "half a character": ("PG192", pipeline(call("a", "give", x="\ud800"))),
    "two parameters of a step": (
        "PG193",
        step(run=Shell(script="true"), parameters=(Parameter(name="a"), Parameter(name="a"))),
    ),
    "no variable": ("PG193", step(run=Shell(script="true"), parameters=(Parameter(name="a-b"),))),
    "no identifier": (
        "PG193",
        step(run=Imported(module="json", attr="dumps"), parameters=(Parameter(name="a b"),)),
    ),
    "no module": ("PG193", step(run=Imported(module="my module", attr="f"))),
    "a secret with a reserved name": (
        "PG194",
        pipeline(replace(call("a"), policy=Policy(secrets=(Secret(env="PATH"),)))),
    ),
}  # fmt: skip

DOUBTFUL: dict[str, tuple[str, Pipeline]] = {
    "a key in a constant": ("PG400", pipeline(call("a", "give", x={"k": ["AKIA" + "A1" * 8]}))),
    "a password in an address": ("PG400", pipeline(call("a", "give", x="postgres://me:hunter2@db/x"))),
    "a password argument": (
        "PG400",
        pipeline(
            call("a", "login", db_password="hunter2"),
            steps=(Step(name="login", run=Shell(script="true"), parameters=(Parameter(name="db_password"),)),),
        ),
    ),
    "a token as default": (
        "PG400",
        pipeline(params=(Param(name="api_token", default="abc"),), result=ParamRef(name="api_token")),
    ),
    "a large constant": ("PG401", pipeline(call("a", "give", x="x" * 50_000))),
    "an image without a tag": ("PG402", step(run=Container(image="registry:5000/img"))),
    "the latest image": ("PG402", step(run=Container(image="img:latest"))),
    "an unused parameter": ("PG403", pipeline(params=(Param(name="n"),))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_pipeline_is_refused_for_one_reason(name: str) -> None:
    code, program = BROKEN[name]
    found = check(program)
    assert {d.code for d in found} == {code}, found
    assert all(d.severity == "error" for d in found)


@pytest.mark.parametrize("unit", ["x", "a1", "x.", "-", "ghp_", "eyJ.", "SG.", "http:"])
def test_a_long_text_is_searched_for_secrets_once_and_not_from_each_of_its_characters(unit: str) -> None:
    begun = time.process_time()
    assert not has_secret(unit * 200_000)
    assert has_secret(unit * 200_000 + " 1postgres://me:hunter2@db/x")
    assert time.process_time() - begun < 5  # from each of them, it is minutes


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_doubtful_is_valid(name: str) -> None:
    code, program = DOUBTFUL[name]
    found = check(program)
    assert [d.code for d in found] == [code]
    assert found[0].severity in ("warning", "note")


def test_every_rule_is_shown_here_and_registered() -> None:
    shown = {code for code, _ in [*BROKEN.values(), *DOUBTFUL.values()]}
    # PG404 is said of functions that are there, not of pipelines as data: tests/test_untyped.py.
    ruled = {code for code in CODES if "PG170" <= code <= "PG199" or code.startswith("PG4")} - {"PG404"}
    assert shown == ruled


@pytest.mark.parametrize("name", [name for name in MEANING if "decide" not in name])
def test_what_the_meaning_is_told_with_is_valid(name: str) -> None:
    expected = {"PG181"} if "only until one holds" in name or "cannot be evaluated" in name else set()
    assert {d.code for d in check(MEANING[name][0]) if d.severity == "error"} == expected


VALID: dict[str, Pipeline] = {
    "empty": Pipeline(name="p"),
    "an after that points forward": pipeline(call("a", after=("b",)), call("b")),
    "two loops after one another by their insides": pipeline(
        each("e", [1], call("a")), each("f", [1], call("b", after=("a",)))
    ),
    "a group used inside and out": pipeline(Group(id="g", body=(call("a"),)), call("b", x="$a", after=("g",))),
    "schedules": pipeline(schedule=cron("*/5 0-6,8 1 JAN-MAR MON", "America/New_York", start=START, catch_up=True)),
    "an interval": pipeline(schedule=Schedule(timing=Interval(seconds=60))),
    "packages": pipeline(
        packages=(
            "pandas",
            "a-b.c[x,y]>=1.2,<3 ; python_version < '3.12'",
            "x @ https://h/x.whl",
            "n==1.*",
            "m (>=2)",
        )
    ),
    "an image by digest": step(run=Container(image="img@sha256:0123")),
    "the deepest": deep(MAX_DEPTH),
    "the deepest value": deep_value(MAX_DEPTH),
    "the deepest constant": deep_constant(MAX_DEPTH),
    "an include in a loop": pipeline(
        each(
            "e",
            [1, 2],
            Include(
                id="in",
                args={"n": Item(loop="e")},
                pipeline=inner(
                    params=(NUMBER,),
                    result=ParamRef(name="n"),
                ),
            ),
            xs="$in",
        ),
        result="$xs",
    ),
    "conditions of known kinds": pipeline(
        call("n"),
        call("f", "flag", x=True),
        when("i", (less("$n", 1.5), []), (Out(ref="f"), []), (IsIn(value=Out(ref="n"), options=(1, 2.5)), [])),
        when("j", (Compare(op="==", left=Text(parts=(Out(ref="n"),)), right=value("1")), [])),
        when("k", (All(operands=(Out(ref="f"), Not(operand=Const(value=True)))), [])),
        when("l", (Compare(op="<", left=Ctx(name="day"), right=value("2026-01-01")), [])),
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_valid_pipelines_have_no_findings(name: str) -> None:
    assert check(VALID[name]) == []


@pytest.mark.parametrize("levels", [MAX_DEPTH])
def test_the_deepest_pipelines_still_serialise(levels: int) -> None:
    for program in (deep(levels), deep_value(levels), deep_constant(levels)):
        assert Pipeline.from_json(program.to_json()) == program


def test_all_findings_come_at_once_with_their_places() -> None:
    program = pipeline(
        Call(id="a", step="none", at=At(file="p.py", line=3)),
        Call(id="b", step="num", args={"y": Const(value=1)}, at=At(file="p.py", line=4)),
        If(
            id="i",
            arms=(Arm(when=Const(value=1)),),
            merged=(Merged(id="m", values=()),),
            at=At(file="p.py", line=5),
        ),
        schedule=cron("never"),
    )
    found = {(d.code, d.at.line if d.at else None) for d in check(program)}
    assert found == {("PG186", None), ("PG178", 3), ("PG179", 4), ("PG176", 5), ("PG181", 5)}


def test_a_cycle_is_named_once() -> None:
    program = pipeline(
        call("a", after=("b",)), call("b", after=("a",)), call("c", after=("a",)), call("d", after=("e",)),
        call("e", after=("d",)),
    )  # fmt: skip
    messages = sorted(d.message for d in check(program))
    assert messages == ["a cycle: 'a' after 'b' after 'a'", "a cycle: 'd' after 'e' after 'd'"]


def test_checking_runs_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    code = SourceFragment(kind="value", names=("x",), text="raise SystemExit(7)")
    assert check(pipeline(code=(*CODE, code))) == []
