"""The target airflow: what a compiled DAG file is like, and what is refused."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest

from pipeglot.backends import get
from pipeglot.backends.airflow.builder import TaskIds
from pipeglot.backends.airflow.lower import lower
from pipeglot.backends.airflow.settings import dag, policy, task_options
from pipeglot.backends.base import Compiled, EngineRun, EngineTask
from pipeglot.codegen.intervals import interval_as_cron
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    AnyNode,
    Arm,
    Call,
    Collected,
    Compare,
    Const,
    Continue,
    Cron,
    Ctx,
    Each,
    Final,
    If,
    Inlined,
    Interval,
    Item,
    Merged,
    Out,
    Param,
    Parameter,
    Pipeline,
    Policy,
    Retry,
    Schedule,
    Shell,
    SourceFragment,
    Step,
    Value,
)
from pipeglot.core.record import CallRecord
from tests.conftest import THOROUGH
from tests.random_pipelines import random_pipeline

INT = {"type": "integer"}
ECHO = 'def echo(x: int = 0) -> int:\n    """Give it back."""\n    return x'
CODE = (SourceFragment(kind="function", names=("echo",), text=ECHO),)
STEP = Step(
    name="echo",
    run=Inlined(name="echo"),
    parameters=(Parameter(name="x", type=INT, has_default=True),),
    returns=INT,
    description="Give it back.",
)


def call(id: str, x: Value | None = None, **rest: Any) -> Call:
    return Call(id=id, step="echo", args={} if x is None else {"x": x}, **rest)


def pipeline(*body: AnyNode, **rest: Any) -> Pipeline:
    return Pipeline(**{"name": "demo", "code": CODE, "steps": (STEP,), "body": body, **rest})


def compiled(*body: AnyNode, **rest: Any) -> Compiled:
    return get("airflow").compile(pipeline(*body, **rest))


def text(*body: AnyNode, **rest: Any) -> str:
    return "".join(compiled(*body, **rest).files.values())


def codes(*body: AnyNode, **rest: Any) -> list[tuple[str, str]]:
    return [(d.code, d.severity) for d in compiled(*body, **rest).diagnostics]


def edges(text: str) -> set[tuple[str, str]]:
    """The pairs of variables that `>>` joins."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            sides = [side.elts if isinstance(side, ast.List) else [side] for side in (node.left, node.right)]
            found |= {(ast.unparse(a), ast.unparse(b)) for a in sides[0] for b in sides[1]}
    return found


GATE = Compare(op=">", left=Out(ref="a"), right=Const(value=1))


def test_the_file_stands_alone_and_the_call_keeps_its_name() -> None:
    out = compiled(call("a"), call("b", Out(ref="a")))
    assert list(out.files) == ["demo.py"] and out.name == "demo"
    assert out.names == {"a": "a", "b": "b"}
    assert "pipeglot" not in out.files["demo.py"].replace("# Made by pipeglot", "")
    assert "a = a_task()" in out.files["demo.py"] and "b_task(a)" in out.files["demo.py"]


def test_a_constant_stays_in_the_body_where_no_template_is_rendered() -> None:
    out = text(Call(id="a", step="echo", args={"x": Const(value="{{ ds }}.sh")}))
    assert 'return json_io(echo)(x="{{ ds }}.sh")' in out and "a_task()" in out


def test_items_that_airflow_would_render_come_from_a_task() -> None:
    body = (call("b", Item(loop="e")),)
    assert ".expand(e=[1, 2])" in text(Each(id="e", items=Const(value=[1, 2]), body=body))
    awkward: list[Any] = ["{{ x }}", "a.sh", {"k": ["{% x %}"]}, "line\r\n"]
    for item in awkward:
        assert ".expand(e=e_items)" in text(Each(id="e", items=Const(value=[item]), body=body))


def test_a_branch_waits_for_all_that_its_arms_take() -> None:
    node = If(id="g", arms=(Arm(when=GATE, body=(call("b", Out(ref="z")),)), Arm(body=(call("c"),))))
    out = text(call("a"), call("z"), node)
    assert {("z", "g"), ("g", "b"), ("g", "c")} <= edges(out)


def test_a_merge_waits_for_ends_of_arms_only() -> None:
    values = (Out(ref="b"), Out(ref="a"), Const(value=7))
    arms = (Arm(when=GATE, body=(call("b"),)), Arm(when=GATE), Arm())
    plan = lower(pipeline(call("a"), If(id="g", arms=arms, merged=(Merged(id="m", values=values),))))
    assert list(plan.tasks["m"].upstream) == ["b", "m_elif_1", "m_else"]
    assert plan.tasks["m"].rule == "NONE_FAILED_MIN_ONE_SUCCESS"


