"""The body of the flow: submits everything, decides with plain Python, and leaves nothing unwaited.

A region makes the flow's own thread wait for what decides it, so in every block the calls come first and such regions
as late as what follows them allows. A region that is not entered hands `stopped`, the futures that stopped it, on in
place of its values: Prefect then never runs what takes them.
"""

from __future__ import annotations

import heapq
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pipeglot.core.ir import (
    AnyNode,
    Arm,
    Call,
    Collected,
    Continue,
    Ctx,
    Each,
    If,
    Item,
    Out,
    ParamRef,
    Value,
)
from pipeglot.core.pysource import Atom, Bracket, Doc, Entry, Infix, Names, Root, call, expression, flat, statement
from pipeglot.core.shape import Shape, item_refs, out_refs, sources, transparent, unique

from .certain import Types
from .loops import Loops, Mode
from .tasks import Module, Task, Tasks

Kind: TypeAlias = Literal["plain", "future", "futures", "mixed"]


@dataclass(frozen=True)
class Var:
    """What the flow has under a name: a plain value, a future, a list of futures, or any mix of them.

    `open`: it may hold a future that has not completed, or never will.
    """

    text: str
    kind: Kind = "plain"
    open: bool = False


@dataclass(frozen=True)
class Place:
    """Where a statement stands.

    Attributes:
        outs, items: the variables in scope, of ids and of the items of loops.
        known: ids that have completed whenever this place is reached.
        entry: ids that a call must wait for when it waits for nothing else in its block.
        runs: the list that every run is put into; `own` when it belongs to the function written here.
        index: the position variables of the loops around.
        threaded: whether other threads write at the same time.
    """

    indent: int
    outs: ChainMap[str, Var]
    items: ChainMap[str, Var]
    known: frozenset[str] = frozenset()
    entry: tuple[str, ...] = ()
    runs: str = "runs"
    own: bool = True
    index: tuple[str, ...] = ()
    threaded: bool = False
    lanes: tuple[tuple[str, int], ...] = ()


