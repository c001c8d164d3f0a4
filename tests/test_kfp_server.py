"""What the target kfp says to a server: deployment and schedule, facts of a run, containers of other images."""

from __future__ import annotations

import ast
import json
import os
import runpy
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeglot import Cron as CronText
from pipeglot import collect, container, each, finally_, pipeline, run
from pipeglot.backends import compile as compile_for
from pipeglot.backends.kfp.clock import cron
from pipeglot.backends.kfp.helpers import HELPERS
from pipeglot.core.border import read
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CompileError
from pipeglot.core.ir import Call, Const, Container, Cron, Ctx, Interval, Parameter, Pipeline, Schedule, Step
from tests.kfp_pairs import PAIRS
from tests.test_kfp import anything, codes, numbers, spec_of

yaml = pytest.importorskip("yaml")

# ---------------------------------------------------------------- deployment


class Server:
    """What the deployment script asks of KFP's client, and what a server would have of it."""

    def __init__(self) -> None:
        self.versions: dict[str, str] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.pipeline: str | None = None

    def get_pipeline_id(self, name: str) -> str | None:
        return self.pipeline

    def upload_pipeline(self, path: str, pipeline_name: str) -> Any:
        assert self.pipeline is None, "the name is taken"
        self.pipeline = pipeline_name
        return SimpleNamespace(pipeline_id=self.pipeline)

    def list_pipeline_versions(self, pipeline_id: str, filter: str) -> Any:
        wanted = json.loads(filter)["predicates"][0]["stringValue"]
        found = [SimpleNamespace(pipeline_version_id=wanted)] if wanted in self.versions else None
        return SimpleNamespace(pipeline_versions=found)

    def upload_pipeline_version(self, path: str, pipeline_version_name: str, pipeline_id: str) -> Any:
        assert pipeline_version_name not in self.versions, "the name is taken"
        self.versions[pipeline_version_name] = Path(path).read_text()
        return SimpleNamespace(pipeline_version_id=pipeline_version_name)

    def create_experiment(self, name: str) -> Any:
        return SimpleNamespace(experiment_id=name)

    def list_recurring_runs(self, experiment_id: str, page_size: int, filter: str) -> Any:
        wanted = json.loads(filter)["predicates"][0]["stringValue"]
        found = [SimpleNamespace(recurring_run_id=id) for id, run in self.runs.items() if run["job_name"] == wanted]
        return SimpleNamespace(recurring_runs=found or None)

    def delete_recurring_run(self, recurring_run_id: str) -> None:
        del self.runs[recurring_run_id]

    def create_recurring_run(self, **given: Any) -> Any:
        self.runs[f"r{len(self.versions)}-{len(self.runs)}"] = given
        return SimpleNamespace(recurring_run_id="r")


