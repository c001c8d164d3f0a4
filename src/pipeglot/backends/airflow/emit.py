"""The text of a DAG file: a thin `@task` wrapper per task, then the wiring."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from pipeglot.backends.airflow.plan import (
    Branch,
    Gate,
    Gather,
    Give,
    Items,
    Loop,
    Merge,
    Nothing,
    Plan,
    Step,
    Task,
    Tolerate,
)
from pipeglot.backends.airflow.settings import CONTEXT, Settings, policy
from pipeglot.backends.python import AuthorCode, invocation
from pipeglot.core.ir import (
    Cron,
    Ctx,
    Imported,
    Inlined,
    Item,
    Out,
    ParamRef,
    Pipeline,
    Value,
    parts,
)
from pipeglot.core.pysource import (
    Atom,
    Bracket,
    Code,
    Doc,
    Entry,
    Imports,
    Names,
    call,
    expression,
    flat,
    identifier,
    literal,
    statement,
    string,
)
from pipeglot.core.shape import item_refs

LOCAL = ("task", "task_group", "timedelta", "datetime", "dag", "data", "items", "owner", "gate", "state", "states", "when", "default_args")
"""Names that wrapper bodies use for themselves, or that Airflow would fill in for an argument of that name."""


class Emitter:
    """Prints one plan."""

    def __init__(
        self, pipeline: Pipeline, plan: Plan, author: AuthorCode, imports: Imports, settings: Settings
    ) -> None:
        self.pipeline, self.plan, self.imports, self.settings = pipeline, plan, imports, settings
        self.author = author
        self.bound = _author_imports(pipeline)
        modules = {
            step.run.module.split(".")[0] for step in pipeline.steps if isinstance(step.run, Imported)
        }
        boundary = {"json_io", "run_command", "functools", "json", "os", "subprocess", "typing", "Any"}
        self.names = Names(taken={*author.names, *modules, *CONTEXT, *LOCAL, *boundary})
        self.helpers: dict[str, Code] = {}
        self.steps = {step.name: step for step in pipeline.steps}
        self.items_of: dict[str, str] = {}

    # ------------------------------------------------------------ names

    def engine(self, module: str, name: str) -> str:
        """The name under which something of the engine's (or the standard library's) is used, imported here.

        Without a `name`, the module itself.
        """
        if not name:
            alias = None if module not in self.author.names else self.names(("engine", module), f"{module}_2")
            self.imports.module(module, alias)
            return alias or module
        if self.bound.get(name) == (module, name) or name not in self.author.names:
            self.imports.name(module, name)
            return name
        alias = self.names(("engine", module, name), f"airflow_{name}")
        self.imports.name(module, name, alias)
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

    def moment(self, name: str) -> str:
        """The helper that gives the run's logical date or day, printed when it is used."""
        function = self.names(("moment", name), MOMENTS[name][0])
        timing = self.pipeline.schedule.timing if self.pipeline.schedule else None
        zone = timing.timezone if isinstance(timing, Cron) and name == "day" else "UTC"
        self.helpers[name] = moment_helper(name, function, self.engine("zoneinfo", "ZoneInfo"), zone)
        return function

    # ------------------------------------------------------------ functions

    def functions(self) -> list[str]:
        """The definitions: a wrapper per task, a function per mapped group."""
        tasks = [task for task in self.plan.tasks.values() if not isinstance(task.work, Nothing)]
        if self.plan.final is not None:
            tasks.append(self.plan.final)
        return [self.function(task) for task in tasks]

    def function(self, task: Task) -> str:
        body = _Body(self, task)
        lines = body.lines()
        kind = f"{self.engine('airflow.sdk', 'task')}"
        if isinstance(task.work, Branch):
            kind += ".branch"
        settings: dict[str, Any] = {"task_id": self.label(task)}
        if isinstance(task.work, Step):
            settings |= self.call_settings(task, task.work)
        settings |= self.rule(task)
        entries = [Entry("", Atom(name)) for name in body.arguments]
        entries += [Entry(f"{name}=", Atom("None")) for name in body.context]
        signature = Bracket(f"{self.wrapper(task)}(", tuple(entries), ")")
        head = [statement("@", call(kind, **settings), indent=4), statement("def ", signature, ":", indent=4)]
        return "\n".join([*head, *lines])

    def call_settings(self, task: Task, work: Step) -> dict[str, Any]:
        settings = policy(work.call.policy)
        if task.max_parallel is not None:
            settings["max_active_tis_per_dagrun"] = task.max_parallel
        if any(isinstance(value, timedelta) for value in settings.values()):
            name = self.engine("datetime", "timedelta")
            settings = {k: _renamed(v, name) for k, v in settings.items()}
        step = self.steps[work.call.step]
        if step.description:
            own = isinstance(step.run, Inlined) and _docstring(self.pipeline, step.run.name)
            text: Any = Atom(f"{step.run.name}.__doc__") if own == step.description else step.description  # type: ignore[union-attr]
            settings["doc_md"] = text
        if task.id != task.node:
            settings["task_display_name"] = task.node
        return settings | self.settings.tasks.get(work.call.id, {})

    def label(self, task: Task) -> str:
        return self.labels.get(task.id, task.id)

    # ------------------------------------------------------------ wiring

    def wiring(self) -> list[str]:
        """The statements that make the tasks and their edges."""
        self.exports = self._exports()
        self.used = self._used()
        lines = self._block(self.plan.steps, 4)
        lines += self._final()
        return lines

    def _exports(self) -> dict[str, list[str]]:
        """What each mapped group returns: the tasks in it that others wait for."""
        found: dict[str, dict[str, None]] = {}
        others = [*self.plan.tasks.values()] + ([self.plan.final] if self.plan.final else [])
        for task in others:
            for up in task.upstream:
                loop = self._group_of(self.plan.tasks[up])
                if loop is not None and loop != self._group_of(task):
                    found.setdefault(loop, {})[up] = None
        return {loop: list(tasks) for loop, tasks in found.items()}

    def _group_of(self, task: Task) -> str | None:
        return task.loop if task.loop is not None and self.plan.loops[task.loop].grouped else None

    def _used(self) -> set[str]:
        """The tasks that need a variable."""
        used = {source.task for task in self.plan.tasks.values() for source in task.inputs.values()}
        used |= {loop.source.task for loop in self.plan.loops.values() if loop.source}
        used |= {id for ids in self.exports.values() for id in ids}
        tasks = [*self.plan.tasks.values()] + ([self.plan.final] if self.plan.final else [])
        for task in tasks:
            extra = self._extra(task)
            used |= set(extra) | ({task.id} if extra else set())
        return used

    def _extra(self, task: Task) -> list[str]:
        """The upstream tasks that no argument brings."""
        given = {source.task for source in task.inputs.values()}
        if task.loop is not None:
            source = self.plan.loops[task.loop].source
            given |= {source.task} if source else set()
        return [up for up in task.upstream if up not in given and not self._implied(task, up)]

    def _implied(self, task: Task, up: str) -> bool:
        """Whether another upstream task already waits for `up` and passes its fate on."""
        if isinstance(self.plan.tasks[up].work, Branch):
            return False
        others = (self.plan.tasks[other] for other in task.upstream)
        return any(
            up in other.upstream and other.rule == "ALL_SUCCESS" and not other.tolerated for other in others
        )

    def _block(self, steps: Sequence[Task | Loop], indent: int) -> list[str]:
        lines: list[str] = []
        opened: list[str] = []
        again = _reopened(steps)
        known: set[str] = set()
        for step in steps:
            path = list(step.groups)
            same = 0
            while same < min(len(path), len(opened)) and path[same] == opened[same]:
                same += 1
            opened = opened[:same]
            for group in path[same:]:
                lines += self._open(group, indent + 4 * len(opened), group in again, known)
                opened.append(group)
            at = indent + 4 * len(opened)
            lines += self._make(step, at)
        lines += self._edges([step for step in steps if isinstance(step, Task)], indent)
        return lines

    def _open(self, group: str, indent: int, again: bool, known: set[str]) -> list[str]:
        args, kwargs = self.group_arguments(group)
        made = call(self.engine("airflow.sdk", "TaskGroup"), *args, **kwargs)
        if not again:
            return [statement("with ", made, ":", indent=indent)]
        name = self.names(("group", group), f"{identifier(group)}_group")
        lines = [] if group in known else [statement(f"{name} = ", made, indent=indent)]
        known.add(group)
        return [*lines, " " * indent + f"with {name}:"]

    def group_arguments(self, group: str) -> tuple[list[Any], dict[str, Any]]:
        if group in self.prefixed:
            return [self.prefixed[group]], {}
        return [self.plan.groups[group]], {"prefix_group_id": False}

    def _make(self, step: Task | Loop, indent: int) -> list[str]:
        if isinstance(step, Loop):
            return self._mapped_group(step, indent)
        prefix = f"{self.variable(step.id)} = " if step.id in self.used else ""
        if isinstance(step.work, Nothing):
            empty = self.engine("airflow.providers.standard.operators.empty", "EmptyOperator")
            made = call(empty, task_id=self.label(step), **self.rule(step))
            return [statement(prefix, made, indent=indent)]
        arguments = self._given(step)
        name = self.wrapper(step)
        if not step.expands:
            return [statement(prefix, call(name, *arguments.values()), indent=indent)]
        loop = self.plan.loops[step.loop or ""]
        if arguments:
            name = f"{name}.partial({', '.join(f'{k}={flat(v)}' for k, v in arguments.items())})"
        made = call(f"{name}.expand", **{self.item(loop.each.id): self._over(loop)})
        return [statement(prefix, made, indent=indent)]

    def _given(self, task: Task) -> dict[str, Doc]:
        """The arguments a wrapper is called with, by name."""
        given: dict[str, Doc] = {}
        for source in task.inputs.values():
            given[self.variable(source.task)] = Atom(self._reach(task, source.task))
        loop = self._group_of(task)
        if loop is not None and _takes_item(task):
            given[self.item(loop)] = Atom(self.item(loop))
        return given

    def _reach(self, task: Task | None, other: str) -> str:
        """The expression for another task, seen from where `task` is made."""
        loop = self._group_of(self.plan.tasks[other])
        if loop is None or (task is not None and self._group_of(task) == loop):
            return self.variable(other)
        results = self.results(self.plan.loops[loop])
        return results if len(self.exports[loop]) == 1 else f"{results}[{string(other)}]"

    def _over(self, loop: Loop) -> Doc:
        if loop.source is not None:
            return Atom(self._reach(None, loop.source.task))
        return literal(loop.constants)

    def _mapped_group(self, loop: Loop, indent: int) -> list[str]:
        item, pad = self.item(loop.each.id), " " * indent
        name = self.names(("group", loop.each.id), f"{identifier(loop.each.id)}_group")
        made = call(
            self.engine("airflow.sdk", "task_group"), group_id=loop.id, prefix_group_id=False
        )
        lines = ["", statement("@", made, indent=indent), f"{pad}def {name}({item}):"]
        lines += self._block(loop.tasks, indent + 4)
        exported = self.exports.get(loop.each.id, [])
        if len(exported) == 1:
            lines.append(f"{pad}    return {self.variable(exported[0])}")
        elif exported:
            doc = literal({id: Atom(self.variable(id)) for id in exported})
            lines.append(statement("return ", doc, indent=indent + 4))
        prefix = f"{self.results(loop)} = " if exported else ""
        made = call(f"{name}.expand", **{item: self._over(loop)})
        return [*lines, "", statement(prefix, made, indent=indent)]

    def _edges(self, tasks: Iterable[Task], indent: int) -> list[str]:
        by_upstream: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            extra = tuple(self._reach(task, up) for up in self._extra(task))
            if extra:
                by_upstream.setdefault(extra, []).append(self.variable(task.id))
        lines: list[str] = []
        for ups, downs in by_upstream.items():
            if len(ups) == 1:
                lines.append(_edge(Atom(ups[0]), _one_or_list(downs), indent))
            else:
                lines += [_edge(_one_or_list(ups), Atom(down), indent) for down in downs]
        return lines

    def _final(self) -> list[str]:
        task = self.plan.final
        if task is None:
            return []
        made = call(self.wrapper(task), *self._given(task).values())
        teardown = Atom(f"{flat(made)}.as_teardown(on_failure_fail_dagrun=True)")
        ups = [self._reach(None, up) for up in task.upstream]
        if not ups:
            return [statement("", teardown, indent=4)]
        return [_edge(_one_or_list(ups), teardown, 4)]

    # ------------------------------------------------------------ groups whose ids prefix those of their tasks

    @property
    def prefixed(self) -> dict[str, str]:
        """The groups that are written as Airflow likes it best, with the label they get: their id prefixes every
        id inside."""
        return self._prefixed()[0]

    @property
    def labels(self) -> dict[str, str]:
        """The ids of tasks in such groups, without the prefix."""
        return self._prefixed()[1]

    def _prefixed(self) -> tuple[dict[str, str], dict[str, str]]:
        if not hasattr(self, "_prefix_cache"):
            self._prefix_cache = _prefixes(self.plan)
        return self._prefix_cache


