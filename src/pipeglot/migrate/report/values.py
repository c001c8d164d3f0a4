"""JSON values as lines of text, each line knowing its path: what the page and the Markdown show of outputs.

Values are written out here and never as numbers of the page's own language, in which 1 and 1.0, or two large integers,
would look the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

WIDTH = 72


def compact(value: Any, limit: int | None = None) -> str:
    """A value on one line, cut at `limit` characters.

    >>> compact({"a": [1, 1.0, None]})
    '{"a": [1, 1.0, null]}'
    """
    return cut(encoded(value), limit)


def cut(text: str, limit: int | None) -> str:
    """A text of at most `limit` characters, the last of which says that more was there.

    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


encoded = json.JSONEncoder(ensure_ascii=False, default=str).encode
"""A value as JSON on one line."""


def pretty(value: Any, opened: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """The lines of a value, each with the path of what it shows (as differences write it).

    What fits on a line stands on one, unless something within it is among the paths `opened`.

    >>> list(pretty({"a": [1, 2]}))
    [('$', '{"a": [1, 2]}')]
    >>> [line for _, line in pretty({"a": [1, 2]}, {"$.a[1]"})]
    ['{', '  "a": [', '    1,', '    2', '  ]', '}']
    """
    inner = {path[:end] for path in opened for end in range(1, len(path)) if path[end] in ".["}
    return _lines(value, "$", "", "", "", inner)


def _lines(value: Any, path: str, indent: str, before: str, after: str, opened: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list | tuple) and value:
        whole = encoded(value) if path not in opened else ""
        if not whole or len(indent) + len(before) + len(whole) > WIDTH:
            keyed = isinstance(value, dict)
            parts = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
            yield path, indent + before + ("{" if keyed else "[")
            for number, (key, part) in enumerate(parts, 1):
                name = f"{encoded(key)}: " if keyed else ""
                here = f"{path}.{key}" if keyed else f"{path}[{key}]"
                yield from _lines(part, here, indent + "  ", name, "," if number < len(parts) else "", opened)
            yield path, indent + ("}" if keyed else "]") + after
            return
    else:
        whole = encoded(value)
    yield path, indent + before + whole + after


def marked(lines: list[tuple[str, str]], paths: Collection[str]) -> list[tuple[int, int]]:
    """The runs of lines that show any of the paths or something below one: first line, from 0, and how many.

    >>> marked([("$", "["), ("$[0]", "1,"), ("$[1]", "2"), ("$", "]")], {"$[1]"})
    [(2, 1)]
    """
    runs: list[tuple[int, int]] = []
    for number, (path, _) in enumerate(lines):
        if path in paths or any(path[:end] in paths for end in range(1, len(path)) if path[end] in ".["):
            first, count = runs[-1] if runs and sum(runs[-1]) == number else (number, 0)
            runs[len(runs) - (1 if count else 0) :] = [(first, count + 1)]
    return runs
