"""The tasks of a generated file: one for every call, and a few that decide, pick or give a default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_never

from pipeglot.codegen.pysource import (
    Atom,
    Code,
    Imports,
    Names,
    Root,
    RootNames,
    call,
    expression,
    flat,
    identifier,
    literal,
    root,
    statement,
)
from pipeglot.codegen.python import AuthorCode, invocation, own_docstring, roots
from pipeglot.codegen.shadowing import boundary_names
from pipeglot.core.ir import (
    Call,
    Const,
    Ctx,
    Each,
    If,
    Imported,
    Inlined,
    Item,
    Out,
    ParamRef,
    Pipeline,
    Policy,
    Step,
    Value,
)
from pipeglot.core.shape import Shape, sources

from .certain import Types
from .helpers import HELPERS, NEEDS
from .naming import Naming, run_name

RESERVED_PARAMETERS = frozenset({"wait_for", "return_state", "deferred", "self", "index"})
"""What `Task.submit`, `Task.map` and our own loops take for themselves."""

ENGINE_NAMES: dict[str, str] = {
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Lock": "threading",
    "ThreadPoolExecutor": "concurrent.futures",
    "copy_context": "contextvars",
    "timezone": "datetime",
    "ZoneInfo": "zoneinfo",
    "TypedDict": "typing_extensions",
    "Field": "pydantic",
    "StrictBool": "pydantic",
    "StrictFloat": "pydantic",
    "StrictInt": "pydantic",
    "StrictStr": "pydantic",
    "allow_failure": "prefect",
    "flow": "prefect",
    "task": "prefect",
    "unmapped": "prefect",
    "NO_CACHE": "prefect.cache_policies",
    "PrefectFuture": "prefect.futures",
    "resolve_futures_to_results": "prefect.futures",
    "flow_run": "prefect.runtime",
    "Failed": "prefect.states",
}
"""Every name a generated file may import for itself, by module; a module itself has none."""


def _keep(text: str) -> str:
    return text if text.isidentifier() else identifier(text)


class Module:
    """The names of one generated file: imports, helpers and tasks."""

    def __init__(self, pipeline: Pipeline, author: AuthorCode, imports: Imports) -> None:
        self.pipeline, self.author, self.imports = pipeline, author, imports
        params = {param.name for param in pipeline.params}
        modules = {step.run.module.split(".")[0] for step in pipeline.steps if step.run.kind == "imported"}
        self._fixed = {*(boundary_names().keys() - {"Any"}), *author.names, *modules}
        names = Names(self._fixed | params, _keep)
        meant = {name: f"{module}.{name}" if module else name for name, module in ENGINE_NAMES.items()}
        shared = {name for name, meaning in meant.items() if author.imported.get(name) == meaning}
        self._engine = {name: name if name in shared else names(name, name) for name in (*ENGINE_NAMES, *HELPERS)}
        if "Any" not in params:
            self._engine["Any"] = "Any"  # the boundary code has imported it, under this name
        self._tasks = Names(self._fixed | params | set(self._engine.values()), _keep)
        self.flow = self._tasks("flow", identifier(pipeline.name))
        self.helpers: set[str] = set()
        self._named: set[str] = {self.flow}

    def use(self, name: str) -> str:
        """The file's name for something of the engine, or a helper; from now on it is imported or printed."""
        known = self._engine[name]
        if name in HELPERS:
            self.helpers.add(name)
        elif module := ENGINE_NAMES[name]:
            self.imports.name(module, name, None if known == name else known)
        else:
            self.imports.module(name, None if known == name else known)
        return known

    def name(self, key: object, text: str) -> str:
        """A name on module level; new for a new key."""
        name = self._tasks(key, text)
        self._named.add(name)
        return name

    def helper(self, name: str) -> Code:
        """The source of a helper, with the names this file has for what it uses."""
        text = HELPERS[name].strip("\n")
        for word in (name, *NEEDS.get(name, ())):
            if self._engine[word] != word:
                text = re.sub(rf"\b{word}\b", self._engine[word], text)
        return Code(text)

    def locals(self, taken: Iterable[str]) -> Names:
        """Names for the flow's own variables, once all others are known.

        They may hide the author's functions, which a flow never calls.
        """
        params = {param.name for param in self.pipeline.params}
        return Names({*params, *self._engine.values(), *self._named, *self.author.hidden.instead, *taken})

    def parameters(self) -> Names:
        """Names for the parameters of one task."""
        return Names(self._fixed | RESERVED_PARAMETERS | set(self._engine.values()))


