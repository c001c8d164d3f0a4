"""The bodies of task functions: each takes XComs, params and context, and gives JSON."""

from __future__ import annotations

from collections.abc import Sequence

from pipeglot.backends.airflow.naming import Naming
from pipeglot.backends.airflow.plan import (
    Branch,
    CollectInner,
    ExpandRows,
    FlattenRows,
    Gate,
    Gather,
    Items,
    Merge,
    NoOp,
    ReturnValue,
    Step,
    Task,
    Tolerate,
)
from pipeglot.backends.airflow.xcom import has_free_keys
from pipeglot.codegen.expressions import expression, fitting
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import WIDTH, Atom, Doc, Entry, Stack, call, flat, literal, statement, string
from pipeglot.codegen.python import invocation
from pipeglot.core.compat import assert_never
from pipeglot.core.ir import Call, Ctx, Item, Out, ParamRef, Value, parts
from pipeglot.core.shape import item_refs


def whole_floats(naming: Naming, node: Call) -> frozenset[str]:
    """The outputs of calls that must be made floats again: SQLite, as Airflow's database, gives 2.0 back as 2.

    A parameter that is a float does so by itself, and a comparison does not mind.
    """
    wanted = {p.name: p.type for p in naming.steps[node.step].parameters}
    taken = [value for name, value in node.args.items() if not isinstance(value, Out) or wanted.get(name) != NUMBER]
    refs = [part for value in taken for part in parts(value) if isinstance(part, Out) and not part.path]
    return frozenset(out.ref for out in refs if naming.types.of(out).get("type") == "number")


NUMBER = {"type": "number"}
SOME = Entry("", Atom("if v is not None"))


