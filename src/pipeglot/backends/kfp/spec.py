"""What a PipelineSpec is made of: DAGs of tasks, each running a Python component or a DAG of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .types import PARAMETER_TYPE, Form

Given: TypeAlias = dict[str, Any]
"""An input of a task as the spec writes it: `taskOutputParameter`, `componentInputParameter` or `runtimeValue`."""


def constant(value: Any) -> Given:
    """An input that is the same in every run."""
    return {"runtimeValue": {"constant": value}}


def incoming(name: str) -> Given:
    """An input of the DAG, handed on."""
    return {"componentInputParameter": name}


def outgoing(task: str, key: str) -> Given:
    """An output of another task of the same DAG."""
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}


@dataclass
class Program:
    """A lightweight Python component: one function, and the module text around it.

    `inputs` and `outputs` are name and form.
    """

    function: str
    inputs: dict[str, Form] = field(default_factory=dict)
    outputs: dict[str, Form] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    """The expression of every output."""
    description: str = ""
    final_status: str | None = None
    """The parameter that is given how the rest of the run ended."""
    resources: Any = None


@dataclass
class Task:
    """A task of a DAG. `display` is what the user interface shows, `after` what it waits for without a value."""

    name: str
    display: str
    runs: Program | Dag
    inputs: dict[str, Given] = field(default_factory=dict)
    after: dict[str, None] = field(default_factory=dict)
    condition: str = ""
    test: str | None = None
    """Its own part of the condition, beside that no task before it in a choice runs; None for the last, the rest."""
    items: Given | None = None
    item: str = ""
    limit: int | None = None
    retry: dict[str, Any] | None = None
    ends: str | None = None
    """An exit task names the task whose end it waits for."""

    def waits(self) -> list[str]:
        """The tasks of the same DAG it waits for, in order."""
        given = [i["taskOutputParameter"]["producerTask"] for i in self.inputs.values() if "taskOutputParameter" in i]
        return sorted({*given, *self.after})


@dataclass
class Dag:
    """A DAG component. An output is one task's, or that of the one task of several that ran."""

    name: str
    parent: Dag | None = None
    task: Task | None = None
    inputs: dict[str, Form] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    outputs: dict[str, tuple[Form, list[tuple[str, str]]]] = field(default_factory=dict)
    choice: bool = False
    """Its outputs are each of one of several tasks."""
    held: bool = False
    """The DAG it is in holds nothing else."""
    items: str = ""
    """The input that has the list a loop runs over; the DAG of one instance does not see it."""

    @property
    def special(self) -> bool:
        """Whether it is more to the DSL than a pipeline within: a branch, an arm of one, or a loop."""
        return self.choice or (self.task is not None and bool(self.task.condition or self.task.items))

    def add(self, task: Task) -> Task:
        """Put a task in; a DAG it runs knows its place from now on."""
        self.tasks[task.name] = task
        if isinstance(task.runs, Dag):
            task.runs.parent, task.runs.task = self, task
        return task

    def output(self, key: str, form: Form, sources: list[tuple[str, str]]) -> None:
        """Give an output; a DAG that is there to hold this one gives it too."""
        self.outputs[key] = (form, sources)
        if self.held and self.parent is not None:
            self.parent.output(key, form, [(self.name, key)])

    def within(self, outer: Dag) -> bool:
        """Whether it is `outer` or somewhere inside."""
        dag: Dag | None = self
        while dag is not None:
            if dag is outer:
                return True
            dag = dag.parent
        return False

    def pass_in(self, source: Dag, given: Given, name: str, form: Form) -> Given:
        """How a task in here is given what `given` is in `source`, an enclosing DAG: through the inputs between."""
        if self is source:
            return given
        assert self.parent is not None and self.task is not None
        if name == self.items:
            name += "-all"
        if name not in self.inputs:
            self.task.inputs[name] = self.parent.pass_in(source, given, name, form)
            self.inputs[name] = form
        return incoming(name)

    def walk(self) -> Iterator[Task]:
        """Every task at any depth."""
        for task in self.tasks.values():
            yield task
            if isinstance(task.runs, Dag):
                yield from task.runs.walk()


def components(root: Dag) -> dict[str, Any]:
    """The components section: one for every task."""
    return {f"comp-{task.name}": _component(task) for task in root.walk()}


def _component(task: Task) -> dict[str, Any]:
    runs = task.runs
    found: dict[str, Any] = {}
    if isinstance(runs, Dag):
        found["dag"] = dag(runs)
        outputs = {key: form for key, (form, _) in runs.outputs.items()}
        # What a loop gives is the list of what its instances gave.
        listed = task.items is not None
    else:
        found["executorLabel"] = f"exec-{task.name}"
        outputs, listed = runs.outputs, False
    inputs: dict[str, Any] = {name: {"parameterType": PARAMETER_TYPE[form]} for name, form in runs.inputs.items()}
    if isinstance(runs, Program) and runs.final_status:
        inputs[runs.final_status] = {"isOptional": True, "parameterType": "TASK_FINAL_STATUS"}
    if inputs:
        found["inputDefinitions"] = {"parameters": inputs}
    if outputs:
        types = {key: {"parameterType": "LIST" if listed else PARAMETER_TYPE[f]} for key, f in outputs.items()}
        found["outputDefinitions"] = {"parameters": types}
    return found


def dag(self: Dag) -> dict[str, Any]:
    """A DAG as the spec writes it."""
    found: dict[str, Any] = {}
    if self.outputs:
        outputs: dict[str, Any] = {}
        for key, (_, sources) in self.outputs.items():
            selectors = [{"outputParameterKey": k, "producerSubtask": task} for task, k in sources]
            if self.choice:
                outputs[key] = {"valueFromOneof": {"parameterSelectors": selectors}}
            else:
                outputs[key] = {"valueFromParameter": selectors[0]}
        found["outputs"] = {"parameters": outputs}
    found["tasks"] = {name: _task(task) for name, task in self.tasks.items()}
    return found


def _task(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(task.runs, Program):
        found["cachingOptions"] = {}  # off: the language has no cache
    found["componentRef"] = {"name": f"comp-{task.name}"}
    waits = task.waits()
    if waits:
        found["dependentTasks"] = waits
    inputs = dict(task.inputs)
    if task.ends is not None and isinstance(task.runs, Program) and task.runs.final_status:
        inputs[task.runs.final_status] = {"taskFinalStatus": {"producerTask": task.ends}}
    if inputs:
        found["inputs"] = {"parameters": inputs}
    if task.limit is not None:
        found["iteratorPolicy"] = {"parallelismLimit": task.limit}
    if task.items is not None:
        found["parameterIterator"] = {"itemInput": task.item, "items": task.items}
    if task.retry is not None:
        found["retryPolicy"] = task.retry
    found["taskInfo"] = {"name": task.display}
    if task.ends is not None:
        found["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    elif task.condition:
        found["triggerPolicy"] = {"condition": task.condition}
    return found
