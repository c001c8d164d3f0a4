"""The same tasks as a Python file of KFP's DSL, which its SDK compiles to an equivalent spec."""

from __future__ import annotations

import json
import re
from typing import Any

from pipeglot.codegen.pysource import RESERVED, Atom, Bracket, Entry, Names, call, flat, identifier, literal, statement
from pipeglot.codegen.python import header
from pipeglot.core.ir import At, Pipeline, walk

from .containers import SCRIPT, Box
from .install import Installs, distribution
from .parts import Lowered, secrets_of
from .programs import fits_docstring
from .spec import Dag, Given, Program, Task
from .types import ANNOTATION

_TEST = re.compile(r"(?:int\()?inputs\.parameter_values\['([^']+)'\]\)? (==|!=|<=|>=|<|>) (.+)\Z")
_OPERAND = re.compile(r"(?:int\()?inputs\.parameter_values\['([^']+)'\]\)?\Z")
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


class Writer:
    """Writes one file."""

    def __init__(self, pipeline: Pipeline, lowered: Lowered, name: str, image: str, installs: Installs | None):
        self._pipeline, self._lowered, self._name = pipeline, lowered, name
        self._image, self._installs = image, installs
        inputs = {identifier(i.removeprefix("pipelinechannel--")) for i in _inputs(lowered.root)}
        self._shared: dict[str, str] = {}
        for writing in lowered.writings.values():
            self._shared |= writing.shared()
        known = {"dsl", "compiler", "kubernetes", "Any", "Callable", "NamedTuple", *RESERVED}
        self._names = Names({*known, *self._shared, *inputs, *lowered.params})
        self._components: dict[str, str] = {}
        self._functions: dict[str, str] = {}
        self._decorators: dict[str, str] = {}
        self._pipelines: list[str] = []
        self._variables: dict[str, str] = {}
        self._items: dict[str, str] = {}
        self._secrets = secrets_of(pipeline, lowered)

    def text(self) -> str:
        """The file. Raises Inexpressible."""
        for name, writing in self._lowered.writings.items():
            if writing.step is not None and writing.sources.pickles(writing.step):
                # What stands inside a function has no name that a pickle could have.
                what = f"classes and functions that step {writing.step.name!r} may find in a pickle"
                raise Inexpressible(what, writing.step.at)
            source = writing.nested("\0")
            if source is None:
                step = writing.step
                what = "code" if step is None else f"the source of step {step.name!r}"
                what += " that cannot stand inside a function: text over several lines, or a name of Python's that it has again"
                raise Inexpressible(what, None if step is None else step.at)
            options: dict[str, Any] = {"base_image": self._image}
            if self._installs is None:
                options["install_kfp_package"] = False
            elif wanted := self._installs.of(writing):
                options["packages_to_install"] = wanted
            helpers = writing.shared()
            own: dict[str, Any] = {"additional_funcs": [Atom(each) for each in helpers]} if helpers else {}
            made = call(self._decorator(options), **own) if own else Atom(self._decorator(options))
            source = f"{statement('@', made)}\n{source}"
            if source not in self._components:
                self._components[source] = self._names(("function", name), name)
            self._functions[name] = self._components[source]
        for name, box in self._lowered.containers.items():
            source = _container(box)
            if source not in self._components:
                self._components[source] = self._names(("function", name), name)
            self._functions[name] = self._components[source]
        main = self._main()
        components = [source.replace("\0", name) for source, name in self._components.items()]
        parts = ["\n".join(self._decorators.values()), *self._shared.values(), *components, *self._pipelines, main]
        found = {word for word in ("Any", "Callable", "NamedTuple") for part in parts if _heads(part, word)}
        imports = f"from typing import {', '.join(sorted(found))}\n\n" if found else ""
        imports += f"from kfp import compiler, dsl{', kubernetes' if self._secrets else ''}\n"
        if any("PipelineTaskFinalStatus" in part for part in components):
            imports += "from kfp.dsl import PipelineTaskFinalStatus\n"
        text = imports + "\n\n" + "\n\n".join(part.rstrip("\n") + "\n" for part in parts if part)
        file = f"{identifier(self._pipeline.name)}.yaml"
        run = statement("", call("compiler.Compiler().compile", Atom(self._main_name), file), indent=4)
        title = f'"""The pipeline {self._name} for Kubeflow Pipelines."""'
        return f'{title}\n\n{header(self._pipeline)}\n\n{text}\n\nif __name__ == "__main__":\n{run}\n'

    def _decorator(self, options: dict[str, Any]) -> str:
        """The name of what makes components of the same image and packages; it is written once."""
        text = flat(call("dsl.component", **options))
        wanted = options.get("packages_to_install")
        name = self._names(("decorator", text), f"component_with_{distribution(wanted[0])}" if wanted else "component")
        self._decorators[name] = statement(f"{name} = ", call("dsl.component", **options))
        return name

    def _inexpressible(self, what: str, task: Task | None) -> Inexpressible:
        """Names what a task stands for, and where that is."""
        meaning = None if task is None else self._lowered.meanings.get(task.name)
        places = {node.id: node.at for node in walk(self._pipeline.body)}
        if meaning is None or meaning.node not in places:
            return Inexpressible(what)
        return Inexpressible(f"{what} ({meaning.node})", places[meaning.node])

    def _main(self) -> str:
        root = self._lowered.root
        self._main_name = self._names("main", identifier(self._pipeline.name))
        entries = []
        params = sorted(self._lowered.params.items(), key=lambda item: "defaultValue" in item[1])
        for name, about in params:
            form = root.inputs[name]
            default = f" = {flat(literal(about['defaultValue']))}" if "defaultValue" in about else ""
            entries.append(Entry("", Atom(f"{name}: {ANNOTATION[form]}{default}")))
        given: dict[str, Any] = {"name": self._name}
        if self._pipeline.description:
            given["description"] = self._pipeline.description
        lines: list[str] = [
            statement("@", call("dsl.pipeline", **given)),
            statement("", Bracket(f"def {self._main_name}(", tuple(entries), ")"), ":"),
        ]
        exits = [task for task in root.tasks.values() if task.ends is not None]
        if exits:
            lines += self._program(root, exits[0], 4)
            lines.append(f"    with dsl.ExitHandler({self._variables[exits[0].name]}):")
            top = root.tasks[str(exits[0].ends)].runs
            assert isinstance(top, Dag)
            lines += self._dag(top, 8)
        else:
            lines += self._dag(root, 4)
        return "\n".join(lines)

    # ------------------------------------------------------------ tasks

    def _dag(self, dag: Dag, indent: int, after: tuple[str, ...] = ()) -> list[str]:
        lines: list[str] = []
        for task in _in_order(dag):
            own = tuple(dict.fromkeys([*after, *self._after(dag, task)]))
            if isinstance(task.runs, Program):
                lines += self._program(dag, task, indent, own)
            elif task.items is not None:
                lines += self._loop(dag, task, task.runs, indent, own)
            elif task.condition:
                lines += self._arm(dag, task, task.runs, indent, "If", own)
            elif task.runs.choice:
                if any(arm.test is None for arm in list(task.runs.tasks.values())[:-1]):
                    raise self._inexpressible("an arm behind the last of a branch", task)
                for number, arm in enumerate(task.runs.tasks.values()):
                    word = "If" if number == 0 else "Else" if arm.test is None else "Elif"
                    assert isinstance(arm.runs, Dag)
                    lines += self._arm(task.runs, arm, arm.runs, indent, word, own)
            else:
                lines += self._nested(dag, task, task.runs, indent, own)
        return lines

    def _after(self, dag: Dag, task: Task) -> list[str]:
        """The variables of tasks it waits for without a value."""
        given = [each.get("taskOutputParameter", {}).get("producerTask") for each in task.inputs.values()]
        return [self._last(dag.tasks[name]) for name in task.after if name not in given and name != task.ends]

    def _last(self, task: Task) -> str:
        if task.name in self._variables:
            return self._variables[task.name]
        runs = task.runs
        assert isinstance(runs, Dag)
        if runs.choice or task.condition:
            raise self._inexpressible("waiting for the end of a branch", task)
        return self._last(next(iter(runs.tasks.values())))

    def _program(self, dag: Dag, task: Task, indent: int, after: tuple[str, ...] = ()) -> list[str]:
        name = self._functions[task.name]
        given = {key: Atom(self._value(dag, value)) for key, value in task.inputs.items()}
        variable = self._variable(task)
        lines: list[str] = [statement(f"{variable} = ", call(name, **given), indent=indent)]
        pad = " " * indent
        lines.append(f"{pad}{variable}.set_caching_options(False)")
        if task.display != task.name:
            lines.append(statement(f"{variable}.set_display_name(", literal(task.display), ")", indent=indent))
        if after:
            lines.append(f"{pad}{variable}.after({', '.join(after)})")
        if task.retry is not None:
            policy = task.retry
            options = {
                "num_retries": policy["maxRetryCount"],
                "backoff_duration": policy["backoffDuration"],
                "backoff_factor": policy["backoffFactor"],
                "backoff_max_duration": policy["backoffMaxDuration"],
            }
            lines.append(statement(f"{variable}.set_retry", call("", **options), indent=indent))
        lines += [pad + line for line in self._resources(task, variable)]
        for kept_in, secrets in self._secrets.get(task.name, {}).items():
            by_key = {str(secret.key): secret.env for secret in secrets}
            again = [{str(secret.key): secret.env} for secret in secrets if secret.env not in by_key.values()]
            for variables in (by_key, *again):
                told: dict[str, Any] = {"secret_name": kept_in, "secret_key_to_env": literal(variables)}
                lines.append(statement("kubernetes.use_secret_as_env", call("", Atom(variable), **told), indent=indent))
        return lines

    def _resources(self, task: Task, variable: str) -> list[str]:
        resources = self._lowered.resources.get(task.name)
        if resources is None:
            return []
        from pipeglot.codegen import pod

        asked, bounds = pod.requests(resources), pod.limits(resources)
        lines = []
        if "cpu" in asked:
            lines.append(f'{variable}.set_cpu_request("{asked["cpu"]}")')
        if "memory" in asked:
            lines.append(f'{variable}.set_memory_request("{asked["memory"]}")')
            lines.append(f'{variable}.set_memory_limit("{bounds["memory"]}")')
        if resources.gpus is not None:
            lines.append(f'{variable}.set_accelerator_type("{resources.gpu_type}")')
            lines.append(f"{variable}.set_accelerator_limit({resources.gpus})")
        return lines

    def _variable(self, task: Task) -> str:
        self._variables[task.name] = self._names(("task", task.name), f"{task.name}_task")
        return self._variables[task.name]

    def _loop(self, dag: Dag, task: Task, body: Dag, indent: int, after: tuple[str, ...]) -> list[str]:
        assert task.items is not None
        if "raw" in task.items:
            items = flat(literal(json.loads(task.items["raw"])))
        else:
            items = self._value(dag, task.inputs[task.items["inputParameter"]])
        item = self._items[task.item] = self._names(("item", task.name), f"{task.name}_item")
        given: dict[str, Any] = {} if task.limit is None else {"parallelism": task.limit}
        doc = call("dsl.ParallelFor", Atom(items), **given)
        return [statement("with ", doc, f" as {item}:", indent=indent), *self._dag(body, indent + 4, after)]

    def _arm(self, dag: Dag, task: Task, body: Dag, indent: int, word: str, after: tuple[str, ...]) -> list[str]:
        test = "" if task.test is None else self._test(body, task.test)
        return [f"{' ' * indent}with dsl.{word}({test}):", *self._dag(body, indent + 4, after)]

    def _test(self, dag: Dag, text: str) -> str:
        found = _TEST.match(text)
        if found is None or " && " in text or " || " in text:
            raise self._inexpressible(f"a condition of more than one comparison, {text}", dag.task)
        left, op, right = found.groups()
        if other := _OPERAND.match(right):
            right = self._value(dag, {"componentInputParameter": other[1]})
        elif right in ("true", "false"):
            right = right.title()
        elif right[0] == "'" and (right.count("'") > 2 or "\\" in right):
            raise self._inexpressible(f"a text with quotes in a condition, {text}", dag.task)
        elif right[0] == "'":
            right = flat(literal(right[1:-1]))
        return f"{self._value(dag, {'componentInputParameter': left})} {op} {right}"

    def _nested(self, dag: Dag, task: Task, body: Dag, indent: int, after: tuple[str, ...]) -> list[str]:
        """A DAG of its own: a pipeline within."""
        function = self._names(("pipeline", task.name), task.name)
        saved, self._variables = self._variables, {}
        self._parameters = getattr(self, "_parameters", {})
        for name in body.inputs:
            self._parameters[body.name, name] = identifier(name.removeprefix("pipelinechannel--"))
        lines = self._dag(body, 4)
        returned = ""
        if len(body.outputs) == 1:
            (form, sources) = next(iter(body.outputs.values()))
            returned = f" -> {ANNOTATION[form]}"
            lines.append(f"    return {self._output(body, *sources[0])}")
        elif body.outputs:
            fields = ", ".join(f'("{key}", {ANNOTATION[form]})' for key, (form, _) in body.outputs.items())
            returned = f' -> NamedTuple("Outputs", [{fields}])'
            values = {key: Atom(self._output(body, *s[0])) for key, (_, s) in body.outputs.items()}
            lines.append(f'    outputs = NamedTuple("Outputs", [{fields}])')
            lines.append(statement("return ", call("outputs", **values), indent=4))
        entries = [
            Entry("", Atom(f"{self._parameters[body.name, name]}: {ANNOTATION[form]}"))
            for name, form in body.inputs.items()
        ]
        head = [
            statement("@", call("dsl.pipeline", name=task.name)),
            statement("", Bracket(f"def {function}(", tuple(entries), ")"), returned + ":"),
        ]
        self._pipelines.append("\n".join([*head, *lines]))
        self._variables = saved
        given = {
            self._parameters[body.name, name]: Atom(self._value(dag, value)) for name, value in task.inputs.items()
        }
        variable = self._variable(task)
        found: list[str] = [statement(f"{variable} = ", call(function, **given), indent=indent)]
        if after:
            found.append(f"{' ' * indent}{variable}.after({', '.join(after)})")
        return found

    # ------------------------------------------------------------ values

    def _value(self, dag: Dag, given: Given) -> str:
        if "runtimeValue" in given:
            value = given["runtimeValue"]["constant"]
            return _PLACEHOLDERS.get(value, flat(literal(value))) if isinstance(value, str) else flat(literal(value))
        if "taskOutputParameter" in given:
            port = given["taskOutputParameter"]
            return self._output(dag, port["producerTask"], port["outputParameterKey"])
        name = given["componentInputParameter"]
        if name in self._items and dag.task is not None and dag.task.item == name:
            return self._items[name]
        known = getattr(self, "_parameters", {})
        if (dag.name, name) in known:
            return str(known[dag.name, name])
        if dag.parent is None or dag.task is None:
            return str(name)
        return self._value(dag.parent, dag.task.inputs[name])

    def _output(self, dag: Dag, name: str, key: str) -> str:
        task = dag.tasks[name]
        if isinstance(task.runs, Program):
            outputs: Any = task.runs.outputs
            variable = self._variables[name]
            return f"{variable}.output" if set(outputs) == {"Output"} else f'{variable}.outputs["{key}"]'
        runs = task.runs
        _, sources = runs.outputs[key]
        if task.items is not None:
            inner = self._output(runs, *sources[0])
            if inner.startswith("dsl.OneOf("):
                raise self._inexpressible("a value of a branch that a loop collects", task)
            return f"dsl.Collected({inner})"
        if runs.choice:
            found: list[str] = []
            for arm, port in sources:
                arm_dag = runs.tasks[arm].runs
                assert isinstance(arm_dag, Dag)
                found.append(self._output(arm_dag, *arm_dag.outputs[port][1][0]))
            if any(each.startswith("dsl.") for each in found):
                raise self._inexpressible("a value of a branch that is one of another branch or a loop", task)
            return f"dsl.OneOf({', '.join(found)})"
        variable = self._variables[name]
        return f"{variable}.output" if len(runs.outputs) == 1 else f'{variable}.outputs["{key}"]'


