"""What a person sees of a run: a live table on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TextIO

from typing_extensions import Self

from pipeglot.cli.output import colour
from pipeglot.core.dataclass import dataclass, field
from pipeglot.core.record import CallRecord, Record
from pipeglot.core.render import printable

if TYPE_CHECKING:
    from rich.table import Table

STATES = ("running", "retrying", "failed", "blocked", "cancelled", "skipped", "succeeded")
_STYLE = {
    "running": "cyan",
    "retrying": "yellow",
    "failed": "red",
    "blocked": "magenta",
    "cancelled": "yellow",
    "skipped": "dim",
    "succeeded": "green",
}

_ENGINE_WORDS = {
    "started": "running",
    "success": "succeeded",
    "completed": "succeeded",
    "failure": "failed",
    "crashed": "failed",
    "timedout": "failed",
    "tolerated": "failed",
    "upforretry": "retrying",
    "awaitingretry": "retrying",
    "upstreamfailed": "blocked",
    "notready": "blocked",
}
"""What engines say, in the words of STATES."""


def said(state: str) -> str:
    """A state of an engine's in our words, where there is one.

    >>> said("up_for_retry"), said("Completed"), said("Late")
    ('retrying', 'succeeded', 'Late')
    """
    plain = state.replace("_", "").replace(" ", "").lower()
    return plain if plain in STATES else _ENGINE_WORDS.get(plain, state)


def label(id: str, index: Sequence[int]) -> str:
    """A call instance's name for people, on one line.

    >>> label("train", (0, 2))
    'train[0][2]'
    """
    return printable(id) + "".join(f"[{number}]" for number in index)


def seconds(value: float) -> str:
    """A duration for people.

    >>> seconds(4.26), seconds(75), seconds(3700)
    ('4.3 s', '1 min 15 s', '1 h 1 min')
    """
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def lasted(started: datetime | None, ended: datetime | None) -> str:
    """How long something took, if that is known."""
    return seconds((ended - started).total_seconds()) if started and ended else ""


class Display(Protocol):
    """Told of every change of a call instance, from any thread; `state` is one of STATES, `retrying` when
    an attempt failed and another will be made."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def update(self, id: str, index: tuple[int, ...], state: str, attempt: int, words: str) -> None: ...


def display(stream: TextIO, title: str) -> Display:
    """The live table on a terminal that can show it, plain lines elsewhere."""
    return Live(stream, title) if colour(stream) else Lines(stream, title)


class Lines:
    """One line per change: the seconds since the start, the call, its state, and what there is to say."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream, self._title = stream, title
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._stream.write(f"{printable(self._title)}\n")
        self._stream.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def update(self, id: str, index: tuple[int, ...], state: str, attempt: int, words: str) -> None:
        again = f", attempt {attempt}" if attempt > 1 else ""
        said = f"attempt {attempt} failed, trying again" if state == "retrying" else f"{state}{again}"
        line = f"{time.monotonic() - self._start:8.1f}  {label(id, index)} {said}"
        with self._lock:
            self._stream.write(line + (f": {printable(words, 300)}\n" if words else "\n"))
            self._stream.flush()


@dataclass
class _CallRow:
    """One call, with all its instances in loops."""

    instances: dict[tuple[int, ...], tuple[str, int]] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    words: str = ""


class Live:
    """A table with one row per call, redrawn in place; the instances of a loop are counted in it."""

    def __init__(self, stream: TextIO, title: str) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._title = title
        self._rows: dict[str, _CallRow] = {}
        self._lock = threading.Lock()
        self._console = Console(file=stream)
        self._live = RichLive(get_renderable=self._table, console=self._console, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def update(self, id: str, index: tuple[int, ...], state: str, attempt: int, words: str) -> None:
        now = time.monotonic()
        with self._lock:
            row = self._rows.setdefault(id, _CallRow())
            row.instances[index] = (state, attempt)
            row.words = words or row.words
            if state == "running" and row.started is None:
                row.started = now
            row.ended = now

    def _table(self) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        heading = Text(printable(self._title), style="bold")
        table = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for title in ("call", "state", "attempts", "time", ""):
            table.add_column(title, justify="right" if title in ("attempts", "time") else "left", no_wrap=True)
        with self._lock:
            shown, hidden = self._fit(list(self._rows.items()), self._console.height - 8)
            for id, row in shown:
                counts = Counter(state for state, _ in row.instances.values())
                worst = min(counts, key=_urgency)
                attempts = sum(attempt for _, attempt in row.instances.values())
                words = worst if len(row.instances) == 1 else counted(counts)
                table.add_row(
                    Text(printable(id, 60)),
                    Text(words, style=_STYLE.get(worst, "")),
                    str(attempts or ""),
                    self._time(row, worst),
                    Text(printable(row.words, 100), style="dim"),
                )
        if hidden:
            table.add_row(Text(f"and {hidden} more that ended", style="dim"))
        return table

    @staticmethod
    def _time(row: _CallRow, worst: str) -> str:
        if row.started is None or row.ended is None:
            return ""
        return seconds((time.monotonic() if worst in ("running", "retrying") else row.ended) - row.started)

    @staticmethod
    def _fit(rows: list[tuple[str, _CallRow]], room: int) -> tuple[list[tuple[str, _CallRow]], int]:
        """The rows that fit the terminal: those that ended well long ago give way first."""
        excess = len(rows) - max(room, 3)
        quiet = [id for id, row in rows if all(s in ("succeeded", "skipped") for s, _ in row.instances.values())]
        gone = set(quiet[: max(excess, 0)])
        return [(id, row) for id, row in rows if id not in gone], len(gone)


def counted(counts: Counter[str]) -> str:
    """How many of each state, the most urgent first.

    >>> counted(Counter(succeeded=7, failed=1))
    '1 failed, 7 succeeded'
    """
    return ", ".join(f"{counts[state]} {state}" for state in sorted(counts, key=_urgency))


def _urgency(state: str) -> int:
    """An engine's own words, which STATES does not have, come last."""
    return STATES.index(state) if state in STATES else len(STATES)


def calls(record: Record) -> Iterable[str]:
    """A line for every call instance of a record, for runs that could not be watched."""
    for call in record.calls:
        again = f" after {call.attempts} attempts" if call.attempts > 1 else ""
        took = lasted(call.started, call.ended)
        yield f"  {label(call.id, call.index)} {call.state}{again}{f', {took}' if took else ''}"


def summary(record: Record, written: Mapping[str, str]) -> Iterable[str]:
    """What came out of a run: its state, the calls that went wrong, why, and where they are `written`, the engine's notes."""
    took = lasted(record.started, record.ended)
    counts = counted(Counter(call.state for call in record.calls))
    yield (
        f"{printable(record.pipeline)}: {record.state} on {record.engine} {record.engine_version}"
        f"{f' in {took}' if took else ''}{f' ({counts})' if counts else ''}"
    )
    for call in record.calls:
        if call.state == "failed" or call.error:
            yield f"  {_wrong(call)}"
            if call.id in written:
                yield f"    at {printable(written[call.id], 300)}"
    for note in record.notes:
        yield f"  note: {printable(note, 300)}"


def _wrong(call: CallRecord) -> str:
    tolerated = ", tolerated" if call.tolerated else ""
    times = f" after {call.attempts} attempts" if call.attempts > 1 else ""
    why = f": {printable(f'{call.error.type}: {call.error.message}', 300)}" if call.error else ""
    return f"{label(call.id, call.index)} {call.state}{times}{tolerated}{why}"
