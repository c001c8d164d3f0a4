"""Plain data as YAML text: block style, keys in the order given, text of several lines as literal blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeglot.codegen.code import Code, joined, marks_of
from pipeglot.codegen.pysource import Spelling, fields

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+-]*((?: [A-Za-z0-9_./+-]+)*|:[A-Za-z_][A-Za-z0-9_]*)\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_BLOCK = re.compile(r"[^\x09\x0a\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def dump(data: dict[str, Any], spells: Spelling | None = None, *, deeper: int = 0) -> Code:
    """The text; any YAML reader gives the same data again.

    Args:
        data: what JSON can say.
        spells: what the keys are there for; under the key "" what a mapping is there for as a whole, and the table of a
            list's items.
        deeper: how many columns lists stand deeper than their keys.

    >>> print(dump({"a": {"b": [1, "no", {"c": {}}]}, "text": "one\\ntwo\\n"}), end="")
    a:
      b:
      - 1
      - "no"
      - c: {}
    text: |
      one
      two
    """
    return joined([*_mapping(data, 0, spells or {}, deeper), ""])


def _mapping(data: dict[str, Any], indent: int, spells: Spelling, deeper: int) -> Iterator[str]:
    pad = " " * indent
    for key, value in data.items():
        head, told = f"{pad}{_scalar(key)}:", spells.get(key, ())
        inner = told if isinstance(told, Mapping) else {}
        if isinstance(value, dict) and value:
            lines = [head, *_mapping(value, indent + 2, inner, deeper)]
        elif isinstance(value, list) and value:
            lines = [head, *_sequence(value, indent + deeper, inner, deeper)]
        else:
            lines = [*_leaf(head + " ", value, indent + 2)]
        own = inner.get("", ()) if isinstance(told, Mapping) else told
        of = () if isinstance(own, Mapping) else fields(own)
        yield from [joined(lines).of_all(of)] if of else lines


def _sequence(data: list[Any], indent: int, spells: Spelling, deeper: int) -> Iterator[str]:
    pad, told = " " * indent, spells.get("", {})
    for value in data:
        if isinstance(value, dict) and value:
            lines = _mapping(value, indent + 2, told if isinstance(told, Mapping) else {}, deeper)
        elif isinstance(value, list) and value:
            lines = _sequence(value, indent + 2, {}, deeper)
        else:
            yield from _leaf(f"{pad}- ", value, indent + 2)
            continue
        first = next(lines)
        yield Code(f"{pad}- {first[indent + 2 :]}", marks_of(first))
        yield from lines


def _leaf(head: str, value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and _fits_a_block(value):
        pad = " " * indent
        body = value.removesuffix("\n")
        text = "\n".join(pad + line if line else "" for line in body.split("\n"))
        yield head + ("|" if value.endswith("\n") else "|-")
        yield Code(text, marks_of(value))
    else:
        yield Code(head + _scalar(value), marks_of(value) if isinstance(value, str) and "\n" not in value else ())


def _fits_a_block(text: str) -> bool:
    """Whether a literal block keeps every character: no control character, first line not indented, one line end."""
    first = text.lstrip("\n")
    return first[:1] not in ("", " ", "\t") and not text.endswith("\n\n") and not _BLOCK.search(text)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _PLAIN.match(value) and value.lower() not in _WORDS else _quoted(value)
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")  # YAML 1.1 wants the point
    return json.dumps(value)


def _quoted(text: str) -> str:
    """A double-quoted scalar: JSON's escapes are YAML's, except beyond the basic plane."""
    if text.isprintable() or text.isascii():
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
    return "".join(['"', *(_escaped(char) for char in text), '"'])


def _escaped(char: str) -> str:
    if char.isprintable() and char not in '"\\':
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
