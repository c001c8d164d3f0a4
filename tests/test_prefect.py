"""The target prefect: what its files look like, what it refuses, and how its runs are read back."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeglot.backends import compile as compile_for
from pipeglot.backends.base import Compiled, EngineRun, EngineTask
from pipeglot.backends.prefect import BACKEND
from pipeglot.core.border import read
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CODES, CompileError
from pipeglot.core.ir import (
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
    Node,
    Out,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    Policy,
    Retry,
    Schedule,
    Shell,
    SourceFragment,
    Step,
    Value,
)
from tests.operations import grows_in_proportion
from tests.random_pipelines import numbered

CODE = (
    SourceFragment(kind="import", names=("Any",), text="from typing import Any"),
    SourceFragment(kind="function", names=("echo",), text="def echo(x: Any = None) -> Any:\n    return x"),
    SourceFragment(kind="function", names=("number",), text="def number(x: Any = None) -> int:\n    return 1"),
)
STEPS = (
    Step(name="echo", run=Inlined(name="echo"), parameters=(Parameter(name="x", has_default=True),)),
    Step(
        name="number",
        run=Inlined(name="number"),
        parameters=(Parameter(name="x", has_default=True),),
        returns={"type": "integer"},
    ),
    Step(
        name="shell",
        run=Shell(script="echo $x"),
        parameters=(Parameter(name="x"),),
        returns={"type": "string"},
    ),
)


def do(
    id: str, step: str = "number", *, after: tuple[str, ...] = (), policy: Policy | None = None, **args: Any
) -> Call:
    values: dict[str, Any] = {
        name: value if isinstance(value, Node) else Const(value=value) for name, value in args.items()
    }
    return Call(id=id, step=step, args=values, after=after, policy=policy or Policy())


def pipe(*body: Any, name: str = "work", **more: Any) -> Pipeline:
    return Pipeline(name=name, code=CODE, steps=STEPS, body=body, **more)


def compiled(*body: Any, **more: Any) -> Compiled:
    return BACKEND.compile(pipe(*body, **more))


def flow(made: Compiled) -> str:
    """The flow function alone."""
    text = made.files[made.entry]
    return text[text.index("@flow") : text.index("\n\n\nif __name__")]


def codes(made: Compiled) -> list[tuple[str, str]]:
    """What is said; that there is not a schedule is said of most."""
    return [(d.code, d.severity) for d in made.diagnostics if d.code != "PG249"]


POSITIVE = Compare(op=">", left=Out(ref="a"), right=Const(value=0))


def test_compiling_takes_work_in_proportion_to_the_calls() -> None:
    def chain(size: int) -> Compiled:
        names = [f"step_{number}" for number in range(size)]
        code = [
            SourceFragment(kind="function", names=(n,), text=f'def {n}(x: Any) -> int:\n    """Ends."""') for n in names
        ]
        x = Parameter(name="x")
        steps = [Step(name=n, run=Inlined(name=n), parameters=(x,), description="Ends.") for n in names]
        before: list[Value] = [
            Const(value=1),
            *(Out(ref=f"a call whose name is cut off somewhere behind sixty {n}") for n in names),
        ]
        policy = Policy(timeout=5, on_failure=Continue(default=1))
        body = [
            Call(id=f"a call whose name is cut off somewhere behind sixty {n}", step=n, args={"x": one}, policy=policy)
            for n, one in zip(names, before, strict=False)
        ]
        return BACKEND.compile(Pipeline(name="chain", code=(CODE[0], *code), steps=tuple(steps), body=tuple(body)))

    assert chain(2).files
    assert grows_in_proportion(chain, 50)


# ---------------------------------------------------------------- the flow


def test_independent_calls_are_submitted_before_a_branch_makes_the_flow_wait() -> None:
    made = flow(
        compiled(
            do("a"),
            If(id="gate", arms=(Arm(when=POSITIVE, body=(do("b"),)),)),
            do("c"),
            do("d", x=Out(ref="c")),
        )
    )
    assert made.index("d = d_task.submit(c)") < made.index("if not unfinished(a) and a.result() > 0:")


def test_an_empty_line_stands_before_each_function_of_a_flow() -> None:
    def loop(id: str) -> Each:
        big = Arm(when=Compare(op=">", left=Item(loop=id), right=Const(value=0)), body=(do(f"do_{id}"),))
        return Each(
            id=id, items=ParamRef(name="xs"), item_type={"type": "integer"}, body=(If(id=f"if_{id}", arms=(big,)),)
        )

    xs = Param(name="xs", type={"type": "array", "items": {"type": "integer"}}, required=True)
    text = BACKEND.compile(pipe(loop("one"), loop("two"), params=(xs,))).files["work.py"]
    assert "\n\n    def one_item(" in text
    assert "for_each(one_item, xs)\n\n    def two_item(" in text


def test_a_merged_value_of_a_region_that_is_not_entered_is_what_stopped_it() -> None:
    region = If(
        id="gate",
        arms=(Arm(when=POSITIVE, body=(do("b"),)), Arm(body=(do("c"),))),
        merged=(Merged(id="best", values=(Out(ref="b"), Const(value=7))),),
    )
    made = flow(compiled(do("a"), region, do("d", x=Out(ref="best"))))
    assert "    if stopped := unfinished(a):\n        best = stopped\n    elif a.result() > 0:\n" in made
    assert "    else:\n        c = c_task.submit()\n        best = 7\n" in made
    assert "d = d_task.submit(best)" in made


def test_a_condition_that_may_not_evaluate_is_a_task_of_its_own() -> None:
    condition = Compare(op=">", left=Out(ref="a", path=("auc",)), right=Const(value=0))
    made = compiled(do("a", "echo"), If(id="gate", arms=(Arm(when=condition, body=(do("b"),)),)))
    assert 'if a["auc"] > 0:' in made.files[made.entry]
    assert "gate = gate_arm.submit(a)" in flow(made)
    assert made.names["gate"] == "gate"


def test_items_of_unknown_type_are_checked_by_a_task_of_their_own() -> None:
    made = compiled(do("a", "echo"), Each(id="loop", items=Out(ref="a"), body=(do("b", x=Item(loop="loop")),)))
    assert "raise TypeError" in made.files[made.entry]
    assert "loop = loop_items.submit(a)" in flow(made)


def test_a_body_of_calls_is_mapped_stage_by_stage() -> None:
    body = (do("b", x=Item(loop="loop")), do("c", "echo", x=Out(ref="b")), do("d", x=Out(ref="a")))
    loop = Each(id="loop", items=Const(value=[1, 2]), body=body, collected=(Collected(id="cs", value=Out(ref="c")),))
    made = flow(compiled(do("a"), loop, do("e", x=Out(ref="cs"))))
    assert "b = b_task.map(loop_items, index=range(len(loop_items)), wait_for=[a])" in made
    assert "c = c_task.map(b, index=range(len(loop_items)))" in made
    assert "d = d_task.map(unmapped(a), index=range(len(loop_items)))" in made
    assert "e = e_task.submit(c)" in made


def test_max_parallel_makes_a_run_wait_for_the_one_so_many_places_back() -> None:
    made = flow(compiled(Each(id="loop", items=Const(value=[1, 2, 3]), max_parallel=2, body=(do("b"),))))
    assert "wait_for=lane(b_runs, 2)" in made and "b_runs.append(b)" in made


def test_a_condition_in_a_loop_runs_a_function_for_every_item() -> None:
    inner = If(id="odd", arms=(Arm(when=Compare(op=">", left=Out(ref="b"), right=Const(value=0)), body=(do("c"),)),))
    made = flow(compiled(Each(id="loop", items=Const(value=[1]), body=(do("b"), inner))))
    assert "def loop_item(index, item):" in made and "for_each(loop_item, loop_items)" in made


def test_a_tolerated_call_is_followed_by_its_default_and_blocked_calls_stay_blocked() -> None:
    made = flow(compiled(do("a"), do("b", x=Out(ref="a"), policy=Policy(on_failure=Continue(default=0)))))
    assert "b = or_default.submit(allow_failure(b), 0, wait_for=[a])" in made


def test_the_final_is_told_the_state_and_its_failure_counts() -> None:
    final = Final(call=do("tell", x=Ctx(name="state")))
    made = flow(compiled(do("a"), final=final))
    assert made.index("failed = unfinished(runs)") < made.index(
        'tell = tell_task.submit("failed" if failed else "succeeded")'
    )
    assert "failed += unfinished(tell)" in made


def test_policies_are_the_arguments_of_the_task() -> None:
    policy = Policy(retry=Retry(count=3, delay=10, backoff=2, max_delay=25), timeout=60)
    text = compiled(do("a", policy=policy)).files["work.py"]
    assert "retries=3" in text and "retry_delay_seconds=[10, 20, 25]" in text and "timeout_seconds=60" in text


def test_params_keep_their_types_bounds_and_choices() -> None:
    params = (
        Param(name="n", type={"type": "integer", "minimum": 0}, default=1),
        Param(name="m", type={"enum": ["auc", "ks"]}, default="auc"),
        Param(name="xs", type={"type": "array", "items": {"type": "string"}}, default=["a"]),
        Param(name="r", type={"type": "number"}, required=True),
    )
    made = compiled(do("a", x=ParamRef(name="n")), params=params)
    arguments = ast.parse(made.files["work.py"]).body[-1]
    assert isinstance(arguments, ast.FunctionDef)
    assert [ast.unparse(a) for a in arguments.args.args] == [
        "r: StrictFloat | StrictInt",
        "n: Annotated[StrictInt, Field(ge=0)]",
        "m: Literal['auc', 'ks']",
        "xs: list[StrictStr]",
    ]
    assert "if __name__" not in made.files["work.py"], "a flow with a required parameter cannot start itself"


# ---------------------------------------------------------------- names and text


def test_every_id_is_a_task_name_and_braces_do_not_become_a_template() -> None:
    made = compiled(do("x{y}"), do("for"), Each(id="loop", items=Const(value=[1]), body=(do("z{}"),)))
    text = made.files["work.py"]
    assert 'name="x{y}"' in text and 'name="for"' in text
    assert 'task_run_name="z{{}}[{index}]"' in text
    assert {"x{y}", "for", "z{}", "loop"} <= set(made.names)


def test_a_step_that_gets_whole_values_is_the_task_itself() -> None:
    made = compiled(do("a", "echo", x=1), do("b", x=Out(ref="a")))
    text = made.files["work.py"]
    assert 'a_task = task(json_io(echo), name="a")\nb_task = task(json_io(number), name="b")\n' in text
    assert "a = a_task.submit(x=1)\n    b = b_task.submit(a)" in flow(made)


def test_calls_that_share_a_function_never_share_a_result() -> None:
    text = compiled(do("a", "echo", x=1), do("b", "echo", x=1)).files["work.py"]
    assert text.count("cache_policy=NO_CACHE") == 2


def test_a_default_of_the_function_stays_with_the_function() -> None:
    assert "return json_io(echo)()" in compiled(do("a", "echo")).files["work.py"]


def test_names_of_the_engine_give_way_to_those_of_the_author() -> None:
    code = (*CODE, SourceFragment(kind="function", names=("task",), text="def task() -> int:\n    return 1"))
    pipeline = pipe(do("flow"), do("unfinished"), params=(Param(name="Failed", default=1),))
    made = BACKEND.compile(replace(pipeline, code=code))
    text = made.files["work.py"]
    assert "from prefect import flow, task as task_2" in text.replace("\n", " ") or "task as task_2" in text
    assert "Failed as Failed_2" in text and "return Failed_2(" in text
    assert "flow_2 = flow_task.submit()" in text


@pytest.mark.parametrize(
    "text",
    ["it's", 'say "hi"', "a\\", "{{ x }}", "{% y %}", "$HOME", "\u2028\x00", "x" * 10_000, "\U0001f600"],
)
def test_text_arrives_as_it_is(text: str) -> None:
    final = Final(call=do("f", "echo", x=text))
    made = compiled(do("a", "echo", x=text), final=final, description=text, params=(Param(name="p", default=text),))
    literals = [node.value for node in ast.walk(ast.parse(made.files["work.py"])) if isinstance(node, ast.Constant)]
    assert literals.count(text) >= 3


# ---------------------------------------------------------------- the deployment


def deployment(made: Compiled) -> dict[str, Any]:
    data = yaml.safe_load(made.files["prefect.yaml"])
    assert list(data) == ["deployments"] and len(data["deployments"]) == 1
    found = data["deployments"][0]
    assert isinstance(found, dict)
    return found


def test_the_deployment_says_when_how_often_and_for_whom() -> None:
    cron = Schedule(timing=Cron(expression="0 6 * * 1-5", timezone="Europe/Berlin"))
    made = compiled(do("a"), schedule=cron, tags=("x: y", "- z"), owner='o\'b "c"\\', max_active_runs=1)
    assert deployment(made) == {
        "name": "work",
        "entrypoint": "work.py:work",
        "tags": ["x: y", "- z", 'owner:o\'b "c"\\'],
        "schedules": [{"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
        "work_pool": {"name": "default"},
    }


def test_without_a_schedule_one_that_is_off_replaces_those_of_earlier_deployments() -> None:
    made = compiled(do("a"))
    assert deployment(made)["schedules"] == [{"cron": "0 0 1 1 *", "active": False}]
    assert [(d.code, d.severity) for d in made.diagnostics] == [("PG249", "note")]
    scheduled = compiled(do("a"), schedule=Schedule(timing=Cron(expression="0 6 * * *")))
    assert [schedule.get("active") for schedule in deployment(scheduled)["schedules"]] == [None]
    assert scheduled.diagnostics == ()


def test_an_interval_is_anchored_at_the_start_date() -> None:
    schedule = read(Schedule, {"timing": Interval(seconds=3600), "start": "2026-01-01T00:30:00Z"})
    made = compiled(do("a"), schedule=schedule)
    assert deployment(made)["schedules"] == [
        {"interval": 3600, "anchor_date": "2026-01-01T00:30:00+00:00", "timezone": "UTC"}
    ]
    assert codes(made) == [("PG241", "warning")]


def test_options_reach_the_flow_and_the_work_pool() -> None:
    options = {"prefect": {"work_pool": "k8s", "job_variables": {"env": {"A b": "c: d"}}, "log_prints": True}}
    made = compiled(do("a"), options=options)
    assert deployment(made)["work_pool"] == {"name": "k8s", "job_variables": {"env": {"A b": "c: d"}}}
    assert "log_prints=True" in flow(made)


@pytest.mark.parametrize(
    ("more", "code", "severity"),
    [
        ({"options": {"prefect": {"work_pol": "x"}}}, "PG202", "error"),
        ({"options": {"prefect": {"work_pool": 3}}}, "PG202", "error"),
        ({"tags": ("{{ x }}",)}, "PG215", "loss"),
        ({"owner": "{{ x }}"}, "PG215", "loss"),
        ({"params": (Param(name="wait_for", default=1),)}, "PG200", "error"),
        ({"params": (Param(name="_x", default=1),)}, "PG200", "error"),
        ({"params": (Param(name="model_config", default=1),)}, "PG200", "error"),
        ({"schedule": Schedule(timing=Cron(expression="0 0 * * *"), catch_up=True)}, "PG214", "loss"),
        ({"run_timeout": 5}, "PG213", "warning"),
        ({"description": "{{ x }}"}, "PG215", "warning"),
        ({"name": "a/b"}, "PG207", "note"),
    ],
)
def test_what_cannot_be_kept_is_named(more: dict[str, Any], code: str, severity: str) -> None:
    made = compiled(do("a"), **more)
    assert codes(made) == [(code, severity)]
    assert code in CODES
    assert bool(made.files) is (severity != "error")


def test_a_loss_stops_the_compile_until_it_is_allowed() -> None:
    pipeline = pipe(do("a"), schedule=Schedule(timing=Cron(expression="0 0 * * *"), catch_up=True))
    with pytest.raises(CompileError):
        compile_for(pipeline, "prefect")
    assert compile_for(pipeline, "prefect", allow=["PG214"]).files


# ---------------------------------------------------------------- reading a run back


def observed(pipeline: Pipeline, *tasks: EngineTask) -> dict[tuple[str, tuple[int, ...]], str]:
    run = EngineRun("prefect", "3", "failed", "r", None, None, None, tasks)
    return {(r.id, r.index): r.state for r in BACKEND.observe(pipeline, BACKEND.compile(pipeline), run)}


def test_runs_are_read_back_by_their_names() -> None:
    loop = Each(id="loop", items=Const(value=[1]), body=(Each(id="in", items=Const(value=[1]), body=(do("b"),)),))
    pipeline = pipe(do("a"), do("c", policy=Policy(on_failure=Continue(default=0))), do("d"), loop)
    found = observed(
        pipeline,
        EngineTask("a-1b2", "Completed", attempts=1),
        EngineTask("c-000", "TimedOut", attempts=1),
        EngineTask("or_default-abc", "Completed", attempts=1),
        EngineTask("d-0af", "NotReady"),
        EngineTask("b[0.12]", "Failed", attempts=2),
        EngineTask("b-123", "NotReady"),
        EngineTask("something else", "Failed"),
    )
    assert found == {
        ("a", ()): "succeeded",
        ("c", ()): "failed",
        ("d", ()): "blocked",
        ("b", (0, 12)): "failed",
    }


def test_ids_that_look_like_names_of_runs_are_told_apart() -> None:
    loop = Each(id="loop", items=Const(value=[1]), body=(do("b"),))
    pipeline = pipe(do("b[0]"), do("a"), do("a-123"), do("or_default"), loop)
    names = ("b[0]", "b[0]-123", "a-123", "a-123-456", "or_default-0ab")
    found = observed(pipeline, *(EngineTask(name, "Completed") for name in names))
    assert list(found) == [("b", (0,)), ("b[0]", ()), ("a", ()), ("a-123", ()), ("or_default", ())]


def test_a_helper_that_failed_is_its_region_that_failed_to_decide() -> None:
    gate = If(id="gate", arms=(Arm(when=Out(ref="b"), body=(do("c"),)),))
    loop = Each(
        id="loop",
        items=Const(value=[1]),
        body=(do("b", "echo"), gate),
        collected=(Collected(id="picked", value=Out(ref="b", path=("x",))),),
    )
    found = observed(pipe(loop), EngineTask("gate[0]", "Failed"), EngineTask("picked[0]", "Failed"))
    assert found == {("gate", (0,)): "failed", ("loop", ()): "failed"}


# ---------------------------------------------------------------- as a whole


@pytest.mark.slow  # what is compiled of the corpus: with the golden files
def test_files_are_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    def written(folder: Path, seed: str) -> dict[str, bytes]:
        folder.mkdir()
        env = {**os.environ, "PYTHONHASHSEED": seed}
        root = Path(__file__).parent.parent
        subprocess.run([sys.executable, "-m", "tests.test_prefect", str(folder)], env=env, cwd=root, check=True)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    assert written(tmp_path / "a", "1") == written(tmp_path / "b", "2")


def test_files_are_formatted_and_linted(tmp_path: Path) -> None:
    _write(tmp_path)
    assert len(list(tmp_path.iterdir())) == 30
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--isolated", "--check", str(tmp_path)], check=True)
    rules = ["--select=E,F,I,UP,B", "--ignore=E501,UP045,F841", "--line-length=88", "--target-version=py310"]
    subprocess.run([*ruff, "check", "--isolated", *rules, str(tmp_path)], check=True)


def test_every_one_of_a_thousand_calls_is_submitted() -> None:
    calls = [do(f"c{n}", x=Out(ref=f"c{n - 1}") if n else 1) for n in range(1000)]
    assert flow(compiled(*calls)).count(".submit(") == 1000


def _write(folder: Path) -> None:
    for number in range(30):
        made = BACKEND.compile(numbered(7, number))
        # The random pipelines' own source is not formatted, and is the author's to keep.
        text = re.sub(r"    return Res\(.*\)\n", "    return Res(n, True, [], str(n), d)\n", made.files[made.entry])
        (folder / made.entry).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
