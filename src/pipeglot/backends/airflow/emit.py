"""The functions of a DAG file: a thin `@task` wrapper per task, with the settings of its call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipeglot.backends.airflow.bodies import Body
from pipeglot.backends.airflow.naming import Naming
from pipeglot.backends.airflow.plan import Branch, ExpandRows, FlattenRows, Items, NoOp, Step, Task, Tolerate, Work
from pipeglot.backends.airflow.settings import policy
from pipeglot.codegen import pod
from pipeglot.codegen.author_options import AuthorOptions
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.pysource import Atom, Bracket, Doc, Entry, Spelling, call, flat, literal, spelled, statement
from pipeglot.codegen.python import own_docstring
from pipeglot.core.ir import Inlined, Resources

SPELLS = {
    "task_id": "Call.id",
    "retries": "Retry.count",
    "retry_delay": "Retry.delay",
    "retry_exponential_backoff": "Retry.backoff",
    "max_retry_delay": "Retry.max_delay",
    "execution_timeout": "Policy.timeout",
    "task_display_name": "Call.id",
}
"""The attributes of a call that the arguments of its task spell."""


def functions(naming: Naming, settings: AuthorOptions) -> list[Code]:
    """The definitions of all tasks, in order."""
    plan = naming.plan
    tasks = [task for task in plan.all() if not isinstance(task.work, NoOp)]
    return [_function(naming, task, settings) for task in tasks]


def _function(naming: Naming, task: Task, settings: AuthorOptions) -> Code:
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
    decorator = spelled(call(kind, **told), _spelled(naming, task, settings))
    head = [statement("@", decorator, indent=4), statement("def ", signature, ":", indent=4)]
    made = joined([*head, *lines]).of(
        task.node, _ABOUT.get(type(task.work)) or ("Pipeline.final" if task is naming.plan.final else None)
    )
    return made.of(task.value, naming.values[task.value]) if task.value else made


_ABOUT: dict[type[Work], str] = {
    Tolerate: "Policy.on_failure",
    Items: "Each.items",
    ExpandRows: "Each.items",
    FlattenRows: "Each.items",
}
"""The attributes that whole tasks are there for."""


def _spelled(naming: Naming, task: Task, options: AuthorOptions) -> Spelling:
    """What the arguments of a task's decorator are there for."""
    if not isinstance(task.work, Step):
        return {}
    call = task.work.call
    own = {name: ((f"airflow.tasks.{call.id}.{name}", "Pipeline.options"),) for name in options.calls.get(call.id, {})}
    container = {"": pod.spelling(call.policy.resources)}
    return {
        **SPELLS,
        "doc_md": ((call.step, "Step.description"),),
        "max_active_tis_per_dagrun": ((task.loop, "Each.max_parallel"),),
        "executor_config": {
            "pod_override": {"spec": {"containers": container, "node_selector": "Resources.node_selector"}}
        },
        **own,
    }


def _call_settings(naming: Naming, task: Task, work: Step, options: AuthorOptions) -> dict[str, Any]:
    settings = policy(work.call.policy)
    if task.max_parallel is not None:
        settings["max_active_tis_per_dagrun"] = task.max_parallel
    if any(isinstance(value, timedelta) for value in settings.values()):
        name = naming.engine("datetime", "timedelta")
        settings = {k: _renamed(v, name) for k, v in settings.items()}
    variables = pod.variables(work.call.policy.secrets)
    if variables or work.call.policy.resources is not None:
        settings["executor_config"] = _pod(work.call.policy.resources, variables, naming.kubernetes())
    step = naming.steps[work.call.step]
    own = isinstance(step.run, Inlined) and own_docstring(naming.code, step.run.name)
    if step.description and own != step.description:
        settings["doc_md"] = step.description
    if task.id != task.node:
        settings["task_display_name"] = task.node
    return settings | options.calls.get(work.call.id, {})


def _pod(resources: Resources | None, variables: list[dict[str, Any]], k8s: str) -> Doc:
    """What the KubernetesExecutor takes: the container that runs the task, as far as it differs from the others."""
    told: dict[str, Any] = {}
    if variables:
        told["env"] = Bracket("[", tuple(Entry("", _variable(each, k8s)) for each in variables), "]")
    if resources is not None:
        asked, bounds = pod.requests(resources), pod.limits(resources)
        amounts = {name: found for name, found in (("requests", asked), ("limits", bounds)) if found}
        told["resources"] = call(f"{k8s}.V1ResourceRequirements", **amounts)
    container = call(f"{k8s}.V1Container", name="base", **told)
    labels = {"node_selector": resources.node_selector} if resources and resources.node_selector else {}
    spec = call(f"{k8s}.V1PodSpec", containers=Bracket("[", (Entry("", container),), "]"), **labels)
    return Bracket("{", (Entry('"pod_override": ', call(f"{k8s}.V1Pod", spec=spec)),), "}")


def _variable(told: dict[str, Any], k8s: str) -> Doc:
    """A variable of the container that is taken from a Kubernetes Secret."""
    selector = call(f"{k8s}.V1SecretKeySelector", **told["value_from"]["secret_key_ref"])
    return call(f"{k8s}.V1EnvVar", name=told["name"], value_from=call(f"{k8s}.V1EnvVarSource", secret_key_ref=selector))


def _renamed(value: Any, name: str) -> Any:
    """A duration under the name that `timedelta` has in this file."""
    if not isinstance(value, timedelta):
        return value
    return Atom(flat(literal(value)).replace("timedelta", name, 1))
