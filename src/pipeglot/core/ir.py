"""The pipeline language as data: frozen nodes whose JSON is a published, versioned format.

Control flow is structured: `If`, `Each`, `Group` and `Include` own blocks of nodes. Everything that gives a value
or can be waited for has an id, and all ids of a pipeline live in one namespace: calls, regions, merged values and
collected values. What the nodes mean is written in `docs/language.md` and executed by `pipeglot.meaning.run`.

It is one long file, for the whole language is read here from its values up to a pipeline.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Annotated, Any, Literal, TypeAlias

from pipeglot.core import border
from pipeglot.core.border import After, Limits
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import field
from pipeglot.core.node import Node as Node
from pipeglot.core.written import meaning, text, written

FORMAT: Literal["pipeglot.pipeline/1"] = "pipeglot.pipeline/1"
"""Name and version of the JSON format; a reader refuses any other."""

MAX_DEPTH = 50
"""Blocks and values nested deeper than this are refused (pydantic stops serialising at about 98 levels)."""

Json: TypeAlias = Any
JsonValue: TypeAlias = Annotated[Any, border.JsonValue()]
"""A JSON value that is checked where it comes in."""
_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)


def _is_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Refuse what only looks like a JSON Schema, so that everything that reads one may trust its shape."""
    kinds = schema.get("type", [])
    known = [kinds] if isinstance(kinds, str) else kinds
    empty = "type" in schema and not known
    if empty or not isinstance(known, list) or not all(isinstance(kind, str) and kind in _TYPES for kind in known):
        raise ValueError(f"a JSON Schema has no type {kinds!r}")
    for bound in _BOUNDS:
        if bound in schema and (isinstance(schema[bound], bool) or not isinstance(schema[bound], int | float)):
            raise ValueError(f"{bound} of a JSON Schema is a number, not {schema[bound]!r}")
    inner: list[Any] = []
    for key in ("properties", "$defs"):
        if not isinstance(schema.get(key, {}), dict):
            raise ValueError(f"{key} of a JSON Schema is an object")
        inner += schema.get(key, {}).values()
    for key in ("anyOf", "allOf", "oneOf", "prefixItems", "enum", "required"):
        if not isinstance(schema.get(key, []), list):
            raise ValueError(f"{key} of a JSON Schema is a list")
        inner += schema.get(key, []) if key not in ("enum", "required") else []
    inner += [schema[key] for key in ("items", "additionalProperties") if not isinstance(schema.get(key, True), bool)]
    for one in inner:
        if isinstance(one, bool):
            continue
        if not isinstance(one, dict):
            raise ValueError(f"a part of a JSON Schema is an object, not {one!r}")
        _is_schema(one)
    if not isinstance(schema.get("$ref", ""), str):
        raise ValueError("$ref of a JSON Schema is text")
    return schema


Schema: TypeAlias = Annotated[dict[str, Any], After(_is_schema)]
"""A JSON Schema (2020-12) fragment; `{}` admits everything."""


class At(Node):
    """A place in the author's files: path relative to the folder of the pipeline's own file, and line from 1."""

    file: str
    line: Annotated[int, Limits(ge=1)]


class Placed(Node):
    """A node that remembers where the author wrote it. The place is no part of what the node means."""

    at: At | None = None


# ---------------------------------------------------------------- values


class Const(Node):
    """A JSON constant."""

    kind: Literal["const"] = "const"
    value: JsonValue


class ParamRef(Node):
    """A parameter of the pipeline, or of the included pipeline it stands in."""

    kind: Literal["param"] = "param"
    name: str
    path: tuple[str | int, ...] = ()


class Out(Node):
    """What a call, a merged value, a collected value or an Include gave; `path` selects inside it."""

    kind: Literal["out"] = "out"
    ref: str
    path: tuple[str | int, ...] = ()


class Item(Node):
    """The current item of an enclosing Each (`loop` is its id)."""

    kind: Literal["item"] = "item"
    loop: str
    path: tuple[str | int, ...] = ()


ContextName: TypeAlias = Literal["logical_date", "day", "run_id", "state"]


class Ctx(Node):
    """A fact of the run: `logical_date` (ISO 8601 UTC, ending in Z), `day` (its date in the schedule's time zone,
    UTC without one), `run_id` (the engine's own), and in a Final `state` (`succeeded` or `failed`)."""

    kind: Literal["ctx"] = "ctx"
    name: ContextName


class ListOf(Node):
    """A list built of values."""

    kind: Literal["list"] = "list"
    items: tuple[Value, ...]


class DictOf(Node):
    """A dict built of values, in the author's order; keys are constants."""

    kind: Literal["dict"] = "dict"
    items: tuple[tuple[str, Value], ...]