def deploy(folder: Path, made: Pipeline, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_for(made, "kfp")
    for name, text in compiled.files.items():
        (folder / name).write_text(text)
    monkeypatch.setitem(sys.modules, "kfp", SimpleNamespace(Client=lambda: server))
    runpy.run_path(str(folder / f"{made.name}_deploy.py"), run_name="__main__")


def test_deploying_again_replaces_version_and_recurring_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = replace(PAIRS["chain"].ir(), schedule=Schedule(timing=Cron(expression="0 5 * * *")))
    server = Server()
    for _ in range(2):
        deploy(tmp_path, made, server, monkeypatch)
        assert len(server.versions) == len(server.runs) == 1
    other = replace(made, run_timeout=3600)
    deploy(tmp_path, other, server, monkeypatch)
    (run,) = server.runs.values()
    assert len(server.versions) == 2 and run["version_id"] == list(server.versions)[-1]
    assert run["version_id"].startswith(other.digest())
    assert "activeDeadlineSeconds: 3600" in server.versions[run["version_id"]]


def test_a_scheduled_run_is_told_its_tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @pipeline(schedule=CronText("0 5 * * *"))
    def dated() -> None:
        anything(run.day)

    server = Server()
    deploy(tmp_path, dated.ir(), server, monkeypatch)
    (made,) = server.runs.values()
    assert made["params"] == {"logical_date": "[[ScheduledTime.2006-01-02T15:04:05Z]]"}


@pytest.mark.parametrize(
    ("days", "told"), [("7", "0"), ("5-7", "0,5-6"), ("1,7", "0,1"), ("mon-fri", "mon-fri"), ("*", "*"), ("0-6", "0-6")]
)
def test_sunday_is_0_in_the_cron_of_kfp(days: str, told: str) -> None:
    assert cron(f"30 5 * * {days}") == f"0 30 5 * * {told}"


@pytest.mark.parametrize(
    "expression", ["0 0 L * *", "0 0 * * 5#2", "0 0 * * L5", "0 0 * * fri#1", "0 22-2 * * *", "0 0 * * sat-sun"]
)
def test_cron_that_kfp_cannot_read_is_refused(expression: str) -> None:
    made = replace(PAIRS["chain"].ir(), schedule=Schedule(timing=Cron(expression=expression)))
    with pytest.raises(CompileError) as refused:
        compile_for(made, "kfp")
    found = [each for each in refused.value.diagnostics if each.severity == "error"]
    assert [each.code for each in found] == ["PG298"]
    assert expression.split()[-1] in found[0].message or "L" in found[0].message or "22-2" in found[0].message


def test_cron_that_kfp_reads_is_not_refused() -> None:
    for expression in ("*/5 * * * *", "0 0 ? * mon-fri", "0 9 1,15 jan-mar *", "0 9 * * 5-7", "30 2 1-7/2 * 7"):
        made = replace(PAIRS["chain"].ir(), schedule=Schedule(timing=Cron(expression=expression)))
        assert "chain_deploy.py" in compile_for(made, "kfp").files


def test_schedule_and_limits_become_a_deployment_script() -> None:
    when_ = read(Schedule, {"timing": Cron(expression="30 5 * * 1"), "start": "2026-01-01T00:00:00Z"})
    made = replace(PAIRS["chain"].ir(), schedule=replace(when_, catch_up=True), max_active_runs=2, run_timeout=3600)
    compiled = compile_for(made, "kfp")
    script = compiled.files["chain_deploy.py"]
    ast.parse(script)
    assert 'cron_expression="0 30 5 * * 1"' in script
    assert "no_catchup=False" in script and "max_concurrency=2" in script
    # The start is a tick, and KFP's first run comes after its start time.
    assert 'start_time="2025-12-31T23:59:59Z"' in script
    platform = yaml.safe_load(compiled.files["chain_kubernetes.yaml"])
    assert platform["platforms"]["kubernetes"]["pipelineConfig"] == {"activeDeadlineSeconds": 3600}


HOURS = 3600


@pytest.mark.parametrize(
    ("timing", "now", "first"),
    [
        # Past: the next tick, and no run for the latest one.
        (Cron(expression="0 0 * * *"), "2026-03-01T12:00:30", "2026-03-02T00:00:00"),
        (Interval(seconds=24 * HOURS), "2026-03-01T12:00:30", "2026-03-02T00:00:00"),
        (Interval(seconds=7 * HOURS), "2026-01-05T12:00:30", "2026-01-05T14:00:00"),
        # To come: the start itself.
        (Cron(expression="0 0 * * *"), "2025-12-31T12:00:00", "2026-01-05T00:00:00"),
        (Interval(seconds=7 * HOURS), "2025-12-31T12:00:00", "2026-01-05T00:00:00"),
        # A tick at the moment of the switch is past.
        (Interval(seconds=24 * HOURS), "2026-01-06T00:00:00", "2026-01-07T00:00:00"),
        (Cron(expression="0 0 * * *"), "2026-01-06T00:00:00", "2026-01-07T00:00:00"),
    ],
)
def test_what_is_not_caught_up_begins_with_the_first_tick_after_the_deployment(
    timing: Cron | Interval, now: str, first: str
) -> None:
    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    made = replace(PAIRS["chain"].ir(), schedule=Schedule(timing=timing, start=start))
    text = compile_for(made, "kfp").files["chain_deploy.py"]
    parts = [node for node in ast.parse(text).body if getattr(node, "name", "") == "start_time"]
    told: dict[str, Any] = {"datetime": datetime, "timedelta": timedelta, "timezone": timezone, "START": start}
    exec(compile(ast.Module(parts, []), "deploy", "exec"), told)
    switched = int(datetime.fromisoformat(f"{now}+00:00").timestamp())
    begin = int(told["start_time"](datetime.fromtimestamp(switched, timezone.utc)).timestamp())
    model: Any = import_module("pipeglot.engines.probes.kfp_cron")
    when_: dict[str, Any] = (
        {"interval": timing.seconds} if timing.kind == "interval" else {"cron": cron(timing.expression)}
    )
    recurring = model.Recurring(switched, "UTC", start=begin, no_catchup=True, **when_)
    assert recurring.due(None, switched) == datetime.fromisoformat(f"{first}+00:00").timestamp()
    assert "START = datetime(2026, 1, 5, tzinfo=timezone.utc)" in text


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ("*/10 * 1", "1-31/10 * 1"),
        ("13 * */2", "13 * 0-6/2"),
        ("*/10,13 * 5-7", "1-31/10,13 * 0,5-6"),
        # With one of them free, a star is what is meant.
        ("*/10 * *", "*/10 * *"),
        ("* * */2", "* * */2"),
    ],
)
def test_a_step_in_a_day_field_is_no_star_where_either_day_is_to_match(days: str, told: str) -> None:
    assert cron(f"0 7 {days}") == f"0 0 7 {told}"


