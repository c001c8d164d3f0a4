"""The attributes that a pipeline uses, read off the classes of the IR."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from pydantic_core import to_jsonable_python

from pipeglot.core import ir
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.graph import words
from pipeglot.migrate.planning.fields import ALWAYS, THROUGH, VALUES, structural

Path: TypeAlias = tuple[str | int, ...]
"""Fields, indices and keys that lead from the pipeline to a place in it."""

GROUPS = 6
"""Values of one attribute that have a row each; those after it share one, so that a plan stays short."""
SHORT = 60
"""Characters of a value's text up to which its uses are grouped by it."""

_WHOLE = frozenset({"Call.step", "Step.description", "Group.description", "Group.id", "Call.after"})
"""Attributes with one row for all their values: what differs from call to call by nature."""


@dataclass(frozen=True)
class Use:
    """One place where an attribute is used: `name` of the call, param or step, empty for the pipeline itself."""

    path: Path
    name: str
    at: ir.At | None
    value: Any


@dataclass(frozen=True)
class Attribute:
    """An attribute of the pipeline (`Class.field` of the IR) with one value, and all its uses. `text` is the value for
    people, `key` what tells it from other attributes of that field."""

    field: str
    text: str
    uses: tuple[Use, ...]
    key: str = ""
    rest: bool = False


@dataclass
class _Groups:
    known: dict[tuple[str, str], list[tuple[str, Use]]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, key: str, text: str, use: Use) -> None:
        if (name, key) not in self.known:
            self.count[name] = self.count.get(name, 0) + 1
            if self.count[name] > GROUPS:
                key = "..."
        self.known.setdefault((name, key), []).append((text, use))


def attributes(pipeline: ir.Pipeline) -> list[Attribute]:
    """Every attribute that a pipeline without Includes uses, by value, in the order of the IR.

    >>> [(one.field, one.text) for one in attributes(ir.Pipeline(name="p", tags=("a", "b")))]
    [('Pipeline.tags', 'a, b')]
    """
    groups = _Groups()
    for name, use in uses(pipeline):
        text = said(name, use.value)
        if name == "Pipeline.params":
            key = use.name
        elif name == "Pipeline.options":
            key = f"{_engine_option(pipeline, use)}={text}"
        elif name in _WHOLE or len(text) > SHORT:
            key = ""
        else:
            key = text
        groups.add(name, key, text, use)
    found = []
    for (name, key), told in groups.known.items():
        texts = list(dict.fromkeys(text for text, _ in told))
        more = f" and {len(texts) - 1} more" if len(texts) > 1 else ""
        places = tuple(use for _, use in told)
        found.append(Attribute(name, texts[0] + more, places, key, rest=key == "..."))
    return found


def uses(pipeline: ir.Pipeline) -> Iterator[tuple[str, Use]]:
    """Each use of an attribute, with its field."""
    yield from _node(pipeline, (), "", pipeline.at)


def _node(node: ir.Node, path: Path, name: str, at: ir.At | None) -> Iterator[tuple[str, Use]]:
    at = getattr(node, "at", None) or at
    name = node.name if isinstance(node, ir.Step) else getattr(node, "id", name)
    model = type(node)
    for attribute, about in model.__fields__.items():
        value, field, here = getattr(node, attribute), f"{model.__name__}.{attribute}", (*path, attribute)
        if field == "Group.id":
            yield field, Use(path, name, at, value)
        elif field in THROUGH or (structural(model, attribute) and model in VALUES):
            yield from _inner(value, here, name, at)
        elif structural(model, attribute):
            continue
        elif field == "Pipeline.params":
            for number, param in enumerate(value):
                yield field, Use((*here, number), param.name, param.at or at, param)
        elif field == "Pipeline.options":
            for leaf, told in _leaves(value):
                yield field, Use((*here, *leaf), leaf[0], at, told)
        elif field in ALWAYS or about.required or value != about.usual():
            yield field, Use(here, value.call.id if isinstance(value, ir.Final) else name, _written(value) or at, value)
            if isinstance(value, (*VALUES, ir.Final)) or (isinstance(value, tuple) and _values(value)):
                yield from _inner(value, here, name, at)


def _written(value: Any) -> ir.At | None:
    return value.call.at if isinstance(value, ir.Final) else getattr(value, "at", None)


def _values(held: tuple[Any, ...]) -> bool:
    return all(isinstance(one, VALUES) for one in held)


def _inner(value: Any, path: Path, name: str, at: ir.At | None) -> Iterator[tuple[str, Use]]:
    match value:
        case ir.Node():
            yield from _node(value, path, name, at)
        case tuple():
            for number, each in enumerate(value):
                yield from _inner(each, (*path, number), name, at)
        case dict():
            for key, each in value.items():
                yield from _inner(each, (*path, key), name, at)


def _leaves(options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each option with the engine, table and call it is under."""
    for key, value in options.items():
        if isinstance(value, dict) and value:
            for inner, leaf in _leaves(value):
                yield (key, *inner), leaf
        else:
            yield (key,), value


def _engine_option(pipeline: ir.Pipeline, use: Use) -> str:
    """An option's name, the same for all calls that have it."""
    ids = {node.id for node in ir.walk(pipeline.body)}
    return ".".join("*" if key in ids and number > 1 else str(key) for number, key in enumerate(use.path[1:]))


def option_name(use: Use) -> str:
    """An option as it is written: engine and path.

    >>> option_name(Use(("options", "airflow", "dag", "fail_fast"), "airflow", None, True))
    'airflow.dag.fail_fast'
    """
    return ".".join(map(str, use.path[1:]))


def said(field: str, value: Any) -> str:  # noqa: C901 -- one case for each kind of attribute
    """An attribute's value for people, on one line as far as the value is."""
    match value:
        case ir.Param():
            return _param(value)
        case ir.Imported():
            return f"imported: {value.module}.{value.attr}"
        case ir.Inlined():
            return "inlined: its source travels"
        case ir.Shell():
            return f"shell: {value.script}"
        case ir.Container():
            return " ".join(["container:", value.image, *value.command])
        case ir.Final():
            return value.call.id
        case ir.Continue():
            return json.dumps(value.default, ensure_ascii=False)
        case ir.Effects():
            answer = json.dumps(value.answer, ensure_ascii=False)
            return value.kind + (f", answered by {answer}" if value.has_answer else "")
        case ir.Secret():
            return value.env + (f" from {value.kept}" if value.kept else "")
        case ir.Pipeline():
            return value.name
        case ir.Node() if isinstance(value, VALUES):
            return words(value)  # type: ignore[arg-type]
        case tuple() if value and all(isinstance(one, str | ir.Node) for one in value):
            return ", ".join(said(field, one) for one in value)
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case str():
            return value
    return json.dumps(to_jsonable_python(value), ensure_ascii=False)


def _param(param: ir.Param) -> str:
    kind = param.type.get("type", "any")
    more = {key: value for key, value in param.type.items() if key not in ("type", "title") and _plain(value)}
    default = "required" if param.required else f"= {json.dumps(param.default, ensure_ascii=False)}"
    limits = "".join(f", {key} {json.dumps(value, ensure_ascii=False)}" for key, value in more.items())
    return f"{param.name}: {json.dumps(kind) if isinstance(kind, list) else kind}{limits} {default}"


def _plain(value: Any) -> bool:
    return not isinstance(value, dict) and len(json.dumps(value)) <= SHORT
