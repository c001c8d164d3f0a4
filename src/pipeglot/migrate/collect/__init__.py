"""A run that a live engine has already done, read from its public API as a Record: production as the old side.

A collector is a function that asks an engine's API for one run and gives it as `EngineRun`, as a probe does: tasks
with the engine's own names, words for states and positions, and the run's params, as far as the engine tells them.
From there on it is a run like any other.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias, cast

from pipeglot import engines
from pipeglot.backends.base import EngineRun, instant
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import AuthoringError, Diagnostic, EngineError
from pipeglot.core.ir import Pipeline, Schema
from pipeglot.core.mismatch import mismatch
from pipeglot.core.params import date_param, resolve_params
from pipeglot.core.record import Record
from pipeglot.core.shape import inline
from pipeglot.core.types import scalar_kind
from pipeglot.migrate.collect.api import Api, RunQuery
from pipeglot.migrate.matching import TaskMap
from pipeglot.migrate.native import as_record

Collector: TypeAlias = Callable[[Api, RunQuery], EngineRun]
"""Gives a run that has ended; its `params` are what the run was given.

Raises what `Api` raises, AuthoringError PG372 when there is no such run (or not one alone), PG374 when it has not
ended, and EngineError PG373 when an answer has not the form that the API's definition promises.
"""


def collectors() -> list[str]:
    """The targets whose runs can be collected."""
    return [spec.target for spec in engines.specs() if spec.collector is not None]


def _module(target: str) -> ModuleType:
    name = next((spec.collector for spec in engines.specs() if spec.target == target), None)
    if name is None:
        message = f"nothing is collected from {target!r}"
        raise AuthoringError([Diagnostic("PG342", "error", message, None, "one of: " + ", ".join(collectors()))])
    return import_module(name)


def with_token(target: str, api: Api, token: str) -> Api:
    """The same server, asked with a token of that engine's kind.

    >>> with_token("kfp", Api("https://kfp.example.org"), "x").headers
    {'Authorization': 'Bearer x'}
    """
    return cast(Api, getattr(_module(target), "with_token", Api.bearer)(api, token))


def with_password(target: str, api: Api, user: str, password: str) -> Api:
    """The same server, asked as one of its users: in that engine's own way, else with the password."""
    return cast(Api, getattr(_module(target), "with_password", Api.basic)(api, user, password))


def collect(
    pipeline: Pipeline,
    target: str,
    api: Api,
    asked: RunQuery,
    mapping: TaskMap | None = None,
    params: Mapping[str, Any] | None = None,
) -> Record:
    """The Record of a run that an engine did before. Nothing is run, and no engine is needed here.

    A run of code that pipeglot compiled is known by the names of its tasks, helpers among them; any other is native,
    and its tasks are matched with calls as in a dry-run. Notes of the record say what was not known or has no partner.

    Args:
        pipeline: the pipeline whose run it is, or that is to take its place.
        target: the engine, one of `collectors()`.
        api: the engine's server.
        asked: the run.
        mapping: the map file (`pipeglot.migrate.matching.read_mapping`); even an empty one says that the run is of
            native code.
        params: values of the pipeline's parameters that the engine does not know the run by.

    Raises:
        AuthoringError: PG342 for a target that has no collector, PG350 or PG352 when the run's params are not the
            pipeline's, PG365, PG371, PG372, PG374.
        EngineError: PG370, PG373.
    """
    run = _asked(_module(target).collect, api, replace(asked, date=date_param(pipeline)))
    flat = inline(pipeline)
    notes: list[str] = []
    given = _params(flat, run, params or {}, notes)
    date = _date(run, notes)
    reading = as_record(flat, run, given, date, mapping, target)
    for what, names in (
        ("tasks that are no call by their names, kept under them", reading.matched.tasks_alone),
        ("tasks that are no call by the mapping, left out", reading.matched.dropped),
        ("tasks that only decide which others run, left out", reading.steering),
        ("tasks called like a region or a value, not like a call, left out", (*reading.matched.helpers,)),
        ("calls that no task stands for", reading.matched.calls_alone),
        ("values handed on by key that are no part of an output", reading.unread),
    ):
        if names:
            notes.append(f"{what}: {', '.join(sorted(names))}")
    record = reading.record
    return record.model_copy(update={"notes": (*notes, *record.notes)})


def _asked(collector: Collector, api: Api, asked: RunQuery) -> EngineRun:
    """The run, where the server's answers have the form of that engine's API down to their last field."""
    try:
        run = collector(api, asked)
        times = [run.logical_date, run.started, run.ended]
        for time in (*times, *(at for task in run.tasks for at in (task.started, task.ended))):
            instant(time)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = (
            f"the answers for the run {asked.run} do not have the form of that engine's API ({type(error).__name__})"
        )
        way_out = "is --url that of this engine, and its version one that pipeglot knows?"
        raise EngineError([Diagnostic("PG373", "error", message, None, way_out)]) from error
    return run


def _params(pipeline: Pipeline, run: EngineRun, told: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    known = {param.name: param.type for param in pipeline.params}
    # Compiled jobs are told the logical date among their params.
    if others := sorted(run.params.keys() - known.keys() - {date_param(pipeline)}):
        notes.append(f"params of the run that the pipeline does not have: {', '.join(others)}")
    given = {name: _fitting(value, known[name]) for name, value in run.params.items() if name in known}
    try:
        return resolve_params(pipeline, {**given, **told})
    except AuthoringError as error:
        way_out = "say with -p NAME=VALUE what the run took in its place"
        found = [
            Diagnostic(d.code, d.severity, f"of the run {run.run_id}: {d.message}", d.at, d.help or way_out)
            for d in error.diagnostics
        ]
        raise AuthoringError(found) from None


def _fitting(value: Any, schema: Schema) -> Any:
    """A param's value as the pipeline has it: KFP's are text where they are lists, and its numbers have one type.

    >>> _fitting("[1, 2]", {"type": "array"}), _fitting(2, {"type": "number"}), _fitting("2", {"type": "string"})
    ([1, 2], 2.0, '2')
    """
    if isinstance(value, str) and mismatch(value, schema) is not None:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    kind = scalar_kind(schema)
    if kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if kind == "float" and type(value) is int else value


def _date(run: EngineRun, notes: list[str]) -> datetime:
    date = instant(run.logical_date)
    if date is None:
        notes.append("the engine knows of no logical date: the time at which the run started is taken for it")
        date = instant(run.started) or datetime.now(timezone.utc)
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