class _Body:
    """The body of one wrapper, with the arguments it turned out to need."""

    def __init__(self, emitter: Emitter, task: Task) -> None:
        self.emitter, self.task = emitter, task
        self.arguments: dict[str, None] = {}
        self.context: dict[str, None] = {}
        self.local: dict[str, str] = {}

    def lines(self) -> list[str]:
        emitter, task = self.emitter, self.task
        self.arguments = dict.fromkeys(emitter.variable(s.task) for s in task.inputs.values())
        if task.expands or _takes_item(task):
            self.arguments[emitter.item(task.loop or "")] = None
        lines = self.guard()
        match task.work:
            case Step(call=node):
                if emitter.plan.final is task and _takes_state(task):
                    lines += self.state()
                lines.append(self.give(invocation(emitter.pipeline, node, self.names, emitter.imports)))
            case Branch(conditions=conditions, targets=targets):
                found = [literal(t[0]) if len(t) == 1 else literal(list(t)) for t in targets]
                lines += self.choose(conditions, found, literal([]))
            case Gate(conditions=conditions):
                numbers = [literal(n) for n in range(len(conditions))]
                lines += self.choose(conditions, numbers, literal(len(conditions)))
            case Merge(ends=ends):
                values = ", ".join(emitter.variable(end) for end in ends)
                if len(ends) == 2:
                    a, b = (emitter.variable(end) for end in ends)
                    lines.append(self.give(Atom(f"{b} if {a} is None else {a}")))
                else:
                    lines.append(self.give(Atom(f"next((v for v in ({values},) if v is not None), None)")))
            case Give(value=value):
                lines.append(self.give(expression(value, self.names)))
            case Items(each=each, value=value, known=known):
                if known:
                    lines.append(self.give(expression(value, self.names)))
                else:
                    lines.append(statement("items = ", expression(value, self.names), indent=8))
                    lines.append("        if not isinstance(items, list):")
                    message = string(f"the items of {each!r} are not a list")
                    lines.append(f"            raise TypeError({message})")
                    lines.append("        return items")
            case Gather():
                lines += self.gather(task.work)
            case Tolerate():
                lines += self.tolerate(task.work)
        return lines

    def give(self, doc: Doc) -> str:
        return statement("return ", doc, indent=8)

    def guard(self) -> list[str]:
        if self.task.guard is None:
            return []
        gate, number = self.task.guard
        skip = self.emitter.engine("airflow.sdk.exceptions", "AirflowSkipException")
        return [f"        if {self.emitter.variable(gate)} != {number}:", f"            raise {skip}"]

    def choose(self, conditions: tuple[Value | None, ...], found: list[Doc], none: Doc) -> list[str]:
        lines: list[str] = []
        for condition, target in zip(conditions, found, strict=True):
            if condition is None:
                return [*lines, self.give(target)]
            lines.append(statement("if ", self.condition(condition), ":", indent=8))
            lines.append(statement("return ", target, indent=12))
        return [*lines, self.give(none)]

    def condition(self, condition: Value) -> Doc:
        return expression(condition, self.names)

    def state(self) -> list[str]:
        """The state the run has without its Final: that of the tasks that decide it."""
        self.context |= {"ti": None, "run_id": None}
        leaves = literal(list(self.emitter.plan.leaves))
        asked = call(
            "ti.get_task_states", dag_id=Atom("ti.dag_id"), task_ids=leaves, run_ids=Atom("[run_id]")
        )
        return [
            statement("states = ", asked, "[run_id].values()", indent=8),
            '        failed = {"failed", "upstream_failed"}.intersection(states)',
            '        state = "failed" if failed else "succeeded"',
        ]

    def gather(self, work: Gather) -> list[str]:
        emitter = self.emitter
        loops = item_refs(work.value)
        items = self.task.inputs.get("#items")
        if work.count is None:
            assert items is not None
            count = f"range(len({emitter.variable(items.task)}))"
        else:
            count = f"range({work.count})"
        if not work.pulls and not loops:
            return [self.give(Atom(f"[{flat(expression(work.value, self.names))} for _ in {count}]"))]
        names: list[str] = []
        rows: list[Doc] = []
        if work.pulls:
            self.context["ti"] = None
        for ref, task in work.pulls:
            self.local[ref] = emitter.names(("each", task), f"{identifier(ref)}_value")
            names.append(self.local[ref])
            rows.append(call("ti.xcom_pull", task, map_indexes=Atom(count)))
        if loops:
            self.local["#item"] = emitter.item(work.loop)
            names.append(self.local["#item"])
            constants = emitter.plan.loops[work.loop].constants
            rows.append(literal(constants) if items is None else Atom(emitter.variable(items.task)))
        value = expression(work.value, self.names)
        if len(rows) == 1 and flat(value) == names[0]:
            return [self.give(rows[0])]
        lines = []
        if len(rows) == 1:
            source = flat(rows[0])
        else:
            source = flat(call("zip", *rows, strict=True))
        if len(flat(value)) + len(source) > 50:
            lines.append(statement("rows = ", rows[0] if len(rows) == 1 else call("zip", *rows, strict=True), indent=8))
            source = "rows"
        text = f"[{flat(value)} for {', '.join(names)} in {source}]"
        return [*lines, self.give(Atom(text))]

    def tolerate(self, work: Tolerate) -> list[str]:
        value = self.emitter.variable(work.task)
        if work.default is None:
            return [self.give(Atom(value))]
        if not work.may_be_none:
            default = flat(literal(work.default))
            return [self.give(Atom(f"{default} if {value} is None else {value}"))]
        self.context |= {"ti": None, "run_id": None}
        asked = call(
            "ti.get_task_states",
            dag_id=Atom("ti.dag_id"),
            map_index=Atom("ti.map_index"),
            task_ids=[work.task],
            run_ids=Atom("[run_id]"),
        )
        return [
            statement("states = ", asked, "[run_id].values()", indent=8),
            statement("return ", literal(work.default), f' if "failed" in states else {value}', indent=8),
        ]

    def names(self, root: Out | Item | ParamRef | Ctx) -> str:
        """The expression for a reference inside this wrapper."""
        emitter = self.emitter
        match root:
            case Out(ref=ref):
                if ref in self.local:
                    return self.local[ref]
                source = self.task.inputs[ref]
                name = emitter.variable(source.task)
                return {"value": name, "list": f"list({name})", "group": f"list({name} or [])"}[source.form]
            case Item(loop=loop):
                return self.local.get("#item", emitter.item(loop))
            case ParamRef(name=name):
                self.context["params"] = None
                return f"params[{string(name)}]"
            case Ctx(name="run_id"):
                self.context["run_id"] = None
                return "run_id"
            case Ctx(name="state"):
                return "state"
            case Ctx(name=name):
                self.context["dag_run"] = None
                return f"{self.emitter.moment(name)}(dag_run)"


