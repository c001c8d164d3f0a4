"""How the command ends when it cannot go on: interrupted from its first moment on, or without room. No traceback,
nothing half-written, no process left."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipeglot.core.record import Record
from pipeglot.migrate.history import read_history, remember
from tests import dryruns
from tests.conftest import first

SOURCE = """
import time
from pipeglot import pipeline, step

@step
def slow(n: int) -> int:
    time.sleep(0.2)
    return n

@step
def long(n: int) -> str:
    return "x" * n

@pipeline
def counting(n: int = 1) -> str:
    return long(slow(n))
"""
PROGRAM = [sys.executable, "-m", "pipeglot"]
SIDES = ("--old", "local", "--new", "local")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "counting.py").write_text(SOURCE)
    return tmp_path


def started(here: Path, *argv: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *argv],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
        **more,
    )


def whole(here: Path) -> list[str]:
    """What a command left, each file of it complete, and nothing of its own that was on the way."""
    left = sorted(path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file())
    for name in left:
        if name.endswith(".json"):
            (Record.from_json if name == "record.json" else str)((here / name).read_text())
        if name.endswith(".html"):
            assert (here / name).read_text().rstrip().endswith("</html>")
        assert not Path(name).name.startswith("."), name
    return left


# ---------------------------------------------------------------- interrupted

AT_IMPORT = """
import importlib.abc, os, signal, sys

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == at:
            os.kill(os.getpid(), signal.SIGINT)

at = sys.argv.pop(1)
sys.meta_path.insert(0, Finder())
from pipeglot.cli import main
code = main()
print("never imported", at)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "module",
    [
        "pipeglot.cli.arguments",
        "argparse",
        "pipeglot.cli.run",
        "pydantic",
        "pipeglot.author.pipeline",
        "pipeglot.redact.masks",
    ],
)
def test_an_interrupt_while_anything_is_imported_is_one_word(here: Path, module: str) -> None:
    words = ["run", "counting.py", "--record", "record.json"]
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, module, *words], cwd=here, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert whole(here) == ["counting.py"]


@pytest.mark.parametrize("after", [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.4])
def test_an_interrupt_at_any_moment_leaves_no_traceback_no_half_file_and_no_process(here: Path, after: float) -> None:
    process = started(here, "migrate", "dry-run", "counting.py", *SIDES, "--out", "out", "--history", "h.sqlite")
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if "Traceback" in err and (", in main" not in err or "Fatal Python error" in err):
        return  # Python itself had not come as far as the program yet
    assert "Traceback" not in err and "Exception ignored" not in err, err
    assert process.returncode in (130, -signal.SIGINT, 0), (out, err)
    left = {name for name in whole(here) if not name.startswith("h.sqlite")} - {"counting.py"}
    assert left in (set(), {"out/dryrun.json", "out/report.html", "out/report.md"})
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_interrupts_that_do_not_stop_coming_are_no_traceback_either(here: Path) -> None:
    process = started(here, "migrate", "dry-run", "counting.py", *SIDES, "--out", "out", "--history", "h.sqlite")
    assert process.stdout
    process.stdout.readline()
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err and process.returncode in (130, -signal.SIGINT)
    whole(here)


def test_who_ignores_interrupts_goes_on_ignoring_them(here: Path) -> None:
    process = started(
        here,
        *("run", "counting.py", "--record", "record.json"),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    for _ in range(10):
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert Record.from_json((here / "record.json").read_text()).state == "succeeded"


# ---------------------------------------------------------------- without room


def narrow() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (48_000, 48_000))  # a history fits, a report does not


@pytest.mark.parametrize(
    ("words", "named"),
    first(
        [
            (("run", "counting.py", "-p", "n=90000", "--record", "record.json"), "record.json"),
            (("migrate", "dry-run", "counting.py", *SIDES, "--out", "out", "--history", "h.sqlite"), "out/"),
            (("migrate", "dry-run", "counting.py", *SIDES, "--out", "../out", "--history", "h.sqlite"), "out/"),
        ]
    ),
)
def test_a_file_that_finds_no_room_is_named_and_not_begun(here: Path, words: tuple[str, ...], named: str) -> None:
    (here / "work").mkdir()
    (here / "counting.py").rename(here / "work" / "counting.py")
    process = started(here / "work", *words, preexec_fn=narrow)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, (out, err)
    assert "PG340" in err and named in err and "Traceback" not in err
    assert [name for name in whole(here) if "h.sqlite" not in name] == ["work/counting.py"]


def test_a_history_that_finds_no_room_is_named_and_stays_whole(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    remember(file, dryruns.credit())
    code = (
        "import resource, sys; from pathlib import Path; from tests import dryruns\n"
        "from pipeglot.core.diagnostic import EngineError; from pipeglot.migrate.history import remember\n"
        "found = dryruns.credit(); found = found.model_copy(update={'why': 'x' * 9000})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: remember(Path(sys.argv[1]), found)\n"
        "except EngineError as error: print(error.diagnostics[0].code, error.diagnostics[0].message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("PG340 the history in") and done.stderr == "", done
    [entry] = read_history(file)
    assert entry.verdict == "diverged"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words", first([(("run", "counting.py"),), (("ir", "counting.py"),), (("check", "nowhere.py"),)])
)
def test_full_streams_are_an_exit_code_of_their_own(here: Path, words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=full, cwd=here, timeout=60)
    assert done.returncode == 3