def test_what_lets_skips_through_comes_after_every_branch_around_it() -> None:
    loop = Each(
        id="e",
        items=Out(ref="xs"),
        item_type=INT,
        body=(call("d", Item(loop="e")),),
        collected=(Collected(id="ds", value=Out(ref="d")),),
    )
    xs = Call(id="xs", step="many")
    many = Step(name="many", run=Inlined(name="echo"), returns={"type": "array", "items": INT})
    inner = If(id="h", arms=(Arm(when=GATE, body=(xs, loop, call("u", Out(ref="ds")))),))
    outer = If(id="g", arms=(Arm(when=GATE, body=(inner,)),))
    plan = lower(pipeline(call("a"), outer, steps=(STEP, many)))
    assert plan.tasks["u"].rule == "NONE_FAILED"
    assert {"g", "h", "d"} <= set(plan.tasks["u"].upstream)


def test_branches_are_never_used_inside_a_mapped_group() -> None:
    node = If(
        id="g",
        arms=(Arm(when=Compare(op=">", left=Item(loop="e"), right=Const(value=1)), body=(call("b"),)),),
    )
    out = text(Each(id="e", items=Const(value=[1, 2]), item_type=INT, body=(node,)))
    assert "task.branch" not in out and "raise AirflowSkipException" in out


def test_a_final_is_a_teardown_beside_an_end_that_keeps_the_state() -> None:
    out = text(call("a"), final=Final(call=call("f", Ctx(name="state"))))
    assert "f = f_task().as_teardown(on_failure_fail_dagrun=True)" in out
    assert {("a", "end"), ("a", "f")} == edges(out)


def test_a_final_waits_for_what_no_leaf_waits_for() -> None:
    both = call("c", Out(ref="a"), after=("b",))
    assert {("a", "f"), ("b", "f"), ("c", "f")} <= edges(text(call("a"), call("b"), both, final=Final(call=call("f"))))


def test_a_tolerated_failure_is_no_leaf_and_a_blocked_call_stays_blocked() -> None:
    tolerant = Policy(on_failure=Continue(default=5))
    plan = lower(pipeline(call("a"), call("b", Out(ref="a"), policy=tolerant)))
    task = plan.tasks["b_or_default"]
    assert list(task.upstream) == ["b", "a"] and task.rule == "ALL_DONE_MIN_ONE_SUCCESS"


def test_collected_values_that_may_be_none_are_read_by_position() -> None:
    loop = Each(
        id="e",
        items=Const(value=[1, 2]),
        body=(call("d", Item(loop="e")),),
        collected=(Collected(id="ds", value=Out(ref="d")),),
    )
    sure = text(loop, call("u", Out(ref="ds")))
    unsure = text(loop, call("u", Out(ref="ds")), steps=(replace(STEP, returns={}),))
    assert "list(d)" in sure and "xcom_pull" not in sure
    assert 'ti.xcom_pull("d", map_indexes=range(2))' in unsure


@pytest.mark.parametrize(
    ("retry", "told"),
    [
        (Retry(count=2), "retries=2, retry_delay=0s"),
        (Retry(count=2, delay=60), "retries=2, retry_delay=60s"),
        (Retry(count=1, delay=60, backoff=3), "retries=1, retry_delay=60s"),
        (Retry(count=2, delay=60, max_delay=9), "retries=2, retry_delay=9s"),
        (
            Retry(count=3, delay=9, backoff=2, max_delay=20),
            "retries=3, retry_delay=9s, retry_exponential_backoff=2.0, max_retry_delay=20s",
        ),
        (
            Retry(count=3, delay=86_400, backoff=2),
            "retries=3, retry_delay=86400s, retry_exponential_backoff=2.0, max_retry_delay=604800s",
        ),
    ],
)
def test_retries_never_come_earlier_than_told(retry: Retry, told: str) -> None:
    def write(value: Any) -> str:
        return f"{value.total_seconds():.0f}s" if hasattr(value, "total_seconds") else str(value)

    assert ", ".join(f"{k}={write(v)}" for k, v in policy(Policy(retry=retry)).items()) == told


