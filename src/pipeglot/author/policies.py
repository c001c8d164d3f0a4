"""How a step's calls are run, as authors write it: durations, retries, time limits, tolerated failures."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from pipeglot.author.constants import constant
from pipeglot.author.trace import fail
from pipeglot.core import border, ir
from pipeglot.core.dataclass import dataclass, replace

Duration: TypeAlias = int | str | timedelta
"""Seconds, a timedelta, or text such as `30s`, `5m`, `1h`, `2d`, `1h30m`."""

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_TEXT = re.compile("".join(rf"(?:(\d+)\s*{unit}\s*)?" for unit in _UNITS), re.ASCII)


def seconds(given: Duration) -> int:
    """A duration in whole seconds; ValueError when it is none.

    >>> seconds("5m"), seconds("1h30m"), seconds(timedelta(hours=1)), seconds(3)
    (300, 5400, 3600, 3)
    """
    if isinstance(given, timedelta):
        whole = given.total_seconds()
        if whole != int(whole):
            raise ValueError(f"{given} is not in whole seconds")
        return int(whole)
    if isinstance(given, str):
        found = _TEXT.fullmatch(given.strip())
        if found is None or not any(found.groups()):
            raise ValueError(f"{given!r} is not a duration: write 30s, 5m, 1h or 2d")
        return sum(int(count or 0) * size for count, size in zip(found.groups(), _UNITS.values(), strict=True))
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(f"{given!r} is not a duration: whole seconds, a timedelta or text such as 5m")
    return given


@dataclass(frozen=True)
class Continue:
    """What `continue_` gives."""

    default: Any = None


def continue_(default: Any = None) -> Continue:
    """For `on_failure=`: after its last attempt the step has failed, but what follows goes on with `default`.

    Args:
        default: the value of the call then; a constant that fits the step's return type (PG187 when it does not).

    >>> continue_(default=[])
    Continue(default=[])
    """
    return Continue(default)


@dataclass(frozen=True)
class External:
    """What `external` gives."""

    answer: Any = ...


def external(answer: Any = ...) -> External:
    """For `effects=`: the step changes the world, so a dry-run does it only when told to.

    Args:
        answer: what the step is taken to return in a dry-run that does not do it; by default a value made up for its type.

    >>> external(answer="sent")
    External(answer='sent')
    """
    return External(answer)


Effects: TypeAlias = Literal["idempotent", "external"] | External
"""What a step does beyond its return value."""


Secrets: TypeAlias = Mapping[str, str | None] | Collection[str]
"""Environment variables that a step reads secrets from: their names alone, or with where each is kept, `name/key`."""


def _secrets(given: Any) -> tuple[ir.Secret, ...]:
    """Secrets as data; stops with PG194. What is refused is never shown: it may be the secret itself."""
    way_out = "write secrets=['TOKEN'], or secrets={'TOKEN': 'name/key'} with where it is kept, never what it is"
    if isinstance(given, str) or not isinstance(given, Collection):
        fail("PG194", "secrets are names of environment variables", way_out)
    found = []
    for env, kept in (given if isinstance(given, Mapping) else dict.fromkeys(given)).items():
        if not isinstance(env, str) or not isinstance(kept, str | None):
            fail("PG194", "secrets are names of environment variables", way_out)
        name, slash, key = (kept or "").partition("/")
        if kept is not None and not slash:
            fail("PG194", f"nothing says where the secret {env} is kept", way_out)
        try:
            found.append(ir.Secret(env=env, name=name if slash else None, key=key if slash else None))
        except ValueError as error:
            what = {
                "env": "an environment variable",
                "name": "a Kubernetes Secret",
                "key": "a key of a Kubernetes Secret",
            }
            place = border.wrong(error)[0]["loc"]
            fail("PG194", f"a secret: what is given is no name of {what[str(place[0])]} (it is not shown)", way_out)
    return tuple(found)


def _written(place: tuple[int | str, ...]) -> str:
    """A field of the IR by the name that authors write."""
    return ".".join({"count": "retries", "delay": "retry_delay"}.get(str(part), str(part)) for part in place)


@dataclass(frozen=True)
class Policies:
    """How a step's calls are run, as far as it is said. Times are durations; `backoff` multiplies the delay."""

    retries: int | None = None
    retry_delay: Duration | None = None
    backoff: float | None = None
    max_delay: Duration | None = None
    timeout: Duration | None = None
    on_failure: Continue | None = None
    resources: ir.Resources | None = None
    effects: Effects | None = None
    secrets: Secrets | None = None

    @staticmethod
    def read(given: Mapping[str, Any]) -> Policies:
        """Policies by name; stops with PG126 at one that does not exist or is invalid."""
        known = list(Policies.__match_args__)
        for name in given:
            if name not in known:
                import difflib

                close = difflib.get_close_matches(name, known, n=1)
                way_out = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
                fail("PG126", f"there is no policy {name!r}", way_out)
        read = Policies(**given)
        read.policy()
        return read

    def over(self, base: Policies) -> Policies:
        """These, and where nothing is said those of `base`."""
        said = {name: value for name, value in vars(self).items() if value is not None}
        return replace(base, **said)

    def policy(self) -> ir.Policy:
        """The policies as data; stops with PG126 when they are invalid."""
        if self == _NOTHING:
            return ir.NOTHING_SAID
        try:
            tolerated = None
            if self.retries is not None and (isinstance(self.retries, bool) or not isinstance(self.retries, int)):
                raise ValueError(f"retries={self.retries!r} is not a whole number")
            delay = 0 if self.retry_delay is None else seconds(self.retry_delay)
            limit = None if self.max_delay is None else seconds(self.max_delay)
            factor = 1.0 if self.backoff is None else self.backoff
            wanted = ir.Retry(count=self.retries or 1, delay=delay, backoff=factor, max_delay=limit)
            retry = wanted if self.retries else None
            timeout = None if self.timeout is None else seconds(self.timeout)
            if isinstance(self.on_failure, Continue):
                tolerated = ir.Continue(default=constant(self.on_failure.default).value)
            elif self.on_failure is not None:
                raise ValueError(f"on_failure={self.on_failure!r}: write on_failure=continue_(default=...)")
            if self.resources is not None and not isinstance(self.resources, ir.Resources):
                raise ValueError(f"resources={self.resources!r}: write resources=Resources(cpu=2, memory='4Gi')")
            return ir.Policy(
                retry=retry,
                timeout=timeout,
                on_failure=tolerated,
                resources=self.resources,
                effects=self._effects(),
                secrets=() if self.secrets is None else _secrets(self.secrets),
            )
        except ValueError as error:
            wrong = "; ".join(f"{_written(one['loc'])}: {one['msg']}" for one in border.wrong(error))
            way_out = "retries 0 to 50, delays up to 7 days, backoff 1 to 100"
            otherwise = "durations: 30s, 5m, 1h, 2d, a timedelta or seconds"
            fail("PG126", f"invalid policy: {wrong or error}", way_out if wrong else otherwise)

    def _effects(self) -> ir.Effects | None:
        match self.effects:
            case None:
                return None
            case "idempotent" | "external" as kind:
                return ir.Effects(kind=kind)
            case External(answer=answer) if answer is ...:
                return ir.Effects(kind="external")
            case External(answer=answer):
                return ir.Effects(kind="external", has_answer=True, answer=constant(answer).value)
        raise ValueError(f"effects={self.effects!r}: write 'idempotent', 'external' or external(answer=...)")


_NOTHING = Policies()
