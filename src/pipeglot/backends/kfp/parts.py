"""What the modules of the lowering share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_never

from pipeglot.codegen.pysource import Root
from pipeglot.core.diagnostic import Diagnostic
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
    Pipeline,
    Policy,
    Secret,
    Text,
    Value,
)
from pipeglot.core.secrets import calls_with_secrets

from .programs import Writing
from .spec import Dag, Given
from .types import Form

if TYPE_CHECKING:
    from .containers import Box

Facet = tuple[tuple[str | int, ...], Form]
"""What of a value is asked for: a path into it, and the form."""


@dataclass
class Producer:
    """Where a value comes from: `give` answers for the facets it can give, in the DAG it is in."""

    dag: Dag
    form: Form
    give: Callable[[tuple[str | int, ...], Form], Given | None]
    guarded: bool = False


@dataclass(frozen=True)
class Meaning:
    """What a task stands for: a `call`, a decision or a formed value (`decide`), or nothing of the language."""

    node: str
    kind: str
    form: Form = "json"
    fused: int = 0
    """Attempts a failed task stands for, where it repeats the call itself."""
    output: str = "Output"
    """The output that has the value."""
    arm: int | None = None
    """Of the DAG of one arm of an If, the arm's number, where skipping it means that the arm was not taken."""


@dataclass
class Lowered:
    """What came out."""

    root: Dag
    writings: dict[str, Writing]
    containers: dict[str, Box]
    meanings: dict[str, Meaning]
    params: dict[str, dict[str, Any]]
    resources: dict[str, Any]
    tick: str | None = None
    """The parameter that takes the logical date, where something asks for it."""
    diagnostics: list[Diagnostic] = field(default_factory=list)


def secrets_of(pipeline: Pipeline, lowered: Lowered) -> dict[str, dict[str, list[Secret]]]:
    """By task and by the Kubernetes Secret that keeps them, the secrets that a call's pod is given."""
    calls = {call.id: call for call in calls_with_secrets(pipeline)}
    found: dict[str, dict[str, list[Secret]]] = {}
    for task, meaning in lowered.meanings.items():
        if meaning.kind == "call" and meaning.node in calls:
            for secret in calls[meaning.node].policy.secrets:
                if secret.name is not None:
                    found.setdefault(task, {}).setdefault(secret.name, []).append(secret)
    return found


def key_of(value: Root) -> tuple[str, str]:
    """What names a reference, its path dropped."""
    match value:
        case Out(ref=ref):
            return "out", ref
        case Item(loop=loop):
            return "item", loop
        case ParamRef(name=name) | Ctx(name=name):
            return value.kind, name
        case _:
            assert_never(value)


def value_path(value: Root) -> tuple[str | int, ...]:
    """The path of a reference."""
    return () if isinstance(value, Ctx) else value.path


def input_name(given: Given) -> str:
    """What a DAG calls an input: as KFP's own compiler does, but for outputs with names, so that kfp.local finds
    them too."""
    if "componentInputParameter" in given:
        name = str(given["componentInputParameter"])
        return name if name.startswith("pipelinechannel--") else f"pipelinechannel--{name}"
    port = given["taskOutputParameter"]
    key = port["outputParameterKey"]
    return (
        f"pipelinechannel--{port['producerTask']}-{key}"
        if key == "Output"
        else f"pipelinechannel--{port['producerTask']}--{key}"
    )


def words(value: Root) -> str:
    match value:
        case Out(ref=ref):
            return ref
        case Item(loop=loop):
            return f"{loop}_item"
        case ParamRef(name=name) | Ctx(name=name):
            return name
        case _:
            assert_never(value)


def json_text(value: Any) -> str:
    return json.dumps(value).replace("{{", "{\\u007b")


def is_small(value: Any) -> bool:
    """Whether a constant can be an input that KFP shows: placeholders are looked for in those, and zeros lose their sign."""
    if isinstance(value, str):
        return len(value) <= 200 and "{{" not in value and value.isprintable()
    return isinstance(value, bool | int) or (isinstance(value, float) and str(value) != "-0.0")


def native(policy: Policy) -> bool:
    """Whether KFP's own retries keep the policy: whole seconds, and no ceiling, which Argo reads as one on all."""
    retry = policy.retry
    if retry is None:
        return True
    waits = retry.waits()
    plain = all(wait == round(retry.delay * retry.backoff**n) for n, wait in enumerate(waits))
    return plain and (retry.backoff == int(retry.backoff) or retry.delay == 0)


def retry_policy(policy: Policy) -> dict[str, Any]:
    retry = policy.retry
    assert retry is not None
    return {
        "backoffDuration": f"{retry.delay}s",
        "backoffFactor": float(retry.backoff),
        "backoffMaxDuration": f"{max(3600, sum(retry.waits()) * 2)}s",
        "maxRetryCount": retry.count,
    }


SHIELD = "text: "
"""Starts the name of a parameter that stands for a constant text: one that KFP would find a placeholder in, inside
the braces of an f-string."""


def shielded(value: Value) -> Value:
    """A value whose texts KFP finds no placeholder in."""
    match value:
        case Text(parts=parts):
            return Text(parts=tuple(_shield(part) for part in parts))
        case ListOf(items=items):
            return ListOf(items=tuple(shielded(item) for item in items))
        case DictOf(items=pairs):
            return DictOf(items=tuple((key, shielded(item)) for key, item in pairs))
        case Const() | ParamRef() | Out() | Item() | Ctx() | Compare() | IsIn() | All() | Any_() | Not():
            return value
        case _:
            assert_never(value)


def _shield(part: Value) -> Value:
    if isinstance(part, Const) and isinstance(part.value, str) and "{$" in part.value:
        return ParamRef(name=SHIELD + part.value)
    return shielded(part)
