"""Rules about the types of values: arguments, conditions, items, paths and constants."""

from __future__ import annotations

from collections.abc import Generator

from pipeglot.core.compat import assert_never
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.domain import BIGGEST
from pipeglot.core.inference import TypeScope, schema_of
from pipeglot.core.ir import (
    All,
    Any_,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    IsIn,
    Item,
    Json,
    ListOf,
    Not,
    Out,
    ParamRef,
    Schema,
    Text,
    Value,
    parts,
)
from pipeglot.core.mismatch import mismatch
from pipeglot.core.rules.symbols import Findings, SymbolTable, ValueUse
from pipeglot.core.types import ScalarKind, options, scalar_kind, scalars, schema_of_json

ANNOTATE = "annotate the step's return type"


def paths(symbols: SymbolTable) -> Findings:
    """A path leads somewhere, as far as types say."""
    for use in symbols.uses:
        for part in parts(use.value):
            if isinstance(part, Out | Item | ParamRef) and part.path and schema_of(part, symbols.scope) is None:
                name = part.ref if isinstance(part, Out) else part.loop if isinstance(part, Item) else part.name
                shown = name + "".join(f"[{step!r}]" for step in part.path)
                yield symbols.find("PG191", f"{use.what} takes {shown}, and its type has no such place", use.at)


def constants(symbols: SymbolTable) -> Findings:
    """Whole numbers survive every JSON reader."""
    for use in symbols.uses:
        for part in parts(use.value):
            if isinstance(part, Const):
                yield from _number(symbols, use.what, part.value, use)
    for param in symbols.pipeline.params:
        yield from _number(symbols, f"the default of {param.name!r}", param.default, param)
    for call in symbols.calls:
        if call.policy.on_failure is not None:
            yield from _number(symbols, f"the default of {call.id!r}", call.policy.on_failure.default, call)


def _number(symbols: SymbolTable, what: str, value: Json, at: object) -> Findings:
    for inner in scalars(value):
        if isinstance(inner, int) and abs(inner) > BIGGEST:
            message = f"{inner} in {what} is beyond 2**53: it would not survive every JSON reader"
            yield symbols.find("PG192", message, getattr(at, "at", None), "give it as text")


def arguments(symbols: SymbolTable) -> Findings:
    """Arguments fit the parameters they are for, and the values after tolerated failures the return type."""
    takers: dict[str, dict[str, Schema]] = {
        name: {parameter.name: parameter.type for parameter in step.parameters} for name, step in symbols.steps.items()
    }
    for call in symbols.calls:
        wanted = takers.get(call.step, {})
        for name, value in call.args.items():
            reason = clash(value, wanted.get(name, {}), symbols.scope)
            if reason:
                message = f"argument {name!r} of {call.id!r}: {reason}"
                yield symbols.find("PG180", message, call)
        if call.policy.on_failure is not None and call.step in symbols.steps:
            reason = mismatch(call.policy.on_failure.default, symbols.steps[call.step].returns)
            if reason:
                message = f"{call.id!r} goes on after a failure with a value its step cannot give: {reason}"
                yield symbols.find("PG187", message, call, "on_failure=continue_(...) with a value of that type")
    for include in symbols.includes:
        for param in include.pipeline.params:
            if param.name in include.args:
                reason = clash(include.args[param.name], param.type, symbols.scope)
                if reason:
                    yield symbols.find("PG180", f"argument {param.name!r} of {include.id!r}: {reason}", include)


def clash(value: Value, wanted: Schema, scope: TypeScope) -> str | None:
    """Why a value can never be of a type; None when it can.

    >>> clash(ListOf(items=(Const(value="a"),)), {"type": "array", "items": {"type": "integer"}}, TypeScope())
    '[0]: it is "a", not an integer'
    """
    if isinstance(value, Const):
        return mismatch(value.value, wanted)
    if isinstance(value, ListOf | DictOf):
        kind = "array" if isinstance(value, ListOf) else "object"
        fitting = [option for option in options(wanted) if option.get("type", kind) == kind]
        if not fitting:
            return f"it is a {value.kind}, not {_named(wanted)}"
        return _clash_inside(value, fitting[0], scope) if len(fitting) == 1 else None
    have = schema_of(value, scope)
    if not have or not wanted:
        return None
    for own in options(have):
        for option in options(wanted):
            a, b = own.get("type"), option.get("type")
            if a is None or b is None or a == b or {a, b} == {"integer", "number"}:
                return None
    return f"it is {_named(have)}, not {_named(wanted)}"


