"""A failing pipeline made smaller, as long as it fails: by structural edits, many candidates at a time.

Starting an engine costs seconds and a run tenths of one, so the predicate takes a batch. What shrinks one choice at a
time (Hypothesis) would start an engine for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from pipeglot.core.border import read
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import PipeglotError
from pipeglot.core.inference import schema_of
from pipeglot.core.inline import inline
from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
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
    Param,
    ParamRef,
    Pipeline,
    Policy,
    Text,
    Value,
    parts,
    walk,
)
from pipeglot.core.rules.symbols import SymbolTable
from pipeglot.core.shape import inputs, outputs, sources

Predicate: TypeAlias = Callable[[Sequence[Pipeline]], Sequence[bool]]
"""Which of these pipelines still fail, in their order."""

Edit: TypeAlias = Callable[[Pipeline], Pipeline]
"""One simplification. Where it does not apply (any more) it gives the pipeline back, or one that is not valid."""

ON = ParamRef(name="on")
"""What a condition becomes: a param, because a constant condition is refused."""


@dataclass(frozen=True)
class Shrunk:
    pipeline: Pipeline
    batches: int
    finished: bool
    """Whether no edit helps any more; else there were batches enough."""


def shrink(pipeline: Pipeline, fails: Predicate, *, batch: int = 32, batches: int = 30) -> Shrunk:
    """The smallest pipeline found for which `fails` holds. Every candidate is valid, and smaller than the last.

    Args:
        pipeline: one that fails.
        fails: the predicate.
        batch: candidates tried at a time.
        batches: how often, at most.
    """
    tried: set[str] = set()
    composed: list[Pipeline] = []
    for number in range(batches):
        known = [(each, edit) for edit in edits(pipeline) if (each := edited(edit, pipeline)) is not None]
        candidates: list[tuple[Pipeline, Edit | None]] = [(each, None) for each in composed]
        candidates += sorted(known, key=lambda pair: size(pair[0]))
        chosen: dict[str, tuple[Pipeline, Edit | None]] = {}
        smaller = (pair for pair in candidates if size(pair[0]) < size(pipeline))
        while len(chosen) < batch and (pair := next(smaller, None)) is not None:
            digest = pair[0].digest()
            if digest not in tried and digest not in chosen and valid(pair[0]):
                chosen[digest] = pair
        if not chosen:
            return Shrunk(pipeline, number, finished=True)
        tried |= chosen.keys()
        verdicts = fails([candidate for candidate, _ in chosen.values()])
        failing = [pair for pair, failed in zip(chosen.values(), verdicts, strict=True) if failed]
        if failing:
            helpful = [edit for _, edit in failing if edit is not None]
            composed = list(compositions(pipeline, helpful))
            pipeline = min((candidate for candidate, _ in failing), key=size)
    return Shrunk(pipeline, batches, finished=False)


def compositions(pipeline: Pipeline, helpful: Sequence[Edit]) -> Iterator[Pipeline]:
    """What helped one by one may help together: all edits, halves, quarters."""
    pieces = [helpful]
    while pieces:
        together = pieces.pop(0)
        if len(together) < 2:
            continue
        if (
            whole := applied(lambda p, together=together: reduce(lambda q, e: e(q), together, p), pipeline)  # type: ignore[misc]
        ) is not None:
            yield whole
        if len(together) > len(helpful) // 4:
            half = len(together) // 2
            pieces += [together[:half], together[half:]]


def applied(edit: Edit, pipeline: Pipeline) -> Pipeline | None:
    """The edited pipeline, when it is valid and another one."""
    made = edited(edit, pipeline)
    return made if made is not None and valid(made) else None


def edited(edit: Edit, pipeline: Pipeline) -> Pipeline | None:
    """The edited pipeline, when it is another one."""
    try:
        made = _tidy(edit(pipeline))
    except (PipeglotError, LookupError, ValueError):
        return None
    return None if made == pipeline else made


def valid(pipeline: Pipeline) -> bool:
    try:
        return not any(finding.severity == "error" for finding in check(pipeline))
    except (PipeglotError, LookupError, ValueError):
        return False


def size(pipeline: Pipeline) -> int:
    """What shrinking makes smaller: nodes above all, then what they are made of."""
    total = 1000 * nodes(pipeline) + 20 * len(pipeline.params) + 300 * (pipeline.schedule is not None)
    values = [] if pipeline.result is None else [pipeline.result]
    values += [] if pipeline.final is None else [*pipeline.final.call.args.values()]
    for node in walk(pipeline.body):
        values += [*inputs(node), *(value for out in outputs(node) for value in sources(out))]
        total += 30 * len(outputs(node)) + (0 if isinstance(node, Group) else 15 * len(node.after))
        if isinstance(node, Call):
            total += 15 * sum(getattr(node.policy, name) is not None for name in Policy.__fields__)
        if isinstance(node, Each):
            total += 15 * (node.max_parallel is not None)
        if isinstance(node, If):
            total += 30 * len(node.arms)
        if isinstance(node, Include):
            total += size(node.pipeline) + 20 * len(node.args)
    return total + sum(_weight(part) for value in values for part in parts(value))


def nodes(pipeline: Pipeline) -> int:
    """How many calls and regions there are, the Final too."""
    return len(list(walk(pipeline.body))) + (pipeline.final is not None)


def _weight(value: Value) -> int:
    if isinstance(value, Const):
        return 3 + (len(value.value) if isinstance(value.value, list | dict | str) else 0)
    if value == ON:
        return 4
    return 8 + (len(value.path) if isinstance(value, Out | Item | ParamRef) else 0)


# ---------------------------------------------------------------- edits


def edits(pipeline: Pipeline) -> Iterator[Edit]:
    """Every single simplification of a pipeline."""
    if any(isinstance(node, Include) for node in walk(pipeline.body)):
        yield inline
    for name in ("final", "result", "schedule"):
        yield lambda p, name=name: replace(p, **{name: None})  # type: ignore[misc]
    yield _without_unused
    for node in walk(pipeline.body):
        for decided in (ON, Not(operand=ON)):
            yield lambda p, id=node.id, decided=decided: _drop(p, id, decided)  # type: ignore[misc]
        yield from _of_node(node)


def _of_node(node: AnyNode) -> Iterator[Edit]:
    if not isinstance(node, Group) and node.after:
        yield _on(node.id, lambda n: replace(n, after=()))
    for out in outputs(node):
        yield lambda p, id=out.id: _drop_output(p, id)  # type: ignore[misc]
    match node:
        case Call():
            yield from _of_call(node)
        case If():
            yield from _of_if(node)
        case Each():
            yield lambda p: _unwrap_each(p, node.id)
            yield _on(node.id, lambda n: replace(n, max_parallel=None))
            yield from _of_items(node)
        case Group():
            yield lambda p: rewrite(p, nodes=lambda n: n.body if n.id == node.id and isinstance(n, Group) else (n,))
        case Include():
            pass


def _of_call(node: Call) -> Iterator[Edit]:
    yield _on(node.id, lambda n: replace(n, policy=Policy()))
    for name in Policy.__fields__:
        yield _on(node.id, lambda n, name=name: _with(n, "policy", _with(n.policy, name, None)))  # type: ignore[misc]
    for name, value in node.args.items():
        yield _on(node.id, lambda n, name=name: _with(n, "args", {k: v for k, v in n.args.items() if k != name}))  # type: ignore[misc]
        smaller = [part for part in parts(value) if part is not value]
        if isinstance(value, ListOf | Text) and len(smaller) > 1:
            key = "items" if isinstance(value, ListOf) else "parts"
            inner = getattr(value, key)
            smaller += [replace(value, **{key: inner[:n] + inner[n + 1 :]}) for n in range(len(inner))]
        for part in [*smaller, Const(value=0), Const(value=True), Const(value="")]:
            yield _on(node.id, lambda n, name=name, part=part: _with(n, "args", {**n.args, name: part}))  # type: ignore[misc]


def _of_if(node: If) -> Iterator[Edit]:
    for number, arm in enumerate(node.arms):
        yield lambda p, number=number: _unwrap_arm(p, node.id, number)  # type: ignore[misc]
        yield _on(node.id, lambda n, number=number: _without_arm(n, number))  # type: ignore[misc]
        if arm.when is None:
            continue
        operands = arm.when.operands if isinstance(arm.when, All | Any_) else ()
        operands = (arm.when.operand,) if isinstance(arm.when, Not) else operands
        for when in (ON, Not(operand=ON), *operands):
            yield _on(node.id, lambda n, number=number, when=when: _with_condition(n, number, when))  # type: ignore[misc]
    for place, merged in enumerate(node.merged):
        for number in range(len(merged.values)):
            yield lambda p, place=place, number=number: _constant_merged(p, node.id, place, number)  # type: ignore[misc]


def _of_items(node: Each) -> Iterator[Edit]:
    example = sample(node.item_type)
    if isinstance(node.items, Const) and isinstance(node.items.value, list):
        items = node.items.value
        fewer = [items[:n] + items[n + 1 :] for n in range(len(items))]
    else:
        fewer = [[example], [example, example], []]
    for values in fewer:
        yield _on(node.id, lambda n, values=values: replace(n, items=Const(value=values)))  # type: ignore[misc]


def _with(node: Any, name: str, value: Any) -> Any:
    return read(type(node), {**{name: getattr(node, name) for name in type(node).__fields__}, name: value})


def _without_arm(node: AnyNode, number: int) -> AnyNode:
    if not isinstance(node, If) or number >= len(node.arms):
        return node
    arms = node.arms[:number] + node.arms[number + 1 :]
    merged = tuple(replace(m, values=m.values[:number] + m.values[number + 1 :]) for m in node.merged)
    if not arms:
        return node
    if len(arms) == 1 and arms[0].when is None:
        arms = (replace(arms[0], when=ON),)
        merged = ()
    return replace(node, arms=arms, merged=merged)


def _with_condition(node: AnyNode, number: int, when: Value) -> AnyNode:
    if not isinstance(node, If) or number >= len(node.arms) or node.arms[number].when is None:
        return node
    arms = list(node.arms)
    arms[number] = replace(arms[number], when=when)
    return replace(node, arms=tuple(arms))


def _constant_merged(pipeline: Pipeline, id: str, place: int, number: int) -> Pipeline:
    def constant(node: AnyNode) -> AnyNode:
        if not isinstance(node, If) or place >= len(node.merged):
            return node
        merged = node.merged[place]
        values = list(merged.values)
        values[number] = Const(value=sample(merged.type))
        changed = replace(merged, values=tuple(values))
        return replace(node, merged=(*node.merged[:place], changed, *node.merged[place + 1 :]))

    return _on(id, constant)(pipeline)


def _on(id: str, change: Callable[[Any], Any]) -> Edit:
    """An edit of one node."""
    return lambda pipeline: rewrite(pipeline, nodes=lambda node: (change(node) if node.id == id else node,))


def _drop(pipeline: Pipeline, id: str, decided: Value) -> Pipeline:
    """Without a node; what took its value takes a constant, and conditions on it are decided."""
    gone: set[str] = set()
    for node in walk(pipeline.body):
        if node.id == id:
            for inner in walk((node,)):
                gone |= {inner.id, *(out.id for out in outputs(inner))}
    instead = _constants(pipeline, gone)

    def node_without(node: AnyNode) -> tuple[AnyNode, ...]:
        return () if node.id == id else (node,)

    return rewrite(_decided(pipeline, gone, decided), nodes=node_without, values=instead)


def _decided(pipeline: Pipeline, gone: set[str], decided: Value) -> Pipeline:
    def change(node: AnyNode) -> tuple[AnyNode, ...]:
        if isinstance(node, If):
            for number, arm in enumerate(node.arms):
                if arm.when is not None and any(isinstance(v, Out) and v.ref in gone for v in parts(arm.when)):
                    node = _with_condition(node, number, decided)
        return (node,)

    return rewrite(pipeline, nodes=change)


def _drop_output(pipeline: Pipeline, id: str) -> Pipeline:
    """Without a merged or collected value."""

    def without(node: AnyNode) -> tuple[AnyNode, ...]:
        name = "merged" if isinstance(node, If) else "collected"
        kept: Any = tuple(out for out in outputs(node) if out.id != id)
        return (replace(node, **{name: kept}) if kept != outputs(node) else node,)

    return rewrite(_decided(pipeline, {id}, ON), nodes=without, values=_constants(pipeline, {id}))


def _constants(pipeline: Pipeline, gone: set[str]) -> Callable[[Value], Value]:
    scope = SymbolTable(pipeline).scope

    def instead(value: Value) -> Value:
        if isinstance(value, Out) and value.ref in gone:
            return Const(value=sample(schema_of(value, scope) or {}))
        return value

    return instead


def _unwrap_arm(pipeline: Pipeline, id: str, number: int) -> Pipeline:
    """The nodes of one arm in the place of the If."""
    given: dict[str, Value] = {}
    gone: set[str] = set()
    for node in walk(pipeline.body):
        if node.id == id and isinstance(node, If):
            given = {merged.id: merged.values[number] for merged in node.merged}
            others = [inner for n, arm in enumerate(node.arms) if n != number for inner in walk(arm.body)]
            gone = {name for inner in others for name in (inner.id, *(out.id for out in outputs(inner)))}

    def instead(value: Value) -> Value:
        if isinstance(value, Out) and value.ref in given:
            return _followed(given[value.ref], value.path)
        return value

    def opened(node: AnyNode) -> tuple[AnyNode, ...]:
        return node.arms[number].body if node.id == id and isinstance(node, If) else (node,)

    return rewrite(rewrite(pipeline, nodes=opened, values=_constants(pipeline, gone)), values=instead)


def _followed(value: Value, path: tuple[str | int, ...]) -> Value:
    if isinstance(value, Const):
        inner: Any = value.value
        for step in path:
            inner = inner[step]
        return Const(value=inner)
    if not path:
        return value
    assert isinstance(value, Out | Item | ParamRef)
    return replace(value, path=(*value.path, *path))


def _unwrap_each(pipeline: Pipeline, id: str) -> Pipeline:
    """The body of a loop once, for an example of an item."""
    found = [node for node in walk(pipeline.body) if node.id == id and isinstance(node, Each)]
    if not found:
        return pipeline
    [loop] = found
    item = loop.items.value[0] if isinstance(loop.items, Const) and loop.items.value else sample(loop.item_type)
    scope = SymbolTable(pipeline).scope
    collected = {out.id: out.value for out in loop.collected}

    def instead(value: Value) -> Value:
        if isinstance(value, Item) and value.loop == id:
            return _followed(Const(value=item), value.path)
        if isinstance(value, Out) and value.ref in collected:
            made_of = ListOf(items=(collected[value.ref],))
            return Const(value=sample(schema_of(value, scope) or {})) if value.path else made_of
        return value

    def opened(node: AnyNode) -> tuple[AnyNode, ...]:
        return node.body if node.id == id and isinstance(node, Each) else (node,)

    return rewrite(pipeline, nodes=opened, values=instead)


def _without_unused(pipeline: Pipeline) -> Pipeline:
    """Without params and steps that nothing uses."""
    values = list(_values(pipeline))
    params = {part.name for value in values for part in parts(value) if isinstance(part, ParamRef)}
    calls = [node for node in walk(pipeline.body) if isinstance(node, Call)]
    calls += [] if pipeline.final is None else [pipeline.final.call]
    used = {call.step for call in calls}
    kept = tuple(param for param in pipeline.params if param.name in params)
    return replace(pipeline, params=kept, steps=tuple(s for s in pipeline.steps if s.name in used))


def _values(pipeline: Pipeline) -> Iterator[Value]:
    for node in walk(pipeline.body):
        yield from inputs(node)
        for out in outputs(node):
            yield from sources(out)
        if isinstance(node, Include):
            yield from node.args.values()
    if pipeline.final is not None:
        yield from pipeline.final.call.args.values()
    if pipeline.result is not None:
        yield pipeline.result


def _tidy(pipeline: Pipeline) -> Pipeline:
    """With the param that decided conditions need, and without `after` of what is gone."""
    ids = {name for node in walk(pipeline.body) for name in (node.id, *(out.id for out in outputs(node)))}

    def known(node: AnyNode) -> tuple[AnyNode, ...]:
        if isinstance(node, Group) or all(ref in ids for ref in node.after):
            return (node,)
        return (replace(node, after=tuple(ref for ref in node.after if ref in ids)),)

    pipeline = rewrite(pipeline, nodes=known)
    uses = any(part == ON for value in _values(pipeline) for part in parts(value))
    if uses and all(param.name != ON.name for param in pipeline.params):
        on = Param(name=ON.name, type={"type": "boolean"}, default=True)
        pipeline = replace(pipeline, params=(*pipeline.params, on))
    return pipeline


def sample(schema: dict[str, Any]) -> Any:
    """Some value of a type."""
    kind = schema.get("type")
    if kind is None:
        return sample(schema["anyOf"][0]) if "anyOf" in schema else 0
    if kind == "object":
        return {name: sample(schema.get("properties", {}).get(name, {})) for name in schema.get("required", ())}
    known = {"integer": 1, "number": 0.5, "string": "a", "boolean": True, "null": None}
    return [sample(schema.get("items", {}))] if kind == "array" else known[kind]


# ---------------------------------------------------------------- rewriting


def rewrite(
    pipeline: Pipeline,
    *,
    nodes: Callable[[AnyNode], Sequence[AnyNode]] = lambda node: (node,),
    values: Callable[[Value], Value] = lambda value: value,
) -> Pipeline:
    """The pipeline with every node replaced by what `nodes` gives for it and every value by what `values` gives, from
    the inside out. Included pipelines are left alone."""

    def value(old: Value) -> Value:
        match old:
            case ListOf():
                new: Value = replace(old, items=tuple(map(value, old.items)))
            case DictOf():
                new = replace(old, items=tuple((key, value(inner)) for key, inner in old.items))
            case Text():
                new = replace(old, parts=tuple(map(value, old.parts)))
            case All() | Any_():
                new = replace(old, operands=tuple(map(value, old.operands)))
            case Not():
                new = Not(operand=value(old.operand))
            case Compare():
                new = replace(old, left=value(old.left), right=value(old.right))
            case IsIn():
                new = replace(old, value=value(old.value))
            case _:
                new = old
        return values(new)

    def block(body: Sequence[AnyNode]) -> tuple[AnyNode, ...]:
        return tuple(new for node in body for new in nodes(inside(node)))

    def args(old: Any) -> Any:
        return replace(old, args={name: value(inner) for name, inner in old.args.items()})

    def inside(node: AnyNode) -> AnyNode:
        match node:
            case Call() | Include():
                return args(node)  # type: ignore[no-any-return]
            case Group():
                return replace(node, body=block(node.body))
            case Each():
                out = tuple(replace(each, value=value(each.value)) for each in node.collected)
                return replace(node, items=value(node.items), body=block(node.body), collected=out)
            case If():
                arms = tuple(
                    replace(arm, when=None if arm.when is None else value(arm.when), body=block(arm.body))
                    for arm in node.arms
                )
                merged = tuple(replace(each, values=tuple(map(value, each.values))) for each in node.merged)
                return replace(node, arms=arms, merged=merged)

    final = pipeline.final
    update: dict[str, Any] = {
        "body": block(pipeline.body),
        "result": None if pipeline.result is None else value(pipeline.result),
        "final": None if final is None else replace(final, call=args(final.call)),
    }
    return replace(pipeline, **update)
