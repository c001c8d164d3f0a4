"""What the probe of Kubeflow Pipelines keeps from a job and from the engine, and what it holds them to."""

from __future__ import annotations

import builtins
import time
from typing import Any

import pytest

from pipeglot import each, pipeline, step
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.record import Record
from pipeglot.engines.run import Request, run_many
from tests.test_engines import installed

EIGHT = list(range(8))


@step
def speak(n: int) -> int:
    for _ in range(10):
        print("spoken")
    return n


@step
def whose() -> list[str | int]:
    import logging

    return [repr(builtins.print), max(len(logging.getLogger().handlers), 1)]


@step
def take_print_over() -> None:
    builtins.print = lambda *given, **named: None


@step
def hang() -> None:
    time.sleep(600)


@step
def pool() -> list[int]:
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(2) as workers:
        return workers.map(abs, [-1, 2])


@step
def flood() -> None:
    while True:
        print("and on " * 1000)


@pipeline
def loud(items: list[int] = EIGHT) -> list[str | int]:
    with each(items) as one, each(items):
        speak(one)
    speak(1)
    return whose()


@pipeline
def taken_over() -> None:
    take_print_over()


@pipeline
def asks() -> list[str | int]:
    return whose()


@pipeline
def pooled() -> list[int]:
    return pool()


@pipeline
def hangs() -> None:
    hang()


@pipeline
def floods() -> None:
    flood()


@pytest.mark.engine("kfp")
def test_every_job_has_a_clean_print_and_none_can_grow_or_hang_unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeglot.engines.process.LOUDEST", 1024**2)
    programs: list[Any] = [loud, loud, asks, taken_over, asks, pooled, hangs, floods, loud]
    outcomes = list(run_many([Request(one.ir()) for one in programs], "kfp", python=installed("kfp"), timeout=20))
    *spoke, hung, flooded, last = outcomes
    for outcome in (*spoke, last):
        assert isinstance(outcome, Record), outcome
        assert outcome.state == "succeeded"
        assert outcome.result in (["<built-in function print>", 1], [1, 2], None)
    assert isinstance(hung, EngineError)
    assert hung.diagnostics[0].code == "PG321"
    assert "'hangs' (running: hang)" in hung.diagnostics[0].message
    assert "--timeout" in hung.diagnostics[0].help
    assert isinstance(flooded, EngineError)
    assert flooded.diagnostics[0].code == "PG326"
    assert "'floods' (running: flood)" in flooded.diagnostics[0].message
