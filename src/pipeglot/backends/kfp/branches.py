"""An If as tasks with conditions, in one DAG where something comes behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import WIDTH, Atom, Doc, call, fitting, flat, identifier, literal, root, statement
from pipeglot.core.ir import Call, Ctx, If, Item, Merged, Out, ParamRef, Value
from pipeglot.core.shape import transparent

from .cel import cel, is_one_comparison, negation, references
from .guard import close, report
from .parts import Meaning, Producer, input_name, value_path
from .spec import Dag, Given, Task, outgoing
from .types import SCALARS, Form

if TYPE_CHECKING:
    from .lower import Lowering


def branch(low: Lowering, dag: Dag, node: If, guard: bool) -> None:
    """Lower an If; `guard`: it stands in a guarded region."""
    merged = [m for m in node.merged if m.id in low.fate.used]
    calls = any(isinstance(each, Call) for each in low.shape.inside(node.id))
    opens = not guard and low.fate.guarded(node)
    here = not guard and decided_here(low, node)
    if not calls and not merged and (here or low.types.is_decided(node)) and not guard:
        low.nothing(node)
        return
    arm = None if here else _decide(low, dag, node, guard)
    if not calls and not merged and not guard:
        low.ends[node.id] = [(dag, arm[0])] if arm else []
        return
    name = low.name(node.id)
    apart = low.apart(dag, node)
    wrapped = guard or opens or bool(merged) or len(node.arms) > 1 or node.id in low.awaited or apart
    host, outer = dag, None
    if wrapped:
        last = node.arms[-1]
        nothing = last.when is None and not merged and not any(transparent(last.body))
        host = Dag(name, choice=len(node.arms) - nothing > 1 or guard or opens)
        outer = low.region(dag, node, host, apart)
    rest = guard or (opens and node.arms[-1].when is not None)

    def test(inside: Dag, number: int) -> str | None:
        if number >= len(node.arms):
            return None
        if arm is None or (node.arms[number].when is None and not guard):
            when = node.arms[number].when
            return None if when is None else _text(low, inside, when)
        return f"int({read(low, inside, dag, outgoing(*arm), 'int')}) == {number}"

    count = len(node.arms) + (1 if rest else 0)
    labels = [low.names(f"condition-{node.id}" + (f"-{number}" if wrapped else "")) for number in range(count)]
    arms = choice(low, host, node.id, labels, test)
    for each, task in zip(node.arms, arms, strict=False):
        assert isinstance(task.runs, Dag)
        if outer is None:
            low.wait(dag, task, node)
        low.block(task.runs, each.body, guard or opens)
        if guard or opens:
            report(low, task.runs, transparent(each.body))
    low.ends[node.id] = [(dag, outer.name if outer else arms[0].name)]
    if not (guard or opens):
        for number, task in enumerate(arms):
            low.meanings[task.name] = Meaning(node.id, "helper", arm=number)
    if rest:
        _rest(low, dag, arms[-1], node, arm if guard else None, merged)
    for m in merged:
        _merged(low, dag, host, node, m, arms[: len(node.arms)], arms[len(node.arms) :], guard or opens, guard)
        low.ends[m.id] = low.ends[node.id]
    if guard or opens:
        assert outer is not None
        host.output("report", "outcome", [(task.name, "report") for task in arms])
        close(low, dag, node, outer.name, merged, guard)
    for task in arms:
        if isinstance(task.runs, Dag) and not task.runs.tasks:
            # The last arm may go, unless nothing is left or something waits for it itself.
            if task is arms[-1] and host is not dag and len(host.tasks) > 1:
                del host.tasks[task.name]
                host.choice = len(host.tasks) > 1
            else:
                low.idle(task.runs, node.id)
    low.meanings.setdefault(name, Meaning(node.id, "helper"))


def choice(
    low: Lowering, host: Dag, owner: str, labels: Sequence[str], test: Callable[[Dag, int], str | None]
) -> list[Task]:
    """Tasks of which at most one runs: the first whose test holds. `test` gives a task's DAG what it reads."""
    arms: list[Task] = []
    for number, label in enumerate(labels):
        inside = Dag(label)
        task = low.helper(host, Task(label, label, inside), owner)
        texts = [test(inside, earlier) for earlier in range(number + 1)]
        parts = [negation(text) for text in texts[:-1] if text is not None]
        last = texts[-1]
        if last is not None:
            parts.append(f"({last})" if parts and ("||" in last or "&&" in last) else last)
        task.condition, task.test = " && ".join(parts) or "true == true", last
        arms.append(task)
    return arms


