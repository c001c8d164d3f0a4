"""A pipeline as a plan: which task runs what, where its inputs come from, what leaves a region and how.

A call is a task of its own. An If is a task for each arm, with a condition; an Each a task with an iterator; both
run a DAG that takes what it needs from outside as typed inputs, so that they start when all of that is there.
Where something can be used after a region although another call in it failed, a failing task would take it along
(a DAG that holds a failed task has failed). The calls of such a region are *guarded*: they give their outcome as
text and never fail; behind the region one task opens each value, and another fails when a call did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeglot.core.ir import Call, Each, If, Param, Pipeline

from .branches import branch
from .builder import Builder, Lower
from .calls import call_task, exit_task
from .drafts import DagDraft, TaskDraft
from .limits import watch
from .loops import loop
from .plan import DagInput, KfpPlan, TaskOrigin
from .producers import Producer
from .run_context import RunContext
from .types import PARAMETER_TYPE, form_of

LOWER: Mapping[type, Lower] = {Call: call_task, If: branch, Each: loop}
"""What lowers each kind of node; groups are transparent, and Includes inlined."""


def lower(pipeline: Pipeline, for_dsl: bool = False) -> KfpPlan:
    """The plan of an inlined pipeline; `for_dsl`: so that KFP's DSL can say it, which takes some more tasks."""
    build = Builder(pipeline, LOWER, for_dsl)
    for param in pipeline.params:
        _param(build, param)
    final = pipeline.final.call if pipeline.final else None
    calls = build.shape.calls
    for node in (*calls, *([final] if final else [])):
        build.origins[build.name(node.id)] = TaskOrigin(node.id, "call")
    if final is not None and calls:
        build.top = DagDraft(build.names("exit-handler"))
        build.root.add(TaskDraft(build.top.name, build.top.name, build.top))
    RunContext(build)
    build.block(build.top, pipeline.body, guard=False)
    if not build.top.tasks and calls:
        build.idle(build.top, pipeline.name)
    if final is not None:
        exit_task(build, final)
    watch(build)
    return build.plan()


def _param(build: Builder, param: Param) -> None:
    """An input of the pipeline."""
    form = form_of(param.type)
    spec: dict[str, Any] = {}
    if not param.required:
        spec["defaultValue"] = json.dumps(param.default) if form == "json" else param.default
    # How a description starts says what to give: an author's own words must not.
    plain = form != "json" and param.description.startswith(("JSON", "Logical date"))
    kind = ["JSON"] if form == "json" else ["Plain value"] if plain else []
    if about := ". ".join([*kind, *([param.description] if param.description else [])]):
        spec["description"] = about
    if not param.required:
        spec["isOptional"] = True
    build.params[param.name] = {**spec, "parameterType": PARAMETER_TYPE[form]}
    build.root.inputs[param.name] = form
    build.producers["param", param.name] = Producer(build.root, form, DagInput(param.name))
