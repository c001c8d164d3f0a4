"""The head of a flow: its decorator, its parameters with annotations by which Prefect refuses what the language refuses, and
its docstring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeglot.codegen.annotations import bounds, choice
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.docstrings import docstring, is_plain, title
from pipeglot.codegen.pysource import (
    WIDTH,
    Atom,
    Bracket,
    Doc,
    Entry,
    Spelling,
    call,
    flat,
    literal,
    spelled,
    statement,
    width,
)
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Param, Pipeline, Schema

from .module import PrefectModule
from .plan import FlowPlan

INDENT = 4
"""Where a parameter stands when the signature takes more than one line."""

_STRICT = {"boolean": "StrictBool", "integer": "StrictInt", "string": "StrictStr"}


def head(module: PrefectModule, plan: FlowPlan, options: Mapping[str, Any]) -> Code:
    """The flow's decorator, signature and docstring."""
    pipeline = module.pipeline
    entries: list[Entry] = []
    for param in sorted(pipeline.params, key=lambda param: not param.required):
        default = Atom(plan.constants[param.name]) if param.name in plan.constants else literal(param.default)
        entry = parameter(param, None if param.required else default, module.use)
        entries.append(replace(entry, spelled=((param.name, "Pipeline.params"),)))
    given: dict[str, Any] = {"name": flow_name(pipeline)}
    told = [param for param in pipeline.params if is_plain(param.description)]
    doc = [line.of("", "Pipeline.description") for line in docstring(pipeline.description)]
    if told:
        # Prefect takes the descriptions of parameters from there.
        args = [Code(f"        {p.name}: {p.description}").of(p.name, "Pipeline.params") for p in told]
        doc = [
            Code(f'    """{title(pipeline, "a Prefect flow")}').of("", "Pipeline.description"),
            Code(""),
            Code("    Args:"),
            *args,
        ]
        doc.append(Code('    """'))
    if pipeline.description and (told or not doc):
        given["description"] = pipeline.description
    if pipeline.run_timeout is not None:
        given["timeout_seconds"] = pipeline.run_timeout
    spells: Spelling = {
        "description": "Pipeline.description",
        "timeout_seconds": "Pipeline.run_timeout",
        **{name: ((f"prefect.{name}", "Pipeline.options"),) for name in options},
    }
    decorator = statement("@", spelled(call(module.use("flow"), **given, **options), spells))
    signature = statement("", Bracket(f"def {module.flow}(", tuple(entries), ")"), ":")
    return joined([decorator, signature, *doc])


def constants(module: PrefectModule, plan: FlowPlan) -> list[Code]:
    """Default lists and dicts as constants of the file."""
    found: list[Code] = []
    for param in module.pipeline.params:
        if name := plan.constants.get(param.name):
            any_ = module.use("Any")
            kind = f"list[{any_}]" if isinstance(param.default, list) else f"dict[str, {any_}]"
            found.append(statement(f"{name}: {kind} = ", literal(param.default)).of(param.name, "Pipeline.params"))
    return found


def flow_name(pipeline: Pipeline) -> str:
    """Prefect refuses `/ % & > <`, and sends the name in an HTTP header: no control character, no space around."""
    kept = "".join(char if char.isprintable() and char not in "/%&><" else "-" for char in pipeline.name)
    return kept.strip() or "flow"


def parameter(param: Param, default: Doc | None, use: Callable[[str], str]) -> Entry:
    """A parameter with its annotation and default; `use` imports a name and says what it is called in this file."""
    note = _annotation(param.type, param.type.get("$defs", {}), use, 0)
    if default is None:
        return Entry(f"{param.name}: ", note)
    line = f"{param.name}: {flat(note)} = "
    if INDENT + width(line + flat(default)) < WIDTH or not isinstance(note, Bracket):
        return Entry(line, default)
    # Where both do not fit on a line, ruff breaks the annotation.
    return Entry("", Atom(statement(f"{param.name}: ", note, f" = {flat(default)}", INDENT).lstrip()))


def _annotation(schema: Schema, definitions: Schema, use: Callable[[str], str], depth: int) -> Doc:
    if depth > 20:
        return Atom(use("Any"))

    def inner(part: Any) -> str:
        return flat(_annotation(part, definitions, use, depth + 1)) if isinstance(part, dict) else use("Any")

    if "$ref" in schema:
        return Atom(inner(definitions.get(str(schema["$ref"]).removeprefix("#/$defs/"), {})))
    if "enum" in schema or "const" in schema:
        return _choice(schema.get("enum", [schema.get("const")]), use)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return Atom(" | ".join(dict.fromkeys(inner(part) for part in schema[word])))
    kind = schema.get("type")
    if isinstance(kind, list):
        return Atom(" | ".join(dict.fromkeys(inner({**schema, "type": one}) for one in kind)))
    plain = _of_kind(kind, schema, inner, use)
    bounded = bounds(schema)
    if not bounded or kind not in {*_STRICT, "number", "array", "object"}:
        return Atom(plain)
    field = call(use("Field"), **bounded)
    return Bracket(f"{use('Annotated')}[", (Entry("", Atom(plain)), Entry("", field)), "]")


def _of_kind(kind: Any, schema: Schema, inner: Callable[[Any], str], use: Callable[[str], str]) -> str:
    match kind:
        case "null":
            return "None"
        case "boolean" | "integer" | "string":
            return use(_STRICT[kind])
        case "number":  # an int stays one
            return f"{use('StrictFloat')} | {use('StrictInt')}"
        case "array":
            return f"list[{inner(schema.get('items', {}))}]"
        case "object":
            return f"dict[{use('StrictStr')}, {inner(schema.get('additionalProperties', {}))}]"
        case _:
            return use("Any")


def _choice(options: list[Any], use: Callable[[str], str]) -> Doc:
    """A Literal; a float cannot be one."""
    if all(option is None or isinstance(option, bool | int | str) for option in options):
        return choice(options, use)
    return Atom(use("Any"))
