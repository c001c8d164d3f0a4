"""What a person sees of a run: plain lines where there is no terminal, a table where there is one."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone

import pytest

from pipeglot.cli import display
from pipeglot.cli.migrate import _summary
from pipeglot.core.record import CallRecord, Failure, Record
from tests import dryruns

START = datetime(2026, 1, 31, 2, tzinfo=timezone.utc)
RECORD = Record(
    pipeline="credit",
    engine="prefect",
    engine_version="3.8",
    state="failed",
    started=START,
    ended=START + timedelta(seconds=75),
    calls=(
        CallRecord(id="load", state="succeeded", attempts=1, started=START, ended=START + timedelta(seconds=2)),
        CallRecord(
            id="train",
            index=(1,),
            state="failed",
            attempts=3,
            error=Failure(type="ValueError", message="bad\n\x1b[1m"),
        ),
        CallRecord(id="maybe", state="failed", tolerated=True, attempts=1),
        CallRecord(id="keep", state="skipped"),
    ),
    notes=("a note",),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_hold_no_control_characters() -> None:
    stream = io.StringIO()
    with display.display(stream, "credit on local") as shown:
        shown.update("train", (0, 2), "running", 2, "")
        shown.update("a\nb", (), "failed", 1, "Error: \x1b[31mred\r\n")
    title, first, second = stream.getvalue().splitlines()
    assert title == "credit on local"
    assert first.endswith("  train[0][2] running, attempt 2")
    assert second.endswith(r"  a\nb failed: Error: \x1b[31mred\r\n") and second.isprintable()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_lines(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(display.display(Terminal(), ""), display.Live)
    monkeypatch.setenv(name, value)
    assert isinstance(display.display(Terminal(), ""), display.Lines)


def test_the_table_counts_the_instances_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "30")
    stream = Terminal()
    with display.Live(stream, "credit on local") as shown:
        shown.update("load", (), "succeeded", 1, "")
        for number in range(4):
            shown.update("train", (number,), "running", 1, "")
        shown.update("train", (1,), "failed", 2, "ValueError: no")
    last = stream.getvalue()
    assert "1 failed" in last or "3 running, 1 failed" in last
    assert "load" in last and "ValueError: no" in last


def test_when_rows_do_not_fit_those_that_ended_well_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "12")
    stream = Terminal()
    with display.Live(stream, "credit on local") as shown:
        for number in range(40):
            shown.update(f"call{number}", (), "succeeded", 1, "")
        shown.update("slow", (), "running", 1, "")
    assert "slow" in stream.getvalue() and "more that ended" in stream.getvalue()


def test_the_summary_says_what_went_wrong_and_why() -> None:
    assert list(display.summary(RECORD, {"train": "nightly.py:7"})) == [
        "credit: failed on prefect 3.8 in 1 min 15 s (2 failed, 1 skipped, 1 succeeded)",
        r"  train[1] failed after 3 attempts: ValueError: bad\n\x1b[1m",
        "    at nightly.py:7",
        "  maybe failed, tolerated",
        "  note: a note",
    ]


def test_a_run_that_was_not_watched_is_told_call_by_call() -> None:
    assert list(display.calls(RECORD)) == [
        "  load succeeded, 2.0 s",
        "  train[1] failed after 3 attempts",
        "  maybe failed",
        "  keep skipped",
    ]


def test_a_dry_run_of_any_size_is_told_in_some_lines_that_say_how_many_more_there_are() -> None:
    run = dryruns.weighty()
    lines = "\n".join(_summary(run))
    for part in ("DIVERGED", "what follows", "flaky", "not counted (noise)", "not exercised: retries"):
        assert part in lines, part
    large = dryruns.large(1000, 20)
    many = large.model_copy(update={"masked": run.masked * 40, "flaky": run.flaky * 40, "not_exercised": ()})
    told = list(_summary(many))
    assert len(told) < 90
    assert "  not counted: 60 more, in the report" in told and "  flaky: 20 more, in the report" in told
    assert any("more findings, in the report" in line or "more, in the report" in line for line in told)