def _heads(source: str, word: str) -> bool:
    """Whether code outside of functions names something."""
    return any(re.search(rf"\b{word}\b", line) and not line.startswith("    ") for line in source.split("\n")) or (
        word == "NamedTuple" and "NamedTuple(" in source
    )


def _container(box: Box) -> str:
    """The function of a container component; NUL stands for its name."""
    given = [
        Atom(flat(literal(f"{name}={text}")) if text is not None else f'f"{name}={{{name}}}"')
        for name, text in box.arguments.items()
    ]
    args = [Atom(box.output), *given, *(Atom(flat(literal(word))) for word in ("--", *box.words()))]
    script = '"""' + SCRIPT.replace("\\", "\\\\") + '"""'
    made = call("dsl.ContainerSpec", image=box.image, command=["sh", "-c", Atom("script")], args=args)
    entries = [Entry("", Atom(f"{name}: {ANNOTATION[form]}")) for name, form in box.program.inputs.items()]
    head = Bracket("def \0(", (*entries, Entry("", Atom(f"{box.output}: dsl.OutputPath(str)"))), "):")
    about = [f'    """{box.program.description}"""'] if fits_docstring(box.program.description) else []
    lines = ["@dsl.container_component", statement("", head), *about, f"    script = {script}"]
    return "\n".join([*lines, statement("return ", made, indent=4)]) + "\n"


def _inputs(dag: Dag) -> list[str]:
    """The names of the inputs of all DAGs."""
    return [*dag.inputs, *(name for t in dag.walk() if isinstance(t.runs, Dag) for name in t.runs.inputs)]


def _in_order(dag: Dag) -> list[Task]:
    done: dict[str, Task] = {}
    left = dict(dag.tasks)
    while left:
        ready = [name for name, task in left.items() if set(task.waits()) <= done.keys()]
        for name in ready:
            done[name] = left.pop(name)
    return list(done.values())
