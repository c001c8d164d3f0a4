"""Cause before consequence: differences grouped by the first call that differs although what it was given agrees."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pipeglot.compare.model import CONTENT, CallSource, Difference, Finding, Kind, Side
from pipeglot.compare.order import Key, Order
from pipeglot.compare.values import differing
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.shape import out_refs

Given: TypeAlias = Mapping[Key, Mapping[str, Any]]
"""What call instances were given, where that is known."""


def findings(
    order: Order,
    sides: tuple[Side, Side],
    given: tuple[Given, Given],
    differences: Sequence[Difference],
    passive: Sequence[Difference],
) -> tuple[Finding, ...]:
    """Every difference in just one finding, findings in the order of the pipeline, what is about the run itself first.

    A call that differs is the cause where nothing differs that it waits for, or where it ran on both sides with the same
    arguments. All else follows from the first cause above it; calls whose outputs were not kept, or have differences that do
    not count (`passive`), pass on what is above them.
    """
    if not differences:
        return ()
    records = [side.records[0] for side in sides]
    silent = [(call.id, call.index) for record in records for call in record.calls if not call.output_known]
    hidden = {*silent, *((one.call, one.index) for one in passive if one.call is not None)}
    blame = _Blame(order, records, given, differences, hidden)
    causes: dict[str | None, list[int]] = {}
    follow: dict[str | None, list[int]] = {}
    for number, one in enumerate(differences):
        culprit = blame.of(one)
        (causes if culprit == one.call else follow).setdefault(culprit, []).append(number)
    place = {id: number for number, id in enumerate(blame.order_of_calls())}
    found = []
    for id in sorted(causes.keys() | follow.keys(), key=lambda id: -1 if id is None else place.get(id, len(place))):
        sources = [None if id is None else side.sources.get(id) for side in sides]
        numbers = {"cause": tuple(causes.get(id, ())), "consequences": tuple(follow.get(id, ()))}
        found.append(Finding(call=id, **numbers, old=sources[0], new=sources[1], diff=_diff(*sources)))
    return tuple(found)


def _diff(old: CallSource | None, new: CallSource | None) -> str:
    """A unified diff of the code of both sides."""
    if old is None or new is None or not old.code or not new.code or old.code == new.code:
        return ""
    a, b = (source.code.splitlines() for source in (old, new))
    return "\n".join(difflib.unified_diff(a, b, f"{old.file}:{old.line}", f"{new.file}:{new.line}", lineterm=""))


_PASSED_ON: frozenset[Kind] = CONTENT | {"state", "missing", "extra", "tolerated", "told"}
"""Kinds in which a call may make others differ: not that it took another attempt to come to the same."""


class _Blame:
    """Which call each instance that differs has to thank for it."""

    def __init__(
        self,
        order: Order,
        records: Sequence[Record],
        given: tuple[Given, Given],
        differences: Sequence[Difference],
        hidden: set[Key],
    ) -> None:
        self._order, self._given, self._records = order, given, records
        self._runs = [order.last(record) for record in records]
        self._differ: dict[Key, list[Difference]] = {}
        for one in differences:
            if one.call is not None and one.kind != "declared":
                self._differ.setdefault((one.call, one.index), []).append(one)
        self._hidden = hidden
        self._culprits: dict[Key, str] = {}
        self._by_call: dict[str, list[Key]] = {}
        self._above: dict[tuple[str, int], dict[tuple[int, ...], str]] = {}
        by_id: dict[str, list[Key]] = {}
        for key in dict.fromkeys([*self._differ, *hidden]):
            by_id.setdefault(key[0], []).append(key)
        for id in self.order_of_calls():
            for key in by_id.get(id, ()):
                culprit = self._culprit(key)
                if culprit is not None:
                    self._culprits[key] = culprit
                    found = self._differ.get(key, ())
                    if not found or any(one.kind in _PASSED_ON for one in found):
                        self._by_call.setdefault(id, []).append(key)

    def order_of_calls(self) -> list[str]:
        """Every call and region in the author's order, in which nothing waits for what comes later; the Final last."""
        return [*self._order.shape.nodes, *([] if self._order.final is None else [self._order.final])]

    def of(self, one: Difference) -> str | None:
        """The call that is the cause of a difference, None for the run itself."""
        if one.call is not None:
            return one.call if one.kind == "declared" else self._culprits.get((one.call, one.index), one.call)
        if one.kind == "result" or one.kind in CONTENT:
            result = self._order.shape.pipeline.result
            makers = [] if result is None else [id for ref in out_refs(result) for id in self._order.makers(ref)]
            return next((self._culprits[key] for id in makers for key in self._by_call.get(id, ())), None)
        return self._run_state(self.order_of_calls()) if one.kind == "run_state" else None

    def _run_state(self, ids: Sequence[str]) -> str | None:
        """The cause of the first call whose state differs."""
        for id in ids:
            for key in self._by_call.get(id, ()):
                if any(one.kind in ("state", "missing", "tolerated") for one in self._differ.get(key, ())):
                    return self._culprits[key]
        return None

    def _culprit(self, key: Key) -> str | None:
        found = self._differ.get(key)
        above = next(self._culprits_above(key), None)
        if found is None:
            return above
        return key[0] if above is None or self._own(key, found) else above

    def _culprits_above(self, key: Key) -> Iterator[str]:
        id, index = key
        if id == self._order.final:
            if (
                self._records[0].state != self._records[1].state
                and (culprit := self._run_state([*self._order.shape.nodes])) is not None
            ):
                yield culprit
            return
        shape = self._order.shape
        regions = [frame.region for frame in shape.frames[id]]
        for ref in (*self._order.before(id), *regions):
            if ref not in self._by_call:
                continue
            common = self._order.common(id, ref)
            if (ref, common) not in self._above:
                table = self._above[ref, common] = {}
                for other in self._by_call[ref]:
                    table.setdefault(other[1][:common], self._culprits[other])
            culprit = self._above[ref, common].get(index[:common])
            if culprit is not None:
                yield culprit

    def _own(self, key: Key, found: Sequence[Difference]) -> bool:
        """Whether a call itself is the cause whatever differs above it: it ran on both sides with the same arguments, or only
        its order differs."""
        if all(one.kind in ("order", "record", "input") for one in found):
            return True
        if any(one.between == "new and new" for one in found):
            return False  # it is another run than the one whose arguments are known
        ran: list[CallRecord | None] = [run.get(key) for run in self._runs]
        if not all(call is not None and call.attempts for call in ran):
            return False
        old, new = (one.get(key) for one in self._given)
        return old is not None and new is not None and next(differing(dict(old), dict(new)), None) is None
