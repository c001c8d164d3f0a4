"""Nodes of the language as JSON: its data, its text, and what of it says what a pipeline does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from pipeglot.core.node import NodeType

_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def written(value: Any) -> Any:
    """All that a node holds, or a value that one holds."""
    kind = value.__class__
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(kind, NodeType):
        return {name: written(held) for name, held in zip(kind.__fields__, kind.__values__(value), strict=True)}
    if kind is tuple or kind is list:
        return [written(one) for one in value]
    if kind is dict:
        return {key: written(one) for key, one in value.items()}
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def meaning(value: Any) -> Any:
    """What of a node says what it does: not where it was written (but that it has a place), nor what is not said."""
    kind = value.__class__
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(kind, NodeType):
        said = zip(kind.__fields__, kind.__values__(value), strict=True)
        return {
            name: None if name == "at" else meaning(held)
            for name, held in said
            if held is not None and (name != "secrets" or held)
        }
    if kind is tuple or kind is list:
        return [meaning(one) for one in value]
    if kind is dict:
        return {key: meaning(one) for key, one in value.items()}
    return written(value)


def text(value: Any, indent: int) -> str:
    """The text that `json.dumps` makes of the data, indented: it has no quick way to do that, nor one without the data.

    >>> import json
    >>> text({"a": [1, None], "b": {}}, 2) == json.dumps({"a": [1, None], "b": {}}, indent=2)
    True
    """
    parts: list[str] = []
    _write(value, "\n", " " * indent, parts.append)
    return "".join(parts)


def _float(value: float) -> str:
    if not isfinite(value):
        raise ValueError(f"Out of range float values are not JSON compliant: {value!r}")
    return float.__repr__(value)


_SCALARS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: int.__repr__,
    float: _float,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}


def _write(value: Any, margin: str, step: str, add: Callable[[str], None]) -> None:
    kind = value.__class__
    scalar = _SCALARS.get(kind)
    if scalar is not None:
        add(scalar(value))
    elif isinstance(kind, NodeType):
        _write_object(zip(kind.__fields__, kind.__values__(value), strict=True), margin, step, add)
    elif kind is dict:
        _write_object(value.items(), margin, step, add)
    elif kind is tuple or kind is list:
        before = "[" + margin + step
        for one in value:
            add(before)
            _write(one, margin + step, step, add)
            before = "," + margin + step
        add(margin + "]" if value else "[]")
    else:
        add(encode_basestring(written(value)))


def _write_object(pairs: Iterable[tuple[str, Any]], margin: str, step: str, add: Callable[[str], None]) -> None:
    inner, before = margin + step, "{"
    for key, held in pairs:
        add(f"{before}{inner}{encode_basestring(key)}: ")
        _write(held, inner, step, add)
        before = ","
    add(margin + "}" if before == "," else "{}")
