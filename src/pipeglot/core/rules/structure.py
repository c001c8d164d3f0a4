"""Rules about names, references, order and the parts a node must have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.ir import (
    MAX_DEPTH,
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    Group,
    If,
    Include,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Text,
    Value,
    blocks,
    operands,
    parts,
)
from pipeglot.core.rules.symbols import Findings, SymbolTable, ValueUse
from pipeglot.core.shape import EnclosingBlock, inputs, outputs, sources, transparent

LONGEST = 200
"""Characters of an id or a name."""


def depth(symbols: SymbolTable) -> Findings:
    """Blocks, values and constants nested too deep, which later steps could not even walk."""
    stack: list[tuple[Any, int]] = [(symbols.pipeline, 0)]
    while stack:
        thing, level = stack.pop()
        if level > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            yield symbols.find("PG172", message, help="put a part of it into a step or a pipeline of its own")
            return
        stack += [(inner, level + 1) for inner in _inside(thing)]


Nested: TypeAlias = Pipeline | AnyNode | Value | dict[str, Any] | list[Any] | str | float | None
"""What may be nested: blocks, values and constants."""


def _inside(thing: Nested) -> Iterable[Nested]:
    match thing:
        case dict():
            return thing.values()
        case list():
            return thing
        case Pipeline():
            final = [thing.final.call] if thing.final else []
            rest = [thing.result] if thing.result is not None else []
            return [*thing.body, *final, *rest]
        case If() | Each() | Group() | Call() | Include():
            included = [*thing.args.values(), *_inside(thing.pipeline)] if isinstance(thing, Include) else []
            leaving = (value for output in outputs(thing) for value in sources(output))
            return [*inputs(thing), *included, *leaving, *(node for block in blocks(thing) for node in block)]
        case Const():
            return [thing.value] if isinstance(thing.value, list | dict) else []
        case None | bool() | int() | float() | str():
            return []
        case _:
            return operands(thing)


def unicode_text(symbols: SymbolTable) -> Findings:
    """Half characters (lone surrogates), which no file can hold."""
    try:
        symbols.pipeline.to_json(indent=None).encode()
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - 20) : error.start]
        message = f"half a Unicode character (a lone surrogate) after {near!r}"
        yield symbols.find("PG192", message, help="write the whole character")


def ids(symbols: SymbolTable) -> Findings:
    """Ids are unique and of a fair length; so are the names of steps and parameters."""
    nodes = [*_walk(symbols.pipeline)]
    if symbols.pipeline.final is not None:
        nodes.append((symbols.pipeline.final.call.id, symbols.pipeline.final.call))
    times = Counter(id for id, _ in nodes)
    for id, node in nodes:
        if times[id] > 1:
            times[id] = 1
            yield symbols.find("PG170", f"the id {id!r} is given twice", node, "ids name one thing in a pipeline")
        yield from _name(symbols, "the id", id, node)
    pipeline = symbols.pipeline
    yield from _name(symbols, "the pipeline's name", pipeline.name, pipeline)
    for what, things in (("step", pipeline.steps), ("parameter", pipeline.params)):
        seen: set[str] = set()
        for thing in things:
            if thing.name in seen:
                yield symbols.find("PG170", f"two {what}s are called {thing.name!r}", thing)
            seen.add(thing.name)
            yield from _name(symbols, f"the {what} name", thing.name, thing)


def _walk(pipeline: Pipeline) -> Iterable[tuple[str, Any]]:
    stack = [*reversed(pipeline.body)]
    while stack:
        node = stack.pop()
        yield node.id, node
        yield from ((output.id, output) for output in outputs(node))
        stack += [child for block in reversed(blocks(node)) for child in reversed(block)]


def _name(symbols: SymbolTable, what: str, name: str, at: Any) -> Findings:
    if not 1 <= len(name) <= LONGEST:
        shown = repr(name[:20]) + ("..." if len(name) > 20 else "")
        yield symbols.find("PG171", f"{what} {shown} has {len(name)} characters, not 1 to {LONGEST}", at)


def references(symbols: SymbolTable) -> Findings:
    """What a value refers to exists, was made before, and is in scope."""
    for use in symbols.uses:
        for part in parts(use.value):
            match part:
                case Out():
                    yield from _out(symbols, use, part.ref)
                case ParamRef() if part.name not in symbols.params:
                    names = ", ".join(symbols.params) or "none"
                    message = f"{use.what} takes the unknown parameter {part.name!r}"
                    yield symbols.find("PG184", message, use.at, f"the pipeline's parameters: {names}")
                case Item() if EnclosingBlock(part.loop) not in use.frames:
                    message = f"{use.what} takes the item of {part.loop!r}, which is not a loop around it"
                    yield symbols.find("PG174", message, use.at)
                case Ctx(name="state") if not use.final:
                    message = f"{use.what} takes the state of the run, which only a Final can"
                    yield symbols.find("PG184", message, use.at)
                case Const() | ParamRef() | Item() | Ctx() | ListOf() | DictOf() | Text():
                    pass
                case Compare() | IsIn() | All() | Any_() | Not():
                    pass
                case _:
                    assert_never(part)


def _out(symbols: SymbolTable, use: ValueUse, ref: str) -> Findings:
    shape = symbols.shape
    node = shape.nodes.get(ref)
    if use.final:
        yield symbols.find(
            "PG183",
            f"{use.what} takes a value of {ref!r}, which may never exist; a Final takes only constants, params and context",
            use.at,
            "name what it is about beforehand, by a parameter or run.run_id, and give that name to both calls",
        )
    elif ref not in shape.values and not isinstance(node, Call | Include):
        what = "unknown" if node is None else f"the {node.kind}"
        message = f"{use.what} takes a value of {what} {ref!r}"
        yield symbols.find("PG173", message, use.at, "calls, merged and collected values give values")
    elif isinstance(node, Include) and node.pipeline.result is None:
        message = f"{use.what} takes the result of {ref!r}, which has none"
        yield symbols.find("PG190", message, use.at, f"let the pipeline {node.pipeline.name!r} return something")
    elif not _in_scope(symbols, use, ref):
        held = shape.frames[ref]
        inside = f" inside {held[-1].region!r}" if held and held[-1] not in use.frames else ""
        message = f"{use.what} takes a value of {ref!r}, which is not in scope: it is made{inside or ' later'}"
        yield symbols.find("PG174", message, use.at, "values leave an If by merge and an Each by collect")


def _in_scope(symbols: SymbolTable, use: ValueUse, ref: str) -> bool:
    shape = symbols.shape
    held = shape.frames[ref]
    if use.frames[: len(held)] != held:
        return False
    region = shape.owner.get(ref)
    if region is not None and any(frame.region == region for frame in use.frames):
        return False
    if use.owner is None:
        return True
    if use.leaves is not None and any(frame.region == use.owner.id for frame in held):
        return True  # made inside the region it leaves
    return symbols.position[ref] < symbols.position[use.owner.id]


def order(symbols: SymbolTable) -> Findings:
    """`after` names things to wait for."""
    shape = symbols.shape
    for id, node in shape.nodes.items():
        if isinstance(node, Group):
            continue
        around = {id, *shape.groups[id], *(frame.region for frame in shape.frames[id])}
        for ref in node.after:
            if ref not in shape.nodes and ref not in shape.values:
                yield symbols.find("PG175", f"{id!r} comes after {ref!r}, which does not exist", node)
            elif shape.owner.get(ref, ref) in around:
                yield symbols.find("PG175", f"{id!r} comes after {ref!r}, which it is a part of", node)


def cycles(symbols: SymbolTable) -> Findings:
    """Nodes that wait for one another, block by block: what is left when all that can start has."""
    shape = symbols.shape
    waits: dict[str, set[str]] = {}
    for id, node in shape.nodes.items():
        if not isinstance(node, Group):
            waits[id] = set()
            for ref in shape.upstream(id):
                found = shape.nodes[ref]
                waits[id].update(inner.id for inner in transparent((found,)))
    waiting: dict[str, list[str]] = {}
    for id, refs in waits.items():
        for ref in refs:
            waiting.setdefault(ref, []).append(id)
    missing = {id: len(refs) for id, refs in waits.items()}
    free = [id for id, count in missing.items() if not count]
    while free:
        id = free.pop()
        del missing[id]
        for other in waiting.get(id, ()):
            missing[other] -= 1
            if not missing[other]:
                free.append(other)
    while missing:
        ring = _ring(next(iter(missing)), waits, missing)
        text = " after ".join(repr(id) for id in [*ring, ring[0]])
        yield symbols.find("PG175", f"a cycle: {text}", shape.nodes[ring[0]], "take one `after` away")
        for id in _reached(ring, waiting, missing):
            del missing[id]


def _ring(start: str, waits: dict[str, set[str]], missing: dict[str, int]) -> list[str]:
    path: dict[str, int] = {}
    id = start
    while id not in path:
        path[id] = len(path)
        id = min(ref for ref in waits[id] if ref in missing)
    return list(path)[path[id] :]


def _reached(ring: list[str], waiting: dict[str, list[str]], missing: dict[str, int]) -> set[str]:
    """The ring and all that waits for it."""
    found: set[str] = set()
    stack = list(ring)
    while stack:
        id = stack.pop()
        if id in missing and id not in found:
            found.add(id)
            stack += waiting.get(id, ())
    return found


def arms(symbols: SymbolTable) -> Findings:
    """Only the last arm of an If is unconditional, and a merged value has one value per arm."""
    for node in symbols.shape.nodes.values():
        if not isinstance(node, If):
            continue
        for arm in node.arms[:-1]:
            if arm.when is None:
                message = f"an arm of {node.id!r} without a condition has others after it, never taken"
                yield symbols.find("PG177", message, arm.at or node.at)
        if len(node.arms) == 1 and node.arms[0].when is None:
            yield symbols.find("PG177", f"{node.id!r} has no condition", node, "take its block out of the If")
        for merged in node.merged:
            if len(merged.values) != len(node.arms):
                message = f"{merged.id!r} has {len(merged.values)} values for {len(node.arms)} arms"
                yield symbols.find("PG176", message, merged.at or node.at, "give one value per arm")
            if node.arms[-1].when is not None:
                message = f"{merged.id!r} has no value when no condition of {node.id!r} holds"
                yield symbols.find("PG176", message, merged.at or node.at, "add an unconditional last arm")


def calls(symbols: SymbolTable) -> Findings:
    """Calls name known steps and give them the arguments they take."""
    for call in symbols.calls:
        step = symbols.steps.get(call.step)
        if step is None:
            yield symbols.find("PG178", f"{call.id!r} calls the unknown step {call.step!r}", call)
            continue
        takes = {parameter.name: parameter for parameter in step.parameters}
        for name in call.args:
            if name not in takes:
                names = ", ".join(takes) or "none"
                message = f"{call.id!r} gives {name!r}, which step {step.name!r} does not take"
                yield symbols.find("PG179", message, call, f"it takes: {names}")
        for name, parameter in takes.items():
            if name not in call.args and not parameter.has_default:
                message = f"{call.id!r} does not give {name!r}, which step {step.name!r} needs"
                yield symbols.find("PG179", message, call)


def includes(symbols: SymbolTable) -> Findings:
    """Includes give the included pipeline's parameters."""
    for node in symbols.includes:
        takes = {param.name: param for param in node.pipeline.params}
        for name in node.args:
            if name not in takes:
                names = ", ".join(takes) or "none"
                message = f"{node.id!r} gives {name!r}, no parameter of {node.pipeline.name!r}"
                yield symbols.find("PG190", message, node, f"its parameters: {names}")
        for name, param in takes.items():
            if param.required and name not in node.args:
                message = f"{node.id!r} does not give {name!r}, which {node.pipeline.name!r} needs"
                yield symbols.find("PG190", message, node)


def final(symbols: SymbolTable) -> Findings:
    """A Final waits for everything, and its failure counts."""
    if symbols.pipeline.final is None:
        return
    call = symbols.pipeline.final.call
    if call.after:
        yield symbols.find("PG183", f"the Final {call.id!r} has `after`; it comes after everything", call)
    if call.policy.on_failure is not None:
        message = f"the Final {call.id!r} has on_failure=continue, and its failure fails the run"
        yield symbols.find("PG183", message, call, "let its step catch what may go wrong")