@pytest.mark.parametrize(
    ("seconds", "start", "cron"),
    [
        (3600, "2026-01-01T00:15:00", "15 * * * *"),
        (900, "2026-01-01T00:05:00", "5,20,35,50 * * * *"),
        (21_600, "2026-01-01T01:30:00", "30 1,7,13,19 * * *"),
        (86_400, "2026-01-01T02:00:00", "0 2 * * *"),
        (604_800, "2026-01-04T02:00:00", "0 2 * * 0"),
        (7200 * 5, "2026-01-01T02:00:00", None),
        (3600, "2026-01-01T00:00:30", None),
    ],
)
def test_an_interval_is_a_cron_of_exactly_its_ticks(seconds: int, start: str, cron: str | None) -> None:
    from croniter import croniter

    first = datetime.fromisoformat(start).replace(tzinfo=timezone.utc)
    assert interval_as_cron(seconds, first.timestamp()) == cron
    if cron is not None:
        ticks = croniter(cron, first)
        assert [ticks.get_next() - first.timestamp() for _ in range(30)] == [seconds * n for n in range(1, 31)]


def test_losses_and_refusals() -> None:
    body = call("a")
    required = (Param(name="p", type=INT, required=True),)
    daily = Schedule(timing=Cron(expression="0 2 * * *"))
    assert codes(body, params=required) == []
    assert codes(body, params=required, schedule=daily) == [("PG209", "error")]
    assert compiled(body, params=required, schedule=daily).files == {}
    assert codes(body, tags=("x" * 101,)) == [("PG223", "error")]
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert codes(body, schedule=replace(daily, start=start)) == [("PG224", "note")]
    odd = Schedule(timing=Interval(seconds=7000), start=start)
    assert ("PG210", "loss") in codes(body, schedule=odd)
    assert codes(body, schedule=replace(odd, catch_up=True)) == []


def test_options_are_checked_against_the_engine() -> None:
    good = {"dag": {"max_active_tasks": 3}, "tasks": {"a": {"pool": "gpu", "priority_weight": 5}}}
    out = text(call("a"), options={"airflow": good})
    assert "max_active_tasks=3" in out and 'pool="gpu"' in out
    bad: Any
    for bad in (
        {"dags": {}},
        {"dag": {"max_active_task": 3}},
        {"tasks": {"b": {}}},
        {"tasks": {"a": {"pol": 1}}},
    ):
        (found,) = task_options(pipeline(call("a"), options={"airflow": bad}), {"a": None}).diagnostics
        assert (found.code, found.severity) == ("PG202", "error")
    assert "max_active_tasks" in found.help or found.help


def test_ids_that_airflow_cannot_hold_are_cleaned_and_kept_apart() -> None:
    ids = TaskIds()
    assert [ids(t) for t in ("a b", "a_b", "..", "größe", "a.b")] == ["a_b", "a_b_2", "_..", "gr__e", "a.b"]
    out = compiled(call("a b"), call("a_b"))
    assert out.names == {"a_b": "a b", "a_b_2": "a_b"} or out.names == {"a_b_2": "a b", "a_b": "a_b"}
    assert {d.code for d in out.diagnostics} == {"PG207"}


def test_names_of_the_author_are_left_alone() -> None:
    chunk = SourceFragment(kind="function", names=("task",), text="def task() -> int:\n    return 1")
    step = Step(name="task", run=Inlined(name="task"), returns=INT)
    out = text(Call(id="task", step="task"), code=(chunk,), steps=(step,))
    assert (
        "from airflow.sdk import DAG\nfrom airflow.sdk import task as airflow_task" in out
        or "task as airflow_task" in out
    )
    assert "@airflow_task(" in out and "json_io(task)()" in out


def test_params_hold_their_schema_without_references() -> None:
    row = {"title": "Row", "type": "object", "properties": {"title": {"type": "string", "title": "Title"}}}
    schema = {"type": "array", "items": {"$ref": "#/$defs/Row"}, "$defs": {"Row": row}}
    told = dag(
        pipeline(params=(Param(name="p", type=schema, default=[]),)),
        "d",
        lambda m, n: n,
        task_options(pipeline(), {}),
    )
    from pipeglot.codegen.pysource import flat

    items = '{"type": "object", "properties": {"title": {"type": "string"}}}'
    assert f'"p": Param([], type="array", items={items})' in flat(told)
    tree = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}
    told = dag(
        pipeline(params=(Param(name="p", type=tree, default=[]),)),
        "d",
        lambda m, n: n,
        task_options(pipeline(), {}),
    )
    assert "**" in flat(told)


def observed(pipeline: Pipeline, run: EngineRun) -> Sequence[CallRecord]:
    return get("airflow").observe(pipeline, get("airflow").compile(pipeline), run)


