"""Which regions hold calls that can fail without what leaves the region failing too.

A DAG of KFP that holds a failed task has failed, and nothing that waits for it starts. So where a value leaves a
region and does not need every call in it, those calls must not fail as tasks: they are guarded.
"""

from __future__ import annotations

from collections.abc import Collection

from pipeglot.core.inference import Types
from pipeglot.core.ir import Call, Each, If
from pipeglot.core.shape import Shape, inputs, out_refs, outputs, sources


class GuardAnalysis:
    """Finds the regions to guard.

    Attributes:
        used: the merged and collected values that something takes, the result aside.
    """

    def __init__(self, shape: Shape, types: Types) -> None:
        self._shape, self._types = shape, types
        taken = [value for node in shape.nodes.values() for value in inputs(node)]
        self.used = shape.made_of(out_refs(*taken))

    def guarded(self, region: If | Each) -> bool:
        """Whether a value that leaves the region and is used can be there although something in it failed."""
        leaving = [value.id for value in outputs(region) if value.id in self.used]
        if not leaving:
            return False
        inside = {node.id: node for node in self._shape.inside(region.id)}
        fallible = {id for id, node in inside.items() if isinstance(node, Call)}
        fallible |= {
            id for id, node in inside.items() if isinstance(node, If | Each) and not self._types.is_decided(node)
        }
        values = {value.id for node in (region, *inside.values()) for value in outputs(node)}
        for id in values & self.used:
            parts = enumerate(sources(self._shape.values[id]))
            fallible |= {f"{id} {number}" for number, part in parts if not self._types.cannot_fail(part)}
        return any(fallible - self._needed(value, {*inside, *values}) for value in leaving)

    def _needed(self, value: str, within: Collection[str]) -> set[str]:
        """What in a region must go well for a value: calls, regions that decide, values that are formed (`value n`).
        What is outside takes nothing of the region, so the search stays `within`."""
        shape, found = self._shape, set[str]()
        waiting: list[tuple[str, bool]] = [(value, False)]
        seen: set[tuple[str, bool]] = set()
        while waiting:
            id, whole = waiting.pop()
            if (id, whole) in seen or id not in within:
                continue
            seen.add((id, whole))
            found.add(id)
            if id in shape.values:
                waiting.append((shape.owner[id], False))
                for number, source in enumerate(sources(shape.values[id])):
                    found.add(f"{id} {number}")
                    waiting += [(each, False) for each in out_refs(source)]
                continue
            waits = shape.waits(id)
            waiting += [(each, False) for each in waits.values]
            waiting += [(each, True) for each in waits.after]
            if whole:
                waiting += [(inner.id, False) for inner in shape.inside(id)]
        return found
