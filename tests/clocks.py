"""Every engine asked when it starts runs around changes of the clock, against what the compiler says of them (PG206).

`python -m tests.clocks [TARGET ...]` asks about 28 expressions in 8 time zones, over the changes of 2026 and 2027, and prints
every pair that differs and is not named, or is named and does not differ. Exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from pathlib import Path

from pipeglot import backends
from pipeglot.core.diagnostic import EngineError
from pipeglot.core.ir import Call, Cron, Inlined, Pipeline, Schedule, SourceFragment, Step
from pipeglot.core.ticks import changes, ticks
from pipeglot.engines import sandbox
from pipeglot.engines.schedule_query import Question, Window, ask

UTC = timezone.utc
TARGETS = tuple(backends.TARGETS)

EXPRESSIONS = (
    # Once a day, in and beside the hours that change.
    *("30 2 * * *", "0 2 * * *", "15 3 * * *", "45 1 * * *", "0 0 * * *", "30 0 * * *", "59 23 * * *", "0 12 * * *"),
    # Several times in such an hour.
    *("*/30 2 * * *", "0,15,45 1 * * *", "*/20 0 * * *", "5-50/15 1-3 * * *", "0,30 0-4 * * *", "* 2 * * *"),
    # Every hour, and every few.
    *("0 * * * *", "30 * * * *", "10,50 * * * *", "*/15 * * * *", "0 */2 * * *", "30 1-23/2 * * *", "0 0,2,12 * * *"),
    # On certain days.
    *("30 2 * * 0", "30 2 * * 1-5", "0 2 29 * *", "30 1 1 * 0", "15 2 */2 * *", "30 2 * 3,10 *", "*/30 2 25-31 3,10 7"),
)
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Casablanca",  # around Ramadan
    "America/Santiago",  # south, at midnight
    "Africa/Cairo",  # at midnight
    "Australia/Adelaide",  # south, half an hour beside the hour
    "Asia/Kolkata",  # never
)
FURTHER = ("Antarctica/Troll", "Europe/Dublin", "America/Nuuk", "Asia/Beirut", "America/Havana", "Pacific/Chatham")
"""Zones that change in ways of their own; asked by `--further`."""
AT = datetime(2025, 12, 20, 12, 0, 30, tzinfo=UTC)
"""When all schedules are switched on."""
AROUND = timedelta(hours=30)


@dataclass(frozen=True)
class Pair:
    """An expression in a time zone."""

    expression: str
    zone: str

    @property
    def cron(self) -> Cron:
        return Cron(expression=self.expression, timezone=self.zone)

    @property
    def windows(self) -> list[Window]:
        """The time around each change of 2026 and 2027; a few days in summer where there is none."""
        found = [*takewhile(lambda at: at.year < 2028, changes(self.zone, datetime(2026, 1, 1, tzinfo=UTC)))]
        return [(at - AROUND, at + AROUND) for at in found or [datetime(2026, 7, 1, tzinfo=UTC)]]

    def meant(self) -> list[set[datetime]]:
        schedule = Schedule(timing=self.cron)
        return [set(takewhile(lambda t, end=end: t < end, ticks(schedule, start))) for start, end in self.windows]  # type: ignore[misc]

    def pipeline(self, name: str) -> Pipeline:
        return Pipeline(
            name=name,
            schedule=Schedule(timing=self.cron),
            code=(SourceFragment(kind="function", names=("one",), text="def one():\n    return 1"),),
            steps=(Step(name="one", run=Inlined(name="one")),),
            body=(Call(id="first", step="one"),),
        )

    def named(self, target: str) -> bool:
        """Whether the compiler says that the target differs."""
        made = backends.compile(self.pipeline("asked"), target, allow=["PG206"])
        return any(found.code == "PG206" for found in made.diagnostics)


def pairs(expressions: Sequence[str] = EXPRESSIONS, zones: Sequence[str] = ZONES) -> list[Pair]:
    return [Pair(expression, zone) for zone in zones for expression in expressions]


def told(target: str, asked: Sequence[Pair]) -> Iterator[list[set[datetime]] | None]:
    """What an engine starts in each pair's windows: one process answers for all. None where it fails on the expression."""
    with tempfile.TemporaryDirectory() as text:
        questions = []
        for number, pair in enumerate(asked):
            folder = Path(text, str(number))
            folder.mkdir()
            made = backends.compile(pair.pipeline(f"p{number}"), target, allow=["PG206"])
            sandbox.write(made, folder)
            zone = {"CRON_SCHEDULE_TIMEZONE": pair.zone}
            questions.append(Question(folder, made.entry, made.name, AT, 2, pair.windows, env=zone))
        for pair, answer in zip(asked, ask(target, questions), strict=True):
            yield (
                None
                if isinstance(answer, EngineError)
                else [
                    {tick.fire for tick in found if start < tick.fire < end}
                    for (start, end), found in zip(pair.windows, answer.windows, strict=True)
                ]
            )


def wrong(target: str, asked: Sequence[Pair]) -> list[str]:
    """The pairs of which the compiler says something else than the engine does."""
    found = []
    for pair, done in zip(asked, told(target, asked), strict=True):
        other = None if done is None else [at for a, b in zip(pair.meant(), done, strict=True) for at in sorted(a ^ b)]
        if (other != []) != pair.named(target):
            times = "fails" if other is None else ", ".join(f"{at:%Y-%m-%d %H:%MZ}" for at in other[:4])
            found.append(f"{target}: {pair.expression!r} in {pair.zone}: {times or 'named, and does not differ'}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help="default: all four")
    parser.add_argument("--further", action="store_true", help="zones that change in ways of their own")
    given = parser.parse_args()
    asked = pairs(zones=FURTHER if given.further else ZONES)
    found = [line for target in given.targets or TARGETS for line in wrong(target, asked)]
    print("\n".join(found) or f"{len(asked)} pairs: every difference is named, and nothing else is")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
