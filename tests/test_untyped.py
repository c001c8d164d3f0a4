"""What a step without an annotation gives is looked at before a run dies of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pytest

from pipeglot import pipeline, step
from pipeglot.core.diagnostic import Diagnostic


class Model:
    def fit(self) -> Model:
        return self


class Stored(dict[str, int]):
    pass


def _of_pandas():  # type: ignore[no-untyped-def]
    return pd.DataFrame({"a": [1]})


def _read():  # type: ignore[no-untyped-def]
    table = pd.read_csv("table.csv")
    table = table.dropna()
    return table


def _of_the_file():  # type: ignore[no-untyped-def]
    made = Model()
    return {"model": made.fit()}


def _unsure():  # type: ignore[no-untyped-def]
    return pytest.importorskip("json")


def _plain(x=None):  # type: ignore[no-untyped-def]
    if x:
        return len(x), Path("a"), Stored(a=1)
    return {"n": sorted([1]), "text": str(3)}


def _typed() -> float:
    return float(pd.Series([1.0]).sum())


def found(fn: Any) -> list[Diagnostic]:
    used = step(fn)

    @pipeline
    def made() -> None:
        used()

    return [one for one in made.check() if one.code == "PG404"]


@pytest.mark.parametrize(
    ("fn", "severity", "words"),
    [
        (_of_pandas, "warning", "returns a DataFrame"),
        (_read, "warning", "returns a DataFrame"),
        (_of_the_file, "warning", "returns a Model"),
        (_unsure, "note", "what _pytest.importorskip() gives"),
    ],
)
def test_what_json_cannot_hold_is_named_at_the_step(fn: Any, severity: str, words: str) -> None:
    (one,) = found(fn)
    assert (one.severity, one.at and one.at.line) == (severity, fn.__code__.co_firstlineno)
    assert words in one.message


@pytest.mark.parametrize("fn", [_plain, _typed])
def test_of_what_json_holds_nothing_is_said(fn: Any) -> None:
    assert found(fn) == []
