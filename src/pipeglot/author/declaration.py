"""What `@pipeline(...)` and a pipeline function's signature declare, as data."""

from __future__ import annotations

import operator
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from pipeglot.author import plain
from pipeglot.author.constants import constant
from pipeglot.author.hints import bare
from pipeglot.author.policies import Duration, seconds
from pipeglot.author.signature import Signature, schema_of
from pipeglot.author.trace import fail
from pipeglot.core import border, ir
from pipeglot.core.dataclass import dataclass
from pipeglot.core.mismatch import mismatch


@dataclass(frozen=True)
class Cron:
    """A schedule of five fields of cron, in a time zone.

    Attributes:
        expression: minute, hour, day of the month, month and day of the week (PG186 when it cannot be read).
        tz: the IANA name of the time zone, such as `Europe/Berlin`.

    >>> from pipeglot import Cron, pipeline
    >>> @pipeline(schedule=Cron("0 2 * * *", tz="Europe/Berlin"))
    ... def nightly() -> None: ...
    >>> nightly.ir().schedule.timing.timezone
    'Europe/Berlin'
    """

    expression: str
    tz: str = "UTC"


@dataclass(frozen=True)
class Every:
    """A schedule with a fixed interval, counted from the pipeline's `start`.

    Attributes:
        interval: seconds, a timedelta, or text such as `90s`, `5m`, `6h` or `1d` (PG186 when it is none).

    >>> from pipeglot import Every, pipeline
    >>> @pipeline(schedule=Every("6h"), start="2026-01-01")
    ... def refresh() -> None: ...
    >>> refresh.ir().schedule.timing.seconds
    21600
    """

    interval: Duration


@dataclass(frozen=True)
class Param:
    """What a parameter admits beyond its type, in `Annotated[float, Param(ge=0)]`.

    Attributes:
        ge: the lowest value of a number.
        gt: a number that every value is above.
        le: the highest value of a number.
        lt: a number that every value is below.
        choices: the values that are admitted.
        description: text that targets show where they can.

    What contradicts itself or the default is PG185.

    >>> from typing import Annotated
    >>> from pipeglot import Param, pipeline
    >>> @pipeline
    ... def train(rate: Annotated[float, Param(gt=0, le=1)] = 0.1) -> None: ...
    >>> train.ir().params[0].type["exclusiveMinimum"], train.ir().params[0].type["maximum"]
    (0, 1)
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: Sequence[Any] | None = None
    description: str = ""


class Settings(TypedDict, total=False):
    """What `@pipeline(...)` takes. `description` is the docstring unless given, `start` is read in the schedule's
    time zone unless it has one, `packages` are requirement lines (PEP 508), `options` are by target."""

    name: str
    schedule: Cron | Every
    start: datetime | date | str
    catch_up: bool
    max_active_runs: int
    run_timeout: Duration
    owner: str
    tags: Sequence[str]
    description: str
    packages: Sequence[str]
    options: Mapping[str, Mapping[str, Any]]


def declared(said: Settings, place: ir.At) -> dict[str, Any]:
    """The fields of `ir.Pipeline` that settings give; stops with PG133 at one that is invalid."""
    unknown = [name for name in said if name not in Settings.__annotations__]
    if unknown:
        way_out = f"there are: {', '.join(Settings.__annotations__)}"
        fail("PG133", f"@pipeline has no setting {unknown[0]!r}", way_out, place)
    found: dict[str, Any] = {key: said[key] for key in ("owner", "max_active_runs") if said.get(key) is not None}
    for key in ("tags", "packages"):
        texts: Any = said.get(key, ())
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            fail("PG133", f"{key}={texts!r} is not a list of texts", f'{key}=["..."]', place)
        found[key] = tuple(texts)
    if said.get("run_timeout") is not None:
        try:
            found["run_timeout"] = seconds(said["run_timeout"])
        except ValueError as error:
            fail("PG126", f"run_timeout: {error}", "30s, 5m, 1h, 2d, a timedelta or seconds", place)
    options = said.get("options") or {}
    if not all(isinstance(one, Mapping) for one in (options, *options.values())):
        fail("PG133", f"options={options!r} are not by target", 'options={"airflow": {"name": value}}', place)
    found["options"] = {target: constant(dict(given)).value for target, given in options.items()}
    found["schedule"] = _schedule(said, place)
    return found


def _schedule(said: Settings, place: ir.At) -> ir.Schedule | None:
    schedule, start, catch_up = said.get("schedule"), said.get("start"), said.get("catch_up", False)
    if schedule is None:
        if start is not None or catch_up:
            message = "start and catch_up say nothing without a schedule"
            fail("PG133", message, "give schedule=Cron(...) or Every(...)", place)
        return None
    try:
        timing: ir.Cron | ir.Interval
        if isinstance(schedule, Cron):
            timing, zone = ir.Cron(expression=schedule.expression, timezone=schedule.tz), schedule.tz
        elif isinstance(schedule, Every):
            timing, zone = ir.Interval(seconds=seconds(schedule.interval)), "UTC"
        else:
            raise ValueError(f"{schedule!r} is not a schedule")
        return ir.Schedule(timing=timing, start=_instant(start, zone), catch_up=catch_up)
    except (ValueError, KeyError, TypeError) as error:
        reason = border.first(error) or str(error)
    way_out = 'schedule=Cron("0 2 * * *", tz="Europe/Berlin") or Every("1h"), start=a datetime, date or ISO text'
    fail("PG133", f"an invalid schedule: {reason}", way_out, place)


def _instant(given: datetime | date | str | None, zone: str) -> datetime | None:
    """An instant in UTC; a date or a time without a zone is read in the schedule's."""
    if given is None:
        return None
    if isinstance(given, str):
        given = datetime.fromisoformat(given.replace("Z", "+00:00"))
    if not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day)
    return given if given.tzinfo is not None else given.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


