"""What the parts of a spec are there for: the tables by which its YAML is written with the origins of its lines."""

from __future__ import annotations

from pipeglot.codegen.origin import orders
from pipeglot.codegen.pysource import Spelled, Spelling

from .plan import DagTask, KfpPlan, SubDag

_RETRY = {
    "maxRetryCount": "Retry.count",
    "backoffDuration": "Retry.delay",
    "backoffFactor": "Retry.backoff",
    "backoffMaxDuration": "Retry.max_delay",
}
_RESOURCES: Spelling = {
    "accelerator": "Resources.gpus Resources.gpu_type",
    "cpuRequest": "Resources.cpu",
    "memoryLimit": "Resources.memory",
    "memoryRequest": "Resources.memory",
    "resourceCpuRequest": "Resources.cpu",
    "resourceMemoryLimit": "Resources.memory",
    "resourceMemoryRequest": "Resources.memory",
}


class SpecSpelling:
    """The tables of one plan."""

    def __init__(self, plan: KfpPlan) -> None:
        self._plan, self._after = plan, orders(plan.pipeline)
        told: dict[str, dict[Spelled, None]] = {}
        for task in plan.root.walk():
            told.setdefault(task.component, {}).update(dict.fromkeys(self._node(task.name)))
        self._nodes: dict[str, tuple[Spelled, ...]] = {name: tuple(nodes) for name, nodes in told.items()}
        """What each component is there for: the nodes of all its tasks."""

    def spec(self) -> Spelling:
        """Of the PipelineSpec."""
        plan, components = self._plan, dict[str, Spelling]()
        for task in plan.root.walk():
            inner = {"dag": self._dag(task.runs)} if isinstance(task.runs, SubDag) else {}
            components[f"comp-{task.component}"] = {"": self._nodes[task.component], **inner}
        container: Spelling = {"container": {"resources": _RESOURCES}}
        executors: Spelling = {f"exec-{name}": {"": self._nodes[name], **container} for name in plan.components}
        params: Spelling = {name: ((name, "Pipeline.params"),) for name in plan.params}
        return {
            "components": components,
            "deploymentSpec": {"executors": executors},
            "root": {"": (("", None),), "dag": self._dag(plan.root), "inputDefinitions": {"parameters": params}},
        }

    def platform(self) -> Spelling:
        """Of the file for what only Kubernetes knows."""
        settings = {"nodeSelector": "Resources.node_selector", "secretAsEnv": "Policy.secrets"}
        pods: Spelling = {f"exec-{name}": {"": self._nodes[name], **settings} for name in self._plan.components}
        limit: Spelling = {"pipelineConfig": (("", "Pipeline.run_timeout"),)}
        return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": pods}, **limit}}}

    def _node(self, task: str) -> tuple[Spelled, ...]:
        origin, final = self._plan.origins.get(task), self._plan.pipeline.final
        node = "" if origin is None else origin.node
        whole: tuple[Spelled, ...] = ((node, None),)
        return (*whole, (node, "Pipeline.final")) if final is not None and final.call.id == node else whole

    def _dag(self, dag: SubDag) -> Spelling:
        return {"tasks": {name: self._task(task) for name, task in dag.tasks.items()}}

    def _task(self, task: DagTask) -> Spelling:
        node = self._node(task.name)
        return {
            "": node,
            "dependentTasks": self._after.get(node[0][0] or "", ""),
            "iteratorPolicy": "Each.max_parallel",
            "parameterIterator": "Each.items",
            "retryPolicy": _RETRY,
            "taskInfo": {"name": "Call.id"},
            "triggerPolicy": {"condition": "Arm.when", "strategy": "Pipeline.final"},
        }
