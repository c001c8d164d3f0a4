"""What is expected of a loaded object, made from the IR alone: what the expectations of all targets share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from pipeglot.core.ir import Call, Cron, Group, Interval, Pipeline, Step, walk
from pipeglot.core.types import options as alternatives

Facts: TypeAlias = Mapping[str, Any]
"""What an inspector printed of one pipeline, with `codes`: {code: how many diagnostics of it}."""

Pair: TypeAlias = tuple[Any, Any]
"""What the IR says and what the engine has."""

Triple: TypeAlias = tuple[str, str | None, str | None]
"""A secret: its variable, and the name and key it is kept under."""

Kept: TypeAlias = Iterable[Triple]

Pairs: TypeAlias = Callable[[Pipeline, Facts], Iterator[Pair]]


def calls(pipeline: Pipeline) -> list[Call]:
    return [node for node in walk(pipeline.body) if isinstance(node, Call)]


def said(code: str, wanted: Callable[[Pipeline], int | bool]) -> Pairs:
    """A diagnostic of that code, as often as is wanted."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        yield int(wanted(pipeline)), facts["codes"].get(code, 0)

    return pairs


def every(told: Callable[[Call], Any], key: str, seen: Callable[[Any], Any] = lambda value: value) -> Pairs:
    """One fact of the task of every call."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        for call in calls(pipeline):
            yield (call.id, told(call)), (call.id, seen(facts["tasks"].get(call.id, {}).get(key)))

    return pairs


def fact(key: str, told: Callable[[Pipeline], Any]) -> Pairs:
    """One fact of the whole."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        yield told(pipeline), facts[key]

    return pairs


def count(call: Call) -> int:
    return 0 if call.policy.retry is None else call.policy.retry.count


def waits(call: Call) -> list[int]:
    """Seconds before each retry, by the formula of the language."""
    retry = call.policy.retry
    if retry is None:
        return []
    longest = float("inf") if retry.max_delay is None else retry.max_delay
    return [int(min(-(-retry.delay * retry.backoff**n // 1), longest)) for n in range(retry.count)]


def described(pipeline: Pipeline, call: Call) -> str:
    return step_of(pipeline, call).description


def described_groups(pipeline: Pipeline) -> int:
    return sum(isinstance(node, Group) and bool(node.description) for node in walk(pipeline.body))


def step_of(pipeline: Pipeline, call: Call) -> Step:
    return next(step for step in pipeline.steps if step.name == call.step)


def bounds(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What of a schema says which values there may be."""
    names = ("enum", "minimum", "maximum", "items")
    found = [(name, schema[name]) for name in names if name in schema]
    kinds = {each.get("type") for each in alternatives(dict(schema))}
    # An int is a number too, and a target may say so.
    kinds -= {"integer"} if "number" in kinds else set()
    return [*found, ("kinds", sorted(kinds))]


def ticks(timing: Cron | Interval, start: datetime | None) -> list[str] | None:
    """The first ticks of an interval from its start; None for cron."""
    if isinstance(timing, Cron) or start is None:
        return None
    return [(start + timedelta(seconds=timing.seconds * n)).isoformat() for n in range(4)]


def words(told: Callable[[Pipeline, Call], str], key: str) -> Pairs:
    """A text of the task of every call."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        for call in calls(pipeline):
            have = facts["tasks"].get(call.id, {}).get(key) or ""
            yield (call.id, told(pipeline, call)), (call.id, have)

    return pairs


def resourceful(pipeline: Pipeline) -> int:
    return sum(call.policy.resources is not None for call in calls(pipeline))


def starts(pipeline: Pipeline) -> bool:
    return pipeline.schedule is not None and pipeline.schedule.start is not None


def catches_up(pipeline: Pipeline) -> bool:
    return pipeline.schedule is not None and pipeline.schedule.catch_up


def pod(normal: Callable[[Any], Any], read: Callable[[Any], Any], told: Callable[[Any], Any]) -> Pairs:
    """What the pod of every call is asked for; `normal` gives requests, limits and selector."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        for call in calls(pipeline):
            have, wanted = facts["tasks"].get(call.id, {}).get("pod"), call.policy.resources
            found = {} if have is None else normal(have)
            expected = None if wanted is None else told(wanted)
            yield (call.id, expected), (call.id, read(found) if any(found.values()) else None)

    return pairs


def secrets(part: int, code: str, kept: Callable[[Any], Kept]) -> Pairs:
    """One part (variable, name, key) of the secrets of every call: `kept` finds in its pod those that say where they are
    kept; all others are named by the diagnostic."""

    def pairs(pipeline: Pipeline, facts: Facts) -> Iterator[Pair]:
        noted = _noted(facts["named"].get(code, []))
        for call in calls(pipeline):
            wanted = [(each.env, each.name, each.key) for each in call.policy.secrets]
            have = facts["tasks"].get(call.id, {}).get("pod")
            found = [] if have is None else list(kept(have))
            found += [each for each in noted.get(call.id, []) if each[0] not in [known[0] for known in found]]
            told, seen = (sorted(str(one[part]) for one in each) for each in (wanted, found))
            yield (call.id, told), (call.id, seen)

    return pairs


def _noted(messages: Sequence[str]) -> dict[str, list[Triple]]:
    """The secrets that diagnostics name, by call."""
    found: dict[str, list[Triple]] = {}
    for message in messages:
        head, _, listed = message.partition(": ")
        for one in listed.split(", "):
            env, _, where = one.partition(" (kept in ")
            name, _, key = where.rstrip(")").partition("/")
            found.setdefault(head.split("'")[1], []).append((env, name or None, key or None))
    return found


def environment(container: Mapping[str, Any]) -> Kept:
    """The variables of a container that are taken from Secrets, as its Python client or its manifests have them."""
    for each in container.get("env", []):
        source = each.get("value_from") or each["valueFrom"]
        ref = source.get("secret_key_ref") or source["secretKeyRef"]
        yield each["name"], ref["name"], ref["key"]


def cpus(text: str) -> float | None:
    """Cores of a Kubernetes quantity."""
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text) or None


def devices(limits: Mapping[str, str]) -> dict[str, int]:
    """How many of which device."""
    return {name: int(number) for name, number in limits.items() if name not in ("memory", "cpu")}
