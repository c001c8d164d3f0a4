"""Dicts that Airflow's XCom takes for its own notation of other things, and changes or refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import Call, Const, Each, Group, If, Include, Json, Pipeline, Schema, parts, walk
from pipeglot.core.types import options


def has_free_keys(schema: Schema) -> bool:
    """Whether a value of a type may hold a dict with any keys.

    >>> has_free_keys({}), has_free_keys({"type": "array", "items": {"type": "string"}})
    (True, False)
    """
    return _free(schema, 0)


def _free(schema: Any, depth: int) -> bool:
    if not isinstance(schema, dict) or depth > 20:
        return schema is not False
    for option in options(schema):
        kind = option.get("type")
        if kind is None and not {"enum", "const"} & option.keys():
            return True
        if kind == "array":
            own = [option.get("items", "prefixItems" not in option), *option.get("prefixItems", [])]
        elif kind == "object":
            known = option.get("properties", {})
            own = [option.get("additionalProperties", not known), *known.values()]
        else:
            continue
        definitions = option.get("$defs", {})
        if any(_free({"$defs": definitions, **each} if isinstance(each, dict) else each, depth + 1) for each in own):
            return True
    return False


def changed_constants(pipeline: Pipeline) -> Iterator[Diagnostic]:
    """Constants that are handed from task to task: merged, collected, the items of a loop, defaults of failed calls."""
    for node in walk(pipeline.body):
        values: list[Json] = []
        match node:
            case If(merged=merged):
                values = [p.value for m in merged for v in m.values for p in parts(v) if isinstance(p, Const)]
            case Each(items=items, collected=collected):
                given = [items, *(each.value for each in collected)]
                values = [p.value for v in given for p in parts(v) if isinstance(p, Const)]
            case Call(policy=policy) if policy.on_failure is not None:
                values = [policy.on_failure.default]
            case Call() | Group() | Include():
                pass
            case _:
                assert_never(node)
        for keys in filter(None, map(_reserved, values)):
            message = f"Airflow's XCom does not preserve a dict with {keys}, as a constant of {node.id!r} has"
            yield Diagnostic("PG230", "error", message, node.at, "give it other keys, or as JSON text", "airflow")


def _reserved(value: Json) -> str | None:
    match value:
        case {"__type": _, "__var": _}:
            return "the keys '__type' and '__var'"
        case {"__classname__": _}:
            return "the key '__classname__'"
        case {"__id__": _}:
            return "the key '__id__'"
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next(filter(None, map(_reserved, inside)), None)
