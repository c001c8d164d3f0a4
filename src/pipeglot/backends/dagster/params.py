"""The parameters of a run: the fields of one resource, which every op that needs them asks for."""

from __future__ import annotations

import keyword
import re
from typing import Any

from pipeglot.codegen.annotations import bounds, choice
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.names import RESERVED, Names
from pipeglot.codegen.pysource import Atom, Doc, call, flat, literal, statement
from pipeglot.core.ir import Ctx, Param, ParamRef, Pipeline, Schema, Text, Value, parts, walk
from pipeglot.core.params import date_param
from pipeglot.core.shape import inputs, outputs, sources

from .module import ENGINE_NAMES, DagsterModule

TAKEN = frozenset(
    {
        "configure_at_launch",
        "construct",
        "copy",
        "create_resource",
        "dict",
        "from_orm",
        "from_resource_context",
        "from_resource_context_cm",
        "get_resource_context",
        "get_resource_definition",
        "json",
        "nested_resources",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "process_config_and_initialize",
        "process_config_and_initialize_cm",
        "schema",
        "schema_json",
        "setup_for_execution",
        "teardown_after_execution",
        "to_config_schema",
        "to_fields_dict",
        "update_forward_refs",
        "validate",
        "with_replaced_resource_context",
        "with_resource_context",
        "yield_for_execution",
    }
)
"""Attributes of `dagster.ConfigurableResource` (1.13)."""

_DATE = re.compile(r"logical_date(_of_run)*")
_PLAIN = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}


class Params:
    """The class of the parameters.

    Attributes:
        dated: whether an op asks for the logical date, which then is a field too.
        date: the name of that field.
    """

    def __init__(self, module: DagsterModule) -> None:
        self.module, pipeline = module, module.pipeline
        values = list(_values(pipeline))
        contexts = {part.name for value in values for part in parts(value) if isinstance(part, Ctx)}
        self.dated = bool(contexts & {"logical_date", "day"})
        self.params = pipeline.params
        self.date = date_param(pipeline)
        self._written = _written(pipeline, values)
        self._fields = {param.name: param.name for param in self.params if _is_field(param.name)}
        # Dagster knows a field by its own name before another by its alias: what is renamed is called like no parameter.
        names = Names({*TAKEN, *(param.name for param in self.params)}, _field)
        self._fields |= {p.name: names(p.name, p.name) for p in self.params if p.name not in self._fields}

    @property
    def needed(self) -> bool:
        """Whether the run has anything to be told."""
        return bool(self.params) or self.dated

    def field(self, name: str) -> str:
        """The attribute that holds a parameter."""
        return self._fields[name]

    def resources(self) -> dict[str, Doc]:
        """The resources of a job that needs them."""
        return {"params": Atom(f"{self.module.params}.configure_at_launch()")} if self.needed else {}

    def source(self) -> Code:
        """The class, or nothing when no run has anything to be told."""
        if not self.needed:
            return Code("")
        lines = [f"class {self.module.params}({self.module.dg('ConfigurableResource')}):"]
        for param in self.params:
            note, field = self._annotation(param), self._default(param)
            prefix = f"{self.field(param.name)}: {flat(note)}"
            line = statement(f"{prefix} = ", field, indent=4) if field else Code(f"    {prefix}")
            lines.append(line.of(param.name, "Pipeline.params"))
        if self.dated:
            field = call(self.module.use("Field"), default=None, description="in ISO 8601")
            lines.append(statement(f"{self.date}: str | None = ", field, indent=4))
        return joined(lines).of("")

    def _default(self, param: Param) -> Doc | None:
        told: dict[str, Any] = {} if param.required else {"default": param.default}
        if self.field(param.name) != param.name:
            told["alias"] = param.name
        if param.description:
            told["description"] = param.description
        schema = _not_null(param.type)[0]
        if _PLAIN.get(_kind(schema) or "") or _kind(schema) == "array":
            told |= bounds(schema)
        if not told:
            return None
        if list(told) == ["default"]:
            return literal(param.default)
        return call(self.module.use("Field"), **told)

    def _annotation(self, param: Param) -> Doc:
        schema, nullable = _not_null(param.type)
        note = self._type(schema, param.name)
        if nullable and flat(note) != self.module.use("Any"):
            return Atom(f"{flat(note)} | None")
        return note

    def _type(self, schema: Schema, name: str) -> Doc:
        module = self.module
        if choices := text_choices(schema):
            return choice(choices, module.use)
        kind = _kind(schema)
        if kind == "number" and name in self._written:
            return Atom(module.use("Any"))  # Dagster would make a float of a whole number
        if kind in _PLAIN:
            return Atom(_PLAIN[kind])
        if kind == "object" and not _may_hold_null(schema):
            return Atom(f"dict[str, {module.use('Any')}]")
        if kind == "array":
            inner = schema.get("items")
            inner = _resolved(inner, schema.get("$defs", {})) if isinstance(inner, dict) else {}
            item = _kind(inner)
            if item in _PLAIN and item != "number" and "enum" not in inner:
                return Atom(f"list[{_PLAIN[item]}]")
            if item == "object":
                whole = module.use("Any")
                return Atom(f"list[{whole if _may_hold_null(inner) else f'dict[str, {whole}]'}]")
        return Atom(module.use("Any"))