def _takes_item(task: Task) -> bool:
    match task.work:
        case Step(call=node):
            return bool(item_refs(*node.args.values()))
        case Branch(conditions=conditions) | Gate(conditions=conditions):
            return bool(item_refs(*(c for c in conditions if c is not None)))
        case Give(value=value):
            return bool(item_refs(value))
    return False


def _takes_state(task: Task) -> bool:
    assert isinstance(task.work, Step)
    values = task.work.call.args.values()
    return any(isinstance(p, Ctx) and p.name == "state" for v in values for p in parts(v))


def _free(names: Names, text: str, suffix: str) -> str:
    """A clean name made of `text`: with a suffix rather than a number when the name is taken."""
    name = identifier(text)
    return name if names.free(name) else f"{name}_{suffix}"


def _renamed(value: Any, name: str) -> Any:
    """A duration under the name that `timedelta` has in this file."""
    if not isinstance(value, timedelta):
        return value
    return Atom(flat(literal(value)).replace("timedelta", name, 1))


def _docstring(pipeline: Pipeline, function: str) -> str | None:
    """The docstring of an inlined function."""
    for chunk in pipeline.code:
        if chunk.kind == "function" and function in chunk.names:
            for node in ast.parse(chunk.text).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
                    return ast.get_docstring(node)
    return None