@dataclass(frozen=True)
class Task:
    """A task of the file: its name there, and what it takes in the order of its parameters, by their names.

    `direct`: it is the author's own function; otherwise a function that calls it.
    """

    name: str
    takes: tuple[tuple[str, Root | Const], ...]
    source: Code
    direct: bool = False

    def refs(self) -> list[str]:
        """The ids of what it takes."""
        return [value.ref for _, value in self.takes if isinstance(value, Out)]


class Tasks:
    """Writes tasks, in the order they are asked for."""

    def __init__(self, module: Module, shape: Shape, types: Types, naming: Naming) -> None:
        self._module, self._shape, self._types, self._naming = module, shape, types, naming
        self.written: list[Task] = []
        final = module.pipeline.final
        self._calls = [*shape.calls, *([final.call] if final else [])]
        for node in shape.nodes.values():
            if isinstance(node, Call):
                self._call_name(node)
            elif isinstance(node, If | Each) and not types.certain(node):
                self._decide_name(node)
        for id, value in shape.values.items():
            for number, source in enumerate(sources(value)):
                if not is_whole(source):
                    self._pick_name(id, number)
        if module.pipeline.final is not None:
            self._call_name(module.pipeline.final.call)
        module.name("or_default", "or_default")

    def _call_name(self, node: Call) -> str:
        return self._module.name(("call", node.id), f"{identifier(node.id)}_task")

    def _decide_name(self, node: If | Each) -> str:
        return self._module.name(
            ("decide", node.id), f"{identifier(node.id)}_{'arm' if isinstance(node, If) else 'items'}"
        )

    def _pick_name(self, id: str, number: int) -> str:
        return self._module.name(("pick", id, number), f"{identifier(id)}_value")

    def sources(self) -> list[Code]:
        """The source of all tasks written: first those that are the author's own functions, in one block."""
        direct = [task.source for task in self.written if task.direct]
        return [Code("\n".join(direct)), *(task.source for task in self.written if not task.direct)]

    def call(self, node: Call, *, loop: bool) -> Task:
        """The task of a call."""
        step = self._module.pipeline.step(node.step)
        options = policy_options(node.policy)
        if not loop and isinstance(step.run, Imported | Inlined) and _fits(step, node):
            return self._direct(node, step, options)
        takes = roots(node.args.values())
        names = self._names(takes, node.args)
        doc = invocation(self._module.pipeline, node, names, self._module.imports)
        body = [*docstring(step.description), statement("return ", doc, indent=4)]
        if len(body) == 1 and step.description:
            options = {"description": step.description, **options}
        return self._write(self._call_name(node), node.id, takes, names, body, loop, options)

    def _direct(self, node: Call, step: Step, options: dict[str, Any]) -> Task:
        """A task that is the step's function itself.

        Where several calls share it, Prefect would take one result for the other's if results are persisted.
        """
        if sum(other.step == step.name for other in self._calls) > 1:
            options = {**options, "cache_policy": Atom(self._module.use("NO_CACHE"))}
        bare = node.model_copy(update={"args": {}})
        function = invocation(self._module.pipeline, bare, _no_names, self._module.imports)
        wrapped = Atom(flat(function).removesuffix("()"))
        # Of an imported function Prefect reads the docstring itself, which is the description.
        told = isinstance(step.run, Inlined) and own_docstring(self._module.pipeline, step.run.name)
        if step.description and told not in (False, step.description):
            options = {"description": step.description, **options}
        doc = call(self._module.use("task"), wrapped, name=node.id, **options)
        takes = tuple((p.name, _bare(node.args[p.name])) for p in step.parameters)
        name = self._call_name(node)
        task = Task(name, takes, Code(statement(f"{name} = ", doc)), direct=True)
        self.written.append(task)
        return task

    def decide(self, node: If | Each, *, loop: bool) -> Task:
        """The task that finds out which arm of an If is taken, or what the items of an Each are."""
        conditions = [node.items] if isinstance(node, Each) else [a.when for a in node.arms if a.when is not None]
        takes = roots(conditions)
        names = self._names(takes, {})
        name = self._decide_name(node)
        body: list[str] = []
        if isinstance(node, Each):
            body.append(statement("items = ", expression(node.items, names), indent=4))
            body.append("    if not isinstance(items, list):")
            body.append('        raise TypeError(f"not a list: {items!r}")')
            body.append("    return items")
        else:
            for number, condition in enumerate(conditions):
                doc = self._types.decision(condition, names, self._module.use)
                body.append(statement("if ", doc, ":", indent=4))
                body.append(f"        return {number}")
            body.append(f"    return {len(conditions)}")
        return self._write(name, node.id, takes, names, body, loop)

    def pick(self, id: str, value: Value, number: int = 0, *, loop: bool) -> Task:
        """The task that forms a merged (by arm `number`) or collected value."""
        takes = roots([value])
        names = self._names(takes, {})
        body: list[str] = [statement("return ", expression(value, names), indent=4)]
        name = self._pick_name(id, number)
        return self._write(name, id, takes, names, body, loop)

    def or_default(self) -> str:
        """The task that stands behind a call whose failure is tolerated."""
        name = self._module.name("or_default", "or_default")
        if not any(task.name == name for task in self.written):
            body = [
                '    """What a task gave, or the default that stands in when it failed."""',
                "    return default if isinstance(outcome, BaseException) else outcome",
            ]
            no_cache = Atom(self._module.use("NO_CACHE"))
            decorator = self._decorator(self._naming.or_default, loop=False, cache_policy=no_cache)
            lines = [decorator, f"def {name}(outcome, default):", *body]
            self.written.append(Task(name, (), Code("\n".join(lines))))
        return name

    def _names(self, takes: Sequence[Root], args: Mapping[str, Value]) -> RootNames:
        """A parameter for each root: named like the argument it is given for, else like what it refers to."""
        names = self._module.parameters()
        wanted: dict[Root, str] = {}
        for name, value in args.items():
            if isinstance(value, Out | Item | ParamRef | Ctx):
                wanted.setdefault(root(value), name)
        table = {r: names(r, wanted.get(r, _words(r))) for r in takes}
        return lambda value: table[value]

    def _write(
        self,
        name: str,
        task: str,
        takes: tuple[Root, ...],
        names: RootNames,
        body: list[str],
        loop: bool,
        options: Mapping[str, Any] | None = None,
    ) -> Task:
        parameters = [Atom(names(r)) for r in takes] + ([Atom("index")] if loop else [])
        decorator = self._decorator(task, loop=loop, **(options or {}))
        head = statement("def ", call(name, *parameters), ":")
        given = tuple((names(r), r) for r in takes)
        written = Task(name, given, Code("\n".join([decorator, head, *body])))
        self.written.append(written)
        return written

    def _decorator(self, task: str, *, loop: bool, **options: Any) -> str:
        named = {"name": task, "task_run_name": run_name(task)} if loop else {"name": task}
        return statement("@", call(self._module.use("task"), **named, **options))


