"""KFP's API, as its definition has it: a local server answers in that shape, with the workflow that KFP's own compiler to
Argo would have made of a compiled pipeline. No cluster is here: this shows that the form is read, not that it is all."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeglot import Pipeline, backends, each, finally_, merge, otherwise, pipeline, step, when
from pipeglot import collect as gather
from pipeglot.cli import main
from pipeglot.compare.model import Report
from pipeglot.compare.records import compare
from pipeglot.meaning.run import execute
from pipeglot.migrate.collect import collect
from pipeglot.migrate.collect.api import RunQuery
from pipeglot.migrate.matching import TaskMap
from tests.test_collect import Answer, Serve, refusal, serve

__all__ = ["serve"]

RUN = "0b1f6c1e-7a55-4c3a-9d0e-2f6f2a1c9f10"
BEGAN = datetime(2026, 3, 1, 2, tzinfo=timezone.utc)


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def halve(n: int, refuse: int) -> float:
    if n == refuse:
        raise ValueError(f"{n} is refused")
    return n / 2


@step
def add(ns: list[float]) -> float:
    return sum(ns)


@step
def shout(n: float) -> str:
    return f"{n}!"


@step
def whisper(n: float) -> str:
    return f"({n})"


@step
def tell(text: str) -> None:
    print(text)


@pipeline
def halved(n: int = 3, refuse: int = -1, loud_from: float = 10.0, labels: list[str] = ["a"]) -> str:  # noqa: B006
    with each(numbers(n)) as number:
        one = halve.options(retries=1)(number, refuse)
    sum = add(gather(one))
    with when(sum >= loud_from):
        loud = shout(sum)
    with otherwise():
        quiet = whisper(sum)
    with when(sum >= 100.0):
        alarm = tell.options(id="alarm")("much")
        tell.options(id="again", after=[alarm])("really")
    with finally_() as outcome:
        tell(outcome.state)
    return merge(loud, quiet)


def specification(source: Pipeline[..., Any]) -> dict[str, Any]:
    compiled = backends.get("kfp").compile(source.ir())
    spec: dict[str, Any] = next(yaml.safe_load_all(compiled.files[compiled.entry]))
    return spec


class Workflow:
    """What Argo would show of a run: nodes by the rules of KFP's compiler, one second each.

    `skipped`: DAGs whose condition does not hold. `items`: of every loop. `failing`: tasks that fail, with the item.
    `tries`: how often a task with retries is tried.
    """

    def __init__(
        self,
        spec: dict[str, Any],
        *,
        items: int,
        skipped: tuple[str, ...],
        failing: tuple[tuple[str, int], ...] = (),
        tries: int = 1,
    ) -> None:
        self.spec, self.items, self.skipped, self.failing, self.tries = spec, items, skipped, failing, tries
        self.nodes: list[dict[str, Any]] = []
        self.clock = BEGAN
        good = self.dag(spec["root"]["dag"], "wf.root", -1)
        self.node("wf.root-driver", True)
        self.node("wf.root", good)
        self.node("wf", good)
        self.state = "SUCCEEDED" if good else "FAILED"

    def node(self, name: str, good: bool, phase: str | None = None, message: str = "") -> None:
        at = [(self.clock + timedelta(seconds=more)).strftime("%Y-%m-%dT%H:%M:%SZ") for more in (0, 1)]
        self.clock += timedelta(seconds=1)
        phase = phase or ("Succeeded" if good else "Failed")
        shown = name.rpartition(".")[2]
        times = {"startedAt": at[0], "finishedAt": at[1]}
        self.nodes.append({"name": name, "displayName": shown, "phase": phase, "message": message, **times})

    def dag(self, dag: dict[str, Any], path: str, item: int) -> bool:
        """Carry out the tasks in their order; a task whose predecessors failed is omitted."""
        done: dict[str, bool] = {}
        left = dict(dag["tasks"])
        while left:
            name = next(n for n, task in left.items() if set(task.get("dependentTasks", ())) <= done.keys())
            task = left.pop(name)
            exit_task = task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"
            here = f"{path}.{task['dependentTasks'][0]}.onExit" if exit_task else path
            if not exit_task and not all(done[each] for each in task.get("dependentTasks", ())):
                self.node(f"{here}.{name}-driver", False, "Omitted")
                self.node(f"{here}.{name}", False, "Omitted")
                done[name] = False
            else:
                done[name] = self.task(name, task, here, item)
                if exit_task:
                    self.node(here, done[name])
        return all(done.values())

    def task(self, name: str, task: dict[str, Any], path: str, item: int) -> bool:
        here = f"{path}.{name}"
        component = self.spec["components"][task["componentRef"]["name"]]
        if "parameterIterator" in task:
            self.node(f"{here}.iteration-driver", True)
            good = True
            for number in range(self.items):
                within = f"{here}.iteration-iterations({number}:{number})"
                self.node(f"{within}.iteration-item-driver", True)
                one = self.dag(component["dag"], f"{within}.iteration-item", number)
                self.node(f"{within}.iteration-item", one)
                self.node(within, one)
                good = good and one
            self.node(f"{here}.iteration-iterations", good)
        elif "dag" in component:
            self.node(f"{here}-driver", True)
            if name in self.skipped:
                self.node(here, True, "Skipped")
                return True
            good = self.dag(component["dag"], here, item)
        else:
            self.node(f"{here}-driver", True)
            good = (name, item) not in self.failing
            tries = self.tries if "retryPolicy" in task else 1
            for number in range(tries if "retryPolicy" in task else 0):
                last = number == tries - 1
                self.node(f"{here}.executor({number})", good and last, message="" if good and last else "exit code 1")
            self.node(f"{here}.executor", good, message="" if good else "exit code 1")
        self.node(here, good)
        return good

    def answers(self, manifest: bool = True, **more: Any) -> dict[str, Answer]:
        """What the server says, in the forms of `run.proto` of v2beta1 and v1beta1: what is empty is left out."""
        words = {"Omitted": None, "Skipped": "SKIPPED", "Failed": "FAILED", "Succeeded": "SUCCEEDED"}
        details = []
        for node in sorted(self.nodes, key=lambda node: str(node["name"])):
            times = {"start_time": node["startedAt"], "end_time": node["finishedAt"]}
            state = words[node["phase"]]
            detail = {"run_id": RUN, "task_id": "t", "display_name": node["displayName"], **times}
            details.append({**detail, **({"state": state} if state else {})})
        run = {
            "run_id": RUN,
            "display_name": "nightly",
            "state": self.state,
            "created_at": "2026-03-01T02:00:00Z",
            "scheduled_at": "1970-01-01T00:00:00Z",
            "finished_at": "2026-03-01T02:09:00Z",
            "pipeline_spec": self.spec,
            "runtime_config": {"parameters": {"n": 3, "labels": '["b"]'}},
            "run_details": {"task_details": details},
            **more,
        }
        found: dict[str, Answer] = {f"/apis/v2beta1/runs/{RUN}": (200, run)}
        if manifest:
            text = json.dumps({"status": {"nodes": {node["name"]: node for node in self.nodes}}})
            found[f"/apis/v1beta1/runs/{RUN}"] = (200, {"run": {}, "pipeline_runtime": {"workflow_manifest": text}})
        return found


NOT_TAKEN = ("each-number-none", "condition-if-shout-0", "condition-if-alarm")


def usual(**more: Any) -> Workflow:
    return Workflow(specification(halved), **{"items": 3, "skipped": NOT_TAKEN, **more})


def test_a_run_of_compiled_code_is_read_with_its_items_tries_and_the_arm_not_taken(serve: Serve) -> None:
    server = serve(usual().answers())
    found = collect(halved.ir(), "kfp", server.api, RunQuery(RUN))
    assert compare(found, execute(halved.ir())) == []
    assert {(call.id, call.index): call.state for call in found.calls} == {
        ("numbers", ()): "succeeded",
        ("halve", (0,)): "succeeded",
        ("halve", (1,)): "succeeded",
        ("halve", (2,)): "succeeded",
        ("add", ()): "succeeded",
        ("shout", ()): "skipped",
        ("whisper", ()): "succeeded",
        ("alarm", ()): "skipped",
        ("again", ()): "skipped",
        ("tell_3", ()): "succeeded",
    }
    assert all(call.observed for call in found.calls)
    assert not any(call.output_known for call in found.calls if call.state == "succeeded")
    assert (found.params["labels"], found.params["loud_from"]) == (["b"], 10.0)
    assert (found.logical_date, found.engine, found.state) == ("2026-03-01T02:00:00Z", "kfp", "succeeded")
    assert "KFP's API does not keep what tasks gave" in found.notes


def test_what_is_not_kept_is_not_compared_with_a_run_from_here(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the command that collects to the verdict: the params of the run are those of the other side."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "halved.json").write_text(halved.ir().to_json())
    server = serve(usual(items=4).answers(runtime_config={"parameters": {"n": 4.0}}))
    asked = ["migrate", "collect", "halved.json", "--from", "kfp", "--url", server.url, "--run", RUN, "-o", "old.json"]
    assert main(asked) == 0
    dry = ["migrate", "dry-run", "halved.json", "--old", "record:old.json", "--new", "local", "--out", "report"]
    dry += ["--require", "states"]
    assert main(dry) == 0, capsys.readouterr().out
    found = Report.model_validate_json((tmp_path / "report" / "dryrun.json").read_text())
    assert (found.verdict, found.params["n"]) == ("equivalent", 4)
    gaps = {gap.what: gap.calls for gap in found.not_compared}
    assert {"halve[3]", "add", "whisper"} <= set(gaps["outputs on the old side"])


def test_a_failure_is_read_with_its_tries_and_what_it_held_up(serve: Serve) -> None:
    server = serve(usual(failing=(("halve", 1),), tries=2).answers())
    found = collect(halved.ir(), "kfp", server.api, RunQuery(RUN))
    reference = {(call.id, call.index): call for call in execute(halved.ir(), params={"refuse": 1}).calls}
    assert {(call.id, call.index): call.state for call in found.calls} == {k: c.state for k, c in reference.items()}
    one = next(call for call in found.calls if (call.id, call.index) == ("halve", (1,)))
    assert (one.attempts, one.error.message if one.error else None) == (2, "exit code 1")
    assert found.state == "failed"


def test_without_the_workflow_the_tasks_of_the_run_have_to_do(serve: Serve) -> None:
    server = serve(usual().answers(manifest=False))
    found = collect(halved.ir(), "kfp", server.api, RunQuery(RUN))
    assert compare(found, execute(halved.ir())) == []
    assert any("items are numbered as they started" in note for note in found.notes)


def test_a_native_run_is_matched_by_names_and_its_groups_are_no_tasks(serve: Serve) -> None:
    spec = copy.deepcopy(specification(halved))
    text = json.dumps(spec).replace('"whisper"', '"murmur"').replace("each-number", "for-loop-1")
    spec = json.loads(text.replace("condition-if-shout", "condition-branches").replace('"numbers"', '"make-numbers"'))
    workflow = Workflow(spec, items=2, skipped=("for-loop-1-none", "condition-branches-0", "condition-if-alarm"))
    server = serve(workflow.answers())
    mapping = TaskMap({"make-numbers": "numbers", "murmur": "whisper", "for-loop-1-empty": ""})
    found = collect(halved.ir(), "kfp", server.api, RunQuery(RUN), mapping)
    assert compare(found, execute(halved.ir(), params={"n": 2})) == []
    workflow = Workflow(spec, items=2, skipped=("for-loop-1-none",), failing=(("halve", 0),))
    for manifest in (True, False):
        failed = collect(halved.ir(), "kfp", serve(workflow.answers(manifest)).api, RunQuery(RUN), mapping)
        assert {call.id for call in failed.calls if call.state == "blocked"} >= {"add"}
    assert {call.id for call in found.calls} == {call.id for call in execute(halved.ir()).calls}


def test_the_pipeline_may_be_one_that_was_uploaded(serve: Serve) -> None:
    workflow = usual()
    answers = workflow.answers(pipeline_version_reference={"pipeline_id": "p", "pipeline_version_id": "v"})
    status, run = answers[f"/apis/v2beta1/runs/{RUN}"]  # type: ignore[misc]
    both = {"pipeline_spec": run.pop("pipeline_spec"), "platform_spec": {}}
    server = serve({**answers, "/apis/v2beta1/pipelines/p/versions/v": (status, {"pipeline_spec": both})})
    assert compare(collect(halved.ir(), "kfp", server.api, RunQuery(RUN)), execute(halved.ir())) == []


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "CANCELING", "PAUSED", "RUNTIME_STATE_UNSPECIFIED", None])
def test_a_run_that_goes_on_is_refused(serve: Serve, state: str | None) -> None:
    answers = usual().answers(state=state)
    code, said = refusal(lambda: collect(halved.ir(), "kfp", serve(answers).api, RunQuery(RUN)))
    assert (code, RUN in said) == ("PG374", True)


def test_a_cancelled_run_is_a_cancelled_record(serve: Serve) -> None:
    server = serve(usual().answers(state="CANCELED"))
    assert collect(halved.ir(), "kfp", server.api, RunQuery(RUN)).state == "cancelled"


@pytest.mark.parametrize(
    "broken",
    [
        [],
        "text",
        None,
        {"state": "SUCCEEDED", "run_details": {"task_details": [{}]}},
        {"state": "SUCCEEDED", "run_details": [1]},
        {"state": "SUCCEEDED", "pipeline_spec": "text"},
        {"state": "SUCCEEDED", "runtime_config": {"parameters": [1]}},
        {"state": "SUCCEEDED", "created_at": "yesterday"},
        {"state": ["SUCCEEDED"]},
    ],
)
def test_an_answer_without_its_fields_is_named(serve: Serve, broken: Any) -> None:
    server = serve({f"/apis/v2beta1/runs/{RUN}": (200, broken)})
    assert refusal(lambda: collect(halved.ir(), "kfp", server.api, RunQuery(RUN)))[0] == "PG373"


def test_a_run_that_is_not_there_is_named(serve: Serve) -> None:
    assert refusal(lambda: collect(halved.ir(), "kfp", serve({}).api, RunQuery(RUN)))[0] == "PG372"