def test_what_is_caught_up_begins_with_the_start() -> None:
    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    schedule = Schedule(timing=Interval(seconds=6 * HOURS), start=start, catch_up=True)
    text = compile_for(replace(PAIRS["chain"].ir(), schedule=schedule), "kfp").files["chain_deploy.py"]
    # An interval earlier: KFP's first run comes one after its start time.
    assert 'start_time="2026-01-04T18:00:00Z"' in text and "no_catchup=False" in text
    assert "START" not in text and "import datetime" not in text


def test_that_a_recurring_run_is_not_told_its_tick_is_named() -> None:
    @pipeline(schedule=CronText("0 5 * * *"))
    def dated() -> None:
        anything(run.logical_date)

    assert codes(dated.ir())["PG296"] == "warning"
    schedule = Schedule(
        timing=Cron(expression="0 5 * * *"), start=datetime(2026, 1, 5, tzinfo=timezone.utc), catch_up=True
    )
    assert codes(replace(dated.ir(), schedule=schedule))["PG296"] == "loss"
    assert "PG296" not in codes(replace(PAIRS["chain"].ir(), schedule=schedule))
    assert "PG296" not in codes(replace(dated.ir(), schedule=None))


def test_to_deploy_again_with_catch_up_is_named() -> None:
    schedule = Schedule(timing=Interval(seconds=HOURS), start=datetime(2026, 1, 5, tzinfo=timezone.utc), catch_up=True)
    chain = PAIRS["chain"].ir()
    assert codes(replace(chain, schedule=schedule))["PG297"] == "warning"
    once = replace(schedule, catch_up=False)
    assert "PG297" not in codes(replace(chain, schedule=once))


def test_a_component_that_is_given_the_macro_itself_takes_when_the_run_was_made_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names: dict[str, Any] = {}
    exec(HELPERS["context_of"], names)
    times = ["[[ScheduledTime.2006-01-02T15:04:05Z]]", "{{$.pipeline_job_schedule_time_utc}}", "2026-03-01T23:30:02Z"]
    assert names["context_of"](times, "Europe/Berlin") == ("2026-03-01T23:30:02Z", "2026-03-02")
    assert "kubeflow/pipelines#12494" in capsys.readouterr().out
    names["context_of"](times[2:], "UTC")
    assert capsys.readouterr().out == ""


def test_a_time_zone_that_the_server_has_to_keep_is_named() -> None:
    when_ = Schedule(timing=Cron(expression="0 9 * * *", timezone="Europe/Berlin"))
    assert codes(replace(PAIRS["chain"].ir(), schedule=when_))["PG286"] == "warning"


# ---------------------------------------------------------------- facts of the run


def program(text: str, task: str) -> str:
    spec = yaml.safe_load(text)
    dags = [each["dag"]["tasks"] for each in [spec["root"], *spec["components"].values()] if "dag" in each]
    [component] = {tasks[task]["componentRef"]["name"] for tasks in dags if task in tasks}
    label = spec["components"][component]["executorLabel"]
    return str(spec["deploymentSpec"]["executors"][label]["container"]["command"][-1])


def test_one_task_of_a_run_at_most_looks_at_the_clock() -> None:
    @pipeline
    def both() -> None:
        anything([run.day, run.logical_date])
        with finally_():
            anything.options(id="last")(run.day)

    text = spec_of(both)
    assert "now()" not in text
    plain = PAIRS["chain"].ir()
    given = replace(plain.body[0], args={"n": Ctx(name="day")})
    other = program(spec_of(replace(plain, body=(given, *plain.body[1:]))), "run-context")
    assert other.count("context_of([") == 1 and "now()]" in other


