"""What the report page knows of a dry-run, in the fewest bytes: drawing, call instances of both sides, differences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from pipeglot.compare.drawing import CallGraph, GraphNode
from pipeglot.compare.model import Difference, Kind, Report, Side, TableDifference
from pipeglot.migrate.report.layout import layout
from pipeglot.migrate.report.values import WIDTH, compact, cut, encoded, marked, pretty
from pipeglot.migrate.report.weight import rule

Key: TypeAlias = tuple[str | None, tuple[int, ...]]
Paths: TypeAlias = tuple[set[str], set[str]]
"""Paths within an output: those of differences, and of differences that do not count."""

KINDS: dict[Kind, str] = {
    "run_state": "run state",
    "result": "result",
    "missing": "missing on the new side",
    "extra": "only on the new side",
    "state": "state",
    "tolerated": "tolerated",
    "attempts": "attempts",
    "output": "output",
    "order": "order",
    "input": "unrecorded input",
    "table": "table",
    "artifact": "file",
    "repeated": "executions",
    "told": "told of the run",
    "declared": "declared",
    "record": "record",
    "parallel": "instances at once",
}
"""What each kind of difference is called."""
LARGEST = 20_000
"""Characters of one output on the page, in which something differs."""
ALIKE = 2_000
"""Characters of any other. Both are halved, this one first, until all outputs together fit `BUDGET`."""
BUDGET = 1_200_000
STATES = ("succeeded", "failed", "skipped", "blocked", "cancelled")
CONTEXT = 12
"""Lines kept before the first difference of an output that is cut."""
VALUE = 400
"""Characters of one value in the table of differences."""
PARTS = ("state", "attempts", "start", "took", "observed", "tolerated", "output", "error", "given")
"""The columns of a side's executions: times in milliseconds, texts and errors by number."""
NOTHING: Paths = (set(), set())
ELSEWHERE = "(not in the pipeline)"
"""The region that holds calls which ran and which the pipeline does not know."""


def shown(difference: Difference, limit: int | None = VALUE) -> tuple[str, str]:
    """What the two sides have at a difference, as text."""

    def one(value: Any, side: str) -> str:
        if difference.absent == side:
            return "absent"
        if isinstance(value, str) and difference.kind not in ("output", "result"):
            return cut(value, limit)
        return compact(value, limit)

    return one(difference.old, "old"), one(difference.new, "new")


_MILLISECOND = timedelta(milliseconds=1)
_NUMBER = {state: number for number, state in enumerate(STATES)}


@dataclass
class _Output:
    """An output's lines, and the runs of lines that differ, and that differ and do not count."""

    lines: list[str]
    runs: tuple[list[tuple[int, int]], ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))

    def within(self, limit: int) -> Any:
        """The text, with its runs if there are any; one that is too long is what stands around its first difference."""
        first, lines = 0, self.lines
        if self.size > limit:
            first = max(0, min((line for run in self.runs for line, _ in run), default=0) - CONTEXT)
            lines = [f"… {first:,} lines before"] * bool(first)
            room, end = limit, first
            while room > 0 and end < len(self.lines):
                lines.append(cut(self.lines[end], room))
                room, end = room - len(self.lines[end]), end + 1
            lines += [f"… {len(self.lines) - end:,} more lines"] * (end < len(self.lines))
            first -= bool(first)
        text = "\n".join(lines)
        runs = [[v for line, n in run if line - first < len(lines) for v in (line - first, n)] for run in self.runs]
        return [text, *runs] if any(runs) else text


@dataclass(slots=True)
class _Alike:
    """An output in which nothing differs: its text is only made when the page has room for it."""

    value: Any
    size: int

    def within(self, limit: int) -> Any:
        if not limit:
            return "…"
        if self.size <= WIDTH and len(line := encoded(self.value)) <= min(WIDTH, limit):  # most
            return line
        return _Output([text for _, text in pretty(self.value, set())], ()).within(limit)


