"""Parts of a plan while it is being made: DAGs get inputs, and components outputs, when something asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import Atom, Doc, flat, literal
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import Resources, Retry, Secret, Step

from .author import AuthorFile
from .components import Components
from .plan import (
    ArmTest,
    CodeLine,
    ComponentOutput,
    ComponentSource,
    Constant,
    ContainerComponent,
    DagInput,
    DagOutput,
    DagTask,
    Iteration,
    SubDag,
    TaskInput,
    TaskOutput,
)
from .types import Form

_DECODED: dict[Form, str] = {
    "json": "json.loads({})",
    "texts": "[json.loads(each) for each in {}]",
    "ints": "[int(each) for each in {}]",
    "floats": "[float(each) for each in {}]",
    "float": "float({})",
    "outcome": 'json.loads({})["value"]',
}
"""How a component reads what it is given; KFP gives the numbers of a list as floats, and whole floats as ints."""


class ComponentDraft:
    """One Python component: parameters as they are taken, helpers as they are used, outputs as they are asked for."""

    def __init__(self, author: AuthorFile, function: str, step: Step | None = None) -> None:
        self.function, self.step = function, step
        self.description = "" if step is None else step.description
        self.inputs: dict[str, Form] = {}
        self.outputs: dict[str, ComponentOutput] = {}
        self.final_status: str | None = None
        self.resources: Resources | None = None
        self.secrets: tuple[Secret, ...] = ()
        self._author, self._taken = author, author.not_parameters(step)
        self._helpers: set[str] = set()
        self._lines: list[CodeLine] = []
        self._work: tuple[CodeLine, ...] = ()
        self._value: Doc | None = None
        self._variable = "value"

    def use(self, helper: str) -> str:
        """A helper's name; it is printed, and what it needs imported."""
        self._helpers.add(helper)
        return self._author.helper.get(helper, helper)

    def boundary(self) -> str:
        """What wraps the step's function."""
        return self.use("plain_io") if self.step is not None and self._author.plain(self.step) else "json_io"

    def parameter(self, wanted: str, form: Form) -> str:
        """The name of a new parameter."""
        keeps = wanted.isidentifier() and wanted.isascii() and not wanted.startswith("_")
        base, number = wanted if keeps else identifier(wanted), 2
        name = base
        while name in self.inputs or name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self.inputs[name] = form
        return name

    def read(self, name: str) -> str:
        """How the value of a parameter is read."""
        text = _DECODED.get(self.inputs[name], "{}").format(name)
        if "json." in text:
            self.use("json")
        return text

    def outcomes(self) -> list[Doc]:
        """The parameters that have an outcome."""
        return [Atom(name) for name, form in self.inputs.items() if form == "outcome"]

    def line(self, line: CodeLine) -> None:
        """A statement before all else."""
        self._lines.append(line)

    def work(self, lines: Iterable[CodeLine]) -> Doc:
        """A function within, that does the work; its name."""
        self._work = tuple(lines)
        return Atom(self._author.helper["work"])

    def value(self, doc: Doc, variable: str = "value") -> str:
        """What the function is about, and the name by which outputs read it."""
        self._value, self._variable = doc, variable
        return variable

    def gives(self, key: str, form: Form, expression: str = "") -> None:
        """An output: an expression over the value, which is the value itself if there is none, in a form."""
        expression = expression or self._variable
        wrappers: tuple[str, ...] = ()
        if form in ("json", "outcome"):
            wrappers = (self.use("dump"),)
        elif form == "texts":
            expression = f"[{self.use('dump')}(each) for each in {expression}]"
        self.outputs[key] = ComponentOutput(form, expression, wrappers)

    def wrap(self, key: str, helper: str) -> None:
        """Let a helper see what an output is before it is given."""
        output = self.outputs[key]
        self.outputs[key] = ComponentOutput(output.form, output.expression, (self.use(helper), *output.wrappers))

    def built(self) -> ComponentSource:
        """The component as it is now."""
        return ComponentSource(
            function=self.function,
            step=self.step,
            description=self.description,
            inputs=self.inputs,
            outputs=self.outputs,
            lines=tuple(self._lines),
            work=self._work,
            value=self._value,
            variable=self._variable,
            helpers=frozenset(self._helpers),
            final_status=self.final_status,
            resources=self.resources,
            secrets=self.secrets,
        )


