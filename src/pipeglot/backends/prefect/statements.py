"""The statements of a flow as source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from pipeglot.codegen.code import joined
from pipeglot.codegen.expressions import Root, expression, fitting, negated
from pipeglot.codegen.origin import leaving, orders
from pipeglot.codegen.pysource import (
    WIDTH,
    Atom,
    Bracket,
    Doc,
    Entry,
    Infix,
    Parens,
    Spelled,
    call,
    flat,
    literal,
    spelled,
    statement,
    string,
    width,
)
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Const, Cron, Each
from pipeglot.core.shape import Shape

from . import plan
from .module import PrefectModule
from .plan import Block, Expression, FlowPlan, Given, Variable

_NOTHING = Atom("")


class FlowPrinter:
    """Prints the body of one flow: its `lines` so far."""

    def __init__(self, module: PrefectModule, shape: Shape) -> None:
        self._pipeline, self._use = module.pipeline, module.use
        self._loops = {node.id for node in shape.nodes.values() if isinstance(node, Each)}
        self._after, self._leaving = orders(module.pipeline), leaving(module.pipeline)
        self.lines: list[str] = []
        self._indent = 4

    def _put(self, prefix: str, doc: Doc = _NOTHING, suffix: str = "") -> None:
        self.lines.append(statement(prefix, doc, suffix, self._indent))

    @contextmanager
    def _indented(self) -> Iterator[None]:
        """A block: `pass` where nothing is printed in it."""
        start = len(self.lines)
        self._indent += 4
        yield
        if len(self.lines) == start:
            self._put("pass")
        self._indent -= 4

    def _mark(self, start: int, node: str | None, attribute: str | None = None) -> None:
        """Say what the lines from one on are there for."""
        if lines := self.lines[start:]:
            self.lines[start:] = [joined(lines).of(node, attribute)]

    def flow(self, flow: FlowPlan) -> None:
        """All statements: `runs` is the list of everything that was started, which is waited for before the Final."""
        self._context(flow)
        if flow.listed:
            self._put(f"runs{self._list_type()} = []")
        if flow.locked:
            self._put(f"lock = {self._use('Lock')}()")
        self._block(flow.body)
        if not flow.listed:
            self._put("runs = ", listed(flow.runs))
        unfinished = self._use("unfinished")
        if flow.final is None:
            self._put(f"if failed := {unfinished}(runs):")
        else:
            self._put(f"failed = {unfinished}(runs)")
            start = len(self.lines)
            self._submit(flow.final)
            self._put(f"failed += {unfinished}({flow.final.variable})")
            self._mark(start, flow.final.origin, "Pipeline.final")
            self._put("if failed:")
        with self._indented():
            self._put(f'return {self._use("Failed")}(message=f"{{len(failed)}} task runs did not complete")')
        if flow.result is not None:
            start = len(self.lines)
            self._result(flow.result, flow.cannot_fail)
            self._mark(start, "", "Pipeline.result")

    def _context(self, flow: FlowPlan) -> None:
        """The facts of the run that something takes."""
        if name := flow.context.get("run_id"):
            self._put(f"{name} = {self._use('flow_run')}.id")
        if flow.tick:
            self._put(f"{flow.tick} = {self._use('flow_run')}.scheduled_start_time")
        if name := flow.context.get("logical_date"):
            self._put(f'{name} = {flow.tick}.astimezone({self._use("timezone")}.utc).strftime("%Y-%m-%dT%H:%M:%SZ")')
        if name := flow.context.get("day"):
            schedule = self._pipeline.schedule
            zone = schedule.timing.timezone if schedule and isinstance(schedule.timing, Cron) else "UTC"
            moment = f"{flow.tick}.astimezone({self._use('ZoneInfo')}({string(zone)}))"
            self._put(f'{name} = {moment}.strftime("%Y-%m-%d")')

    def _result(self, value: Expression, cannot_fail: bool) -> None:
        if cannot_fail:
            self._put("return ", self._value(value))
            return
        self._put("try:")
        with self._indented():
            self._put("return ", self._value(value))
        self._put("except (LookupError, TypeError):")
        with self._indented():
            self._put("return None")

    # ------------------------------------------------------------ statements

    def _block(self, block: Block) -> None:
        for one in block:
            start = len(self.lines)
            match one:
                case plan.Submit():
                    self._submit(one)
                case plan.Choose():
                    self._choose(one)
                case plan.ForItems(index=index, item=item, items=items):
                    each = f"{index}, {item} in enumerate({items})" if item else f"{index} in range(len({items}))"
                    self._put(f"for {each}:")
                    with self._indented():
                        self._block(one.body)
                case plan.ForItemsAtOnce():
                    self._at_once(one)
                case _:
                    self._put(*self._simple(one))
            chosen = isinstance(one, plan.Assign) and one.origin in self._loops
            attribute = "Policy.on_failure" if isinstance(one, plan.SubmitDefault) else self._leaving.get(one.origin)
            self._mark(start, one.origin, "Each.items" if chosen else attribute)

    def _simple(
        self, one: plan.SubmitDefault | plan.SubmitMapped | plan.Assign | plan.NewList | plan.Append | plan.Collect
    ) -> tuple[str, Doc, str]:
        """A statement of one expression: what stands before it, the expression, and what stands behind it."""
        name = one.variable
        match one:
            case plan.SubmitDefault(task=task, default=default):
                outcome = Atom(f"{self._use('allow_failure')}({name})")
                return f"{name} = ", call(f"{task.name}.submit", outcome, default, **_waiting(one.wait_for)), ""
            case plan.SubmitMapped():
                return f"{name} = ", self._mapped(one), ""
            case plan.Assign(value=value):
                doc = self._submission(value) if isinstance(value, plan.Submit) else self._value(value)
                if one.items:
                    return f"{name} = ", Atom(f"[{flat(doc)} for _ in {one.items}]"), ""
                return f"{name}{self._list_type() if flat(doc) == '[]' else ''} = ", doc, ""
            case plan.NewList():
                return f"{name}{self._list_type() if one.annotated else ''} = []", _NOTHING, ""
            case plan.Append(value=value):
                return f"{name}.append(", self._value(value), ")"
            case plan.Collect(runs=runs):
                return (f"{name} += ", listed(runs), "") if one.own else (f"{name}.extend(", listed(runs), ")")
            case _:
                assert_never(one)

    def _list_type(self) -> str:
        return f": list[{self._use('Any')}]"

    def _value(self, given: Given) -> Doc:
        if isinstance(given, Variable):
            return Atom(given.text)
        return expression(given.value, self._read(given))

    def _read(self, value: Expression) -> Callable[[Root], str]:
        """How the flow's own thread reads a value that has completed."""

        def read(ref: Root) -> str:
            variable = value.variables[ref]
            if variable.kind == "plain":
                return variable.text
            if variable.kind == "future":
                return f"{variable.text}.result()"
            return f"{self._use('resolve_futures_to_results')}({variable.text})"

        return read

    # ------------------------------------------------------------ runs

    def _submit(self, one: plan.Submit) -> None:
        slots = one.slots
        if slots is None:
            self._put(f"{one.variable} = ", self._submission(one))
        elif slots.locked:
            self._put("with lock:")
            with self._indented():
                self._submit(replace(one, slots=replace(slots, locked=False)))
        else:
            self._put(f"{one.variable} = ", self._submission(one))
            self._put(f"{slots.runs}.append({one.variable})")

    def _submission(self, one: plan.Submit) -> Doc:
        """A call of `submit`: by position, from the first constant on by name."""
        args: list[Doc] = []
        options: dict[str, Doc] = {}
        for (name, _), value in zip(one.task.takes, one.arguments, strict=True):
            doc = literal(value.value) if isinstance(value, Const) else Atom(value.text)
            if isinstance(value, Const) or options:
                options[name] = doc
            else:
                args.append(doc)
        if one.index:
            options["index"] = Atom(_index_path(one.index))
        options |= _waiting(one.wait_for)
        if one.slots is not None:
            slot = call(self._use("lane"), Atom(one.slots.runs), one.slots.width)
            options["wait_for"] = listed([*one.wait_for, f"*{flat(slot)}"]) if one.wait_for else slot
        return spelled(call(f"{one.task.name}.submit", *args, **options), {"wait_for": self._awaiting(one)})

    def _mapped(self, one: plan.SubmitMapped) -> Doc:
        args = [Atom(v.text if own else f"{self._use('unmapped')}({v.text})") for v, own in one.arguments]
        numbers = f"range(len({one.items}))"
        if one.index:
            numbers = f"[{_index_path([*one.index, 'n'])} for n in {numbers}]"
        doc = call(f"{one.task.name}.map", *args, index=Atom(numbers), **_waiting(one.wait_for))
        return spelled(doc, {"wait_for": self._awaiting(one)})

    def _awaiting(self, one: plan.Submit | plan.SubmitMapped) -> tuple[Spelled, ...]:
        """What a run waits for something for."""
        after = ((None, self._after[one.origin]),) if one.origin in self._after else ()
        slots = one.slots if isinstance(one, plan.Submit) else None
        return (*after, (slots.loop, "Each.max_parallel")) if slots else after

    # ------------------------------------------------------------ regions

    def _choose(self, one: plan.Choose) -> None:
        if not one.needed:
            self._tests(one)
            return
        unfinished = call(self._use("unfinished"), *map(Atom, one.needed))
        if one.stopped:
            self._put("if stopped := ", unfinished, ":")
            if one.origin in self._after:
                self._mark(len(self.lines) - 1, None, self._after[one.origin])
            with self._indented():
                for name in one.stopped:
                    self._put(f"{name} = stopped")
            self._tests(one, "elif")
        elif self._joins(negated(unfinished), one):
            self._tests(one, entered=negated(unfinished))
        else:
            self._put("if ", negated(unfinished), ":")
            with self._indented():
                self._tests(one)

    def _tests(self, one: plan.Choose, keyword: str = "if", entered: Doc | None = None) -> None:
        for test, body in one.blocks:
            if test is not None:
                doc = self._test(test, len(keyword) + 2)
                self._put(f"{keyword} ", both(entered, doc) if entered else doc, ":")
                self._mark(len(self.lines) - 1, None, "Arm.when")
            elif keyword == "if":
                self._block(body)
                continue
            elif body:
                self._put("else:")
            else:
                continue
            with self._indented():
                self._block(body)
            keyword = "elif"

    def _test(self, test: Expression, room: int) -> Doc:
        """The condition of a block, in a form that fits its line."""
        return fitting(test.value, self._read(test), WIDTH - self._indent - room)

    def _joins(self, entered: Doc, one: plan.Choose) -> bool:
        """Whether `if entered and test:` is all that there is, and fits on one line."""
        [(test, _), *others] = one.blocks
        if others or test is None:
            return False
        return self._indent + width(f"if {flat(both(entered, self._test(test, 0)))}:") <= WIDTH

    def _at_once(self, one: plan.ForItemsAtOnce) -> None:
        before = self.lines[-1] if self.lines else ""
        if "\n" in before or not before.lstrip().startswith("def "):
            self.lines.append("")
        self._put(f"def {one.function}({one.index}, {one.item}):")
        given = [self._value(value) for _, value in one.results]
        with self._indented():
            self._block(one.body)
            if given:
                pair = Bracket("(", tuple(Entry("", each) for each in given), ")")
                self._put("return ", given[0] if len(given) == 1 else pair)
        self.lines.append("")
        run = call(self._use("for_each"), Atom(one.function), Atom(one.items))
        variable = one.gathered or "".join(name for name, _ in one.results)
        self._put(f"{variable} = " if variable else "", run)
        if one.gathered:
            for number, (name, _) in enumerate(one.results):
                self._put(f"{name} = [result[{number}] for result in {one.gathered}]")


def _index_path(names: Sequence[str]) -> str:
    """The expression of the index path at a place."""
    return names[0] if len(names) == 1 else 'f"' + ".".join("{" + name + "}" for name in names) + '"'


def _waiting(variables: Sequence[str]) -> dict[str, Doc]:
    return {"wait_for": listed(variables)} if variables else {}


def listed(texts: Iterable[str]) -> Doc:
    """A list of variables."""
    return Bracket("[", tuple(Entry("", Atom(text)) for text in texts), "]")


def both(first: Doc, second: Doc) -> Doc:
    """`first and second`."""
    if not isinstance(second, Infix) or second.op not in ("and", "or"):
        return Infix("and", (first, second))
    if second.op == "or":
        return Infix("and", (first, Parens(second)))
    return Infix("and", (first, *second.operands))
