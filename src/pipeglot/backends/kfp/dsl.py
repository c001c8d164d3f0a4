"""A plan as a Python file of KFP's DSL, which its SDK compiles to an equivalent spec."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeglot.codegen import pod
from pipeglot.codegen.names import RESERVED, Names, identifier
from pipeglot.codegen.pysource import Atom, Bracket, Entry, call, flat, literal, statement
from pipeglot.codegen.python import header
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.ir import At, walk

from .component_source import ComponentPrinter
from .install import Installs, distribution
from .nested_source import container_function, nested
from .plan import (
    ArmTest,
    ComponentSource,
    Constant,
    DagInput,
    DagTask,
    KfpPlan,
    SubDag,
    TaskInput,
    TaskOutput,
)
from .retries import retry_policy
from .types import ANNOTATION

_PLACEHOLDERS = {
    "{{$.pipeline_job_uuid}}": "dsl.PIPELINE_JOB_ID_PLACEHOLDER",
    "{{$.pipeline_job_schedule_time_utc}}": "dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER",
    "{{$.pipeline_job_create_time_utc}}": "dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER",
}


class Inexpressible(Exception):
    """What the DSL has no words for, and where the author wrote it."""

    def __init__(self, what: str, at: At | None = None) -> None:
        super().__init__(what)
        self.at = at


@dataclass
class _DagScope:
    """A DAG that is being written: what its inputs are, by expression where they have one and by the task that runs it
    where not, and the variables of its tasks."""

    dag: SubDag
    names: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, TaskInput] = field(default_factory=dict)
    outer: _DagScope | None = None
    task: DagTask | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def within(self, task: DagTask, names: Mapping[str, str] | None = None) -> _DagScope:
        """The DAG of a task that is written where the task stands."""
        assert isinstance(task.runs, SubDag)
        return _DagScope(task.runs, names or {}, task.inputs, self, task, self.variables)


class DslPrinter:
    """Prints one file."""

    def __init__(self, plan: KfpPlan, printer: ComponentPrinter, name: str, image: str, installs: Installs | None):
        self._plan, self._printer, self._name = plan, printer, name
        self._image, self._installs = image, installs
        self._shared: dict[str, str] = {}
        for _, component in plan.sources():
            self._shared |= printer.shared(component)
        inputs = {_parameter(name) for dag in _dags(plan.root) for name in dag.inputs}
        known = {"dsl", "compiler", "kubernetes", "Any", "Callable", "NamedTuple", *RESERVED}
        self._names = Names({*known, *self._shared, *inputs, *plan.params})
        self._functions: dict[str, str] = {}
        self._called: set[str] = set()
        self._decorators: dict[str, str] = {}
        self._pipelines: list[str] = []

    def text(self) -> str:
        """The file. Raises Inexpressible."""
        components = self._components()
        main_name, main = self._main()
        parts = ["\n".join(self._decorators.values()), *self._shared.values(), *components, *self._pipelines, main]
        found = {word for word in ("Any", "Callable", "NamedTuple") for part in parts if _heads(part, word)}
        imports = f"from typing import {', '.join(sorted(found))}\n\n" if found else ""
        kubernetes = ", kubernetes" if any(map(self._plan.secrets, self._plan.components)) else ""
        imports += f"from kfp import compiler, dsl{kubernetes}\n"
        if any(component.final_status for _, component in self._plan.sources()):
            imports += "from kfp.dsl import PipelineTaskFinalStatus\n"
        text = imports + "\n\n" + "\n\n".join(part.rstrip("\n") + "\n" for part in parts if part)
        file = f"{identifier(self._plan.pipeline.name)}.yaml"
        run = statement("", call("compiler.Compiler().compile", Atom(main_name), file), indent=4)
        title = f'"""The pipeline {self._name} for Kubeflow Pipelines."""'
        return f'{title}\n\n{header(self._plan.pipeline)}\n\n{text}\n\nif __name__ == "__main__":\n{run}\n'

    # ------------------------------------------------------------ components

    def _components(self) -> list[str]:
        """The functions of all components; tasks that run the same share one."""
        known: dict[tuple[str, str], str] = {}
        sources = [(name, *self._component(component)) for name, component in self._plan.sources()]
        sources += [
            (name, "@dsl.container_component", container_function(each)) for name, each in self._plan.containers()
        ]
        for name, decorator, source in sources:
            if (decorator, source) not in known:
                known[decorator, source] = self._names(("function", name), name)
            self._functions[name] = known[decorator, source]
        return [f"{decorator}\ndef {name}{source}" for (decorator, source), name in known.items()]

    def _component(self, component: ComponentSource) -> tuple[str, str]:
        """The decorator of a component, and its function from behind the name on."""
        step = component.step
        if step is not None and self._plan.author.pickles(step):
            # What stands inside a function has no name that a pickle could have.
            raise Inexpressible(f"classes and functions that step {step.name!r} may find in a pickle", step.at)
        source = nested(self._plan.author, self._printer, component)
        if source is None:
            what = "code" if step is None else f"the source of step {step.name!r}"
            what += (
                " that cannot stand inside a function: text over several lines, or a name of Python's that it has again"
            )
            raise Inexpressible(what, None if step is None else step.at)
        options: dict[str, Any] = {"base_image": self._image}
        if self._installs is None:
            options["install_kfp_package"] = False
        elif wanted := self._installs.of(component):
            options["packages_to_install"] = wanted
        helpers = [Atom(name) for name, _ in self._printer.shared(component)]
        made = self._decorator(options)
        doc = call(made, additional_funcs=helpers) if helpers else Atom(made)
        return statement("@", doc), source

    def _decorator(self, options: dict[str, Any]) -> str:
        """The name of what makes components of the same image and packages; it is written once."""
        text = flat(call("dsl.component", **options))
        wanted = options.get("packages_to_install")
        name = self._names(("decorator", text), f"component_with_{distribution(wanted[0])}" if wanted else "component")
        self._decorators[name] = statement(f"{name} = ", call("dsl.component", **options))
        return name

    # ------------------------------------------------------------ tasks

    def _main(self) -> tuple[str, str]:
        """The name of the pipeline's function, and its source."""
        plan, root = self._plan, self._plan.root
        name = self._names("main", identifier(plan.pipeline.name))
        entries = []
        for param, about in sorted(plan.params.items(), key=lambda item: "defaultValue" in item[1]):
            default = f" = {flat(literal(about['defaultValue']))}" if "defaultValue" in about else ""
            entries.append(Entry("", Atom(f"{param}: {ANNOTATION[root.inputs[param]]}{default}")))
        given: dict[str, Any] = {"name": self._name}
        if plan.pipeline.description:
            given["description"] = plan.pipeline.description
        lines: list[str] = [
            statement("@", call("dsl.pipeline", **given)),
            statement("", Bracket(f"def {name}(", tuple(entries), ")"), ":"),
        ]
        place = _DagScope(root, {param: param for param in root.inputs})
        exits = [task for task in root.tasks.values() if task.ends is not None]
        if not exits:
            return name, "\n".join([*lines, *self._dag(place, 4)])
        [final] = exits
        lines += self._program(place, final, 4)
        lines.append(f"    with dsl.ExitHandler({place.variables[final.name]}):")
        lines += self._dag(place.within(root.tasks[str(final.ends)]), 8)
        return name, "\n".join(lines)

    def _dag(self, place: _DagScope, indent: int, after: tuple[str, ...] = ()) -> list[str]:
        lines: list[str] = []
        for task in _in_order(place.dag):
            own = tuple(dict.fromkeys([*after, *self._after(place, task)]))
            if not isinstance(task.runs, SubDag):
                lines += self._program(place, task, indent, own)
            elif task.iteration is not None:
                lines += self._loop(place, task, indent, own)
            elif task.condition:
                lines += self._arm(place, task, indent, "If", own)
            elif task.runs.choice:
                lines += self._choice(place.within(task), indent, own)
            else:
                lines += self._nested(place, task, indent, own)
        return lines

    def _after(self, place: _DagScope, task: DagTask) -> list[str]:
        """The variables of tasks it waits for without a value."""
        given = {each.task for each in task.inputs.values() if isinstance(each, TaskOutput)}
        waits = [name for name in task.after if name not in given and name != task.ends]
        return [self._last(place, place.dag.tasks[name]) for name in waits]

    def _last(self, place: _DagScope, task: DagTask) -> str:
        if task.name in place.variables:
            return place.variables[task.name]
        assert isinstance(task.runs, SubDag)
        if task.runs.choice or task.condition:
            raise self._inexpressible("waiting for the end of a branch", task)
        return self._last(place, next(iter(task.runs.tasks.values())))

    def _program(self, place: _DagScope, task: DagTask, indent: int, after: tuple[str, ...] = ()) -> list[str]:
        given = {key: Atom(self._value(place, value)) for key, value in task.inputs.items()}
        variable, function = self._variable(place, task), self._functions[task.component]
        pad = " " * indent
        lines: list[str] = [statement(f"{variable} = ", call(function, **given), indent=indent)]
        lines.append(f"{pad}{variable}.set_caching_options(False)")
        # The SDK calls a task as the function, and those after the first by numbers.
        if task.display != function.replace("_", "-") or function in self._called:
            lines.append(statement(f"{variable}.set_display_name(", literal(task.display), ")", indent=indent))
        self._called.add(function)
        if after:
            lines.append(f"{pad}{variable}.after({', '.join(after)})")
        if task.retry is not None:
            policy = retry_policy(task.retry)
            options = {
                "num_retries": policy["maxRetryCount"],
                "backoff_duration": policy["backoffDuration"],
                "backoff_factor": policy["backoffFactor"],
                "backoff_max_duration": policy["backoffMaxDuration"],
            }
            lines.append(statement(f"{variable}.set_retry", call("", **options), indent=indent))
        lines += [f"{pad}{variable}.{line}" for line in self._resources(task)]
        lines += [
            statement("kubernetes.use_secret_as_env", doc, indent=indent) for doc in self._secrets(task, variable)
        ]
        return lines

    def _resources(self, task: DagTask) -> Iterator[str]:
        resources = self._plan.components[task.component].resources
        if resources is None:
            return
        asked, bounds = pod.requests(resources), pod.limits(resources)
        if "cpu" in asked:
            yield f'set_cpu_request("{asked["cpu"]}")'
        if "memory" in asked:
            yield f'set_memory_request("{asked["memory"]}")'
            yield f'set_memory_limit("{bounds["memory"]}")'
        if resources.gpus is not None:
            yield f'set_accelerator_type("{resources.gpu_type}")'
            yield f"set_accelerator_limit({resources.gpus})"

    def _secrets(self, task: DagTask, variable: str) -> Iterator[Bracket]:
        for kept_in, secrets in self._plan.secrets(task.component).items():
            by_key = {str(secret.key): secret.env for secret in secrets}
            again = [{str(secret.key): secret.env} for secret in secrets if secret.env not in by_key.values()]
            for variables in (by_key, *again):
                told: dict[str, Any] = {"secret_name": kept_in, "secret_key_to_env": variables}
                yield call("", Atom(variable), **told)

    def _variable(self, place: _DagScope, task: DagTask) -> str:
        place.variables[task.name] = self._names(("task", task.name), f"{task.name}_task")
        return place.variables[task.name]

    # ------------------------------------------------------------ regions

    def _loop(self, place: _DagScope, task: DagTask, indent: int, after: tuple[str, ...]) -> list[str]:
        assert task.iteration is not None
        items, item = task.iteration.items, self._names(("item", task.name), f"{task.name}_item")
        listed = flat(literal([*items])) if isinstance(items, tuple) else self._value(place, task.inputs[items])
        limit: dict[str, Any] = {} if task.iteration.limit is None else {"parallelism": task.iteration.limit}
        doc = call("dsl.ParallelFor", Atom(listed), **limit)
        body = place.within(task, {task.iteration.item: item})
        return [statement("with ", doc, f" as {item}:", indent=indent), *self._dag(body, indent + 4, after)]

    def _choice(self, place: _DagScope, indent: int, after: tuple[str, ...]) -> list[str]:
        arms = [*place.dag.tasks.values()]
        if any(arm.test is None for arm in arms[:-1]):
            raise self._inexpressible("an arm behind the last of a branch", place.task)
        lines: list[str] = []
        for number, arm in enumerate(arms):
            word = "If" if number == 0 else "Else" if arm.test is None else "Elif"
            lines += self._arm(place, arm, indent, word, after)
        return lines

    def _arm(self, place: _DagScope, task: DagTask, indent: int, word: str, after: tuple[str, ...]) -> list[str]:
        body = place.within(task)
        test = "" if task.test is None else self._test(body, task.test)
        return [f"{' ' * indent}with dsl.{word}({test}):", *self._dag(body, indent + 4, after)]

    def _test(self, place: _DagScope, test: ArmTest) -> str:
        if test.comparison is None:
            raise self._inexpressible(f"a condition of more than one comparison, {test.cel}", place.task)
        left = self._value(place, DagInput(test.comparison.left))
        return f"{left} {test.comparison.op} {self._value(place, test.comparison.right)}"

    def _nested(self, outer: _DagScope, task: DagTask, indent: int, after: tuple[str, ...]) -> list[str]:
        """A DAG of its own: a pipeline within."""
        body = task.runs
        assert isinstance(body, SubDag)
        function = self._names(("pipeline", task.name), task.name)
        place = _DagScope(body, {name: _parameter(name) for name in body.inputs}, task=task)
        lines = self._dag(place, 4)
        returned = ""
        if len(body.outputs) == 1:
            [output] = body.outputs.values()
            returned = f" -> {ANNOTATION[output.form]}"
            lines.append(f"    return {self._output(place, output.sources[0])}")
        elif body.outputs:
            fields = ", ".join(f'("{key}", {ANNOTATION[output.form]})' for key, output in body.outputs.items())
            returned = f' -> NamedTuple("Outputs", [{fields}])'
            values = {key: Atom(self._output(place, output.sources[0])) for key, output in body.outputs.items()}
            lines.append(f'    outputs = NamedTuple("Outputs", [{fields}])')
            lines.append(statement("return ", call("outputs", **values), indent=4))
        entries = [Entry("", Atom(f"{place.names[name]}: {ANNOTATION[form]}")) for name, form in body.inputs.items()]
        head = [
            statement("@", call("dsl.pipeline", name=task.name)),
            statement("", Bracket(f"def {function}(", tuple(entries), ")"), returned + ":"),
        ]
        self._pipelines.append("\n".join([*head, *lines]))
        given = {place.names[name]: Atom(self._value(outer, value)) for name, value in task.inputs.items()}
        variable = self._variable(outer, task)
        found: list[str] = [statement(f"{variable} = ", call(function, **given), indent=indent)]
        if after:
            found.append(f"{' ' * indent}{variable}.after({', '.join(after)})")
        return found

    # ------------------------------------------------------------ values

    def _value(self, place: _DagScope, given: TaskInput) -> str:
        match given:
            case Constant(value=value):
                known = _PLACEHOLDERS.get(value) if isinstance(value, str) else None
                return known or flat(literal(value))
            case TaskOutput():
                return self._output(place, given)
            case DagInput(name=name):
                if name in place.names:
                    return place.names[name]
                assert place.outer is not None
                return self._value(place.outer, place.inputs[name])
            case _:
                assert_never(given)

    def _output(self, place: _DagScope, source: TaskOutput) -> str:
        task = place.dag.tasks[source.task]
        runs = task.runs
        if not isinstance(runs, SubDag) or not (task.iteration or runs.choice):
            variable = place.variables[source.task]
            alone = runs.outputs.keys() == {"Output"} if not isinstance(runs, SubDag) else len(runs.outputs) == 1
            return f"{variable}.output" if alone else f'{variable}.outputs["{source.key}"]'
        inside, sources = place.within(task), runs.outputs[source.key].sources
        if task.iteration is not None:
            inner = self._output(inside, sources[0])
            if inner.startswith("dsl.OneOf("):
                raise self._inexpressible("a value of a branch that a loop collects", task)
            return f"dsl.Collected({inner})"
        found: list[str] = []
        for arm in sources:
            body = inside.within(runs.tasks[arm.task])
            found.append(self._output(body, body.dag.outputs[arm.key].sources[0]))
        if any(each.startswith("dsl.") for each in found):
            raise self._inexpressible("a value of a branch that is one of another branch or a loop", task)
        return f"dsl.OneOf({', '.join(found)})"

    def _inexpressible(self, what: str, task: DagTask | None) -> Inexpressible:
        """Names what a task stands for, and where that is."""
        origin = None if task is None else self._plan.origins.get(task.name)
        places = {node.id: node.at for node in walk(self._plan.pipeline.body)}
        if origin is None or origin.node not in places:
            return Inexpressible(what)
        return Inexpressible(f"{what} ({origin.node})", places[origin.node])


def _heads(source: str, word: str) -> bool:
    """Whether code outside of functions names something."""
    return any(re.search(rf"\b{word}\b", line) and not line.startswith("    ") for line in source.split("\n")) or (
        word == "NamedTuple" and "NamedTuple(" in source
    )


def _parameter(name: str) -> str:
    """What an input of a DAG is called in the pipeline that it is here."""
    return identifier(name.removeprefix("pipelinechannel--"))


def _dags(dag: SubDag) -> list[SubDag]:
    return [dag, *(task.runs for task in dag.walk() if isinstance(task.runs, SubDag))]


def _in_order(dag: SubDag) -> list[DagTask]:
    """The tasks, those first that wait for none of the others."""
    levels: dict[str, int] = {}
    for start in dag.tasks:
        stack = [start]
        while stack:
            waits = dag.tasks[stack[-1]].waits()
            missing = [name for name in waits if name not in levels]
            if missing:
                stack += missing
            else:
                levels[stack.pop()] = 1 + max((levels[name] for name in waits), default=0)
    return sorted(dag.tasks.values(), key=lambda task: levels[task.name])