def _author_imports(pipeline: Pipeline) -> dict[str, tuple[str, str]]:
    """What the author's file binds by `from module import name`."""
    bound: dict[str, tuple[str, str]] = {}
    for chunk in pipeline.code:
        if chunk.kind == "import":
            for node in ast.parse(chunk.text).body:
                if isinstance(node, ast.ImportFrom) and node.module:
                    for alias in node.names:
                        bound[alias.asname or alias.name] = (node.module, alias.name)
    return bound


def _reopened(steps: Sequence[Task | Loop]) -> set[str]:
    """The groups whose tasks are not made in one go."""
    closed: set[str] = set()
    again: set[str] = set()
    opened: tuple[str, ...] = ()
    for step in steps:
        again |= {group for group in step.groups if group in closed}
        closed |= {group for group in opened if group not in step.groups}
        opened = step.groups
    return again


def _one_or_list(names: Sequence[str]) -> Doc:
    return Atom(names[0]) if len(names) == 1 else literal([Atom(name) for name in names])


def _edge(up: Doc, down: Doc, indent: int) -> str:
    """`up >> down`, the right-hand list broken first."""
    return statement(f"{flat(up)} >> ", down, indent=indent)


def _prefixes(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """Groups that can prefix the ids of all they hold, by the label they get, and the labels of tasks in them."""
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
            if ok and label.replace("-", "_").isidentifier() and all(
                id.startswith(f"{group}.") for id in inner[group]
            ):
                found[group] = label
                prefix = f"{group}."
            else:
                prefix = ""
        if prefix:
            labels[step.id] = step.id.removeprefix(prefix)
    return found, labels


MOMENTS = {"logical_date": ("run_instant", '"%Y-%m-%dT%H:%M:%SZ"'), "day": ("run_day", '"%Y-%m-%d"')}


def moment_helper(name: str, function: str, zone_class: str, zone: str) -> Code:
    """The helper that gives a run's logical date or day."""
    what = "logical date" if name == "logical_date" else "day"
    return Code(
        textwrap.dedent(
            f'''\
            def {function}(dag_run):
                """The run's {what}; without a logical date, that of its start."""
                when = dag_run.logical_date or dag_run.run_after
                return when.astimezone({zone_class}({string(zone)})).strftime({MOMENTS[name][1]})'''
        )
    )