def test_calls_that_never_started_have_no_attempts_and_helpers_are_no_calls() -> None:
    node = If(id="g", arms=(Arm(when=GATE, body=(call("b"),)), Arm(body=(call("c"),))))
    states = {"a": "success", "g": "success", "b": "success", "c": "skipped"}
    tasks = [EngineTask(name, state, attempts=1) for name, state in states.items()]
    run = EngineRun("airflow", "3", "succeeded", "r", None, None, None, tasks)
    seen = observed(pipeline(call("a"), node), run)
    assert {(r.id, r.state, r.attempts) for r in seen} == {
        ("a", "succeeded", 1),
        ("b", "succeeded", 1),
        ("c", "skipped", 0),
    }


@pytest.mark.parametrize(("default", "kept"), [(0, 0), (2.0, 2), (0.5, 0.5)])
def test_a_tolerated_call_gave_the_default_as_the_pipeline_has_it(default: float, kept: float) -> None:
    # SQLite, as Airflow's database, gives 2.0 back as 2; an int where a float is declared is an int on the reference.
    rate = Step(name="rate", run=Shell(script="exit 1"), returns={"type": "number"})
    tolerated = Call(id="a", step="rate", policy=Policy(on_failure=Continue(default=default)))
    tasks = [EngineTask("a", "failed", attempts=1), EngineTask("a_or_default", "success", has_output=True, output=kept)]
    run = EngineRun("airflow", "3", "succeeded", "r", None, None, None, tasks)
    [seen] = observed(Pipeline(name="p", steps=(rate,), body=(tolerated,)), run)
    assert repr(seen.output) == repr(default)


def test_a_helper_that_failed_is_its_regions_failure_to_decide() -> None:
    node = If(id="g", arms=(Arm(when=GATE, body=(call("b"),)),))
    error = {"type": "TypeError", "message": "no"}
    tasks = [EngineTask("g", "failed", attempts=1, error=error), EngineTask("b", "upstream_failed")]
    run = EngineRun("airflow", "3", "failed", "r", None, None, None, tasks)
    seen = {r.id: r for r in observed(pipeline(call("a"), node), run)}
    assert (seen["g"].state, seen["g"].attempts, seen["g"].error is not None) == ("failed", 0, True)
    assert (seen["b"].state, seen["b"].attempts) == ("blocked", 0)


def test_instances_of_a_loop_in_a_loop_have_their_full_index() -> None:
    inner = Each(id="i", items=Item(loop="o"), body=(call("b", Item(loop="i")),))
    outer = Each(id="o", items=Const(value=[[1], [2, 3]]), body=(inner,))
    rows = [{"at": at, "parent": at[0], "values": {}} for at in ([0, 0], [1, 0], [1, 1])]
    tasks = [EngineTask("i_items", "success", has_output=True, output=rows)]
    tasks += [EngineTask("b", "success", (n,), 1) for n in range(3)]
    run = EngineRun("airflow", "3", "succeeded", "r", None, None, None, tasks)
    seen = observed(pipeline(outer), run)
    assert sorted(r.index for r in seen) == [(0, 0), (1, 0), (1, 1)]


def test_random_pipelines_compile_to_formatted_python() -> None:
    checked = 0
    for number in range(25 if THOROUGH else 10):
        (file,) = get("airflow").compile(random_pipeline(random.Random(number))).files.values()
        body = file[file.index("with DAG(") :]
        # Conditions of conditions are laid out by `pysource`, and tested there.
        if re.search(r"\) (and|or) |(and|or) \(", body):
            continue
        ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
        done = subprocess.run(ruff, input=body, capture_output=True, text=True, check=True)
        assert done.stdout.replace("\n\n", "\n") == body.replace("\n\n", "\n")
        checked += 1
    assert checked > (10 if THOROUGH else 4)


def test_what_airflow_expands_in_a_loop_that_is_never_entered_is_one_held_back_call() -> None:
    loop = Each(id="e", items=Const(value=[1, 2, 3]), item_type=INT, body=(call("a", Item(loop="e")),), after=("c0",))
    tasks = [EngineTask("c0", "failed", attempts=1), *(EngineTask("a", "upstream_failed", (n,)) for n in range(3))]
    run = EngineRun("airflow", "3.3.2", "failed", "r", None, None, None, tasks)
    found = observed(pipeline(call("c0"), loop), run)
    assert [(one.id, one.index, one.state) for one in found] == [("c0", (), "failed"), ("a", (), "blocked")]


def test_a_task_that_was_executed_twice_has_two_records() -> None:
    tasks = [EngineTask("c0", "success", attempts=1, started=None), EngineTask("c0", "success", attempts=1)]
    run = EngineRun("airflow", "3.3.2", "succeeded", "r", None, None, None, tasks)
    assert [one.state for one in observed(pipeline(call("c0")), run)] == ["succeeded", "succeeded"]
