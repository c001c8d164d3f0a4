"""The three forms of an Each: mapped by stages, a loop that submits, a function run for every item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import Atom, Bracket, Doc, Entry, call, expression, flat
from pipeglot.core.ir import Call, Collected, Const, Each, Item, Out
from pipeglot.core.shape import item_refs, out_refs, transparent, unique

from .loops import Mode
from .place import Place, Var, listed
from .tasks import Task

if TYPE_CHECKING:
    from .flow import Flow


class EachWriter:
    """Writes the loops of a flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def write(self, node: Each, place: Place) -> list[str]:
        """The statements of a loop; gives the runs that are still to be collected."""
        mode = self._flow.loops.mode(node)
        if self._flow.lazy(node, mode):
            waits = self._flow.shape.waits(node.id)
            entry = unique([*waits.values, *waits.after, *self._flow.inherited(node, place)])
            sink = self._flow.sink(node.id, place) if mode == "loop" else ""
            inner = replace(place, entry=entry, runs=sink or place.runs, own=bool(sink) or place.own)
            made = self._items(node, mode, inner, self._item_list(node, "", place))
            if mode == "map":
                self._flow.region_runs[node.id] = tuple(made)
            return [*made, *([sink] if sink else [])]
        made = []
        sink = self._flow.sink(node.id, place)
        decision, need = self._flow.decide(node, place, made)
        inner = replace(place, known=self._flow.known(node, place), entry=(), outs=place.outs.new_child())
        if sink:
            inner = replace(inner, runs=sink, own=True)
        values = [c for c in node.collected if c.id in self._flow.taken]
        given = [*(self._list_name(node, c, mode) for c in values), *([sink] if sink else [])]
        if need:
            if given:
                self._flow.stopped(need, given, place)
                self._flow.put(place, "else:")
            else:
                self._flow.put(place, "if ", call(f"not {self._flow.use('unfinished')}", *map(Atom, need)), ":")
            inner = replace(inner, indent=place.indent + 4)
        items = self._item_list(node, f"{decision}.result()" if decision else "", inner)
        runs = self._items(node, mode, inner, items)
        if need or sink:
            self._flow.collect(inner, runs)
        else:
            made += runs
        for c in values:
            var = inner.outs[c.id]
            place.outs[c.id] = replace(var, open=var.open or bool(need))
        return [*made, *([sink] if sink else [])]

    def _list_name(self, node: Each, value: Collected, mode: Mode) -> str:
        """The variable of a collected value; where a call is mapped, that of the call."""
        whole = value.value
        if (
            mode == "map"
            and isinstance(whole, Out)
            and not whole.path
            and self._flow.shape.loops(whole.ref)[-1:] == (node.id,)
        ):
            return self._flow.local(whole.ref, whole.ref)
        return self._flow.local(value.id, value.id)

    def _item_list(self, node: Each, decided: str, place: Place) -> str:
        """The variable that has the items."""
        doc = Atom(decided) if decided else expression(node.items, self._flow.read(place))
        if isinstance(doc, Atom) and doc.text.isidentifier():
            return doc.text
        name = self._flow.local(("items", node.id), f"{node.id}_items")
        empty = isinstance(doc, Bracket) and not doc.items
        self._flow.put(place, f"{name}: list[{self._flow.use('Any')}] = " if empty else f"{name} = ", doc)
        return name

    def _items(self, node: Each, mode: Mode, place: Place, items: str) -> list[str]:
        """The body for all items; gives the runs that are still to be collected."""
        for child in self._flow.shape.inside(node.id) if not place.index else ():
            if child.id in self._flow.loops.bounds:
                self._flow.put(place, f"{self._flow.lane(child.id)}: list[{self._flow.use('Any')}] = []")
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
        body = list(self._flow.order(list(transparent(node.body)), place))
        inner = replace(place, items=place.items.new_child({node.id: Var(items)}))
        for child in body:
            assert isinstance(child, Call)
            task = self._flow.tasks.call(child, loop=True)
            name = self._flow.local(child.id, child.id)
            self._mapped(name, task, self._flow.wait_for(child, task, inner), mapped, node, inner)
            mapped.add(child.id)
            place.outs[child.id] = Var(name, "futures", open=True)
            made.append(name)
        for c in node.collected:
            if c.id not in self._flow.taken:
                continue
            name = self._list_name(node, c, "map")
            if isinstance(c.value, Out) and not c.value.path and c.value.ref in mapped:
                place.outs[c.id] = place.outs[c.value.ref]
            elif mapped & set(out_refs(c.value)) or item_refs(c.value) or self._flow.types.schema(c.value) is None:
                task = self._flow.tasks.pick(c.id, c.value, loop=True)
                self._mapped(name, task, self._flow.open(place.entry, place), mapped, node, inner)
                place.outs[c.id] = Var(name, "futures", open=True)
                made.append(name)
            else:
                doc, var, _ = self._flow.value(c.id, c.value, inner)
                self._flow.put(place, f"{name} = ", Atom(f"[{flat(doc)} for _ in {items}]"))
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
        for _, ref in task.takes:
            assert not isinstance(ref, Const), "tasks in loops take references only"
            text = self._flow.var(ref, place).text
            own = (isinstance(ref, Out) and ref.ref in mapped) or (isinstance(ref, Item) and ref.loop == node.id)
            args.append(Atom(text if own else f"{self._flow.use('unmapped')}({text})"))
        numbers = f"range(len({place.items[node.id].text}))"
        if place.index:
            numbers = f"[{self._flow.index(place, 'n')} for n in {numbers}]"
        options: dict[str, Doc] = {"index": Atom(numbers)}
        if waits:
            options["wait_for"] = listed(waits)
        self._flow.put(place, f"{name} = ", call(f"{task.name}.map", *args, **options))

    def _loop(self, node: Each, place: Place, items: str) -> list[str]:
        """A loop that submits the body item by item and never waits."""
        values = {c.id: self._flow.local(c.id, c.id) for c in node.collected if c.id in self._flow.taken}
        for name in values.values():
            self._flow.put(place, f"{name} = []")
        number, item = (
            self._flow.local(("index", node.id), "index"),
            self._flow.local(("item", node.id), "item"),
        )
        if node.id in self._flow.loops.items_used:
            self._flow.put(place, f"for {number}, {item} in enumerate({items}):")
        else:
            self._flow.put(place, f"for {number} in range(len({items})):")
        inner = replace(
            place,
            indent=place.indent + 4,
            outs=place.outs.new_child(),
            items=place.items.new_child({node.id: Var(item)}),
            index=(*place.index, number),
        )
        made = self._flow.block(node.body, inner)
        for c in node.collected:
            if c.id not in values:
                continue
            doc, var, run = self._flow.value(c.id, c.value, inner)
            if run:
                name = self._flow.local(("one", c.id), "value")
                self._flow.put(inner, f"{name} = ", doc)
                made.append(name)
                doc = Atom(name)
            self._flow.put(inner, f"{values[c.id]}.append(", doc, ")")
            place.outs[c.id] = Var(values[c.id], "futures" if var.kind == "future" else "mixed", var.open)
        self._flow.collect(inner, made)
        return []

    def _threads(self, node: Each, place: Place, items: str) -> list[str]:
        """A function for one item, run for all items at once: each may wait for what it needs."""
        function = self._flow.local(("each", node.id), f"{node.id}_item")
        number, item = (
            self._flow.local(("index", node.id), "index"),
            self._flow.local(("item", node.id), "item"),
        )
        inner = replace(
            place,
            indent=place.indent + 4,
            outs=place.outs.new_child(),
            items=place.items.new_child({node.id: Var(item)}),
            index=(*place.index, number),
            own=False,
            threaded=True,
        )
        if not (self._flow.lines and self._flow.lines[-1].lstrip().startswith("def ")):
            self._flow.lines.append("")
        self._flow.put(place, f"def {function}({number}, {item}):")
        made = self._flow.block(node.body, inner)
        docs: list[Doc] = []
        names: list[str] = []
        for c in node.collected:
            if c.id not in self._flow.taken:
                continue
            doc, var, run = self._flow.value(c.id, c.value, inner)
            if run:
                name = self._flow.local(("one", c.id), "value")
                self._flow.put(inner, f"{name} = ", doc)
                made.append(name)
                doc = Atom(name)
            docs.append(doc)
            names.append(self._flow.local(c.id, c.id))
            place.outs[c.id] = Var(names[-1], "futures" if var.kind == "future" else "mixed", var.open)
        self._flow.collect(inner, made)
        if docs:
            self._flow.put(
                inner,
                "return ",
                docs[0] if len(docs) == 1 else Bracket("(", tuple(Entry("", d) for d in docs), ")"),
            )
        self._flow.lines.append("")
        self._run_items(node, function, items, names, place)
        return []

    def _run_items(self, node: Each, function: str, items: str, names: Sequence[str], place: Place) -> None:
        doc = call(self._flow.use("for_each"), Atom(function), Atom(items))
        if len(names) < 2:
            self._flow.put(place, f"{names[0]} = " if names else "", doc)
            return
        each = self._flow.local(("results", node.id), f"{node.id}_results")
        self._flow.put(place, f"{each} = ", doc)
        for number, name in enumerate(names):
            self._flow.put(place, f"{name} = [result[{number}] for result in {each}]")