class Text(Node):
    """Text built of values: each part is written as Python's `str` writes its canonical value."""

    kind: Literal["text"] = "text"
    parts: tuple[Value, ...]


CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]


class Compare(Node):
    """Two scalars compared: int and float by value, bool never equal to a number, no None."""

    kind: Literal["compare"] = "compare"
    op: CompareOp
    left: Value
    right: Value


class IsIn(Node):
    """Whether a scalar is one of constant scalars."""

    kind: Literal["in"] = "in"
    value: Value
    options: tuple[bool | int | float | str, ...]


class All(Node):
    """True when every operand is; evaluated left to right, stopping at the first that is not."""

    kind: Literal["and"] = "and"
    operands: Annotated[tuple[Value, ...], Limits(min_length=1)]


class Any_(Node):
    """True when one operand is; evaluated left to right, stopping at the first that is."""

    kind: Literal["or"] = "or"
    operands: Annotated[tuple[Value, ...], Limits(min_length=1)]


class Not(Node):
    """The opposite of a condition."""

    kind: Literal["not"] = "not"
    operand: Value


Condition: TypeAlias = Compare | IsIn | All | Any_ | Not
Value: TypeAlias = Annotated[
    Const | ParamRef | Out | Item | Ctx | ListOf | DictOf | Text | Compare | IsIn | All | Any_ | Not,
    Limits(discriminator="kind"),
]
"""A condition slot takes a Condition, or any value whose static type is bool."""
Leaf: TypeAlias = Const | ParamRef | Out | Item | Ctx
"""A value that holds no other."""

# ---------------------------------------------------------------- steps


class SourceFragment(Placed):
    """One top-level statement of the author's file that inlined steps need: its own bytes, at column 0."""

    kind: Literal["import", "value", "class", "function"]
    names: tuple[str, ...]
    text: str


class Imported(Node):
    """A Python function that generated code imports: `module.attr`."""

    kind: Literal["imported"] = "imported"
    module: str
    attr: str


class Inlined(Node):
    """A Python function whose source travels with the pipeline, as one of `Pipeline.code`."""

    kind: Literal["inlined"] = "inlined"
    name: str


class Shell(Node, checked=True):
    """A bash script. Arguments arrive as environment variables of their names: text as it is, anything else as
    JSON. Gives the last line of its standard output (text); a non-zero exit status fails the attempt."""

    kind: Literal["shell"] = "shell"
    script: str


class Container(Node, checked=True):
    """A container: arguments and output as for Shell, the command as a list of words, never through a shell."""

    kind: Literal["container"] = "container"
    image: str
    command: tuple[str, ...] = ()


Run: TypeAlias = Annotated[Imported | Inlined | Shell | Container, Limits(discriminator="kind")]


class Parameter(Node, checked=True):
    """A parameter of a step (`has_default`: the function's own default applies when no argument is given)."""

    name: str
    type: Schema = field(default_factory=dict)
    has_default: bool = False


class Step(Placed, checked=True):
    """A function, script or container declared once and used by calls. `returns` is the schema of its value."""

    name: str
    run: Run
    parameters: tuple[Parameter, ...] = ()
    returns: Schema = field(default_factory=dict)
    description: str = ""


# ---------------------------------------------------------------- policies


