"""The functions of a DAG file: a thin `@task` wrapper per task, with the settings of its call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipeglot.backends import pod
from pipeglot.backends.airflow.bodies import Body
from pipeglot.backends.airflow.naming import Naming
from pipeglot.backends.airflow.plan import Branch, Nothing, Step, Task
from pipeglot.backends.airflow.settings import Settings, policy
from pipeglot.backends.python import own_docstring
from pipeglot.core.ir import Inlined, Resources
from pipeglot.core.pysource import Atom, Bracket, Doc, Entry, call, flat, literal, statement


def functions(naming: Naming, settings: Settings) -> list[str]:
    """The definitions of all tasks, in order."""
    plan = naming.plan
    tasks = [task for task in plan.all() if not isinstance(task.work, Nothing)]
    return [_function(naming, task, settings) for task in tasks]


def _function(naming: Naming, task: Task, settings: Settings) -> str:
    body = Body(naming, task)
    lines = body.lines()
    kind = f"{naming.engine('airflow.sdk', 'task')}"
    if isinstance(task.work, Branch):
        kind += ".branch"
    told: dict[str, Any] = {"task_id": naming.label(task)}
    if isinstance(task.work, Step):
        told |= _call_settings(naming, task, task.work, settings)
    told |= naming.rule(task)
    entries = [Entry("", Atom(name)) for name in body.arguments]
    entries += [Entry(f"{name}=", Atom("None")) for name in body.context]
    signature = Bracket(f"{naming.wrapper(task)}(", tuple(entries), ")")
    head = [statement("@", call(kind, **told), indent=4), statement("def ", signature, ":", indent=4)]
    return "\n".join([*head, *lines])


def _call_settings(naming: Naming, task: Task, work: Step, options: Settings) -> dict[str, Any]:
    settings = policy(work.call.policy)
    if task.max_parallel is not None:
        settings["max_active_tis_per_dagrun"] = task.max_parallel
    if any(isinstance(value, timedelta) for value in settings.values()):
        name = naming.engine("datetime", "timedelta")
        settings = {k: _renamed(v, name) for k, v in settings.items()}
    if work.call.policy.resources is not None:
        settings["executor_config"] = _pod(work.call.policy.resources, naming.kubernetes())
    step = naming.steps[work.call.step]
    own = isinstance(step.run, Inlined) and own_docstring(naming.pipeline, step.run.name)
    if step.description and own != step.description:
        settings["doc_md"] = step.description
    if task.id != task.node:
        settings["task_display_name"] = task.node
    return settings | options.tasks.get(work.call.id, {})


def _pod(resources: Resources, k8s: str) -> Doc:
    """What the KubernetesExecutor takes: the container that runs the task, as far as it differs from the others."""
    asked, bounds = pod.requests(resources), pod.limits(resources)
    told = {name: amounts for name, amounts in (("requests", asked), ("limits", bounds)) if amounts}
    container = call(f"{k8s}.V1Container", name="base", resources=call(f"{k8s}.V1ResourceRequirements", **told))
    labels = {"node_selector": resources.node_selector} if resources.node_selector else {}
    spec = call(f"{k8s}.V1PodSpec", containers=Bracket("[", (Entry("", container),), "]"), **labels)
    return Bracket("{", (Entry('"pod_override": ', call(f"{k8s}.V1Pod", spec=spec)),), "}")


def _renamed(value: Any, name: str) -> Any:
    """A duration under the name that `timedelta` has in this file."""
    if not isinstance(value, timedelta):
        return value
    return Atom(flat(literal(value)).replace("timedelta", name, 1))
