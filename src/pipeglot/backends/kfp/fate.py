"""Which regions hold calls that can fail without what leaves the region failing too.

A DAG of KFP that holds a failed task has failed, and nothing that waits for it starts. So where a value leaves a
region and does not need every call in it, those calls must not fail as tasks.
"""

from __future__ import annotations

from functools import cached_property

from pipeglot.core.inference import Types
from pipeglot.core.ir import Call, Each, If
from pipeglot.core.shape import Shape, inputs, out_refs, sources


class Fate:
    """Finds the regions to guard."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._types = Types(shape)
        self._needed: dict[str, frozenset[str]] = {}

    @cached_property
    def used(self) -> frozenset[str]:
        """The merged and collected values that something takes, the result aside."""
        found: set[str] = set()
        waiting = [ref for node in self._shape.nodes.values() for ref in out_refs(*inputs(node))]
        while waiting:
            ref = waiting.pop()
            if ref in self._shape.values and ref not in found:
                found.add(ref)
                waiting += out_refs(*sources(self._shape.values[ref]))
        return frozenset(found)

    def guarded(self, node: If | Each) -> bool:
        """Whether a value that leaves the region and is used can be there although something in it failed."""
        leaving = [v.id for v in (node.merged if isinstance(node, If) else node.collected) if v.id in self.used]
        if not leaving:
            return False
        inside = {each.id for each in self._shape.inside(node.id)}
        calls = {id for id in inside if isinstance(self._shape.nodes[id], Call)}
        formed = {
            f"{id} {n}"
            for id, value in self._shape.values.items()
            if id in self.used and (self._shape.owner[id] == node.id or self._shape.owner[id] in inside)
            for n, source in enumerate(sources(value))
            if not self._types.cannot_fail(source)
        }
        decided = {
            id for id in inside if isinstance(r := self._shape.nodes[id], If | Each) and not self._types.is_decided(r)
        }
        return any((calls | formed | decided) - self.needed(value) for value in leaving)

    def needed(self, ref: str) -> frozenset[str]:
        """Everything that must go well for a value: calls, regions that decide, values that are formed."""
        if ref not in self._needed:
            self._needed[ref] = self._find(ref)
        return self._needed[ref]

    def _find(self, ref: str) -> frozenset[str]:
        shape, found = self._shape, set[str]()
        waiting: list[tuple[str, bool]] = [(ref, False)]
        seen: set[tuple[str, bool]] = set()
        while waiting:
            id, whole = waiting.pop()
            if (id, whole) in seen:
                continue
            seen.add((id, whole))
            found.add(id)
            if id in shape.values:
                value = shape.values[id]
                waiting.append((shape.owner[id], False))
                for number, source in enumerate(sources(value)):
                    found.add(f"{id} {number}")
                    waiting += [(each, False) for each in out_refs(source)]
                continue
            waits = shape.waits(id)
            waiting += [(each, False) for each in waits.values]
            waiting += [(each, True) for each in waits.after]
            if whole:
                for inner in shape.inside(id):
                    waiting.append((inner.id, False))
                    found.add(inner.id)
        return frozenset(found)
