"""Noise: what differs between two runs of the old side itself says nothing about the migration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeglot.core.record import Record
from pipeglot.migrate.compare import compare
from pipeglot.migrate.model import Difference, Masked


def noise(
    found: Iterable[Difference], runs: Sequence[Record], *, tolerance: float = 1e-9
) -> tuple[list[Difference], list[Masked]]:
    """The differences that count, and those at places where the old side differs from run to run.

    Args:
        found: what differs.
        runs: every run of the old side; a single one shows no noise.
        tolerance: as for `compare`.
    """
    noisy: dict[tuple[object, ...], list[Any]] = {}
    for other in runs[1:]:
        for one in compare(runs[0], other, tolerance=tolerance):
            noisy.setdefault(one.where, [one.old]).append(one.new)
    counted, masked = [], []
    for one in found:
        values = noisy.get(one.where) or _around(one, noisy)
        if values is None:
            counted.append(one)
        else:
            reason = f"{len(runs)} runs of the old side did not agree here either"
            masked.append(Masked(difference=one, why="noise", reason=reason, runs=len(runs), values=tuple(values)))
    return counted, masked


def _around(one: Difference, noisy: dict[tuple[object, ...], list[Any]]) -> list[Any] | None:
    """The noise at a place that holds this one: where a whole object changes, so do its fields."""
    path = one.path
    while (cut := max(path.rfind("."), path.rfind("["))) > 0:
        path = path[:cut]
        values = noisy.get((one.kind, one.call, one.index, path))
        if values is not None:
            return values
    return None