@dataclass(eq=False)
class TaskDraft:
    """A task of a DAG (`plan.DagTask`)."""

    name: str
    display: str
    runs: ComponentDraft | ContainerComponent | DagDraft
    inputs: dict[str, TaskInput] = field(default_factory=dict)
    after: dict[str, None] = field(default_factory=dict)
    condition: str = ""
    test: ArmTest | None = None
    iteration: Iteration | None = None
    retry: Retry | None = None
    ends: str | None = None

    def built(self, components: Components) -> DagTask:
        """The task as it is now."""
        if isinstance(self.runs, DagDraft):
            return self._built(self.name, self.runs.built(components))
        component = components.of[self.name]
        return self._built(component, components.made[component])

    def _built(self, component: str, runs: ComponentSource | ContainerComponent | SubDag) -> DagTask:
        return DagTask(**{**vars(self), "component": component, "runs": runs, "after": tuple(self.after)})


@dataclass(eq=False)
class DagDraft:
    """A DAG (`plan.SubDag`), which knows the task that runs it, and the DAG of that."""

    name: str
    choice: bool = False
    held: bool = False
    """The DAG it is in holds nothing else."""
    parent: DagDraft | None = None
    task: TaskDraft | None = None
    inputs: dict[str, Form] = field(default_factory=dict)
    tasks: dict[str, TaskDraft] = field(default_factory=dict)
    outputs: dict[str, DagOutput] = field(default_factory=dict)
    items: str = ""
    """The input that has the list a loop runs over; the DAG of one instance does not see it."""

    @property
    def special(self) -> bool:
        """Whether it is more to the DSL than a pipeline within: a branch, an arm of one, or a loop."""
        return self.choice or (self.task is not None and bool(self.task.condition or self.task.iteration))

    def add(self, task: TaskDraft) -> TaskDraft:
        """Put a task in; a DAG it runs knows its place from now on."""
        self.tasks[task.name] = task
        if isinstance(task.runs, DagDraft):
            task.runs.parent, task.runs.task = self, task
        return task

    def gives(self, key: str, form: Form, *sources: TaskOutput) -> None:
        """Give an output; a DAG that is there to hold this one gives it too."""
        self.outputs[key] = DagOutput(form, sources)
        if self.held and self.parent is not None:
            self.parent.gives(key, form, TaskOutput(self.name, key))

    def walk(self) -> Iterator[tuple[DagDraft, TaskDraft]]:
        """Every task at any depth, and the DAG that it is in."""
        for task in self.tasks.values():
            yield self, task
            if isinstance(task.runs, DagDraft):
                yield from task.runs.walk()

    def within(self, outer: DagDraft) -> bool:
        """Whether it is `outer` or somewhere inside."""
        dag: DagDraft | None = self
        while dag is not None and dag is not outer:
            dag = dag.parent
        return dag is outer

    def pass_in(self, source: DagDraft, given: TaskInput, form: Form) -> TaskInput:
        """How a task in here is given what `given` is in `source`, an enclosing DAG: through the inputs between."""
        return self._pass_in(source, given, input_name(given), form)

    def _pass_in(self, source: DagDraft, given: TaskInput, name: str, form: Form) -> TaskInput:
        if self is source:
            return given
        assert self.parent is not None and self.task is not None
        if name == self.items:
            name += "-all"
        if name not in self.inputs:
            self.task.inputs[name] = self.parent._pass_in(source, given, name, form)
            self.inputs[name] = form
        return DagInput(name)

    def built(self, components: Components) -> SubDag:
        """The DAG as it is now."""
        tasks = {name: task.built(components) for name, task in self.tasks.items()}
        return SubDag(self.name, self.inputs, tasks, self.outputs, self.choice)


def input_name(given: TaskInput) -> str:
    """What a DAG calls an input: as KFP's own compiler does, but for outputs with names, so that kfp.local finds
    them too."""
    assert not isinstance(given, Constant), "a constant is handed through no DAG"
    name = (
        given.name if isinstance(given, DagInput) else f"{given.task}-{'' if given.key == 'Output' else '-'}{given.key}"
    )
    return name if name.startswith("pipelinechannel--") else f"pipelinechannel--{name}"


def subscripts(path: Iterable[str | int]) -> str:
    """A path as Python subscripts."""
    return "".join(f"[{flat(literal(key))}]" for key in path)