def _may_hold_null(schema: Schema) -> bool:
    """Whether an object may have a null at some place: Dagster's maps refuse that, only its `Any` takes it."""
    rest = schema.get("additionalProperties", {})
    inner = [*schema.get("properties", {}).values(), *([rest] if rest is not False else [])]
    return any(not isinstance(one, dict) or _null_within(one) for one in inner)


def _null_within(schema: Schema) -> bool:
    kind = schema.get("type")
    if kind in _PLAIN and "enum" not in schema:
        return False
    if kind == "array" and isinstance(schema.get("items"), dict):
        return _null_within(schema["items"])
    return kind != "object" or _may_hold_null(schema)


def text_choices(schema: Schema) -> list[str]:
    """The choices of a parameter, when all are text as Dagster takes it for the name of a choice."""
    known = schema.get("enum", [schema["const"]] if "const" in schema else [])
    simple = all(isinstance(one, str) and one and one.isprintable() for one in known)
    return list(known) if simple else []


def _kind(schema: Schema) -> str | None:
    """The one JSON type that a schema admits, if there is just one."""
    kind = schema.get("type")
    return kind if isinstance(kind, str) and not {"$ref", "anyOf", "oneOf"} & set(schema) else None


def _not_null(schema: Schema) -> tuple[Schema, bool]:
    """A schema without its null, and whether it admits null."""
    definitions = schema.get("$defs", {})
    schema = _resolved(schema, definitions)
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
    for word in ("anyOf", "oneOf"):
        options = [_resolved(one, definitions) for one in schema.get(word, []) if isinstance(one, dict)]
        rest_ = [one for one in options if one.get("type") != "null"]
        if options and len(rest_) == 1:
            return {"$defs": definitions, **rest_[0]}, len(rest_) < len(options)
    return schema, False


def _resolved(schema: Schema, definitions: dict[str, Any]) -> Schema:
    for _ in range(50):
        target = schema.get("$ref")
        if not isinstance(target, str):
            return schema
        schema = {"$defs": definitions, **definitions.get(target.removeprefix("#/$defs/"), {})}
    return {}


def _is_field(name: str) -> bool:
    """Whether a parameter can be a field of the same name; those of the logical date are the run's."""
    return _field(name) == name and name not in TAKEN | RESERVED | ENGINE_NAMES.keys() and _DATE.fullmatch(name) is None


def _field(text: str) -> str:
    name = "".join(char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in text).strip("_")
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name.startswith("model_"):
        name = f"param_{name}"
    return name


def _values(pipeline: Pipeline) -> list[Value]:
    found: list[Value] = [] if pipeline.final is None else list(pipeline.final.call.args.values())
    for node in walk(pipeline.body):
        found += inputs(node)
        found += [value for output in outputs(node) for value in sources(output)]
    return found


def _written(pipeline: Pipeline, values: list[Value]) -> frozenset[str]:
    """The parameters of which anybody can see whether a whole number is an int or a float: all but those that only
    steps with a parameter of that type are given."""
    found: set[str] = set()
    steps = {step.name: {p.name: p.type.get("type") for p in step.parameters} for step in pipeline.steps}
    calls = [node for node in walk(pipeline.body) if node.kind == "call"]
    calls += [pipeline.final.call] if pipeline.final else []
    safe = {
        id(value)
        for one in calls
        for name, value in one.args.items()
        if isinstance(value, ParamRef) and steps[one.step].get(name) == "number"
    }
    for value in values:
        if id(value) in safe or value.kind in ("compare", "in", "and", "or", "not"):
            continue
        found.update(part.name for part in parts(value) if isinstance(part, ParamRef))
    for value in values:
        found.update(p.name for t in parts(value) if isinstance(t, Text) for p in parts(t) if isinstance(p, ParamRef))
    return frozenset(found)
