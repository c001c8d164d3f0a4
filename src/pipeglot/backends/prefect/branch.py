"""An If as Python's own `if`, `elif` and `else`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeglot.codegen.pysource import WIDTH, Atom, Doc, call, fitting, flat, width
from pipeglot.core.ir import If, Value

from .place import Kind, Place, Var, both

if TYPE_CHECKING:
    from .flow import Flow


class BranchWriter:
    """Writes the branches of a flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def write(self, node: If, place: Place) -> list[str]:
        """The statements of an If; gives the runs that are still to be collected."""
        made: list[str] = []
        sink = self._flow.sink(node.id, place)
        decision, need = self._flow.decide(node, place, made)
        merged = {m.id: self._flow.local(m.id, m.id) for m in node.merged if m.id in self._flow.taken}
        inner = replace(place, known=self._flow.known(node, place), entry=())
        if sink:
            inner = replace(inner, runs=sink, own=True)
        keyword, given = "if", [*merged.values(), *([sink] if sink else [])]
        entered: Doc | None = None
        if need and given:
            self._flow.stopped(need, given, place)
            keyword = "elif"
        elif need:
            entered = call(f"not {self._flow.use('unfinished')}", *map(Atom, need))
            first = node.arms[0].when
            if len(node.arms) > 1 or first is None or not self._short(entered, first, decision, inner):
                self._flow.put(place, "if ", entered, ":")
                inner, entered = replace(inner, indent=place.indent + 4), None
        kinds: dict[str, list[tuple[Kind, bool]]] = {id: [] for id in merged}
        for number, arm in enumerate(node.arms):
            here = inner
            if arm.when is not None:
                test = self._test(arm.when, decision, number, inner, len(keyword) + 2)
                self._flow.put(inner, f"{keyword} ", test if entered is None else both(entered, test), ":")
                here = replace(inner, indent=inner.indent + 4)
            elif keyword == "elif" and (arm.body or merged):
                self._flow.put(inner, "else:")
                here = replace(inner, indent=inner.indent + 4)
            keyword = "elif"
            self._arm(node, number, here, merged, kinds)
        for id, name in merged.items():
            same = {kind for kind, _ in kinds[id]}
            is_open = bool(need) or any(open_ for _, open_ in kinds[id])
            place.outs[id] = Var(name, same.pop() if len(same) == 1 else "mixed", is_open)
        return [*made, *([sink] if sink else [])]

    def _test(self, when: Value, decision: str, number: int, place: Place, room: int) -> Doc:
        """The condition of an arm, in a form that fits its line."""
        if decision:
            return Atom(f"{decision}.result() == {number}")
        return fitting(when, self._flow.read(place), WIDTH - place.indent - room)

    def _short(self, entered: Doc, when: Value, decision: str, place: Place) -> bool:
        """Whether `if entered and when:` fits on one line."""
        test = both(entered, self._test(when, decision, 0, place, 0))
        return place.indent + width(f"if {flat(test)}:") <= WIDTH

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
        made = self._flow.block(node.arms[number].body, place)
        for m in node.merged:
            if m.id in merged:
                doc, var, run = self._flow.value(m.id, m.values[number], place, number)
                kinds[m.id].append((var.kind, var.open))
                self._flow.put(place, f"{merged[m.id]} = ", doc)
                made += [merged[m.id]] if run else []
        self._flow.collect(place, made)
