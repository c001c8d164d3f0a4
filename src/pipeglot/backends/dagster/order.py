"""What an op waits for through others, and the order of collecting that Dagster needs."""

from __future__ import annotations

from collections.abc import Iterable

from pipeglot.codegen.names import Names
from pipeglot.core.ir import Item, Out

from .plan import Done, Graph, Handle, Mapped, Op, ReturnValue, Source


def collect_first(graph: Graph, names: Names) -> None:
    """Let an op collect nothing when it also depends on what another loop has collected: it takes a list from an op
    that does nothing else.

    When that other loop is never expanded, for something failed before, Dagster (1.13) waits forever for what comes
    after such an op (`_get_executable_step_deps` sees steps that collect after those that depend on them).
    """
    loops: dict[Op | Source, frozenset[str]] = {}
    lists: dict[tuple[Handle, bool], Handle] = {}
    steps: list[Op | Mapped] = []

    def collected(op: Op) -> frozenset[str]:
        return frozenset(handle.loop for handle in op.handles() if handle.loop not in (None, op.loop))

    def before(handles: Iterable[Handle]) -> frozenset[str]:
        return frozenset[str]().union(*(loops.get(handle.op, frozenset()) for handle in handles))

    def alone(handle: Handle, root: Out | Item | None) -> Handle:
        key = (handle, root is not None)
        if key not in lists:
            assert isinstance(handle.op, Op) and handle.loop is not None
            name = names((graph.name, key), f"{handle.op.name}_{'list' if root is not None else 'ended'}")
            op = Op(name, handle.loop, Done() if root is None else ReturnValue(root))
            if root is None:
                op.order.append(("ended", (handle,)))
            else:
                op.takes[root] = handle
            loops[op] = before([handle]) | {handle.loop}
            steps.append(op)
            lists[key] = Handle(op)
        return lists[key]

    for step in graph.steps:
        op = step.fan if isinstance(step, Mapped) else step
        own = collected(op)
        mine = [handle for handle in op.handles() if handle.loop in own]
        others = [handle for handle in op.handles() if handle.loop not in own]
        if own and before(others) - before(mine) - own:
            op.takes = {root: alone(h, root) if h.loop in own else h for root, h in op.takes.items()}
            op.order = [(n, tuple(alone(h, None) if h.loop in own else h for h in hs)) for n, hs in op.order]
        loops[op] = before(op.handles()) | own
        for mapped in step.ops if isinstance(step, Mapped) else []:
            loops[mapped] = before(mapped.handles()) | loops[op]
        steps.append(step)
    graph.steps = steps


def comes_after(op: Op, other: Op | Source, look: int = 50) -> bool:
    """Whether an op runs only when another one has succeeded, as far as a short look at what it depends on tells."""
    seen: set[Op | Source] = set()
    stack = [op]
    while stack and look:
        current, look = stack.pop(), look - 1
        single = [handles[0] for _, handles in current.order if len(handles) == 1]
        for handle in [*current.takes.values(), *single]:
            if handle.loop in (None, current.loop) and handle.op not in seen:
                if handle.op is other:
                    return True
                seen.add(handle.op)
                if isinstance(handle.op, Op):
                    stack.append(handle.op)
    return False
