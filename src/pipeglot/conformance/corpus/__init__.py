"""The corpus: one small authored pipeline per feature, run on the reference and on every engine.

A case's `expect` is written by hand from `docs/language.md`, so that the reference run is checked too. Keys are
`call` or `call[0][1]`, values the state with what else matters: `succeeded`, `failed*2` (two attempts),
`failed~` (tolerated), `succeeded=3` (output as JSON).
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Record


@dataclass(frozen=True)
class Case:
    """One run of one pipeline: `state` and `expect` are what the meaning says must come out. `needs` is a command
    that succeeds where the case can be run; elsewhere it is compiled only. `env` holds the values of its secrets."""

    pipeline: Any
    state: str = "succeeded"
    expect: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    result: Any = ...
    name: str = ""
    logical_date: str = "2026-03-01T02:00:00Z"
    needs: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name or str(self.pipeline.name)

    @property
    def ir(self) -> Pipeline:
        made = self.pipeline if isinstance(self.pipeline, Pipeline) else self.pipeline.ir()
        assert isinstance(made, Pipeline)
        return made


def cases() -> Iterator[Case]:
    """Every case of every module of the corpus; their ids are distinct."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        yield from importlib.import_module(f"{__name__}.{module}").CASES


def summary(call: CallRecord, pattern: str) -> str:
    """What a call did, written as far as `pattern` asks for it."""
    text: str = call.state
    if "*" in pattern:
        text += f"*{call.attempts}"
    if "~" in pattern:
        text += "~" if call.tolerated else ""
    if "=" in pattern:
        text += "=" + json.dumps(call.output)
    return text


def surprises(case: Case, record: Record) -> list[str]:
    """Where a record is not what the case expects; empty when it is."""
    found = [] if record.state == case.state else [f"run {record.state}, expected {case.state}"]
    if case.result is not ... and record.result != case.result:
        found.append(f"result {record.result!r}, expected {case.result!r}")
    calls = {call.id + "".join(f"[{i}]" for i in call.index): call for call in record.calls}
    for key, pattern in case.expect.items():
        if key not in calls:
            found.append(f"{key} has no record, expected {pattern}; there are {sorted(calls)}")
        elif summary(calls[key], pattern) != pattern:
            found.append(f"{key} {summary(calls[key], pattern)}, expected {pattern} ({calls[key].error})")
    if case.expect and "..." not in case.expect:
        found += [f"{key} is not expected" for key in calls if key not in case.expect]
    return found
