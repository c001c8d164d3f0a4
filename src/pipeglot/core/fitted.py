"""Values as their types have them: what an engine's database, and native code, tells apart less than that."""

from __future__ import annotations

import json

from pipeglot.core.ir import Json, Schema
from pipeglot.core.mismatch import mismatch
from pipeglot.core.types import options, select


def as_declared(value: Json, schema: Schema) -> Json:
    """A value as its type has it: a whole number where a float is declared is a float, at any depth, and UTC is `Z`.

    What native code gives, and what a database gives back, is told apart less than that.

    >>> as_declared({"a": [1, 2.5], "n": 1}, {"properties": {"a": {"items": {"type": "number"}}}})
    {'a': [1.0, 2.5], 'n': 1}
    """
    text = json.dumps(schema)
    return _Fitting().fitted(value, options(schema)) if '"number"' in text or '"date-time"' in text else value


class _Fitting:
    """Remembers the types of what is inside: a table has as many values as cells, and as many types as columns."""

    def __init__(self) -> None:
        self._inner: dict[tuple[object, ...], list[Schema]] = {}

    def fitted(self, value: Json, found: list[Schema]) -> Json:
        if value is None or isinstance(value, bool | float):
            return value
        if len(found) > 1:
            found = [option for option in found if mismatch(value, option) is None]
        match value:
            case int():
                return float(value) if {option.get("type") for option in found} == {"number"} else value
            case str():
                utc = value.endswith("+00:00") and any(option.get("format") == "date-time" for option in found)
                return value.removesuffix("+00:00") + "Z" if utc else value
            case list():
                first = max((len(option.get("prefixItems", ())) for option in found), default=0)
                return [self.fitted(each, self._within(found, min(n, first))) for n, each in enumerate(value)]
            case _:
                return {key: self.fitted(each, self._within(found, key)) for key, each in value.items()}

    def _within(self, found: list[Schema], step: str | int) -> list[Schema]:
        at = (step, *map(id, found))
        if at not in self._inner:
            inner = next((inner for option in found if (inner := select(option, (step,))) is not None), {})
            self._inner[at] = options(inner)
        return self._inner[at]