@dataclass
class _Outputs:
    """Every output once, by number; the same on both sides then costs nothing."""

    numbers: dict[object, int] = field(default_factory=dict)
    found: list[_Output | _Alike] = field(default_factory=list)

    def add(self, value: Any, opened: Paths) -> int:
        if any(opened):
            lines = list(pretty(value, opened[0] | opened[1]))
            runs = tuple(marked(lines, paths) if paths else [] for paths in opened)
            texts = [text for _, text in lines]
            return self._numbered((*texts, str(runs)), _Output(texts, runs))
        text = repr(value)
        return self._numbered(text, _Alike(value, len(text)))

    def _numbered(self, key: object, made: _Output | _Alike) -> int:
        number = self.numbers.setdefault(key, len(self.found))
        if number == len(self.found):
            self.found.append(made)
        return number

    def texts(self) -> list[Any]:
        """All texts, the longest cut until together they fit the page; those that differ keep most."""
        sizes = [Counter(one.size for one in self.found if isinstance(one, kind)) for kind in (_Alike, _Output)]

        def together(*limits: int) -> int:
            return sum(
                min(size, limit) * count
                for limit, some in zip(limits, sizes, strict=True)
                for size, count in some.items()
            )

        alike, differing = ALIKE, LARGEST
        while differing > 64 and together(alike, differing) > BUDGET:
            alike, differing = (alike // 2 if alike > 64 else 0, differing) if alike else (0, differing // 2)
        return [one.within(alike if isinstance(one, _Alike) else differing) for one in self.found]


def page_data(run: Report) -> dict[str, Any]:
    """The data of the page, plain JSON."""
    opened = _opened(run)
    outputs = _Outputs()
    results = [_result(side, outputs, opened.get((None, ()), NOTHING)) for side in (run.old, run.new)]
    instances = _instances(run, outputs, opened)
    boxes, arrows, size = _drawing(run)
    return {
        "kinds": KINDS,
        "states": STATES,
        "parts": PARTS,
        "size": size,
        "boxes": boxes,
        "arrows": arrows,
        "instances": instances,
        "results": results,
        "texts": outputs.texts(),
        "differences": [_difference(one) for one in run.differences],
        "masked": [[one.difference.call, list(one.difference.index)] for one in run.masked],
        "sides": [_side(side) for side in (run.old, run.new)],
    }


def calls(run: Report) -> list[str]:
    """Every call of the pipeline, then those that only ran."""
    known = [box.id for box in run.graph.boxes]
    ran = [call.id for side in (run.old, run.new) if side.record for call in side.record.calls]
    return list(dict.fromkeys([*known, *ran]))


def counts(run: Report) -> list[tuple[str, str, str]]:
    """The rows of the summary: what it counts, and how many on each side."""
    found: list[dict[str, object]] = []
    for record in (run.old.record, run.new.record):
        states = Counter(call.state for call in record.calls) if record else {}
        column: dict[str, object] = {"run state": record.state, "call instances": len(record.calls)} if record else {}
        column |= {str(state): count for state, count in states.items()}
        if record:
            column["attempts"] = sum(call.attempts for call in record.calls)
        found.append(column)
    old, new = found
    names = ("run state", "call instances", "succeeded", "failed", "skipped", "blocked", "cancelled", "attempts")

    def said(column: dict[str, object], name: str) -> str:
        return str(column.get(name, 0)) if column else "no run"

    return [(name, said(old, name), said(new, name)) for name in names if name in old or name in new]


def _drawing(run: Report) -> tuple[list[Any], list[Any], list[float]]:
    known = {box.id for box in run.graph.boxes}
    others = [id for id in calls(run) if id not in known]
    region = (GraphNode(id=ELSEWHERE, kind="each"),) if others and known else ()
    outside = tuple(GraphNode(id=id, kind="call", inside=tuple(box.id for box in region)) for id in others)
    graph = CallGraph(boxes=(*run.graph.boxes, *outside, *region), edges=run.graph.edges)
    placed = layout(graph)
    broken = {(one.path, one.call) for one in run.differences if one.kind == "order"}
    boxes = [
        {
            "id": place.box.id,
            "kind": place.box.kind,
            "at": [place.x, place.y, place.width, place.height],
            "inside": list(place.box.inside),
            "loops": place.box.loops,
            "words": list(place.box.words),
            "args": place.box.args,
            "lanes": place.lanes,
        }
        for place in placed.places.values()
    ]
    number = {id: n for n, id in enumerate(placed.places)}
    arrows = [
        [number[start], number[end], [round(v, 1) for point in points for v in point], int((start, end) in broken)]
        for (start, end), points in placed.arrows.items()
    ]
    return boxes, arrows, [placed.width, placed.height]


def _instances(run: Report, outputs: _Outputs, opened: dict[Key, Paths]) -> dict[str, Any]:
    """The executions of calls in the pipeline's order, in columns: a list of each part of all of them is the least to
    write and to read. A part that is the same on both sides is None on the new one.

    `nth` counts the executions of one call instance, from 0.
    """
    order = {id: number for number, id in enumerate(calls(run))}
    errors: dict[tuple[str, str], int] = {}
    rows = [_rows(side, order, outputs, opened, errors) for side in (run.old, run.new)]
    # Mostly in order already, which is what makes it fast.
    keys = sorted([*rows[0], *(key for key in rows[1] if key not in rows[0])])
    none = (None,) * len(PARTS)
    old, new = ([list(part) for part in zip(*(some.get(key, none) for key in keys), strict=True)] for some in rows)
    return {
        "box": [box for box, _, _ in keys],
        "index": [list(index) for _, index, _ in keys],
        "nth": [nth for *_, nth in keys],
        "sides": [old, [None if part == other else part for part, other in zip(new, old, strict=True)]],
        "errors": [list(error) for error in errors],
    }


def _rows(
    side: Side, order: dict[str, int], outputs: _Outputs, opened: dict[Key, Paths], errors: dict[tuple[str, str], int]
) -> dict[tuple[int, tuple[int, ...], int], tuple[Any, ...]]:
    """The parts of each execution on a side, by box, index and how many there were of that instance before."""
    found: dict[tuple[int, tuple[int, ...], int], tuple[Any, ...]] = {}
    again: Counter[Key] = Counter()
    add = outputs.add
    record = side.record
    start = record.started if record else None
    given = {(one.call, one.index): one.args for one in side.given}
    for call in record.calls if record else ():
        start = start or call.started
        key = call.id, call.index
        gave = call.state == "succeeded" and ("output" in call.model_fields_set or call.output is not None)
        begun, ended = _since(start, call.started), _since(start, call.ended)
        error = None
        if call.error:
            said = cut(call.error.type, 200), cut(call.error.message, 4000)
            error = errors.setdefault(said, len(errors))
        box = order[call.id]
        if (box, call.index, 0) in found:
            again[key] += 1
        found[box, call.index, again[key] if again else 0] = (
            _NUMBER[call.state],
            call.attempts,
            begun,
            ended if begun is None or ended is None else ended - begun,
            int(call.observed),
            int(call.tolerated),
            add(call.output, opened.get(key, NOTHING)) if gave else None,
            error,
            add(args, NOTHING) if given and (args := given.get(key)) else None,
        )
    return found


def _opened(run: Report) -> dict[Key, Paths]:
    """The paths at which outputs differ, by call instance; the result of the run under None."""
    found: dict[Key, Paths] = {}
    counted = [(one, 0) for one in run.differences]
    for one, kind in [*counted, *((masked.difference, 1) for masked in run.masked)]:
        if one.kind in ("output", "result"):
            found.setdefault((one.call, one.index), (set(), set()))[kind].add(one.path)
    return found


def _since(start: datetime | None, time: datetime | None) -> int | None:
    """Milliseconds from the run's start."""
    return None if start is None or time is None else round((time - start) / _MILLISECOND)


def _result(side: Side, outputs: _Outputs, opened: Paths) -> list[Any] | None:
    """The run as a whole: its state, how long it took and what it gave."""
    record = side.record
    if record is None:
        return None
    gave = outputs.add(record.result, opened) if record.state == "succeeded" else None
    return [record.state, _since(record.started, record.ended), gave]


def _difference(one: Difference) -> list[Any]:
    table = None if one.table is None else _table(one, one.table)
    return [one.kind, one.call, list(one.index), one.path, *shown(one), one.absent or "", one.between, table]


def _table(difference: Difference, one: TableDifference) -> dict[str, Any]:
    """What differs between two tables: in words, the columns that do not always agree, some cells and rows, and the rule
    to write where the rows have no names."""
    cells = [
        [one.row_name(cell.row), cell.column, *("absent" if value is None else value for value in (cell.old, cell.new))]
        for cell in one.cells
    ]
    rows = [
        *([one.row_name(row), "there", "absent"] for row in one.rows_only_old),
        *([one.row_name(row), "absent", "there"] for row in one.rows_only_new),
        *([one.row_name(twin.key), *(f"{count} times" for count in (twin.old, twin.new))] for twin in one.duplicates),
    ]
    return {
        "words": cut(str(one), 600),
        "columns": [[name, f"{share:.4%}"] for name, share in one.columns.items() if share < 1][:50],
        "cells": [[cut(text, 200) for text in cell] for cell in cells],
        "rows": [[cut(text, 200) for text in row] for row in rows],
        "rule": rule(difference),
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "spec": side.spec,
        "engine": side.engine,
        "sources": {id: [source.file, source.line, cut(source.text, 400)] for id, source in side.sources.items()},
    }
