"""Engines that are missing, wrong, broken, stopped, or without a place to write: exit code 3, what happened, what to
do; no process and no half-written file is left. All through the command line, for every engine there is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from pipeglot import backends, engines
from pipeglot.backends.base import PROBES, Mode
from pipeglot.cli import main
from pipeglot.core.record import Record
from pipeglot.engines import environment
from tests.distributed.cluster import living
from tests.test_engines import fake_python, installed

TARGETS = [engine.target for engine in engines.specs()]
SERVERS = [engine.target for engine in engines.specs() if engine.target in ("airflow", "prefect")]
"""Those whose probe starts a server that listens."""

PIPELINE = """
import os, pathlib, signal, time
from pipeglot import pipeline, step

@step
def one(n: int) -> int:
    return n

@step
def dies(n: int) -> int:
    os.kill(os.getsid(0), signal.SIGKILL)  # the probe leads the session of all that a run starts
    time.sleep(60)
    return n

@step
def fills(n: int) -> int:
    with open(pathlib.Path(os.environ["TMPDIR"], "filler"), "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                pass
        except OSError:
            return n

@pipeline
def full() -> int:
    return one(fills(one(1)))

@pipeline
def fine() -> int:
    return one(1)

@pipeline
def deadly() -> int:
    return dies(one(1))
"""

pytestmark = pytest.mark.slow
every_target = pytest.mark.parametrize("target", TARGETS)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the pipelines, which holds temporary files too: nothing but these may be left in it."""
    folder = tmp_path / "here"
    (folder / "tmp").mkdir(parents=True)
    (folder / "p.py").write_text(PIPELINE)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    return folder


def refused(target: str, code: str, *arguments: str, pipeline: str = "fine", **variables: str) -> str:
    """Run a pipeline that cannot be run. Gives what was said, of which there is little, on standard error."""
    mark = f"bad-{os.getpid()}-{target}-{code}"
    command = [sys.executable, "-m", "pipeglot", "run", f"p.py:{pipeline}", "--on", target, "--record", "record.json"]
    environ = {**os.environ, **variables, "PIPEGLOT_TEST_MARK": mark}
    done = subprocess.run([*command, *arguments], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, code in done.stderr) == (3, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr.split("\n")[0] and "Errno" not in done.stderr
    assert living(lambda command, environ: mark.encode() in environ) == []
    assert sorted(each.name for each in Path().iterdir() if each.name != "__pycache__") == ["p.py", "tmp"]
    if not variables.get("TMPDIR"):
        # What an engine or a step made there for itself, and could not remove when it was killed, is not ours.
        assert list(Path("tmp").glob("pipeglot*")) == []
    return done.stderr


@every_target
def test_a_missing_engine(target: str, here: Path, tmp_path: Path) -> None:
    assert f"pipeglot engines install {target}" in refused(target, "PG301", PIPEGLOT_HOME=str(tmp_path / "home"))


@every_target
@pytest.mark.parametrize("change", [-1, 1])
def test_an_engine_too_old_or_too_new(target: str, change: int, here: Path, tmp_path: Path) -> None:
    engine = engines.spec(target)
    major, minor = engine.releases[-1] if change > 0 else engine.releases[0]
    minor += change
    script = f'print(\'{{"python": [3, 11], "version": "{major}.{minor}.0"}}\')'
    said = refused(target, "PG304", "--engine-python", str(fake_python(tmp_path / "env", script)))
    assert f"{engine.distribution} {major}.{minor}.0" in said and engine.supported in said


@every_target
def test_an_environment_whose_engine_does_not_load(target: str, here: Path, tmp_path: Path) -> None:
    engine = engines.spec(target)
    script = (
        f"import sys\nif {engine.load!r} in sys.argv: sys.exit('ImportError: libfoo')\n"
        f'print(\'{{"python": [3, 11], "version": "{engine.version}"}}\')'
    )
    said = refused(target, "PG303", "--engine-python", str(fake_python(tmp_path / "env", script)))
    assert "libfoo" in said and f"pipeglot engines install {target}" in said


@every_target
def test_an_environment_of_ours_that_was_damaged(target: str, here: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with mock.patch.dict(os.environ, PIPEGLOT_HOME=str(home)):
        folder = engines._folder(engines.spec(target))
    fake_python(environment.python_of(folder).parent, "import sys; sys.exit('libpython is gone')")
    (folder / environment.MARKER).write_text("{}")
    said = refused(target, "PG3", PIPEGLOT_HOME=str(home))
    assert "libpython is gone" in said


@pytest.mark.engine
@every_target
def test_an_engine_that_is_killed_while_it_runs(target: str, here: Path) -> None:
    installed(target)
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    assert "SIGKILL" in refused(target, "PG320", pipeline="deadly")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.engine
@every_target
def test_no_space_for_temporary_files(target: str, here: Path, small: Path) -> None:
    installed(target)
    (small / "filler").write_bytes(b"x" * 60_000)
    said = refused(target, "PG310", TMPDIR=str(small))
    assert "o space" in said and "TMPDIR" in said
    assert [each.name for each in small.iterdir()] == ["filler"]


@pytest.mark.engine
@every_target
def test_a_disk_that_fills_up_while_it_runs(target: str, here: Path, small: Path) -> None:
    """The engine breaks off, or notes that a task could not keep what it made: never a success, nor half a record."""
    installed(target)
    subprocess.run(["mount", "-o", "remount,size=40m", str(small)], check=True)
    mark = f"full-{os.getpid()}-{target}"
    command = [sys.executable, "-m", "pipeglot", "run", "p.py:full", "--on", target, "--record", "record.json"]
    environ = {**os.environ, "TMPDIR": str(small), "PIPEGLOT_TEST_MARK": mark}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode == 3:
        assert not Path("record.json").exists() and "PG3" in done.stderr
    else:
        record = Record.from_json(Path("record.json").read_text())
        assert (done.returncode, record.state) == (1, "failed"), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert living(lambda command, environ: mark.encode() in environ) == []
    assert list(small.glob("pipeglot*")) == []


@pytest.mark.engine
@pytest.mark.parametrize("target", [one for one in TARGETS if engines.spec(one).database is not None])
def test_a_cache_that_cannot_be_written(target: str, here: Path, small: Path) -> None:
    installed(target)
    (small / "engines").symlink_to(environment.home() / "engines")
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    assert "PIPEGLOT_HOME" in refused(target, "PG310", PIPEGLOT_HOME=str(small))


def test_no_space_for_the_record_leaves_the_old_one(here: Path, small: Path) -> None:
    (small / "record.json").write_text("old")
    with open(small / "filler", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                pass
        except OSError:
            pass
    command = [sys.executable, "-m", "pipeglot", "run", "p.py:fine", "--record", str(small / "record.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "PG340" in done.stderr) == (3, True)
    assert {each.name for each in small.iterdir()} == {"record.json", "filler"}
    assert (small / "record.json").read_text() == "old"


TAKEN = """
import os, socket, sys
sys.path.insert(0, {probes!r})
real = socket.socket
class Taken(real):
    def bind(self, address):
        if address == ("127.0.0.1", 0):
            self.told = {port}
            return
        real.bind(self, address)
    def getsockname(self):
        return ("127.0.0.1", self.told) if hasattr(self, "told") else real.getsockname(self)
socket.socket = Taken
import {module}, wire
wire.READY_WITHIN = 60
{module}.main()
"""


@pytest.mark.engine
@pytest.mark.parametrize("target", SERVERS)
def test_a_server_whose_port_was_taken(
    target: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(target)
    mode: Mode = "server"
    engine = engines.spec(target)
    mark = f"taken-{os.getpid()}-{target}"
    monkeypatch.setenv("PIPEGLOT_TEST_MARK", mark)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        probe = tmp_path / "probe.py"
        module = engine.probes[mode].stem
        probe.write_text(TAKEN.format(probes=str(PROBES), port=holder.getsockname()[1], module=module))
        changed = replace(backends.get(target), engine=replace(engine, probes={mode: probe}))
        with mock.patch(f"{backends.TARGETS[target]}.BACKEND", changed):
            code = main(["run", "p.py:fine", "--on", target, "--mode", "server", "--record", "record.json"])
    said = capsys.readouterr().err
    assert (code, "PG323" in said) == (3, True), said
    others = [each for each in living(lambda c, e: mark.encode() in e) if not each.startswith(f"{os.getpid()} ")]
    assert others == []
    assert not Path("record.json").exists()