class Flow:
    """Writes the statements of one flow."""

    def __init__(self, module: Module, shape: Shape, types: Types, tasks: Tasks) -> None:
        self._module, self._shape, self._types, self._tasks = module, shape, types, tasks
        self._loops = Loops(shape, types)
        self._region_runs: dict[str, tuple[str, ...]] = {}
        self._appended: set[str] = set()
        self.lines: list[str] = []
        self._local = module.locals(["runs", "stopped", "failed", "result"])
        context = {name: self._local(("context", name), name) for name in ("logical_date", "day", "run_id")}
        self._context = context
        self._taken = self._taken_values()

    def _taken_values(self) -> frozenset[str]:
        """The merged and collected values that something takes."""
        taken: set[str] = set()
        for node in self._shape.nodes.values():
            taken.update(self._shape.waits(node.id).values)
        for out in self._shape.values.values():
            taken.update(out_refs(*sources(out)))
        if self._module.pipeline.result is not None:
            taken.update(out_refs(self._module.pipeline.result))
        return frozenset(taken)

    # ------------------------------------------------------------ small parts

    def _use(self, name: str) -> str:
        return self._module.use(name)

    def _put(self, place: Place, prefix: str, doc: Doc | None = None, suffix: str = "") -> None:
        text = prefix if doc is None else statement(prefix, doc, suffix, place.indent)
        self.lines.append(text if doc is not None else " " * place.indent + text)

    def _var(self, ref: Root, place: Place) -> Var:
        match ref:
            case Out():
                return place.outs[ref.ref]
            case Item():
                return place.items[ref.loop]
            case ParamRef():
                return Var(ref.name)
            case Ctx():
                return Var(self._context[ref.name])

    def _read(self, place: Place) -> Callable[[Root], str]:
        """How the flow's own thread reads a value that has completed."""

        def read(ref: Root) -> str:
            var = self._var(ref, place)
            if var.kind == "plain":
                return var.text
            if var.kind == "future":
                return f"{var.text}.result()"
            return f"{self._use('resolve_futures_to_results')}({var.text})"

        return read

    def _index(self, place: Place, inner: str | None = None) -> str:
        """The expression of the index path at a place."""
        path = [*place.index, *([inner] if inner else [])]
        return path[0] if len(path) == 1 else 'f"' + ".".join("{" + name + "}" for name in path) + '"'

    def _open(self, refs: Iterable[str], place: Place) -> list[str]:
        """The variables behind ids that may not have completed: what to wait for."""
        texts: list[str] = []
        for ref in refs:
            if ref in place.known:
                continue
            if ref in self._region_runs:
                texts += self._region_runs[ref]
            elif ref in place.outs and place.outs[ref].open:
                texts.append(place.outs[ref].text)
        return list(unique(texts))

    def _collect(self, place: Place, texts: Sequence[str]) -> None:
        """Put runs into the list that is waited for at the end."""
        if not texts:
            return
        docs = Bracket("[", tuple(Entry("", Atom(text)) for text in unique(texts)), "]")
        self._appended.add(place.runs)
        if place.own:
            self._put(place, f"{place.runs} += ", docs)
        else:
            self._put(place, f"{place.runs}.extend(", docs, ")")

    # ------------------------------------------------------------ blocks

    def body(self, nodes: Sequence[AnyNode], place: Place) -> None:
        """The top level: `runs` is the list of everything that was started."""
        start = len(self.lines)
        made = self._block(nodes, place)
        any_type = self._use("Any") if "runs" in self._appended else ""
        if "runs" in self._appended:
            self.lines.insert(start, " " * place.indent + f"runs: list[{any_type}] = []")
            self._collect(place, made)
        else:
            self._put(place, "runs = ", Bracket("[", tuple(Entry("", Atom(t)) for t in unique(made)), "]"))

    def _block(self, nodes: Sequence[AnyNode], place: Place) -> list[str]:
        """The nodes of one block; gives the runs that are still to be collected."""
        made: list[str] = []
        for node in self._order(list(transparent(tuple(nodes))), place):
            match node:
                case Call():
                    made.append(self._call(node, place))
                case If():
                    made += self._if(node, place)
                case Each():
                    made += self._each(node, place)
        return made

    def _order(self, nodes: list[AnyNode], place: Place) -> Iterator[AnyNode]:
        """As the author wrote them, but whatever makes the thread wait as late as possible."""
        position = {node.id: n for n, node in enumerate(nodes)}
        missing = {node.id: 0 for node in nodes}
        followers: dict[str, list[str]] = {node.id: [] for node in nodes}
        for node in nodes:
            for ref in self._shape.upstream(node.id):
                if ref in position:
                    missing[node.id] += 1
                    followers[ref].append(node.id)
        ready = [(self._waits(node, place), position[node.id]) for node in nodes if not missing[node.id]]
        heapq.heapify(ready)
        while ready:
            node = nodes[heapq.heappop(ready)[1]]
            yield node
            for id in followers[node.id]:
                missing[id] -= 1
                if not missing[id]:
                    heapq.heappush(ready, (self._waits(nodes[position[id]], place), position[id]))

    def _waits(self, node: AnyNode, place: Place) -> bool:
        """Whether a node makes the flow's thread wait."""
        if not isinstance(node, Each):
            return isinstance(node, If)
        mode = self._loops.mode(node, place.threaded)
        return mode == "threads" or not (self._lazy(node, mode) or self._is_entered(node, place))

    def _lazy(self, node: Each, mode: Mode) -> bool:
        """Whether the calls of a loop may be submitted before it is known to be entered: they wait by themselves."""
        return mode != "threads" and self._loops.all_static(node)

    def _is_entered(self, node: AnyNode, place: Place) -> bool:
        waits = self._shape.waits(node.id)
        decided = not isinstance(node, Each) or self._types.is_list(node.items)
        return decided and set(waits.values) | set(waits.after) <= place.known

    # ------------------------------------------------------------ calls

    def _call(self, node: Call, place: Place) -> str:
        task = self._tasks.call(node, loop=bool(place.index))
        waits = self._wait_for(node, task, place)
        name = self._local(node.id, node.id)
        options: dict[str, Doc] = {"index": Atom(self._index(place))} if place.index else {}
        lanes = [Atom(f"*{self._use('lane')}({runs}, {width})") for runs, width in self._lanes(node, place)]
        if waits or lanes:
            options["wait_for"] = Bracket("[", tuple(Entry("", a) for a in [*map(Atom, waits), *lanes]), "]")
        args = [Atom(self._var(ref, place).text) for ref in task.takes]
        self._put(place, f"{name} = ", call(f"{task.name}.submit", *args, **options))
        for runs, _ in self._lanes(node, place):
            self._put(place, f"{runs}.append({name})")
        if node.policy.on_failure is not None:
            self._tolerate(name, node.policy.on_failure, node, place)
        place.outs[node.id] = Var(name, "future", open=True)
        return name

    def _lanes(self, node: Call, place: Place) -> list[tuple[str, int]]:
        """The lists of earlier runs of a call, one for each bounded loop around it, with the bound."""
        return [(self._lane(loop, node), width) for loop, width in place.lanes]

    def _lane(self, loop: str, node: Call) -> str:
        return self._local(("lane", loop, node.id), f"{node.id}_runs")

    def _tolerate(self, name: str, policy: Continue, node: Call, place: Place) -> None:
        """Let what follows have the default when the call failed, though not when it was blocked."""
        waits = self._shape.waits(node.id)
        refs = [*waits.values, *waits.after, *self._inherited(node, place)]
        options: dict[str, Doc] = {}
        if waiting := self._open(refs, place):
            options["wait_for"] = Bracket("[", tuple(Entry("", Atom(text)) for text in waiting), "]")
        outcome = Atom(f"{self._use('allow_failure')}({name})")
        doc = call(f"{self._tasks.or_default()}.submit", outcome, policy.default, **options)
        self._put(place, f"{name} = ", doc)

    def _inherited(self, node: AnyNode, place: Place) -> tuple[str, ...]:
        """What a node must wait for only because its loop has to be entered first."""
        return () if self._shape.upstream(node.id) else place.entry

    def _wait_for(self, node: Call, task: Task, place: Place) -> list[str]:
        """What a call waits for beyond what it takes."""
        taken = {ref.ref for ref in task.takes if isinstance(ref, Out)}
        refs = [*self._shape.waits(node.id).after, *self._inherited(node, place)]
        return self._open([ref for ref in refs if ref not in taken], place)

    # ------------------------------------------------------------ values that leave a region

    def _value(self, id: str, value: Value, place: Place) -> tuple[Doc, Var, bool]:
        """A merged or collected value where it is made: its expression, what that is, and whether it is a run."""
        if isinstance(value, Ctx) or (isinstance(value, Out | Item | ParamRef) and not value.path):
            var = self._var(value, place)
            return Atom(var.text), var, False
        taken = [place.outs[ref] for ref in out_refs(value)]
        if self._types.schema(value) is not None and all(v.kind == "plain" and not v.open for v in taken):
            return expression(value, self._read(place)), Var(""), False
        return self._pick(id, value, place), Var("", "future", open=True), True

    def _pick(self, id: str, value: Value, place: Place) -> Doc:
        task = self._tasks.pick(id, value, loop=bool(place.index))
        options: dict[str, Doc] = {"index": Atom(self._index(place))} if place.index else {}
        if waits := self._open(place.entry, place):
            options["wait_for"] = Bracket("[", tuple(Entry("", Atom(text)) for text in waits), "]")
        return call(f"{task.name}.submit", *[Atom(self._var(ref, place).text) for ref in task.takes], **options)

    # ------------------------------------------------------------ regions

    def _decide(self, node: If | Each, place: Place, made: list[str]) -> tuple[str, list[str]]:
        """How a region is decided: the name of the task run that does it (or nothing), and what to wait for."""
        waits = self._shape.waits(node.id)
        refs = [*waits.values, *waits.after, *self._inherited(node, place)]
        if isinstance(node, Each):
            certain = self._types.is_list(node.items)
        else:
            certain = all(self._types.decidable(arm.when) for arm in node.arms if arm.when is not None)
        if certain:
            return "", self._open(refs, place)
        task = self._tasks.decide(node, loop=bool(place.index))
        taken = {ref.ref for ref in task.takes if isinstance(ref, Out)}
        options: dict[str, Doc] = {"index": Atom(self._index(place))} if place.index else {}
        if waiting := self._open([ref for ref in refs if ref not in taken], place):
            options["wait_for"] = Bracket("[", tuple(Entry("", Atom(text)) for text in waiting), "]")
        name = self._local(("decide", node.id), node.id)
        args = [Atom(self._var(ref, place).text) for ref in task.takes]
        self._put(place, f"{name} = ", call(f"{task.name}.submit", *args, **options))
        made.append(name)
        return name, [name]

    def _known(self, node: AnyNode, place: Place) -> frozenset[str]:
        """What has completed once a region is entered."""
        waits = self._shape.waits(node.id)
        return place.known.union(waits.values, waits.after, self._inherited(node, place))

    def _sink(self, id: str, place: Place) -> str:
        """A list of the region's own runs, if something comes after the region."""
        if id not in self._loops.named:
            return ""
        name = self._local(("runs", id), f"{id}_runs")
        self._put(place, f"{name}: list[{self._use('Any')}] = []")
        self._region_runs[id] = (name,)
        return name

    def _stopped(self, need: Sequence[str], names: Iterable[str], place: Place) -> None:
        """What a region gives that is not entered: the futures that stopped it."""
        doc = call(self._use("unfinished"), *map(Atom, need))
        self._put(place, "if stopped := ", doc, ":")
        for name in names:
            self._put(replace(place, indent=place.indent + 4), f"{name} = stopped")

    def _if(self, node: If, place: Place) -> list[str]:
        made: list[str] = []
        sink = self._sink(node.id, place)
        decision, need = self._decide(node, place, made)
        merged = {m.id: self._local(m.id, m.id) for m in node.merged if m.id in self._taken}
        inner = replace(place, known=self._known(node, place), entry=())
        if sink:
            inner = replace(inner, runs=sink, own=True)
        keyword, given = "if", [*merged.values(), *([sink] if sink else [])]
        if need and given:
            self._stopped(need, given, place)
            keyword = "elif"
        elif need:
            entered = call(f"not {self._use('unfinished')}", *map(Atom, need))
            if len(node.arms) == 1 and node.arms[0].when is not None:
                keyword = f"if {flat(entered)} and"
            else:
                self._put(place, "if ", entered, ":")
                inner = replace(inner, indent=place.indent + 4)
        kinds: dict[str, list[tuple[Kind, bool]]] = {id: [] for id in merged}
        for number, arm in enumerate(node.arms):
            here = inner
            if arm.when is not None:
                self._condition(keyword, Atom(f"{decision}.result() == {number}") if decision else None, arm, inner)
                here = replace(inner, indent=inner.indent + 4)
            elif keyword == "elif" and (arm.body or merged):
                self._put(inner, "else:")
                here = replace(inner, indent=inner.indent + 4)
            keyword = "elif"
            self._arm(node, number, here, merged, kinds)
        for id, name in merged.items():
            same = {kind for kind, _ in kinds[id]}
            is_open = bool(need) or any(open_ for _, open_ in kinds[id])
            place.outs[id] = Var(name, same.pop() if len(same) == 1 else "mixed", is_open)
        return [*made, *([sink] if sink else [])]

    def _condition(self, keyword: str, decided: Doc | None, arm: Arm, place: Place) -> None:
        assert arm.when is not None
        doc = decided or expression(arm.when, self._read(place))
        if keyword.endswith("and") and isinstance(doc, Infix) and doc.op == "or":
            doc = Atom(f"({flat(doc)})")
        self._put(place, f"{keyword} ", doc, ":")

    def _arm(
        self,
        node: If,
        number: int,
        place: Place,
        merged: Mapping[str, str],
        kinds: dict[str, list[tuple[Kind, bool]]],
    ) -> None:
        """One arm: its nodes, then what it gives to the merged values."""
        place = replace(place, outs=place.outs.new_child())
        start = len(self.lines)
        made = self._block(node.arms[number].body, place)
        for m in node.merged:
            if m.id in merged:
                doc, var, run = self._value(m.id, m.values[number], place)
                kinds[m.id].append((var.kind, var.open))
                self._put(place, f"{merged[m.id]} = ", doc)
                made += [merged[m.id]] if run else []
        self._collect(place, made)
        if len(self.lines) == start and node.arms[number].when is not None:
            self._put(place, "pass")

    # ------------------------------------------------------------ Each

    def _each(self, node: Each, place: Place) -> list[str]:
        mode = self._loops.mode(node, place.threaded)
        if self._lazy(node, mode):
            waits = self._shape.waits(node.id)
            entry = unique([*waits.values, *waits.after, *self._inherited(node, place)])
            sink = self._sink(node.id, place) if mode == "loop" else ""
            inner = replace(place, entry=entry, **({"runs": sink, "own": True} if sink else {}))
            made = self._items(node, mode, inner, self._item_list(node, "", place))
            if mode == "map":
                self._region_runs[node.id] = tuple(made)
            return [*made, *([sink] if sink else [])]
        made = []
        sink = self._sink(node.id, place)
        decision, need = self._decide(node, place, made)
        inner = replace(place, known=self._known(node, place), entry=(), outs=place.outs.new_child())
        if sink:
            inner = replace(inner, runs=sink, own=True)
        values = [c for c in node.collected if c.id in self._taken]
        given = [*(self._list_name(node, c, mode) for c in values), *([sink] if sink else [])]
        if need:
            if given:
                self._stopped(need, given, place)
                self._put(place, "else:")
            else:
                self._put(place, "if ", call(f"not {self._use('unfinished')}", *map(Atom, need)), ":")
            inner = replace(inner, indent=place.indent + 4)
        items = self._item_list(node, f"{decision}.result()" if decision else "", inner)
        runs = self._items(node, mode, inner, items)
        if need or sink:
            self._collect(inner, runs)
        else:
            made += runs
        for c in values:
            var = inner.outs[c.id]
            place.outs[c.id] = replace(var, open=var.open or bool(need))
        return [*made, *([sink] if sink else [])]

    def _list_name(self, node: Each, value: Collected, mode: Mode) -> str:
        """The variable of a collected value; where a call is mapped, that of the call."""
        whole = value.value
        if mode == "map" and isinstance(whole, Out) and not whole.path and self._shape.loops(whole.ref)[-1:] == (node.id,):
            return self._local(whole.ref, whole.ref)
        return self._local(value.id, value.id)

    def _item_list(self, node: Each, decided: str, place: Place) -> str:
        """The variable that has the items."""
        doc = Atom(decided) if decided else expression(node.items, self._read(place))
        if isinstance(doc, Atom) and doc.text.isidentifier():
            return doc.text
        name = self._local(("items", node.id), f"{node.id}_items")
        self._put(place, f"{name} = ", doc)
        return name

    def _items(self, node: Each, mode: Mode, place: Place, items: str) -> list[str]:
        """The body for all items; gives the runs that are still to be collected."""
        match mode:
            case "map":
                return self._map(node, place, items)
            case "loop":
                return self._loop(node, place, items)
            case "threads":
                return self._threads(node, place, items)

    def _map(self, node: Each, place: Place, items: str) -> list[str]:
        """Stage by stage: every call of the body mapped over the items."""
        made: list[str] = []
        mapped: set[str] = set()
        body = list(self._order(list(transparent(node.body)), place))
        inner = replace(place, items=place.items.new_child({node.id: Var(items)}))
        for child in body:
            assert isinstance(child, Call)
            task = self._tasks.call(child, loop=True)
            name = self._local(child.id, child.id)
            self._mapped(name, task, self._wait_for(child, task, inner), mapped, node, inner)
            mapped.add(child.id)
            place.outs[child.id] = Var(name, "futures", open=True)
            made.append(name)
        for c in node.collected:
            if c.id not in self._taken:
                continue
            name = self._list_name(node, c, "map")
            if isinstance(c.value, Out) and not c.value.path and c.value.ref in mapped:
                place.outs[c.id] = place.outs[c.value.ref]
            elif mapped & set(out_refs(c.value)) or item_refs(c.value) or self._types.schema(c.value) is None:
                task = self._tasks.pick(c.id, c.value, loop=True)
                self._mapped(name, task, self._open(place.entry, place), mapped, node, inner)
                place.outs[c.id] = Var(name, "futures", open=True)
                made.append(name)
            else:
                doc, var, _ = self._value(c.id, c.value, inner)
                self._put(place, f"{name} = ", Atom(f"[{flat(doc)} for _ in {items}]"))
                place.outs[c.id] = Var(name, "mixed", var.open)
        return made

    def _mapped(
        self,
        name: str,
        task: Task,
        waits: Sequence[str],
        mapped: set[str],
        node: Each,
        place: Place,
    ) -> None:
        """One stage: a task mapped over the items or over what an earlier stage gave for them."""
        args: list[Doc] = []
        for ref in task.takes:
            text = self._var(ref, place).text
            own = (isinstance(ref, Out) and ref.ref in mapped) or (isinstance(ref, Item) and ref.loop == node.id)
            args.append(Atom(text if own else f"{self._use('unmapped')}({text})"))
        numbers = f"range(len({place.items[node.id].text}))"
        if place.index:
            numbers = f"[{self._index(place, 'n')} for n in {numbers}]"
        options: dict[str, Doc] = {"index": Atom(numbers)}
        if waits:
            options["wait_for"] = Bracket("[", tuple(Entry("", Atom(text)) for text in waits), "]")
        self._put(place, f"{name} = ", call(f"{task.name}.map", *args, **options))

    def _loop(self, node: Each, place: Place, items: str) -> list[str]:
        """A loop that submits the body item by item and never waits."""
        values = {c.id: self._local(c.id, c.id) for c in node.collected if c.id in self._taken}
        for name in values.values():
            self._put(place, f"{name} = []")
        lanes = place.lanes
        if node.max_parallel is not None:
            lanes = (*lanes, (node.id, node.max_parallel))
            for child in self._shape.inside(node.id):
                if isinstance(child, Call):
                    self._put(place, f"{self._lane(node.id, child)} = []")
        number, item = self._local(("index", node.id), "index"), self._local(("item", node.id), "item")
        if node.id in self._loops.items_used:
            self._put(place, f"for {number}, {item} in enumerate({items}):")
        else:
            self._put(place, f"for {number} in range(len({items})):")
        inner = replace(
            place,
            indent=place.indent + 4,
            outs=place.outs.new_child(),
            items=place.items.new_child({node.id: Var(item)}),
            index=(*place.index, number),
            lanes=lanes,
        )
        made = self._block(node.body, inner)
        for c in node.collected:
            if c.id not in values:
                continue
            doc, var, run = self._value(c.id, c.value, inner)
            if run:
                name = self._local(("one", c.id), f"{c.id}_value")
                self._put(inner, f"{name} = ", doc)
                made.append(name)
                doc = Atom(name)
            self._put(inner, f"{values[c.id]}.append(", doc, ")")
            place.outs[c.id] = Var(values[c.id], "futures" if var.kind == "future" else "mixed", var.open)
        self._collect(inner, made)
        return []

    def _threads(self, node: Each, place: Place, items: str) -> list[str]:
        """A function for one item, run for all items at once: each may wait for what it needs."""
        function = self._local(("each", node.id), f"{node.id}_item")
        number, item = self._local(("index", node.id), "index"), self._local(("item", node.id), "item")
        own = "" if node.max_parallel is None else self._local(("own", node.id), "started")
        inner = replace(
            place,
            indent=place.indent + 4,
            outs=place.outs.new_child(),
            items=place.items.new_child({node.id: Var(item)}),
            index=(*place.index, number),
            runs=own or place.runs,
            own=bool(own),
            threaded=True,
            lanes=(),
        )
        self._put(place, f"def {function}({number}, {item}):")
        if own:
            self._put(inner, f"{own} = []")
        made = self._block(node.body, inner)
        docs: list[Doc] = []
        names: list[str] = []
        for c in node.collected:
            if c.id not in self._taken:
                continue
            doc, var, run = self._value(c.id, c.value, inner)
            if run:
                name = self._local(("one", c.id), f"{c.id}_value")
                self._put(inner, f"{name} = ", doc)
                made.append(name)
                doc = Atom(name)
            docs.append(doc)
            names.append(self._local(c.id, c.id))
            place.outs[c.id] = Var(names[-1], "futures" if var.kind == "future" else "mixed", var.open)
        self._collect(inner, made)
        if own:
            self._put(inner, f"{self._use('unfinished')}({own})  # its place is free when all of it has ended")
            self._collect(replace(inner, runs=place.runs, own=False), [own])
        if docs:
            self._put(inner, "return ", docs[0] if len(docs) == 1 else Bracket("(", tuple(Entry("", d) for d in docs), ")"))
        self._run_items(node, function, items, names, place)
        return []

    def _run_items(self, node: Each, function: str, items: str, names: Sequence[str], place: Place) -> None:
        bound = [] if node.max_parallel is None else [node.max_parallel]
        doc = call(self._use("for_each"), Atom(function), Atom(items), *bound)
        if len(names) < 2:
            self._put(place, f"{names[0]} = " if names else "", doc)
            return
        each = self._local(("results", node.id), f"{node.id}_results")
        self._put(place, f"{each} = ", doc)
        for number, name in enumerate(names):
            self._put(place, f"{name} = [result[{number}] for result in {each}]")

    # ------------------------------------------------------------ the end

    def end(self, place: Place, message: str = "task runs did not complete") -> None:
        """Wait for everything, run the Final, and say how the run went."""
        pipeline = self._module.pipeline
        waited = f"{self._use('unfinished')}(runs)"
        failure = "return " + self._use("Failed") + f'(message=f"{{len(failed)}} {message}")'
        if pipeline.final is None:
            self._put(place, f"if failed := {waited}:")
        else:
            node = pipeline.final.call
            task = self._tasks.call(node, loop=False)
            self._put(place, f"failed = {waited}")
            args = [Atom(self._final(ref)) for ref in task.takes]
            name = self._local(node.id, node.id)
            self._put(place, f"{name} = ", call(f"{task.name}.submit", *args))
            self._put(place, f"failed += {self._use('unfinished')}({name})")
            self._put(place, "if failed:")
        self._put(replace(place, indent=place.indent + 4), failure)
        if pipeline.result is not None:
            self._result(pipeline.result, place)

    def _final(self, ref: Root) -> str:
        if isinstance(ref, Ctx) and ref.name == "state":
            return '"failed" if failed else "succeeded"'
        assert isinstance(ref, ParamRef | Ctx)
        return ref.name if isinstance(ref, ParamRef) else self._context[ref.name]

    def _result(self, value: Value, place: Place) -> None:
        doc = expression(value, self._read(place))
        if self._types.schema(value) is not None:
            self._put(place, "return ", doc)
            return
        self._put(place, "try:")
        self._put(replace(place, indent=place.indent + 4), "return ", doc)
        self._put(place, "except (LookupError, TypeError):")
        self._put(replace(place, indent=place.indent + 4), "return None")