class Retry(Node, checked=True):
    """At most `count` more attempts; before attempt n+1 wait at least min(delay * backoff**(n-1), max_delay) s."""

    count: Annotated[int, Limits(ge=1, le=50)]
    delay: Annotated[int, Limits(ge=0, le=86_400 * 7)] = 0
    backoff: Annotated[float, Limits(ge=1.0, le=100.0)] = 1.0
    max_delay: Annotated[int, Limits(ge=0, le=86_400 * 7)] | None = None

    def wait(self, failed_attempts: int) -> int:
        """Whole seconds to wait after `failed_attempts` (from 1) attempts have failed.

        >>> Retry(count=5, delay=10, backoff=2, max_delay=35).wait(3)
        35
        """
        ceiling = 86_400 * 7 if self.max_delay is None else self.max_delay
        if self.delay == 0:
            return 0
        try:
            wanted = self.delay * self.backoff ** (failed_attempts - 1)
        except OverflowError:
            return ceiling
        return min(-int(-wanted // 1), ceiling)

    def waits(self) -> list[int]:
        """The wait before every retry, in order."""
        return [self.wait(n) for n in range(1, self.count + 1)]


class Continue(Node):
    """After its last attempt the call is `failed`, tolerated, and its value is `default`."""

    default: JsonValue = None


class Effects(Node):
    """What an attempt does beyond its return value: engines make nothing of it, a migration's dry-run does.

    `idempotent`: doing it again changes nothing more. `external`: the world is different afterwards (a mail, a
    deployment), so no dry-run does it unasked; with `has_answer`, `answer` stands for its result there.
    """

    kind: Literal["idempotent", "external"]
    has_answer: bool = False
    answer: JsonValue = None


Label: TypeAlias = Annotated[
    str, Limits(pattern=r"^([A-Za-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=317)
]
"""A key or value of a Kubernetes label."""


class Resources(Node, checked=True):
    """What a call asks of the machine it runs on; it changes where work is placed, never what comes out.

    `cpu` in cores, `memory` as a Kubernetes quantity (`512Mi`, `4Gi`), `gpus` in devices of `gpu_type`, the name that
    Kubernetes has for them; `node_selector` are labels of the node. The memory asked for is also the limit.

    >>> Resources(cpu=0.5, memory="2Gi", gpus=1).gpu_type
    'nvidia.com/gpu'
    """

    cpu: Annotated[float, Limits(ge=0.001, le=10_000)] | None = None
    memory: Annotated[str, Limits(pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti)$")] | None = None
    gpus: Annotated[int, Limits(ge=1, le=1_000)] | None = None
    gpu_type: Annotated[str, Limits(pattern=r"^[a-z0-9.-]+/[A-Za-z0-9._-]+$", max_length=200)] = "nvidia.com/gpu"
    node_selector: dict[Label, Label] = field(default_factory=dict)


class Secret(Node, checked=True):
    """An environment variable that a call's code reads a secret from, and where it is kept: `key` in the Kubernetes Secret
    `name`, or nothing of both where whoever runs the engine sets the variable. The value is no part of a pipeline.

    >>> Secret(env="WAREHOUSE_TOKEN", name="warehouse", key="token").kept
    'warehouse/token'
    """

    env: Annotated[str, Limits(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
    name: (
        Annotated[
            str, Limits(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$", max_length=253)
        ]
        | None
    ) = None
    key: Annotated[str, Limits(pattern=r"^[A-Za-z0-9_.-]+$", max_length=253)] | None = None

    def __post_init__(self) -> None:
        if (self.name is None) != (self.key is None):
            raise ValueError("a secret is kept under a name and a key, or nothing is said of where")

    @property
    def kept(self) -> str | None:
        """Where it is kept, as authors write it."""
        return None if self.name is None else f"{self.name}/{self.key}"


class Policy(Node, checked=True):
    """How a call is run. `timeout` is in seconds, per attempt."""

    retry: Retry | None = None
    timeout: Annotated[int, Limits(ge=1, le=86_400 * 366)] | None = None
    on_failure: Continue | None = None
    resources: Resources | None = None
    effects: Effects | None = None
    secrets: tuple[Secret, ...] = ()


NOTHING_SAID = Policy()
"""The policy of most calls: they share it."""


def _shared(policy: Policy) -> Policy:
    return NOTHING_SAID if policy == NOTHING_SAID else policy


# ---------------------------------------------------------------- nodes


class Call(Placed):
    """A step applied to values. `after` names what must have ended well before, beyond what it takes values from."""

    kind: Literal["call"] = "call"
    id: str
    step: str
    args: dict[str, Value] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    policy: Annotated[Policy, After(_shared)] = NOTHING_SAID


class Arm(Placed):
    """One arm of an If; `when` is None for the last, unconditional one."""

    when: Value | None = None
    body: tuple[AnyNode, ...] = ()


class Merged(Placed):
    """A value that leaves an If: `values` has one value per arm, in the order of the arms."""

    id: str
    values: tuple[Value, ...]
    type: Schema = field(default_factory=dict)


class If(Placed):
    """The first arm whose condition holds runs, the calls of the others are skipped."""

    kind: Literal["if"] = "if"
    id: str
    arms: Annotated[tuple[Arm, ...], Limits(min_length=1)]
    merged: tuple[Merged, ...] = ()
    after: tuple[str, ...] = ()


class Collected(Placed):
    """A value that leaves an Each: the list of `value` over its instances, in the order of the items."""

    id: str
    value: Value
    type: Schema = field(default_factory=dict)


class Each(Placed):
    """The body once for every item of a list; `max_parallel` bounds the instances of one call running at once."""

    kind: Literal["each"] = "each"
    id: str
    items: Value
    item_type: Schema = field(default_factory=dict)
    body: tuple[AnyNode, ...]
    collected: tuple[Collected, ...] = ()
    max_parallel: Annotated[int, Limits(ge=1)] | None = None
    after: tuple[str, ...] = ()


class Group(Placed):
    """A name around nodes; it changes nothing that happens."""

    kind: Literal["group"] = "group"
    id: str
    body: tuple[AnyNode, ...]
    description: str = ""


class Include(Placed):
    """A pipeline used inside another: its params get `args`, `Out(ref=id)` is its result. Its own schedule,
    hooks and Final are not used. `pipeglot.core.shape.inline` turns it into a Group."""

    kind: Literal["include"] = "include"
    id: str
    pipeline: Pipeline
    args: dict[str, Value] = field(default_factory=dict)
    after: tuple[str, ...] = ()


class Final(Placed):
    """One call that runs once after everything else ended, whatever happened; it may take `Ctx("state")`."""

    call: Call


AnyNode: TypeAlias = Annotated[Call | If | Each | Group | Include, Limits(discriminator="kind")]

# ---------------------------------------------------------------- pipeline


class Param(Placed, checked=True):
    """A parameter of the pipeline. `type` is a JSON Schema that holds choices (`enum`) and bounds too."""

    name: str
    type: Schema = field(default_factory=dict)
    required: bool = False
    default: JsonValue = None
    description: str = ""


def _utc_seconds(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a start date needs a time zone")
    return value.astimezone(timezone.utc).replace(microsecond=0)


Instant: TypeAlias = Annotated[datetime, After(_utc_seconds)]


class Cron(Node, checked=True):
    """Five fields of cron, read in `timezone` (an IANA name)."""

    kind: Literal["cron"] = "cron"
    expression: str
    timezone: str = "UTC"


class Interval(Node, checked=True):
    """Every `seconds`, counted from the pipeline's start date."""

    kind: Literal["interval"] = "interval"
    seconds: Annotated[int, Limits(ge=60, le=86_400 * 366)]


Timing: TypeAlias = Annotated[Cron | Interval, Limits(discriminator="kind")]


class Schedule(Node, checked=True):
    """When runs start by themselves. `catch_up`: also the ticks missed since `start`; otherwise only new ones."""

    timing: Timing
    start: Instant | None = None
    catch_up: bool = False


class Pipeline(Placed, checked=True):
    """A whole pipeline. `packages` are requirement lines (PEP 508) that its steps need beside the engine.

    >>> p = Pipeline(name="empty")
    >>> Pipeline.from_json(p.to_json()) == p
    True
    """

    format: Literal["pipeglot.pipeline/1"] = FORMAT
    name: str
    description: str = ""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    schedule: Schedule | None = None
    max_active_runs: Annotated[int, Limits(ge=1)] | None = None
    run_timeout: Annotated[int, Limits(ge=1, le=86_400 * 366)] | None = None
    packages: tuple[str, ...] = ()
    options: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    code: tuple[SourceFragment, ...] = ()
    steps: tuple[Step, ...] = ()
    body: tuple[AnyNode, ...] = ()
    result: Value | None = None
    final: Final | None = None

    def to_json(self, *, indent: int | None = 2) -> str:
        """The published JSON text, ending in a newline; the same pipeline gives the same bytes everywhere."""
        if indent is not None:
            return text(self, indent) + "\n"
        return json.dumps(written(self), ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Pipeline:
        """Read `to_json`'s text; raises pydantic's ValidationError (a ValueError) when it is not a pipeline."""
        return border.read_json(cls, text)

    def digest(self) -> str:
        """Twelve hex digits that name what the pipeline does. Source places do not count, nor what is not said: so
        a field that the language gains leaves the digests of pipelines without it as they were."""
        data = meaning(self)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]

    def step(self, name: str) -> Step:
        """The step of that name; KeyError when there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


def walk(body: tuple[AnyNode, ...]) -> Iterator[AnyNode]:
    """Every node of a block, depth first, in the author's order; the inside of an Include is not entered."""
    for node in body:
        yield node
        for block in blocks(node):
            yield from walk(block)


def blocks(node: AnyNode) -> tuple[tuple[AnyNode, ...], ...]:
    """The blocks a node owns, in order."""
    match node:
        case If():
            return tuple(arm.body for arm in node.arms)
        case Each() | Group():
            return (node.body,)
        case Call() | Include():
            return ()
        case _:
            assert_never(node)


def operands(value: Value) -> tuple[Value, ...]:
    """The values that a value is made of."""
    match value:
        case Const() | ParamRef() | Out() | Item() | Ctx():
            return ()
        case ListOf(items=inner) | Text(parts=inner) | All(operands=inner) | Any_(operands=inner):
            return inner
        case DictOf():
            return tuple(v for _, v in value.items)
        case Compare():
            return (value.left, value.right)
        case IsIn():
            return (value.value,)
        case Not():
            return (value.operand,)
        case _:
            assert_never(value)


def parts(value: Value) -> Iterator[Value]:
    """A value and every value inside it."""
    ahead = [value]
    while ahead:
        each = ahead.pop()
        yield each
        ahead.extend(reversed(operands(each)))
