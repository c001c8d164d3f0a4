"""`python -m tests.kills --count 100 --seed S`: dry-runs on the real engines, each killed at a random moment.

Every round starts `pipeglot migrate dry-run` of a small pipeline that would be equivalent, waits for a random moment of
the time it takes undisturbed, and strikes: SIGKILL to the engine of the old side, to that of the new one, or to the comparator itself, or
an interrupt. Whatever is struck: no process survives, the shared history stays whole, every file is complete or not
there, and no verdict is *equivalent* unless both runs had been told to their end before the blow.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeglot import backends
from pipeglot.compare.model import Report
from tests.distributed.cluster import living

Victim = Literal["old", "new", "comparator", "interrupt"]
VICTIMS: tuple[Victim, ...] = ("old", "new", "comparator", "interrupt")
TARGETS = tuple(backends.TARGETS)
PIPELINE = """
import time
from pipeglot import each, pipeline, shell, step

@step
def load() -> list[int]:
    return [1, 2]

@step(retries=1)
def work(n: int) -> int:
    time.sleep(0.4)
    return n * n

@shell("sleep 0.8; echo $n")
def aside(n: int) -> str: ...

@pipeline
def struck() -> str:
    with each(load()) as n:
        work(n)
    return aside(2)
"""
_PATIENCE = 90.0
_AFTER = 15.0


@dataclass(frozen=True)
class Round:
    """One dry-run and the blow it takes, `at` this share of the time it takes undisturbed (from 0 to 1)."""

    number: int
    old: str
    new: str
    victim: Victim
    at: float

    def __str__(self) -> str:
        return f"{self.number}: {self.old} -> {self.new}, {self.victim} at {self.at:.2f}"


def rounds(count: int, seed: int) -> list[Round]:
    """What is done, in order; the same for the same seed."""
    drawn = random.Random(seed)
    made = []
    for number in range(count):
        old, new = drawn.sample(TARGETS, 2)
        made.append(Round(number, old, new, drawn.choice(VICTIMS), drawn.random()))
    return made


def strike(one: Round, folder: Path, after: float | None) -> str | None:
    """Do one round, with the blow `after` seconds or without any; `folder` keeps the history of all of them.

    Returns:
        What came of it, in a word or two; None when it was over before the blow.

    Raises:
        AssertionError: a promise was broken.
    """
    source, out, history = (
        folder / "struck.py",
        folder / f"{one.number}-{time.monotonic_ns()}",
        folder / "history.sqlite",
    )
    source.write_text(PIPELINE)
    before = _entries(history)
    mark = f"kills-{os.getpid()}-{out.name}"
    command = ["migrate", "dry-run", str(source), "--old", one.old, "--new", one.new]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeglot", *command, "--out", str(out), "--history", str(history)],
        env={**os.environ, "PIPEGLOT_TEST_MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # What a shell starts in the background ignores interrupts, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    told = _blow(one, process, after)
    try:
        said = process.communicate(timeout=_PATIENCE)[0].decode()
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{one}: not over {_PATIENCE:.0f} s later") from None
    _nobody_lives(mark, one)
    code = process.returncode
    found = _reports(out, one)
    now = _entries(history)
    assert now[: len(before)] == before, f"{one}: the history changed"
    added = now[len(before) :]
    verdict = found.verdict if found else None
    assert len(added) <= 1 and (not added or added[0] == verdict), f"{one}: {verdict} is in the history as {added}"
    if told is None:
        assert (code, verdict, added) == (0, "equivalent", ["equivalent"]), f"{one}: {code} {verdict}\n{said}"
        return None
    if one.victim == "comparator":
        assert code == -signal.SIGKILL, f"{one}: {code}\n{said}"
    elif one.victim == "interrupt":
        # A command that is interrupted before it does anything, or after it has said all, may end in its own way.
        assert code in (130, -signal.SIGINT) or verdict == "equivalent", f"{one}: {code}\n{said}"
    else:
        assert code == (0 if verdict == "equivalent" else 3), f"{one}: {code} {verdict}\n{said}"
    assert verdict in (None, "inconclusive") or told == {"old", "new"}, f"{one}: {verdict}, but told {told}\n{said}"
    return f"{verdict or 'no verdict'}, exit {code}"


def _blow(one: Round, process: subprocess.Popen[bytes], after: float | None) -> set[str] | None:
    """Strike when it is time, or as soon as the engine meant is there. Gives the sides whose runs were whole by then;
    None when the dry-run ended first."""
    due = time.monotonic() + (_PATIENCE if after is None else after)
    seen: set[str] = set()
    while process.poll() is None:
        sides = _engines(process.pid, one)
        seen |= set(sides)
        if time.monotonic() >= due and (one.victim in ("comparator", "interrupt") or one.victim in sides):
            # Nothing may be told between the look and the blow.
            for pid in sides.values():
                _send(pid, signal.SIGSTOP)
            # An engine that was seen and has ended since has told all.
            told = {name for name, pid in sides.items() if _told(pid)} | (seen - set(sides))
            if one.victim == "interrupt":
                _send(process.pid, signal.SIGINT)
            else:
                _send(sides.get(one.victim, process.pid), signal.SIGKILL)
            for pid in sides.values():
                _send(pid, signal.SIGCONT)
            return told
        time.sleep(0.01)
    return None


def _send(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def _engines(comparator: int, one: Round) -> dict[str, int]:
    """The probe of each side that is alive now: a child of the comparator that runs a script of that target."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) != comparator:
                continue
            command = (entry / "cmdline").read_bytes().decode().split("\0")
            for name, target in (("old", one.old), ("new", one.new)):
                if any(Path(part).name.startswith(f"{target}_") for part in command):
                    found[name] = int(entry.name)
    return found


