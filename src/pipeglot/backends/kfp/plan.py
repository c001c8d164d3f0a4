"""The plan of a pipeline on KFP, as data: DAGs of tasks, each running a component or a DAG of its own.

`lower.py` makes it; `component_source.py`, `spec.py` and `dsl.py` print it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from pipeglot.codegen.pysource import Atom, Doc
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Pipeline, Resources, Retry, Secret, Step

from .author import AuthorFile
from .types import Form

# ---------------------------------------------------------------- inputs of tasks


@dataclass(frozen=True)
class Constant:
    """An input that is the same in every run."""

    value: Any


@dataclass(frozen=True)
class DagInput:
    """An input of the DAG, handed on."""

    name: str


@dataclass(frozen=True)
class TaskOutput:
    """An output of another task of the same DAG."""

    task: str
    key: str


TaskInput: TypeAlias = Constant | DagInput | TaskOutput

# ---------------------------------------------------------------- components


_NOTHING = Atom("")


@dataclass(frozen=True)
class CodeLine:
    """A statement of a component: text, a document, text; `depth` is how many levels it is further in, `attribute` the
    field of the IR that it spells."""

    prefix: str
    doc: Doc = _NOTHING
    suffix: str = ""
    depth: int = 0
    attribute: str | None = None


@dataclass(frozen=True)
class ComponentOutput:
    """An output: an expression over the component's value, and the functions around it, outermost first."""

    form: Form
    expression: str
    wrappers: tuple[str, ...] = ()

    def text(self) -> str:
        """As one expression."""
        return "".join(f"{each}(" for each in self.wrappers) + self.expression + ")" * len(self.wrappers)


@dataclass(frozen=True)
class ComponentSource:
    """A lightweight Python component: one function, and what the module around it needs.

    Attributes:
        function: its name.
        step: the author's step that it runs; None for a component of ours.
        description: its docstring.
        inputs: its parameters, and how each crosses.
        lines: statements before all else.
        work: the body of a function within, which `value` calls or is handed.
        value: what the function is about; outputs read it by the name `variable`.
        helpers: the helper functions and modules that it uses.
        final_status: the parameter that is given how the rest of the run ended.
    """

    function: str
    step: Step | None
    description: str
    inputs: Mapping[str, Form]
    outputs: Mapping[str, ComponentOutput]
    lines: tuple[CodeLine, ...]
    work: tuple[CodeLine, ...]
    value: Doc | None
    variable: str
    helpers: frozenset[str]
    final_status: str | None
    resources: Resources | None
    secrets: tuple[Secret, ...]


@dataclass(frozen=True)
class ContainerComponent:
    """A container that runs a step's command: `arguments` are constant texts, or None where the task is given one."""

    step: Step
    description: str
    image: str
    command: tuple[str, ...]
    inputs: Mapping[str, Form]
    arguments: Mapping[str, str | None]
    timeout: int | None
    resources: Resources | None
    secrets: tuple[Secret, ...]

    @property
    def output(self) -> str:
        """What the output is called: KFP's DSL cannot call it `Output`, as it does those of Python components."""
        return next(name for name in ("output", "output_of_container", "last_line") if name not in self.arguments)

    @property
    def outputs(self) -> Mapping[str, ComponentOutput]:
        """Its one output."""
        return {self.output: ComponentOutput("str", self.output)}

    def words(self) -> list[str]:
        """The command with its time limit."""
        return [*([] if self.timeout is None else ["timeout", str(self.timeout)]), *self.command]


# ---------------------------------------------------------------- DAGs


@dataclass(frozen=True)
class Comparison:
    """A condition that KFP's DSL has words for: an input of the DAG, an operator, and another input or a constant."""

    left: str
    op: str
    right: DagInput | Constant


@dataclass(frozen=True)
class ArmTest:
    """When an arm is taken if none before it is: in CEL, and as one comparison where it is one."""

    cel: str
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Iteration:
    """A task runs once for every item of a list: constant values, or the input of that name."""

    item: str
    items: str | tuple[Any, ...]
    limit: int | None


@dataclass(frozen=True)
class DagTask:
    """A task of a DAG. `display` is what the user interface shows, `component` what its component is called, which it may
    share with other tasks, `after` what it waits for without a value.

    `condition` is in CEL, `test` its own part of it (None for the last arm, the rest). An exit task names the task whose
    end it waits for (`ends`).
    """

    name: str
    display: str
    component: str
    runs: ComponentSource | ContainerComponent | SubDag
    inputs: Mapping[str, TaskInput]
    after: tuple[str, ...]
    condition: str
    test: ArmTest | None
    iteration: Iteration | None
    retry: Retry | None
    ends: str | None

    def waits(self) -> list[str]:
        """The tasks of the same DAG it waits for, in order."""
        return sorted({*(each.task for each in self.inputs.values() if isinstance(each, TaskOutput)), *self.after})


@dataclass(frozen=True)
class DagOutput:
    """An output of a DAG: one task's, or that of the one task of several that ran."""

    form: Form
    sources: tuple[TaskOutput, ...]


@dataclass(frozen=True)
class SubDag:
    """A DAG component. Of a `choice`, at most one task runs."""

    name: str
    inputs: Mapping[str, Form]
    tasks: Mapping[str, DagTask]
    outputs: Mapping[str, DagOutput]
    choice: bool

    def walk(self) -> Iterator[DagTask]:
        """Every task at any depth."""
        for task in self.tasks.values():
            yield task
            if isinstance(task.runs, SubDag):
                yield from task.runs.walk()


@dataclass(frozen=True)
class TaskOrigin:
    """What a task stands for: a `call`, a decision or a formed value (`decide`), or nothing of the language (`helper`)."""

    node: str
    kind: Literal["call", "decide", "helper"]
    form: Form = "json"
    attempts: int = 0
    """Attempts a failed task stands for, where it repeats the call itself."""
    output: str = "Output"
    """The output that has the value."""
    arm: int | None = None
    """Of the DAG of one arm of an If, the arm's number, where skipping it means that the arm was not taken."""


@dataclass(frozen=True)
class KfpPlan:
    """All of a pipeline. `components` are by name, `origins` by task; `tick` is the parameter that takes the logical date."""

    pipeline: Pipeline
    author: AuthorFile
    root: SubDag
    params: Mapping[str, Mapping[str, Any]]
    components: Mapping[str, ComponentSource | ContainerComponent]
    origins: Mapping[str, TaskOrigin]
    tick: str | None = None
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def secrets(self, component: str) -> dict[str, list[Secret]]:
        """By the Kubernetes Secret that keeps them, the secrets that the pods of a component are given."""
        found: dict[str, list[Secret]] = {}
        for secret in self.components[component].secrets:
            if secret.name is not None:
                found.setdefault(secret.name, []).append(secret)
        return found

    def sources(self) -> Iterator[tuple[str, ComponentSource]]:
        """The Python components, by name."""
        for name, component in self.components.items():
            if isinstance(component, ComponentSource):
                yield name, component

    def containers(self) -> Iterator[tuple[str, ContainerComponent]]:
        """The containers, by name."""
        for name, component in self.components.items():
            if isinstance(component, ContainerComponent):
                yield name, component
