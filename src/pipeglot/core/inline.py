"""Includes replaced by groups: the included nodes under prefixed ids, its params by their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass, replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.ir import (
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
    Leaf,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    SourceFragment,
    Step,
    Text,
    Value,
    parts,
    walk,
)

Path = tuple[str | int, ...]


def select(value: Value, path: Path) -> Value:
    """`value` at `path`: done now where the structure is known, else added to the reference's own path.

    Raises LookupError or TypeError when a known structure has no such place.

    >>> select(Const(value={"a": [1, 2]}), ("a", 1)).value
    2
    """
    for position, key in enumerate(path):
        match value:
            case Out() | Item() | ParamRef():
                return replace(value, path=(*value.path, *path[position:]))
            case Const(value=known):
                value = Const(value=known[key])
            case ListOf(items=items):
                value = items[int(key)]
            case DictOf(items=pairs):
                value = dict(pairs)[str(key)]
            case Ctx() | Text() | Compare() | IsIn() | All() | Any_() | Not():
                raise TypeError(f"a {value.kind} value has no {key!r}")
            case _:
                assert_never(value)
    return value


def rewrite(value: Value, leaf: Callable[[Leaf], Value]) -> Value:
    """`value` with every reference in it replaced by what `leaf` gives for it."""

    def each(inner: Value) -> Value:
        return rewrite(inner, leaf)

    match value:
        case ListOf():
            return replace(value, items=tuple(map(each, value.items)))
        case Text():
            return replace(value, parts=tuple(map(each, value.parts)))
        case DictOf():
            return replace(value, items=tuple((k, each(v)) for k, v in value.items))
        case All() | Any_():
            return replace(value, operands=tuple(each(v) for v in value.operands))
        case Compare():
            return replace(value, left=each(value.left), right=each(value.right))
        case IsIn():
            return replace(value, value=each(value.value))
        case Not():
            return replace(value, operand=each(value.operand))
        case Const() | ParamRef() | Out() | Item() | Ctx():
            return leaf(value)
        case _:
            assert_never(value)


@dataclass(frozen=True)
class _Renaming:
    """How one block of nodes is copied: what ids, steps, params and included results become."""

    prefix: str
    steps: dict[str, str]
    params: dict[str, Value] | None
    results: dict[str, Value]

    def id(self, id: str) -> str:
        return self.prefix + id

    def value(self, value: Value) -> Value:
        return rewrite(value, self._leaf)

    def _leaf(self, value: Leaf) -> Value:
        match value:
            case Out(ref=ref) if ref in self.results:
                return select(self.results[ref], value.path)
            case Out():
                return replace(value, ref=self.id(value.ref))
            case Item():
                return replace(value, loop=self.id(value.loop))
            case ParamRef() if self.params is not None:
                return select(self.params[value.name], value.path)
            case ParamRef() | Const() | Ctx():
                return value
            case _:
                assert_never(value)


def inline(pipeline: Pipeline) -> Pipeline:
    """The same pipeline without Includes; itself when it has none.

    Raises AuthoringError when source that an Include brings clashes with the pipeline's own.
    """
    if not any(isinstance(node, Include) for node in walk(pipeline.body)):
        return pipeline
    merge = _IncludeMerge(list(pipeline.steps), list(pipeline.code), list(pipeline.packages))
    results: dict[str, Value] = {}
    renaming = _Renaming("", {}, None, results)
    body = _copy(pipeline.body, renaming, merge)
    result = None if pipeline.result is None else renaming.value(pipeline.result)
    update: dict[str, Any] = {
        "body": body,
        "result": result,
        "steps": tuple(merge.steps),
        "code": tuple(merge.code),
        "packages": tuple(dict.fromkeys(merge.packages)),
    }
    return replace(pipeline, **update)


class _IncludeMerge:
    """The steps, source and packages of the pipeline, growing by those of what it includes."""

    def __init__(self, steps: list[Step], code: list[SourceFragment], packages: list[str]) -> None:
        self.steps, self.code, self.packages = steps, code, packages

    def take(self, include: Include, pipeline: Pipeline) -> dict[str, str]:
        """Add what an included pipeline brings; how its steps are called from now on."""
        self.packages += pipeline.packages
        known = {name: chunk for chunk in self.code for name in chunk.names}
        for chunk in pipeline.code:
            twins = [known[name] for name in chunk.names if name in known]
            if any(twin.text != chunk.text and not _both_bind_the_package(twin, chunk) for twin in twins):
                raise AuthoringError([_clash(include, chunk)])
            if not any(chunk.text == other.text for other in self.code):
                self.code.append(chunk)
        self.code.sort(key=lambda chunk: "__future__" not in chunk.text.split("import")[0])
        names: dict[str, str] = {}
        existing = {step.name: step for step in self.steps}
        for step in pipeline.steps:
            same = existing.get(step.name)
            name = step.name if same in (None, step) else f"{include.id}.{step.name}"
            names[step.name] = name
            if name not in existing:
                self.steps.append(replace(step, name=name))
        return names


def _both_bind_the_package(one: SourceFragment, other: SourceFragment) -> bool:
    """`import os` and `import os.path` bind the same name to the same thing."""
    return all(chunk.kind == "import" and chunk.text.startswith("import ") for chunk in (one, other))


def _clash(include: Include, chunk: SourceFragment) -> Diagnostic:
    name = ", ".join(chunk.names)
    message = f"including {include.pipeline.name!r} brings another {name} than this pipeline's file has"
    way_out = "rename one of the two, or import it from a module"
    return Diagnostic("PG169", "error", message, include.at, way_out)


def _copy(body: tuple[AnyNode, ...], how: _Renaming, merge: _IncludeMerge) -> tuple[AnyNode, ...]:
    return tuple(_copy_node(node, how, merge) for node in body)


def _copy_node(node: AnyNode, how: _Renaming, merge: _IncludeMerge) -> AnyNode:
    new: dict[str, Any] = {"id": how.id(node.id)}
    if not isinstance(node, Group):
        new["after"] = tuple(how.id(ref) for ref in node.after)
    match node:
        case Call():
            new["step"] = how.steps.get(node.step, node.step)
            new["args"] = {name: how.value(value) for name, value in node.args.items()}
        case If():
            new["arms"] = tuple(
                replace(arm, when=None if arm.when is None else how.value(arm.when), body=_copy(arm.body, how, merge))
                for arm in node.arms
            )
            new["merged"] = tuple(
                replace(m, id=how.id(m.id), values=tuple(how.value(v) for v in m.values)) for m in node.merged
            )
        case Each():
            new["items"] = how.value(node.items)
            new["body"] = _copy(node.body, how, merge)
            new["collected"] = tuple(replace(c, id=how.id(c.id), value=how.value(c.value)) for c in node.collected)
        case Group():
            new["body"] = _copy(node.body, how, merge)
        case Include():
            return _group(node, how, merge)
        case _:
            assert_never(node)
    return replace(node, **new)


def _group(include: Include, how: _Renaming, merge: _IncludeMerge) -> Group:
    inner = include.pipeline
    args = {name: how.value(value) for name, value in include.args.items()}
    params: dict[str, Value] = {p.name: args.get(p.name, Const(value=p.default)) for p in inner.params}
    id = how.id(include.id)
    inside = _Renaming(f"{id}.", merge.take(include, inner), params, {})
    body = _copy(inner.body, inside, merge)
    if inner.result is not None:
        how.results[include.id] = inside.value(inner.result)
    entry = [p.ref for value in args.values() for p in parts(value) if isinstance(p, Out)]
    entry += [how.id(ref) for ref in include.after]
    body = tuple(_enter(node, tuple(dict.fromkeys(entry))) for node in body)
    return Group(id=id, body=body, description=inner.description, at=include.at)


def _enter(node: AnyNode, entry: tuple[str, ...]) -> AnyNode:
    """Make a top-level node of an Include come after all that the Include takes."""
    if isinstance(node, Group):
        return replace(node, body=tuple(_enter(child, entry) for child in node.body))
    return replace(node, after=tuple(dict.fromkeys((*node.after, *entry))))