def test_a_run_that_did_not_fail_succeeded_whatever_kfp_calls_it() -> None:
    text = program(spec_of(PAIRS["exit_handler"]), "notify")
    assert 'state = "failed" if status.state == "FAILED" else "succeeded"' in text
    assert codes(PAIRS["exit_handler"])["PG292"] == "warning"


# ---------------------------------------------------------------- containers


@container("registry.example/tool:1", ["sh", "-c", 'echo "$n $items $name"; echo "$name, $flag"'])
def tool(name: str, n: int, items: list[int], flag: bool) -> str: ...  # type: ignore[empty-body]


@pipeline
def boxed(name: str = "x", n: int = 2) -> str:
    return tool(name, n, numbers(n), True)


def run_box(box: dict[str, Any], folder: Path, given: dict[str, str]) -> tuple[int, str, str]:
    """A container's command run here, as a cluster's launcher fills it in: exit status, log, output."""
    output = folder / "outputs" / "Output"
    words = [word.replace("{{$.outputs.parameters['output'].output_file}}", str(output)) for word in box["args"]]
    for name, text in given.items():
        words = [word.replace(f"{{{{$.inputs.parameters['{name}']}}}}", text) for word in words]
    assert not any("{{$" in word for word in words)
    done = subprocess.run([*box["command"], *words], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    return done.returncode, done.stdout, output.read_text() if output.exists() else ""


def test_a_container_step_runs_in_its_own_image(tmp_path: Path) -> None:
    spec = yaml.safe_load(spec_of(boxed))
    box = spec["deploymentSpec"]["executors"]["exec-tool"]["container"]
    assert box["image"] == "registry.example/tool:1"
    hostile = 'o\'brien "$HOME" `ls`\n--'
    code, log, output = run_box(box, tmp_path, {"name": hostile, "n": "2", "items": "[0, 1]"})
    assert (code, output) == (0, "--, true")
    assert log == f"2 [0, 1] {hostile}\n{hostile}, true\n"
    types = spec["components"]["comp-tool"]["inputDefinitions"]["parameters"]
    kinds = {name: each["parameterType"] for name, each in types.items()}
    assert kinds == {"name": "STRING", "n": "NUMBER_INTEGER", "items": "STRING"}
    assert "json.dumps" in program(spec_of(boxed), "tool-items")
    assert codes(boxed)["PG290"] == "warning"


@pytest.mark.parametrize(("script", "code"), [("echo a; exit 3", 3), ("kill -9 $$", 137), ("exit 0", 0)])
def test_a_container_that_fails_fails_its_task(script: str, code: int, tmp_path: Path) -> None:
    fails = Step(name="s", run=Container(image="i", command=("sh", "-c", script)), returns={"type": "string"})
    made = Pipeline(name="p", steps=(fails,), body=(Call(id="a", step="s"),))
    box = yaml.safe_load(spec_of(made))["deploymentSpec"]["executors"]["exec-s"]["container"]
    assert run_box(box, tmp_path, {})[::2] == (code, "")


def test_a_container_that_kfp_cannot_run_is_refused() -> None:
    def codes_of(policy: dict[str, Any], command: tuple[str, ...] = ("true",), text: str = "") -> dict[str, str]:
        box = Step(name="s", run=Container(image="i", command=command), parameters=(Parameter(name="x"),))
        node = read(Call, {"id": "a", "step": "s", "policy": policy, "args": {"x": Const(value=text)}})
        return codes(Pipeline(name="p", steps=(box,), body=(node,)))

    assert codes_of({})["PG290"] == "warning"
    assert codes_of({"retry": {"count": 2, "delay": 3, "backoff": 2}, "timeout": 9})["PG290"] == "warning"
    assert codes_of({"on_failure": {"default": ""}})["PG291"] == "error"
    assert codes_of({"retry": {"count": 3, "delay": 30, "backoff": 2, "max_delay": 40}})["PG291"] == "error"
    assert codes_of({}, ())["PG291"] == "error"
    assert codes_of({}, text="{{$.inputs}}")["PG291"] == "error"


def test_a_container_whose_failure_is_no_failure_of_its_region_is_refused() -> None:
    @pipeline
    def loses_one(n: int = 2) -> None:
        with each(numbers(n)) as x:
            tool("a", x, [], True)
            b = tool.options(id="kept")("b", x, [], True)
        anything(collect(b))

    @pipeline
    def last() -> None:
        anything(1)
        with finally_():
            tool("a", 1, [], True)

    assert codes(loses_one)["PG291"] == codes(last)["PG291"] == "error"