def _told(pid: int) -> bool:
    """Whether a probe has told its run to the end."""
    with suppress(OSError):
        folder = Path(f"/proc/{pid}/cwd").resolve()
        lines = (folder / "told.jsonl").read_text().splitlines()
        return any(json.loads(line)["kind"] == "run" for line in lines)
    return False


def _nobody_lives(mark: str, one: Round) -> None:
    """All that the round started ends within some seconds."""
    due = time.monotonic() + _AFTER
    while left := living(lambda command, environ: mark.encode() in environ):
        assert time.monotonic() < due, f"{one}: still alive: {left}"
        time.sleep(0.05)


def _reports(out: Path, one: Round) -> Report | None:
    """What was written, which is whole: the reports are all there or none is."""
    files = sorted(path.name for path in out.glob("*")) if out.exists() else []
    if one.victim == "comparator":
        # Each is whole; the last of them may be missing. What was being written has a name of its own.
        files = [name for name in files if name in ("dryrun.json", "report.html", "report.md")]
    else:
        assert files in ([], ["dryrun.json", "report.html", "report.md"]), f"{one}: {files}"
    for name in files:
        text = (out / name).read_text()
        assert text.endswith("\n") and (name != "report.html" or "</html>" in text), f"{one}: {name} is cut off"
    return Report.from_json((out / "dryrun.json").read_text()) if "dryrun.json" in files else None


def _entries(history: Path) -> list[str]:
    """The verdicts in a history that is not corrupt, oldest first."""
    if not history.exists():
        return []
    with closing(sqlite3.connect(history, timeout=30)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        tables = connection.execute("select name from sqlite_master where name = 'dry_run'").fetchall()
        return [row[0] for row in connection.execute("select verdict from dry_run order by id")] if tables else []


def struck(one: Round, folder: Path, lives: dict[tuple[str, str], float]) -> str:
    """Do one round, earlier again when its dry-run was over before the blow; `lives` are the seconds that a pair of
    targets takes, measured when it is first needed."""
    pair = (one.old, one.new)
    if pair not in lives:
        began = time.monotonic()
        strike(one, folder, None)
        lives[pair] = time.monotonic() - began
    after = one.at * lives[pair]
    while (outcome := strike(one, folder, after)) is None:
        after *= 0.7
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    outcomes: dict[str, int] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as text:
        folder, lives = Path(text).resolve(), dict[tuple[str, str], float]()
        for one in rounds(args.count, args.seed):
            outcome = struck(one, folder, lives)
            print(f"[{time.monotonic() - began:5.0f} s] {one}: {outcome}", flush=True)
            key = f"{one.victim}: {outcome}"
            outcomes[key] = outcomes.get(key, 0) + 1
    print(f"{args.count} rounds, seed {args.seed}: no orphan, no corrupt history, no false verdict")
    for outcome, number in sorted(outcomes.items()):
        print(f"  {number:4} {outcome}")


if __name__ == "__main__":
    main()
