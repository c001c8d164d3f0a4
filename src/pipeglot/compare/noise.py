"""Noise: what differs between two runs of the old side itself says nothing about the migration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from pipeglot.compare.model import CONTENT, Difference, Masked

Place: TypeAlias = tuple[object, ...]


def noise(
    found: Iterable[Difference], repeats: Iterable[Iterable[Difference]], runs: int
) -> tuple[list[Difference], list[Masked]]:
    """The differences that count, and those at places where the old side differs from run to run.

    In a table the column is the place, and of a file what is in it: its name may be another in every run.

    Args:
        found: what differs.
        repeats: what differs between any two runs of the old side.
        runs: how many runs of it there are.
    """
    noisy: dict[Place, list[Any]] = {}
    columns: dict[Place, list[Any]] = {}
    for one in (one for repeat in repeats for one in repeat):
        for path in one.places:
            _add(noisy.setdefault(_place(one, path), [one.old]), one.new)
            for column in _columns(path):
                for around in _enclosing(column):
                    _add(columns.setdefault(_place(one, around), [one.old]), one.new)
    counted, masked = [], []
    for one in found:
        seen = [_noise(one, path, noisy, columns) for path in one.places]
        if any(values is None for values in seen):
            counted.append(one)
        else:
            reason = f"{runs} runs of the old side did not agree here either"
            values = tuple(seen[0] or ()) if seen else ()
            masked.append(Masked(difference=one, why="noise", reason=reason, runs=runs, values=values))
    return counted, masked


def _add(values: list[Any], value: Any) -> None:
    if not any(type(one) is type(value) and one == value for one in values):
        values.append(value)


def _noise(
    one: Difference, path: str, noisy: dict[Place, list[Any]], columns: dict[Place, list[Any]]
) -> list[Any] | None:
    """The noise at a path or around it: where a whole object changes, so do its fields. A table that is told as one has
    its columns for places, whether on this side of the comparison or in the noise."""
    for here in (path, *(() if one.table else _columns(path))):
        for around in _enclosing(here):
            if (values := noisy.get(_place(one, around))) is not None:
                return values
    return columns.get(_place(one, path)) if one.table else None


def _place(one: Difference, path: str) -> Place:
    return (
        "artifact" if one.kind == "artifact" else "value" if one.kind in CONTENT else one.kind,
        one.call,
        one.index,
        path,
    )


def _columns(path: str) -> Iterator[str]:
    """A path with the number of each list it leads through left out in turn: the column, were that list a table."""
    for step in re.finditer(r"\[\d+\]", path):
        yield f"{path[: step.start()]}[*]{path[step.end() :]}"


def _enclosing(path: str) -> Iterator[str]:
    """A path, and those of the values around it; that rows come and go says nothing of what is in them."""
    yield path
    while (cut := max(path.rfind("."), path.rfind("["))) > 0:
        path = path[:cut]
        if not path.endswith("[*]"):
            yield path