def _no_names(ref: Root) -> str:
    raise AssertionError(ref)


def _bare(value: Value) -> Root | Const:
    assert isinstance(value, Out | Item | ParamRef | Ctx | Const)
    return value


def _fits(step: Step, node: Call) -> bool:
    """Whether a call gives every parameter of its step one whole value: Prefect can call the function itself.

    A default of the function would be filled in by Prefect, before the value is read as JSON.
    """
    names = [parameter.name for parameter in step.parameters]
    if set(names) != set(node.args) or RESERVED_PARAMETERS.intersection(names):
        return False
    return all(is_whole(value) and _is_small(value) for value in node.args.values())


def _is_small(value: Value) -> bool:
    """Whether a constant may stand in the flow: text, numbers and the like that fit a line."""
    if not isinstance(value, Const):
        return True
    return not isinstance(value.value, list | dict) and len(flat(literal(value.value))) <= 40


def is_whole(value: Value) -> bool:
    """Whether a value is a reference without a path, or a constant: nothing has to be formed."""
    return isinstance(value, Ctx | Const) or (isinstance(value, Out | Item | ParamRef) and not value.path)


def policy_options(policy: Policy) -> dict[str, Any]:
    """The arguments of `@task` that keep a call's retries and time limit."""
    options: dict[str, Any] = {}
    if policy.retry is not None:
        waits = policy.retry.waits()
        options["retries"] = policy.retry.count
        if any(waits):
            options["retry_delay_seconds"] = waits[0] if len(set(waits)) == 1 else waits
    if policy.timeout is not None:
        options["timeout_seconds"] = policy.timeout
    return options


def _words(value: Root) -> str:
    match value:
        case Out(ref=ref):
            return ref
        case Item(loop=loop):
            return f"{loop}_item"
        case ParamRef(name=name) | Ctx(name=name):
            return name
        case _:
            assert_never(value)


def docstring(text: str) -> list[str]:
    """A one-line docstring, where the text is one line and means itself."""
    return [f'    """{text}"""'] if is_plain(text) and len(text) <= 78 else []


def is_plain(text: str) -> bool:
    """Whether a text can be a line of a docstring and means itself there."""
    return bool(text) and text.isprintable() and text == text.strip() and not any(c in text for c in '\\"')