def read(low: Lowering, inside: Dag, dag: Dag, given: Given, form: Form) -> str:
    """What CEL reads in a DAG of a task's output in `dag`."""
    name = inside.pass_in(dag, given, input_name(given), form)["componentInputParameter"]
    return f"inputs.parameter_values['{name}']"


def _text(low: Lowering, inside: Dag, condition: Value) -> str:
    """A condition in CEL; the DAG is given what it reads."""

    def name(value: Value) -> str:
        assert isinstance(value, Out | ParamRef | Item | Ctx)
        given = low.take(inside, root(value), value_path(value), low.types.form(value))
        assert given is not None
        return str(given["componentInputParameter"])

    return cel(condition, low.types, name)


def decided_here(low: Lowering, node: If) -> bool:
    """Whether KFP itself can evaluate the conditions: all is certain, and scalars that tasks or inputs have."""
    if not low.types.is_decided(node):
        return False
    for arm in node.arms:
        if low.for_dsl and arm.when is not None and not is_one_comparison(arm.when):
            return False
        found = [] if arm.when is None else references(arm.when)
        if found is None:
            return False
        for value in found:
            producer = low.producer(root(value))
            form = low.types.form(value)
            if producer.guarded or form not in SCALARS.values() or producer.give(value_path(value), form) is None:
                return False
    return True


def _decide(low: Lowering, dag: Dag, node: If, guard: bool) -> tuple[str, str]:
    """A task that finds the arm to take: its number, or one more than there are conditions."""
    name = low.names(f"decide-{node.id}")
    writing = low.writing(name, f"decide_{node.id}")
    task = Task(name, name, writing.program)
    conditions = [arm.when for arm in node.arms if arm.when is not None]
    names = low.inputs(dag, task, writing, conditions)
    lines: list[str] = []
    for number, condition in enumerate(conditions):
        lines.append(statement("if ", fitting(condition, names, WIDTH - 12), ":", indent=8))
        lines.append(f"            return {number}")
    lines.append(f"        return {len(conditions)}")
    work = writing.work(lines)
    if guard:
        low.guarded_waits(dag, task, writing, node)
        low.outcome(writing, work)
        writing.gives("arm", "int", f'{{}}.get("value", {len(node.arms)})')
    else:
        writing.value(Atom(f"{flat(work)}()"))
        writing.gives("Output", "int")
    low.wait(dag, task, node)
    low.add(dag, task, Meaning(node.id, "decide", "outcome" if guard else "int"))
    return name, "arm" if guard else "Output"


def _rest(low: Lowering, dag: Dag, task: Task, node: If, arm: tuple[str, str] | None, merged: Sequence[Merged]) -> None:
    """What a guarded If reports when no arm is taken: it was not decided, or none was to be."""
    inside = task.runs
    assert isinstance(inside, Dag)
    name = low.names(f"{node.id}-none")
    writing = low.writing(name, f"{node.id}_none")
    none = Task(name, name, writing.program)
    value: Doc = literal({"value": None})
    if arm is not None:
        given = outgoing(arm[0], "Output")
        parameter = writing.parameter("decided", "decided", "outcome")
        none.inputs[parameter] = inside.pass_in(dag, given, input_name(given), "outcome")
        value = call(writing.use("ended"), [Atom(parameter)])
    writing.value(value)
    writing.gives("Output", "outcome")
    low.helper(inside, none)
    for key in ("report", *(identifier(m.id) for m in merged)):
        inside.outputs[key] = ("outcome", [(name, "Output")])


def _merged(
    low: Lowering,
    dag: Dag,
    host: Dag,
    node: If,
    merged: Merged,
    arms: Sequence[Task],
    rest: Sequence[Task],
    inner: bool,
    guard: bool,
) -> None:
    """A value that leaves an If: the output of the arm that ran."""
    home: Form = "outcome" if inner else low.types.form(Out(ref=merged.id))
    made: set[Form] = set()

    def give(path: tuple[str | int, ...], form: Form) -> Given | None:
        if path or form not in (home, "json") or (inner and form != home):
            return None
        key = identifier(merged.id) + ("" if form == home else "_json")
        if form not in made:
            made.add(form)
            for value, task in zip(merged.values, arms, strict=True):
                assert isinstance(task.runs, Dag)
                task.runs.outputs[key] = (form, [low.leave(task.runs, value, form, node.id)])
            host.output(key, form, [(task.name, key) for task in (*arms, *rest)])
        return outgoing(low.ends[node.id][0][1], key)

    give((), home)
    low.produce("out", merged.id, Producer(dag, home, give, guard))
