"""What the declared types make certain of values, and in which form a value crosses between tasks.

KFP has typed parameters, but rounds the ints inside lists and dicts and has no null. So only a scalar whose type is
certain crosses as what it is; everything else crosses as JSON text.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pipeglot.codegen.declared_types import Declared, resolved, select
from pipeglot.core.ir import (
    All,
    Any_,
    Compare,
    Const,
    Ctx,
    DictOf,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Schema,
    Text,
    Value,
)

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


def form_of(schema: Schema | None) -> Form:
    """The form in which a value of a type crosses."""
    if schema is None:
        return "json"
    schema = resolved(schema, schema.get("$defs", {}))
    kind = schema.get("type")
    if "enum" in schema or "const" in schema:
        options = schema.get("enum", [schema.get("const")])
        kinds = {_kind(option) for option in options}
        return kinds.pop() if len(kinds) == 1 else "json"
    if kind == "array" and isinstance(schema.get("items"), dict) and "prefixItems" not in schema:
        each = form_of({"$defs": schema.get("$defs", {}), **schema["items"]})
        return LISTS[each] if each in SCALARS.values() else "json"
    return SCALARS.get(kind, "json") if isinstance(kind, str) else "json"


def _kind(value: Any) -> Form:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
    return "json"


class Types(Declared):
    """The declared types of a pipeline's values."""

    def schema(self, value: Value) -> Schema | None:
        """The type of a value that can be formed in every run; None when that is not certain."""
        match value:
            case Const(value=constant):
                return _of_constant(constant)
            case Ctx():
                return {"type": "string"}
            case Out() | ParamRef() | Item():
                return select(self.declared(value), value.path)
            case ListOf(items=items):
                if not all(self.schema(item) is not None for item in items):
                    return None
                forms = {self.form(item) for item in items}
                kinds = [kind for kind, form in SCALARS.items() if forms == {form}]
                return {"type": "array", **({"items": {"type": kinds[0]}} if kinds else {})}
            case Text(parts=parts):
                return {"type": "string"} if all(self.schema(part) is not None for part in parts) else None
            case DictOf(items=pairs):
                return {} if all(self.schema(item) is not None for _, item in pairs) else None
            case Compare() | IsIn() | All() | Any_() | Not():
                return {"type": "boolean"} if self.decidable(value) else None

    def form(self, value: Value) -> Form:
        """The form a value crosses in."""
        return form_of(self.schema(value))

    def decidable(self, condition: Value) -> bool:
        """Whether a condition can be evaluated in every run."""
        match condition:
            case Compare(op=op, left=left, right=right):
                kinds = {_order(self.form(left)), _order(self.form(right))}
                return len(kinds) == 1 and "json" not in kinds and ("bool" not in kinds or op in ("==", "!="))
            case IsIn(value=value, options=options):
                kinds = {_order(self.form(value)), *(_order(_kind(option)) for option in options)}
                return len(kinds) == 1 and "json" not in kinds
            case All(operands=operands) | Any_(operands=operands):
                return all(self.decidable(operand) for operand in operands)
            case Not(operand=operand):
                return self.decidable(operand)
            case _:
                return self.form(condition) == "bool"

    def is_list(self, value: Value) -> bool:
        """Whether a value is a list in every run."""
        if isinstance(value, Const):
            return isinstance(value.value, list)
        schema = self.schema(value)
        return schema is not None and schema.get("type") == "array"


def _of_constant(value: Any) -> Schema:
    if isinstance(value, list):
        kinds = {_kind(item) for item in value}
        return {"type": "array", **({"items": {"enum": value}} if len(kinds) == 1 and "json" not in kinds else {})}
    return {} if isinstance(value, dict) else {"const": value}


def _order(form: Form) -> str:
    return "number" if form in ("int", "float") else form