# ---------------------------------------------------------------- parameters


def parameters(signature: Signature, place: ir.At) -> tuple[ir.Param, ...]:
    """The pipeline's parameters; stops with PG185 when one contradicts itself."""
    return tuple(_parameter(signature, name, place) for name in signature.python.parameters)


def _parameter(signature: Signature, name: str, place: ir.At) -> ir.Param:
    given = signature.python.parameters[name].default
    required = given is signature.python.empty
    schema, description = _schema(signature.hints.get(name, Any), name, place)
    default = None if required else constant(given).value
    reason = None if required else mismatch(default, schema)
    if reason:
        fail(
            "PG185", f"the default of the parameter {name}: {reason}", "give one that its type and bounds admit", place
        )
    return ir.Param(name=name, type=schema, required=required, default=default, description=description, at=place)


def _schema(hint: Any, name: str, place: ir.At) -> tuple[ir.Schema, str]:
    extra: dict[str, Any] = {}
    description = ""
    found: ir.Schema | None = None
    if typing.get_origin(hint) is typing.Annotated:
        base, *notes = typing.get_args(hint)
        kept: list[Any] = []
        for note in notes:
            if not isinstance(note, Param):
                kept.append(note)
                continue
            description = note.description
            bounds = {key: getattr(note, key) for key in ("ge", "gt", "le", "lt") if getattr(note, key) is not None}
            if bounds and bare(base) not in (int, float):
                message = f"the parameter {name} has bounds and is not a number"
                fail("PG185", message, "annotate it as int or float", place)
            found = plain.bounded(base, bounds) if len(notes) == 1 else None
            if bounds and found is None:
                kept.append(_field(bounds))
            if note.choices is not None:
                extra["enum"] = constant(list(note.choices)).value
        hint = operator.getitem(typing.Annotated, (base, *kept)) if kept else base
    if found is None:
        found = schema_of(hint, "validation", f"the parameter {name}", place)
    return {**found, **extra}, description


def _field(bounds: dict[str, Any]) -> Any:
    from pydantic import Field

    return Field(**bounds)
