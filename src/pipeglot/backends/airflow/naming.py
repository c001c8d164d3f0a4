"""Names in a DAG file: of tasks, arguments, helpers and what is imported, none in the way of the author's
own.
"""

from __future__ import annotations

from typing import Any

from pipeglot.backends.airflow.helpers import HELPERS, MOMENTS, moment_helper
from pipeglot.backends.airflow.plan import (
    Branch,
    CollectInner,
    ExpandRows,
    FlattenRows,
    Gate,
    Gather,
    Items,
    Loop,
    Merge,
    NoOp,
    Plan,
    ReturnValue,
    Step,
    Task,
    Tolerate,
)
from pipeglot.backends.airflow.settings import CONTEXT
from pipeglot.codegen.code import Code
from pipeglot.codegen.names import Imports, Names, identifier
from pipeglot.codegen.origin import leaving
from pipeglot.codegen.pysource import Atom
from pipeglot.codegen.python import AuthorCode, functions
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.compat import assert_never
from pipeglot.core.inference import Types
from pipeglot.core.ir import Cron, Imported, Pipeline
from pipeglot.core.shape import Shape, item_refs, out_refs

LOCAL = (
    "task",
    "task_group",
    "timedelta",
    "datetime",
    "dag",
    "data",
    "items",
    "owner",
    "gate",
    "state",
    "states",
    "leaves",
    "failed",
    "fate",
    "mine",
    "row",
    "when",
    "default_args",
)
"""Names that wrapper bodies use for themselves, or that Airflow would fill in for an argument of that
name.
"""


class Naming:
    """The names of one file."""

    def __init__(self, pipeline: Pipeline, plan: Plan, author: AuthorCode, imports: Imports) -> None:
        self.pipeline, self.plan, self.imports, self.author = pipeline, plan, imports, author
        self.types = Types(Shape(pipeline))
        self.steps, self.code = {step.name: step for step in pipeline.steps}, functions(pipeline)
        modules = {step.run.module.split(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)}
        self.names = Names(taken={*author.names, *modules, *CONTEXT, *LOCAL, *boundary_names()})
        self.dag = self.names("dag", "dag") if "dag" in author.names else "dag"
        self.helpers: dict[str, Code] = {}
        self.values = leaving(pipeline)
        self.prefixed, self.labels = _prefixes(plan)

    def engine(self, module: str, name: str) -> str:
        """The name under which something of the engine's (or the standard library's) is used, imported here.

        Without a `name`, the module itself.
        """
        meant, wanted = (f"{module}.{name}", name) if name else (module, module)
        shared = self.author.imported.get(wanted) == meant
        alias = None
        if wanted in self.author.names and not shared:
            alias = self.names(("engine", module, name), f"airflow_{wanted}")
        if name:
            self.imports.name(module, name, alias)
        else:
            self.imports.module(module, alias)
        return alias or wanted

    def kubernetes(self) -> str:
        """The name of the Kubernetes models, imported as Airflow's documentation does."""
        alias = self.names(("engine", "kubernetes"), "k8s")
        self.imports.name("kubernetes.client", "models", alias)
        return alias

    def variable(self, task: str) -> str:
        """The variable that holds a task, and the argument under which wrappers take its value."""
        return self.names(("task", task), _free(self.names, task, "out"))

    def item(self, loop: str) -> str:
        """The argument that takes an item of a loop."""
        return self.names(("item", loop), _free(self.names, loop, "item"))

    def results(self, loop: Loop) -> str:
        """The variable that holds what a mapped group returns."""
        return self.names(("results", loop.each.id), f"{identifier(loop.each.id)}_results")

    def wrapper(self, task: Task) -> str:
        """The name of a task's function."""
        return self.names(("wrapper", task.id), f"{identifier(task.id)}_task")

    def rule(self, task: Task) -> dict[str, Any]:
        if task.rule == "ALL_SUCCESS":
            return {}
        return {"trigger_rule": Atom(f"{self.engine('airflow.sdk', 'TriggerRule')}.{task.rule}")}

    def takes_item(self, task: Task) -> bool:
        """Whether a task of a mapped group takes the group's item."""
        work, loop = task.work, self.plan.loops.get(task.loop or "")
        if loop is None or not loop.grouped:
            return False
        match work:
            case Step(call=node):
                values = tuple(node.args.values())
            case Branch(conditions=conditions) | Gate(conditions=conditions):
                values = tuple(c for c in conditions if c is not None)
            case ReturnValue(value=value):
                values = (value,)
            case ExpandRows(value=value, carried=carried):
                values = (value, *carried)
            case CollectInner(value=Value_) if Value_ is not None:
                values = (Value_,)
            case Merge() | Items() | FlattenRows() | CollectInner() | Gather() | Tolerate() | NoOp():
                return False
            case _:
                assert_never(work)
        own = {loop.each.id} | loop.carried
        return any(item in own for item in item_refs(*values)) or any(ref in own for ref in out_refs(*values))

    def helper(self, name: str) -> str:
        """The name of a helper function, printed when it is used."""
        function = self.names(("helper", name), name)
        self.helpers[name] = Code(HELPERS[name].replace(f"def {name}(", f"def {function}("))
        return function

    def moment(self, name: str) -> str:
        """The helper that gives the run's logical date or day, printed when it is used."""
        function = self.names(("moment", name), MOMENTS[name][0])
        timing = self.pipeline.schedule.timing if self.pipeline.schedule else None
        zone = timing.timezone if isinstance(timing, Cron) and name == "day" else "UTC"
        self.helpers[name] = moment_helper(name, function, self.engine("zoneinfo", "ZoneInfo"), zone)
        return function

    def label(self, task: Task) -> str:
        """The id a task is given where it stands: without what its group puts before it."""
        return self.labels.get(task.id, task.id)


def _free(names: Names, text: str, suffix: str) -> str:
    """A clean name made of `text`: with a suffix rather than a number when the name is taken."""
    name = identifier(text)
    return name if names.free(name) else f"{name}_{suffix}"


def _prefixes(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Groups that can prefix the ids of all they hold, by the label they get, and the labels of tasks in
    them.
    """
    steps = [step for step in plan.steps if isinstance(step, Task)]
    inner: dict[str, list[str]] = {}
    for step in steps:
        for group in step.groups:
            inner.setdefault(group, []).append(step.id)
    closed = {group for step in plan.steps if isinstance(step, Loop) for group in step.groups}
    closed |= {group for loop in plan.loops.values() for task in loop.tasks for group in task.groups}
    labels: dict[str, str] = {}
    found: dict[str, str] = {}
    for step in steps:
        prefix = ""
        for group in step.groups:
            label = group.removeprefix(prefix)
            ok = group.startswith(prefix) and (prefix == "" or group != label) and group not in closed
            ok = ok and plan.groups[group] == label.replace(".", "_") if prefix == "" else ok
            if ok and label.replace("-", "_").isidentifier() and all(id.startswith(f"{group}.") for id in inner[group]):
                found[group] = label
                prefix = f"{group}."
            else:
                prefix = ""
        if prefix:
            labels[step.id] = step.id.removeprefix(prefix)
    return found, labels
