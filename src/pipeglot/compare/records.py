"""Two records of one pipeline compared: what differs, by call, index and path; and whether each kept the order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeglot.compare.folders import Folders
from pipeglot.compare.ignore import Rules
from pipeglot.compare.model import Difference, Kind
from pipeglot.compare.order import Key, Order, at_once, disorder
from pipeglot.compare.tables import Hide
from pipeglot.compare.values import ValueComparer
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record

_MANY = 100
"""Executions of one call instance beyond which they are paired in their order and not by what they did."""


def compare(
    old: Record,
    new: Record,
    pipeline: Pipeline | Order | None = None,
    *,
    tolerance: float = 1e-9,
    rules: Rules | None = None,
    folders: tuple[Folders | None, Folders | None] = (None, None),
    gaps: dict[tuple[str, str], list[str]] | None = None,
    hide: Hide = str,
) -> list[Difference]:
    """Every difference between two records, in the order of the old one; empty when the runs are equivalent.

    With the (inlined) pipeline, also every place where either run broke its order. Times, run ids, error texts and
    `observed` are information, never a difference, and what an engine did not keep cannot differ. Floats agree within a
    relative `tolerance`. A call instance that was executed several times is compared execution by execution, in whatever
    order they came; that one side has more of them is a difference.

    Args:
        old: what one run did.
        new: what the other did.
        pipeline: the pipeline, without Includes; or its `Order`, which need not be found anew for every comparison.
        tolerance: how far apart two floats may be, relative to the larger.
        rules: how tables and artifacts at certain places are compared; what is ignored is not decided here.
        folders: where the files are that the runs left, None for a run that left none. The records name them as
            `artifacts.neutral` writes them.
        gaps: what could not be compared, and why, with the places; added to.
        hide: blots out what is secret in a text of a table or file that is cut; what is whole, the caller does.
    """
    found: list[Difference] = []
    if old.state != new.state:
        found.append(Difference(kind="run_state", old=old.state, new=new.state))
    if old.attempts != new.attempts:
        found.append(Difference(kind="attempts", old=old.attempts, new=new.attempts))
    values = ValueComparer(tolerance, rules or Rules(), folders, {} if gaps is None else gaps, hide)
    if old.state == new.state and old.result_known and new.result_known:
        found += values.differing("result", None, (), old.result, new.result)
    before, after = _executions(old), _executions(new)
    for (id, index), calls in before.items():
        others = after.get((id, index))
        if others is None:
            found.append(Difference(kind="missing", call=id, index=index, old=calls[-1].state, absent="new"))
        elif len(calls) == len(others) == 1:
            found.extend(_calls(calls[0], others[0], values))
        else:
            found += _repeated(calls, others, values)
    for (id, index), calls in after.items():
        if (id, index) not in before:
            found.append(Difference(kind="extra", call=id, index=index, new=calls[-1].state, absent="old"))
    if pipeline is not None:
        order = pipeline if isinstance(pipeline, Order) else Order(pipeline)
        broken = [set(disorder(order, record)) for record in (old, new)]
        for (id, index), first in sorted(broken[0] | broken[1]):
            kept = ["broken" if ((id, index), first) in one else "kept" for one in broken]
            found.append(Difference(kind="order", call=id, index=index, path=first, old=kept[0], new=kept[1]))
        found += _crowded(order, old, new)
    return found


def _crowded(order: Order, old: Record, new: Record) -> Iterator[Difference]:
    """Calls of which either run had more instances at one time than the loops around them allow."""
    if not order.bounds:
        return
    runs: list[dict[str, list[CallRecord]]] = [{id: [] for id in order.bounds} for _ in (old, new)]
    for record, ran in zip((old, new), runs, strict=True):
        for call in record.calls:
            if call.id in ran:
                ran[call.id].append(call)
    for id, bound in order.bounds.items():
        most = [at_once(ran[id]) for ran in runs]
        if max(most) > bound:
            yield Difference(kind="parallel", call=id, old=most[0], new=most[1])


def _executions(record: Record) -> dict[Key, list[CallRecord]]:
    """Every execution of each call instance, in the order they started."""
    found = {(call.id, call.index): [call] for call in record.calls}
    if len(found) == len(record.calls):  # as nearly always
        return found
    found = {}
    for call in record.calls:
        found.setdefault((call.id, call.index), []).append(call)
    for calls in found.values():
        if len(calls) > 1 and all(call.started for call in calls):
            calls.sort(key=lambda call: (call.started, call.ended or call.started))
    return found


def _calls(old: CallRecord, new: CallRecord, values: ValueComparer) -> Iterator[Difference]:
    kinds: tuple[Kind, ...] = ("state", "tolerated", "attempts")
    for kind in kinds:
        a, b = getattr(old, kind), getattr(new, kind)
        if a != b:
            yield Difference(kind=kind, call=old.id, index=old.index, old=a, new=b)
    if old.told is not None and new.told is not None and old.told != new.told:
        yield Difference(kind="told", call=old.id, index=old.index, old=old.told, new=new.told)
    if old.gave and new.gave and old.output_known and new.output_known:
        yield from values.differing("output", old.id, old.index, old.output, new.output)


def _repeated(old: Sequence[CallRecord], new: Sequence[CallRecord], values: ValueComparer) -> Iterator[Difference]:
    """What differs between the executions of one call instance: those that agree are partners, and of the others each is
    compared with the one that came as late."""
    first = old[0]
    if len(old) != len(new):
        yield Difference(kind="repeated", call=first.id, index=first.index, old=len(old), new=len(new))
    alone, rest = [], list(new)
    for one in old:
        partners = rest if len(old) <= _MANY >= len(new) else rest[:1]
        partner = next((other for other in partners if next(_calls(one, other, values), None) is None), None)
        if partner is None:
            alone.append(one)
        else:
            rest.remove(partner)
    told: set[object] = set()
    for one, other in zip(reversed(alone), reversed(rest), strict=False):
        for difference in _calls(one, other, values):
            if difference.where not in told:
                told.add(difference.where)
                yield difference