class Body:
    """The body of one wrapper, with the arguments it turned out to need."""

    def __init__(self, naming: Naming, task: Task) -> None:
        self.naming, self.task = naming, task
        self.arguments: dict[str, None] = {}
        self.context: dict[str, None] = {}
        self.local: dict[str, str] = {}
        self.floats: frozenset[str] = frozenset()

    def lines(self) -> list[str]:  # noqa: C901 -- one case for each kind of work
        naming, task = self.naming, self.task
        self.arguments = dict.fromkeys(naming.variable(s.task) for s in task.inputs.values())
        if task.expands or naming.takes_item(task):
            self.arguments[naming.item(task.loop or "")] = None
        lines = self.guard()
        match task.work:
            case Step(call=node):
                self.floats = whole_floats(naming, node)
                if naming.plan.final is task and _takes_state(task):
                    lines += self.state()
                given: Doc = invocation(naming.steps[node.step], node, self.names, naming.imports)
                if has_free_keys(naming.steps[node.step].returns):
                    given = call(naming.helper("kept"), given)
                lines.append(self.give(given))
            case Branch(conditions=conditions, targets=targets):
                found = [literal(t[0]) if len(t) == 1 else literal(list(t)) for t in targets]
                lines += self.choose(conditions, found, literal([]))
            case Gate(conditions=conditions):
                numbers = [literal(n) for n in range(len(conditions))]
                lines += self.choose(conditions, numbers, literal(len(conditions)))
            case Merge(ends=ends):
                values = [Atom(naming.variable(end)) for end in ends]
                each = (Entry("", Atom("v")), Entry("for v in ", literal(values)), SOME)
                lines.append(self.give(call("next", Stack("(", each, ")"), None)))
            case ReturnValue(value=value):
                lines.append(self.give(self.kept(value, expression(value, self.names))))
            case Items(each=each, value=value, known=known):
                lines += self.items(each, value, known)
            case ExpandRows():
                lines += self.rows(task.work)
            case FlattenRows(rows=rows):
                lines.append(self.flat(rows))
            case CollectInner():
                lines += self.back(task.work)
            case Gather():
                lines += self.gather(task.work)
            case Tolerate():
                lines += self.tolerate(task.work)
            case NoOp():
                pass
            case _:
                assert_never(task.work)
        return lines

    def kept(self, value: Value, doc: Doc) -> Doc:
        """A value that no task has given yet, where it may be one that XCom changes."""
        params = [part for part in parts(value) if isinstance(part, ParamRef)]
        free = any(has_free_keys(self.naming.types.of(param)) for param in params)
        return call(self.naming.helper("kept"), doc) if free else doc

    def give(self, doc: Doc) -> str:
        return statement("return ", doc, indent=8)

    def guard(self) -> list[str]:
        if self.task.guard is None:
            return []
        gate, number = self.task.guard
        skip = self.naming.engine("airflow.sdk.exceptions", "AirflowSkipException")
        return [f"        if {self.naming.variable(gate)} != {number}:", f"            raise {skip}"]

    def choose(self, conditions: tuple[Value | None, ...], found: list[Doc], none: Doc) -> list[str]:
        lines: list[str] = []
        for condition, target in zip(conditions, found, strict=True):
            if condition is None:
                return [*lines, self.give(target)]
            test = fitting(condition, self.names, WIDTH - 8 - len("if :"))
            lines.append(statement("if ", test, ":", indent=8).of(attribute="Arm.when"))
            lines.append(statement("return ", target, indent=12))
        return [*lines, self.give(none)]

    def state(self) -> list[str]:
        """The state the run has without its Final: that of the tasks that decide it."""
        self.context |= {"ti": None, "run_id": None}
        asked = call("ti.get_task_states", Atom("ti.dag_id"), task_ids=Atom("leaves"), run_ids=Atom("[run_id]"))
        return [
            statement("leaves = ", literal(list(self.naming.plan.leaves)), indent=8),
            statement("states = ", asked, indent=8),
            '        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())',
            '        state = "failed" if failed else "succeeded"',
        ]

    def items(self, each: str, value: Value, known: bool, row: Doc | None = None) -> list[str]:
        """ReturnValue a list, or one with a `row` made of every item, after making sure it is one."""
        source = expression(value, self.names)
        lines: list[str] = []
        if (not known or row is not None) and not flat(source).isidentifier():
            declared = f"items: list[{self.naming.engine('typing', 'Any')}]" if flat(source) == "[]" else "items"
            lines.append(statement(f"{declared} = ", source, indent=8))
            source = Atom("items")
        if not known:
            lines.append(f"        if not isinstance({flat(source)}, list):")
            error = call("TypeError", f"the items of {each!r} are not a list")
            lines.append(statement("raise ", error, indent=12))
        source = self.kept(value, source)
        if row is not None:
            source = _listed(row, [self.naming.item(each)], source)
        return [*lines, self.give(source)]

    def rows(self, work: ExpandRows) -> list[str]:
        row = {work.each: Atom(self.naming.item(work.each))}
        for value in work.carried:
            assert isinstance(value, Out | Item)
            key = value.ref if isinstance(value, Out) else value.loop
            row[key] = Atom(flat(expression(value, self.names)))
        return self.items(work.each, work.value, work.known, literal(row))

    def flat(self, rows: str) -> str:
        self.context["ti"] = None
        loop = self.naming.plan.loops[self.task.node]
        outer = self.naming.plan.loops[loop.outer or ""]
        if outer.constants is not None:
            count = f"range({len(outer.constants)})"
        else:
            count = f"range(len({self.naming.variable(self.task.inputs['#items'].task)} or []))"
        pulled = call("ti.xcom_pull", rows, map_indexes=Atom(count))
        parents = [] if outer.outer is None else [Atom(self.naming.variable(self.task.inputs["#items"].task))]
        return self.give(call(self.naming.helper("flatten"), pulled, *parents))

    def back(self, work: CollectInner) -> list[str]:
        self.context |= {"ti": None, "run_id": None}
        fates = self.naming.helper("fates")
        fail = self.naming.engine("airflow.sdk.exceptions", "AirflowFailException")
        skip = self.naming.engine("airflow.sdk.exceptions", "AirflowSkipException")
        message = string(f"{self.task.node} did not succeed")
        rows = literal([work.rows])
        lines = [
            statement("fate = ", call(fates, Atom("ti"), Atom("run_id"), rows, Atom("[ti.map_index]")), indent=8),
            '        if "skipped" in fate:',
            f"            raise {skip}",
            '        if fate != {"success"}:',
            f"            raise {fail}({message})",
            statement("items = ", call("ti.xcom_pull", work.flat, map_indexes=-1), indent=8),
            '        mine = [n for n, row in enumerate(items) if row["parent"] == ti.map_index]',
        ]
        if work.watched:
            asked = call(fates, Atom("ti"), Atom("run_id"), literal(list(work.watched)), Atom("mine"))
            lines += [
                statement("fate = ", asked, indent=8),
                '        if fate & {"failed", "upstream_failed"}:',
                f"            raise {fail}({message})",
            ]
        if work.value is None:
            return [*lines, "        return None"]
        each = self.task.node
        names: list[str] = []
        sources: list[Doc] = []
        for ref, task in work.pulls:
            self.local[ref] = self.naming.names(("each", task), f"{identifier(ref)}_value")
            names.append(self.local[ref])
            sources.append(call("ti.xcom_pull", task, map_indexes=Atom("mine")))
        if item_refs(work.value):
            self.local["#row"] = "row"
            names.append("row")
            sources.append(Atom("[items[n] for n in mine]"))
        self.local["#each"] = each
        value = expression(work.value, self.names)
        if not names:
            return [*lines, self.give(_listed(value, ["_"], Atom("mine")))]
        source = sources[0] if len(sources) == 1 else call("zip", *sources, strict=True)
        if len(names) == 1 and flat(value) == names[0]:
            return [*lines, self.give(source)]
        return [*lines, self.give(_listed(value, names, source))]

    def gather(self, work: Gather) -> list[str]:
        naming = self.naming
        loops = item_refs(work.value)
        items = self.task.inputs.get("#items")
        if work.count is None:
            assert items is not None
            count = f"range(len({naming.variable(items.task)}))"
        else:
            count = f"range({work.count})"
        if not work.pulls and not loops:
            return [self.give(_listed(expression(work.value, self.names), ["_"], Atom(count)))]
        names: list[str] = []
        rows: list[Doc] = []
        if work.pulls:
            self.context["ti"] = None
        for ref, task in work.pulls:
            self.local[ref] = naming.names(("each", task), f"{identifier(ref)}_value")
            names.append(self.local[ref])
            rows.append(call("ti.xcom_pull", task, map_indexes=Atom(count)))
        if loops:
            self.local["#item"] = naming.item(work.loop)
            names.append(self.local["#item"])
            constants = naming.plan.loops[work.loop].constants
            rows.append(literal(constants) if items is None else Atom(naming.variable(items.task)))
        value = expression(work.value, self.names)
        if len(rows) == 1 and flat(value) == names[0]:
            return [self.give(rows[0])]
        source = rows[0] if len(rows) == 1 else call("zip", *rows, strict=True)
        return [self.give(_listed(value, names, source))]

    def tolerate(self, work: Tolerate) -> list[str]:
        value = self.naming.variable(work.task)
        default = literal(work.default)
        lines: list[str] = []
        if work.mapped or work.may_be_none:
            self.context |= {"ti": None, "run_id": None}
            asked = call(self.naming.helper("fates"), Atom("ti"), Atom("run_id"), [work.task], Atom("[ti.map_index]"))
            lines.append(statement("fate = ", asked, indent=8))
        if work.mapped:
            skip = self.naming.engine("airflow.sdk.exceptions", "AirflowSkipException")
            fail = self.naming.engine("airflow.sdk.exceptions", "AirflowFailException")
            lines += [
                '        if "skipped" in fate:',
                f"            raise {skip}",
                '        if "upstream_failed" in fate:',
                f"            raise {fail}({string(f'{work.task} did not run')})",
            ]
        if work.may_be_none:
            lines.append('        if "failed" in fate:')
        elif work.default is not None:
            lines.append(f"        if {value} is None:")
        if work.default is not None:
            lines.append(statement("return ", default, indent=12))
        return [*lines, self.give(Atom(value))]

    def names(self, root: Out | Item | ParamRef | Ctx) -> str:
        """The expression for a reference inside this wrapper."""
        name = self.name(root)
        return f"float({name})" if isinstance(root, Out) and root.ref in self.floats else name

    def name(self, root: Out | Item | ParamRef | Ctx) -> str:
        naming = self.naming
        match root:
            case Out(ref=ref):
                if ref in self.local:
                    return self.local[ref]
                if ref not in self.task.inputs:
                    return f'{naming.item(self.task.loop or "")}["values"][{string(ref)}]'
                source = self.task.inputs[ref]
                name = naming.variable(source.task)
                return f"list({name})" if source.form == "list" else name
            case Item(loop=loop):
                if self.local.get("#each") == loop and "#row" in self.local:
                    return f'row["values"][{string(loop)}]'
                inner = naming.plan.loops.get(self.task.loop or "")
                if (
                    inner is not None
                    and inner.outer is not None
                    and not (isinstance(self.task.work, ExpandRows) and loop == self.task.work.each)
                ):
                    return f'{naming.item(inner.each.id)}["values"][{string(loop)}]'
                return self.local.get("#item", naming.item(loop))
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
                return f"{self.naming.moment(name)}(dag_run)"
            case _:
                assert_never(root)


def _takes_state(task: Task) -> bool:
    assert isinstance(task.work, Step)
    values = task.work.call.args.values()
    return any(isinstance(p, Ctx) and p.name == "state" for v in values for p in parts(v))


def _listed(value: Doc, names: Sequence[str], source: Doc) -> Doc:
    """A list comprehension."""
    return Stack("[", (Entry("", value), Entry(f"for {', '.join(names)} in ", source)), "]")
