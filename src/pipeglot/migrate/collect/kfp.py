"""A run of Kubeflow Pipelines, read from its API.

`v2beta1` says how the run and its tasks ended, but neither which item of a loop a task was for nor how often it was
tried. The Argo workflow behind the run does, which the same server keeps and shows as part of `v1beta1`'s run; without
it, instances are numbered in the order in which they started. Neither keeps the values of outputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pipeglot.backends.base import EngineRun, EngineTask
from pipeglot.core.dataclass import dataclass, replace
from pipeglot.migrate.collect.api import Api, RunQuery, fields, not_ended, quoted

_BASE = "/apis/v2beta1"
_STATES: dict[str, Literal["succeeded", "failed", "cancelled"]] = {
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "cancelled",
    "SKIPPED": "succeeded",  # a run whose work was all skipped, as by caching
}
_WORDS = {"error": "failed", "canceled": "cancelled", "": "omitted", "runtime_state_unspecified": "omitted"}
_ITEM = re.compile(r"iteration-iterations\((\d+):.*\)")
_TRY = re.compile(r"executor(\(\d+\))?")
_PLUMBING = re.compile(r"root|executor(\(\d+\))?|.*-driver|iteration-.*")
"""Nodes of the workflow that carry tasks out, and stand beside theirs."""


@dataclass(frozen=True)
class _TaskNode:
    """A node of the workflow. `path`: names from the entry point to it; of `v2beta1`, its own alone."""

    path: tuple[str, ...]
    state: str
    started: str | None
    ended: str | None
    message: str = ""


def collect(api: Api, asked: RunQuery) -> EngineRun:
    """A run that has ended: its tasks with their states and tries, the DAGs of its pipeline as groups."""
    path = f"/runs/{quoted(asked.run)}"
    run = api.get(_BASE + path)
    state = run.get("state") if isinstance(run, dict) else fields(run, "state")[0]
    if state not in _STATES:
        not_ended(f"the run {asked.run}", state or "in no state yet")
    spec = _spec(api, run)
    tree = _Tree(spec)
    notes = ["KFP's API does not keep what tasks gave"]
    nodes = _of_workflow(api.find("/apis/v1beta1" + path))
    if not nodes:
        notes.append("the server shows no workflow: attempts are not known, and items are numbered as they started")
        nodes = _of_details(run, tree)
    params = {**_defaults(spec), **((run.get("runtime_config") or {}).get("parameters") or {})}
    return EngineRun(
        engine="kfp",
        engine_version=str((api.find(f"{_BASE}/healthz") or {}).get("tag_name") or "v2beta1"),
        state=_STATES[state],
        run_id=asked.run,
        logical_date=_date(run, params.get(asked.date)),
        started=_time(run.get("created_at")),
        ended=_time(run.get("finished_at")),
        tasks=tuple(_tasks(nodes, tree)),
        notes=notes,
        params=params,
    )


# ---------------------------------------------------------------- what ran


def _of_workflow(answer: Any) -> list[_TaskNode]:
    """The nodes of the Argo workflow in `v1beta1`'s answer; none where it is not kept, or elsewhere."""
    try:
        text = answer["pipeline_runtime"]["workflow_manifest"]
        nodes = json.loads(text)["status"]["nodes"].values()
        return [
            _TaskNode(
                path=tuple(_parts(node["name"])[1:]),
                state=node["phase"].lower(),
                started=_time(node.get("startedAt")),
                ended=_time(node.get("finishedAt")),
                message=node.get("message") or "",
            )
            for node in nodes
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _parts(name: str) -> list[str]:
    """The steps in a node's name; the text of an item may hold dots.

    >>> _parts("wf.root.each.iteration-iterations(0:a.b).iteration-item.train")
    ['wf', 'root', 'each', 'iteration-iterations(0:a.b)', 'iteration-item', 'train']
    """
    return re.findall(r"(?:[^.(]|\(.*?\)(?=\.|$))+", name)


def _of_details(run: Mapping[str, Any], tree: _Tree) -> list[_TaskNode]:
    """The tasks in `v2beta1`'s answer, instances of one loop numbered in the order they started."""
    found: list[_TaskNode] = []
    count: dict[str, int] = {}
    rows = (run.get("run_details") or {}).get("task_details") or []
    for row in sorted(rows, key=lambda row: str(row.get("start_time"))):
        name, state = fields({"state": "", **row}, "display_name", "state")
        node = _TaskNode((name,), state.lower(), _time(row.get("start_time")), _time(row.get("end_time")))
        if tree.depth(name) == 1 and tree.has(name):
            number = count[name] = count.get(name, -1) + 1
            node = replace(node, path=(f"iteration-iterations({number}:{number})", name))
        if tree.depth(name) <= 1:
            found.append(node)
    return found


def _tasks(nodes: Sequence[_TaskNode], tree: _Tree) -> Iterator[EngineTask]:
    """The tasks that the nodes carried out, and those of DAGs that were skipped."""
    inside: dict[tuple[str, ...], list[_TaskNode]] = {}
    for node in nodes:
        inside.setdefault(node.path[:-1], []).append(node)
    for node in sorted(nodes, key=lambda node: (node.started or "", node.path)):
        if not node.path or not tree.has(node.path[-1]):
            continue
        index = tuple(int(found[1]) for part in node.path if (found := _ITEM.fullmatch(part)))
        name, state = node.path[-1], _WORDS.get(node.state, node.state)
        tried = [each for each in _below(node, inside) if _TRY.fullmatch(each.path[-1])]
        retried = [each for each in tried if each.path[-1] != "executor"]
        message = next((each.message for each in reversed([node, *tried, *retried]) if each.message), "")
        ran = state in ("succeeded", "failed")
        yield EngineTask(
            name=name,
            index=index,
            state=state,
            attempts=max(len(retried), 1) if ran and not tree.is_dag(name) else 0,
            started=node.started,
            ended=node.ended,
            error={"type": "Error", "message": message} if state == "failed" else None,
            group=tree.is_dag(name),
        )
        if state == "skipped":
            yield from (EngineTask(name=each, index=index, state=state) for each in tree.leaves(name))


def _below(node: _TaskNode, inside: Mapping[tuple[str, ...], list[_TaskNode]]) -> Iterator[_TaskNode]:
    """What a node consists of directly, in order; the tries of a retried pod lie beside or within it."""
    for each in sorted(inside.get(node.path, ()), key=lambda each: (len(each.path[-1]), each.path[-1])):
        yield each
        yield from inside.get(each.path, ())


# ---------------------------------------------------------------- what was asked for


def _spec(api: Api, run: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pipeline that was run, as far as the server has it."""
    held: Any = run
    reference = run.get("pipeline_version_reference") or {}
    if "pipeline_spec" not in run and reference.get("pipeline_id") and reference.get("pipeline_version_id"):
        place = f"{quoted(reference['pipeline_id'])}/versions/{quoted(reference['pipeline_version_id'])}"
        held = api.find(f"{_BASE}/pipelines/{place}") or {}
    spec = held.get("pipeline_spec") or {}
    # With settings of Kubernetes there are two documents, each under its own name.
    return spec.get("pipeline_spec", spec)  # type: ignore[no-any-return]


def _defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    known = ((spec.get("root") or {}).get("inputDefinitions") or {}).get("parameters") or {}
    return {name: one["defaultValue"] for name, one in known.items() if "defaultValue" in one}


class _Tree:
    """The tasks of a pipeline by name: which are DAGs, what is in them, and in how many loops they are."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._components: Mapping[str, Any] = spec.get("components") or {}
        self._dag: dict[str, Mapping[str, Any]] = {}
        self._depth: dict[str, int] = {}
        self._read((spec.get("root") or {}).get("dag") or {}, 0, 0)

    def _read(self, dag: Mapping[str, Any], depth: int, level: int) -> None:
        for name, task in (dag.get("tasks") or {}).items():
            self._depth[name] = max(depth, self._depth.get(name, 0))
            component = self._components.get((task.get("componentRef") or {}).get("name", "")) or {}
            if "dag" in component and level < 100:
                self._dag[name] = component["dag"]
                loop = "parameterIterator" in task or "artifactIterator" in task
                self._read(component["dag"], depth + loop, level + 1)

    def has(self, name: str) -> bool:
        """Whether a node of that name is a task's own; where the pipeline is not known, by the name alone."""
        if name.removesuffix("-driver") in self._depth and name.endswith("-driver"):
            return False
        return name in self._depth or (not self._depth and not _PLUMBING.fullmatch(name))

    def is_dag(self, name: str) -> bool:
        """Whether a task stands for others."""
        return name in self._dag

    def depth(self, name: str) -> int:
        """How many loops a task is in."""
        return self._depth.get(name, 0)

    def leaves(self, name: str) -> Iterator[str]:
        """The tasks in a DAG that are no DAGs, at any depth."""
        for inner in self._dag.get(name, {}).get("tasks") or {}:
            yield from self.leaves(inner) if self.is_dag(inner) else [inner]


def _date(run: Mapping[str, Any], told: Any) -> str | None:
    """The run's logical date: a compiled pipeline takes it as a parameter, else it is the tick or the start."""
    return told or _time(run.get("scheduled_at")) or _time(run.get("created_at"))


def _time(text: Any) -> str | None:
    """A time, where there is one: KFP writes the epoch for none."""
    return text if isinstance(text, str) and text and not text.startswith(("1970-01-01T00:00:00", "0001-")) else None