def _clash_inside(value: ListOf | DictOf, wanted: Schema, scope: TypeScope) -> str | None:
    defs = {"$defs": wanted["$defs"]} if "$defs" in wanted else {}

    def at(inner: Value, place: str, schema: object) -> str | None:
        if not isinstance(schema, dict):
            return f"{place} must not be given" if schema is False else None
        reason = clash(inner, {**defs, **schema}, scope)
        return f"{place}: {reason}" if reason else None

    if isinstance(value, ListOf):
        if len(value.items) < wanted.get("minItems", 0) or len(value.items) > wanted.get("maxItems", 10**9):
            return f"it has {len(value.items)} items"
        first = wanted.get("prefixItems", [])
        found = (
            at(item, f"[{n}]", first[n] if n < len(first) else wanted.get("items", True))
            for n, item in enumerate(value.items)
        )
        return next(filter(None, found), None)
    given = dict(value.items)
    for name in wanted.get("required", ()):
        if name not in given:
            return f"it lacks {name!r}"
    properties, others = wanted.get("properties", {}), wanted.get("additionalProperties", True)
    found = (at(item, f"[{key!r}]", properties.get(key, others)) for key, item in value.items)
    return next(filter(None, found), None)


def conditions(symbols: SymbolTable) -> Findings:
    """Conditions compare scalars of known and matching kinds, and are bools."""
    for use in symbols.uses:
        if use.condition:
            yield from _condition(symbols, use, use.value)
        for part in parts(use.value):
            match part:
                case Compare():
                    yield from _comparison(symbols, use, part)
                case IsIn():
                    kind = yield from _operand(symbols, use, part.value)
                    for option in part.options:
                        other = scalar_kind(schema_of_json(option))
                        if kind and other and _group(kind) != _group(other):
                            message = f"{use.what} looks for {option!r} ({other}) among values of kind {kind}"
                            yield symbols.find("PG181", message, use.at)
                case All() | Any_():
                    for operand in part.operands:
                        yield from _condition(symbols, use, operand)
                case Not():
                    yield from _condition(symbols, use, part.operand)
                case Const() | ParamRef() | Out() | Item() | Ctx() | ListOf() | DictOf() | Text():
                    pass
                case _:
                    assert_never(part)


def _condition(symbols: SymbolTable, use: ValueUse, value: Value) -> Findings:
    if not isinstance(value, Compare | IsIn | All | Any_ | Not):
        schema = schema_of(value, symbols.scope)
        if schema is not None and scalar_kind(schema) != "bool":
            message = f"{use.what} is {_named(schema)}, not a bool"
            yield symbols.find("PG181", message, use.at, ANNOTATE if not schema else "compare it: > == ...")


def _comparison(symbols: SymbolTable, use: ValueUse, value: Compare) -> Findings:
    left = yield from _operand(symbols, use, value.left)
    right = yield from _operand(symbols, use, value.right)
    if left is None or right is None:
        return
    if _group(left) != _group(right):
        yield symbols.find("PG181", f"{use.what} compares {left} {value.op} {right}", use.at)
    elif left == "bool" and value.op not in ("==", "!="):
        yield symbols.find("PG181", f"{use.what} orders bools ({value.op})", use.at, "bools are equal or not")


def _operand(symbols: SymbolTable, use: ValueUse, value: Value) -> Generator[Diagnostic, None, ScalarKind | None]:
    """The kind of a scalar operand, after finding fault with it where it has none."""
    schema = schema_of(value, symbols.scope)
    if schema is None:  # a path that leads nowhere is a finding of its own
        return None
    kind = scalar_kind(schema)
    if kind is None:
        if not schema or any(not option for option in options(schema)):
            yield symbols.find("PG181", f"{use.what} compares a value of unknown type", use.at, ANNOTATE)
        else:
            message = f"{use.what} compares {_named(schema)}; only bool, int, float and text compare"
            yield symbols.find("PG181", message, use.at, "let a step decide, and give a bool")
    return kind


def _group(kind: str) -> str:
    return "number" if kind in ("int", "float") else kind


def _named(schema: Schema) -> str:
    words = {
        "integer": "int",
        "number": "float",
        "string": "text",
        "boolean": "bool",
        "array": "list",
        "object": "dict",
        "null": "None",
    }
    names = [words.get(str(option.get("type")), "something unknown") for option in options(schema)]
    return " or ".join(dict.fromkeys(names)) if schema else "of unknown type"


def items(symbols: SymbolTable) -> Findings:
    """What an Each runs over is a list, as far as types say."""
    for node in symbols.shape.nodes.values():
        if not isinstance(node, Each):
            continue
        schema = schema_of(node.items, symbols.scope)
        if schema and not any(option.get("type", "array") == "array" for option in options(schema)):
            yield symbols.find("PG182", f"the items of {node.id!r} are {_named(schema)}, not a list", node)
