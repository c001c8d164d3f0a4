"""Nodes of the language as JSON data."""

from __future__ import annotations

from datetime import datetime
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
