"""The statements that make the tasks, the groups around them, and the edges that no argument makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeglot.backends.airflow.naming import Naming
from pipeglot.backends.airflow.plan import PROPAGATE, Branch, CollectInner, Loop, NoOp, Task
from pipeglot.codegen.code import Code, joined, marks_of
from pipeglot.codegen.names import identifier
from pipeglot.codegen.origin import orders
from pipeglot.codegen.pysource import WIDTH, Atom, Doc, call, flat, literal, spelled, statement, string
from pipeglot.core.ir import Group, walk


class Wiring:
    """The wiring of one DAG."""

    def __init__(self, naming: Naming) -> None:
        self.naming, self.plan = naming, naming.plan
        self.exports = self._exports()
        self.used = self._used()
        groups = (node for node in walk(naming.pipeline.body) if isinstance(node, Group))
        self.descriptions = {group.id: group.description for group in groups}
        self.after = orders(naming.pipeline)

    def lines(self) -> list[str]:
        """The statements, in order."""
        return [*self._block(self.plan.steps, 4), *self._final()]

    def _exports(self) -> dict[str, list[str]]:
        """What each mapped group returns: the tasks in it that others wait for."""
        found: dict[str, dict[str, None]] = {}
        others = self.plan.all()
        for task in others:
            if isinstance(task.work, CollectInner) and task.loop is not None:
                found.setdefault(task.loop, {})[task.id] = None
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
        tasks = self.plan.all()
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
        implied = self._implied(task)
        return [up for up in task.upstream if up not in given and up not in implied]

    def _implied(self, task: Task) -> set[str]:
        """The upstream tasks that another upstream task waits for already, and whose fate it passes on."""
        if task.rule not in PROPAGATE:
            return set()
        tasks = self.plan.tasks
        others = (tasks[other] for other in task.upstream)
        known = {up for o in others if o.rule == "ALL_SUCCESS" and not o.tolerated for up in o.upstream}
        return {up for up in known if up in task.upstream and not isinstance(tasks[up].work, Branch)}

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
            made = self._make(step, at)
            if isinstance(step, Loop):
                lines += ["", joined(made).of(step.each.id)]
            else:
                of = (step.value, self.naming.values[step.value]) if step.value else (step.node, None)
                lines += [Code(line).of(step.node).of(*of) for line in made]
        lines += self._edges(steps, indent)
        return lines

    def _open(self, group: str, indent: int, again: bool, known: set[str]) -> list[str]:
        args, kwargs = self._group_arguments(group)
        made = call(self.naming.engine("airflow.sdk", "TaskGroup"), *args, **kwargs)
        made = spelled(made, {"": "Group.id", "tooltip": "Group.description"})
        if not again:
            return [statement("with ", made, ":", indent=indent).of(group)]
        name = self.naming.names(("group", group), f"{identifier(group)}_group")
        lines = [] if group in known else [statement(f"{name} = ", made, indent=indent).of(group)]
        known.add(group)
        return [*lines, Code(" " * indent + f"with {name}:").of(group)]

    def _group_arguments(self, group: str) -> tuple[list[Any], dict[str, Any]]:
        description = self.descriptions.get(group, "")
        told = {"tooltip": description} if description else {}
        if group in self.naming.prefixed:
            return [self.naming.prefixed[group]], told
        return [self.plan.groups[group]], {"prefix_group_id": False, **told}

    def _make(self, step: Task | Loop, indent: int) -> list[str]:
        if isinstance(step, Loop):
            return self._mapped_group(step, indent)
        prefix = f"{self.naming.variable(step.id)} = " if step.id in self.used else ""
        if isinstance(step.work, NoOp):
            empty = self.naming.engine("airflow.providers.standard.operators.empty", "EmptyOperator")
            made = call(empty, task_id=self.naming.label(step), **self.naming.rule(step))
            return [statement(prefix, made, indent=indent)]
        arguments = self._given(step)
        name = self.naming.wrapper(step)
        if not step.expands:
            return [statement(prefix, call(name, *arguments.values()), indent=indent)]
        loop = self.plan.loops[step.loop or ""]
        lines: list[str] = []
        if arguments:
            partial = call(f"{name}.partial", **arguments)
            name = flat(partial)
            if indent + len(prefix) + len(name) + len(".expand(") > WIDTH:
                name = self.naming.names(("partial", step.id), f"{identifier(step.id)}_over")
                lines.append(statement(f"{name} = ", partial, indent=indent))
        item = self.naming.item(loop.each.id)
        made = spelled(call(f"{name}.expand", **{item: self._over(loop)}), {item: ((loop.each.id, "Each.items"),)})
        return [*lines, statement(prefix, made, indent=indent)]

    def _given(self, task: Task) -> dict[str, Doc]:
        """The arguments a wrapper is called with, by name."""
        given: dict[str, Doc] = {}
        for source in task.inputs.values():
            given[self.naming.variable(source.task)] = Atom(self._reach(task, source.task))
        loop = self._group_of(task)
        if loop is not None and self.naming.takes_item(task):
            given[self.naming.item(loop)] = Atom(self.naming.item(loop))
        return given

    def _reach(self, task: Task | None, other: str) -> str:
        """The expression for another task, seen from where `task` is made."""
        loop = self._group_of(self.plan.tasks[other])
        if loop is None or (task is not None and self._group_of(task) == loop):
            return self.naming.variable(other)
        results = self.naming.results(self.plan.loops[loop])
        return results if len(self.exports[loop]) == 1 else f"{results}[{string(other)}]"

    def _over(self, loop: Loop) -> Doc:
        if loop.source is not None:
            return Atom(self._reach(None, loop.source.task))
        return literal(loop.constants)

    def _mapped_group(self, loop: Loop, indent: int) -> list[str]:
        item, pad = self.naming.item(loop.each.id), " " * indent
        name = self.naming.names(("group", loop.each.id), f"{identifier(loop.each.id)}_group")
        made = call(self.naming.engine("airflow.sdk", "task_group"), group_id=loop.id, prefix_group_id=False)
        lines: list[str] = [statement("@", made, indent=indent), f"{pad}def {name}({item}):"]
        lines += self._block(loop.tasks, indent + 4)
        exported = self.exports.get(loop.each.id, [])
        if len(exported) == 1 and lines[-1].startswith(f"{pad}    {self.naming.variable(exported[0])} = "):
            last = lines[-1]
            lines[-1] = Code(last.replace(f"{self.naming.variable(exported[0])} = ", "return ", 1), marks_of(last))
        elif len(exported) == 1:
            lines.append(f"{pad}    return {self.naming.variable(exported[0])}")
        elif exported:
            doc = literal({id: Atom(self.naming.variable(id)) for id in exported})
            lines.append(statement("return ", doc, indent=indent + 4))
        prefix = f"{self.naming.results(loop)} = " if exported else ""
        made = spelled(call(f"{name}.expand", **{item: self._over(loop)}), {item: "Each.items"})
        return [*lines, "", statement(prefix, made, indent=indent)]

    def _edges(self, steps: Sequence[Task | Loop], indent: int) -> list[str]:
        """The edges to tasks of one block that arguments do not make. A task that stands for an inner loop
        gets those from it where both are known, outside of its group."""
        by_upstream: dict[tuple[str, ...], dict[str, str]] = {}

        def note(task: Task, ups: Iterable[str], seen_from: Task | None) -> None:
            found = tuple(self._reach(seen_from, up) for up in ups)
            if found:
                by_upstream.setdefault(found, {})[self._reach(seen_from, task.id)] = task.node

        for step in steps:
            if isinstance(step, Task):
                ups = self._extra(step)
                note(step, [up for up in ups if up not in self._late(step)], step)
        if indent == 4:
            for task in self.plan.tasks.values():
                note(task, self._late(task), None)
        lines: list[str] = []
        for names, downs in by_upstream.items():
            for together in [list(downs)] if len(names) == 1 else [[down] for down in downs]:
                line = _edge(names, together, indent)
                for down in together:
                    line = line.of(downs[down], self.after.get(downs[down]))
                lines.append(line)
        return lines

    def _late(self, task: Task) -> list[str]:
        """The upstream tasks that are made after the group that holds `task`."""
        if not isinstance(task.work, CollectInner):
            return []
        return [up for up in task.upstream if self.plan.tasks[up].loop != task.loop]

    def _final(self) -> list[str]:
        task = self.plan.final
        if task is None:
            return []
        made = call(f"{self.naming.wrapper(task)}().as_teardown", on_failure_fail_dagrun=True)
        if not task.upstream:
            return [statement("", made, indent=4).of(task.node, "Pipeline.final")]
        name = self.naming.variable(task.id)
        ups = [self._reach(None, up) for up in task.upstream]
        why = "    # It runs whatever happened; `end`, beside it, keeps the state of the run."
        lines = [why, statement(f"{name} = ", made, indent=4), _edge(ups, [name], 4)]
        return [joined(lines).of(task.node, "Pipeline.final")]


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


def _edge(ups: Sequence[str], downs: Sequence[str], indent: int) -> Code:
    """`ups >> downs`, of which one at most is a list."""
    if len(ups) == 1:
        return statement(f"{ups[0]} >> ", _one_or_list(downs), indent=indent)
    return statement("", _one_or_list(ups), f" >> {downs[0]}", indent=indent)
