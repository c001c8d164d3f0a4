"""In which form a value crosses between tasks.

KFP has typed parameters, but rounds the ints inside lists and dicts and has no null. So only a scalar whose type is
certain crosses as what it is; everything else crosses as JSON text.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pipeglot.core import inference
from pipeglot.core.ir import Schema, Value
from pipeglot.core.types import item_of, json_types, options

Form: TypeAlias = Literal["int", "float", "bool", "str", "json", "texts", "ints", "floats", "bools", "strs", "outcome"]
"""How a value crosses: a scalar as itself, anything as `json` text, a list as a list of JSON `texts` or of scalars,
and `outcome`, what came of a call as JSON text (`attempt` in helpers.py)."""

SCALARS: dict[str, Form] = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}
LISTS: dict[Form, Form] = {"int": "ints", "float": "floats", "bool": "bools", "str": "strs", "json": "texts"}
_LISTS: tuple[Form, ...] = ("texts", "ints", "floats", "bools", "strs")
PARAMETER_TYPE: dict[Form, str] = {
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "bool": "BOOLEAN",
    "str": "STRING",
    "json": "STRING",
    "outcome": "STRING",
    **dict.fromkeys(_LISTS, "LIST"),
}
ANNOTATION: dict[Form, str] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "json": "str",
    "outcome": "str",
    "texts": "list[str]",
    "ints": "list[int]",
    "floats": "list[float]",
    "bools": "list[bool]",
    "strs": "list[str]",
}


def form_of(schema: Schema) -> Form:
    """The form in which a value of a type crosses: that of a scalar where one JSON type alone is admitted."""
    match sorted(json_types(schema)):
        case ["array"] if not any("prefixItems" in option for option in options(schema)):
            each = form_of(item_of(schema))
            return LISTS[each] if each in SCALARS.values() else "json"
        case [name]:
            return SCALARS.get(name, "json")
    return "json"


class FormTypes(inference.Types):
    """The types of a pipeline's values, and the forms those cross in."""

    def form(self, value: Value) -> Form:
        """The form a value crosses in."""
        return form_of(self.of(value)) if self.cannot_fail(value) else "json"
