"""What an engine runs in: a process group that ends with us, its own state, a cleaned environment."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeglot.backends.base import Compiled, Database, EngineSpec, Mode
from pipeglot.core.diagnostic import Diagnostic, EngineError
from pipeglot.engines import environment

_MARK = "PIPEGLOT_RUN"
_POLL = 0.03
_MIGRATION = 300.0

_KEPT = 64 * 1024
_LOGS = (".log", ".out", ".err")

# The user's own engine settings may point to a production database; connections and variables of Airflow are
# for tasks.
_DROPPED = re.compile(
    r"_*AIRFLOW__|AIRFLOW_(HOME|CONFIG)$|PREFECT_|DAGSTER_|KFP_|KF_|PYTHON|VIRTUAL_ENV$|CONDA_PREFIX$|PIPEGLOT_TOLD$"
)


class Process:
    """A probe and all that it starts. Leaving the block ends every process of it.

    The probe's standard input is a pipe from here: it reads its end when this process dies, however it dies,
    and ends its own group. Programs that left the group (Airflow's bash tasks do) are found by a variable
    they all inherit.
    """

    def __init__(
        self,
        python: Path,
        probe: Path,
        arguments: Sequence[object],
        variables: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._told = folder / "told.jsonl"
        self._mark = folder.name
        self._told.touch(mode=0o600)
        try:
            self._process = subprocess.Popen(
                [str(python), str(probe), *map(str, arguments)],
                cwd=folder,
                env={**variables, _MARK: self._mark},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            message = f"{python} does not start: {error}"
            raise EngineError([Diagnostic("PG302", "error", message)]) from None
        # Of what it writes the end alone is kept: a loop that prints must not fill a disk.
        self._log, self._logged = b"", 0
        self._reader = threading.Thread(target=self._read, daemon=True, name="engine's output")
        self._reader.start()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def lines(self) -> Iterator[bytes | None]:
        """Every line told, as it comes; None whenever there is nothing new; ends when the probe has ended."""
        rest = b""
        with open(self._told, "rb") as file:
            while True:
                ended = self._process.poll() is not None
                rest += file.read()
                *lines, rest = rest.split(b"\n")
                yield from lines
                if ended and not lines:
                    return
                if not lines:
                    yield None
                    time.sleep(_POLL)

    def status(self) -> str:
        """How the probe ended."""
        code = self._process.wait()
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}"
        return f"exit status {code}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        # Unbuffered reads give what there is; at the end of the pipe they give nothing.
        while part := os.read(self._process.stdout.fileno(), _KEPT):
            self._log, self._logged = (self._log + part)[-_KEPT:], self._logged + len(part)

    def log_size(self) -> int:
        """How many bytes the probe and what it started have written to their output so far."""
        return self._logged

    def log_tail(self, lines: int, *, since: int = 0) -> str:
        """The last lines of what was written after the first `since` bytes of output, without colours."""
        if self._process.poll() is not None:
            self._reader.join(_POLL)
        log, new = self._log, self._logged - since
        text = log[max(len(log) - new, 0) :][-20_000:].decode("utf-8", "replace") if new > 0 else ""
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
        return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])

    def end(self) -> None:
        """End the probe and all that it started, at once."""
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self._process.pid)], capture_output=True, check=False)
        else:
            # The group may outlive its leader; a group that is gone is no error.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            for _ in range(20):
                stragglers = _marked(self._mark)
                if not stragglers:
                    break
                for pid in stragglers:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(_POLL)
        self._process.wait()
        self._reader.join(1)
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.stdout and not self._reader.is_alive():
            self._process.stdout.close()


def _marked(mark: str) -> list[int]:
    """Living processes whose environment holds our mark (Linux; elsewhere the process group has to do)."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with contextlib.suppress(OSError), open(f"/proc/{entry.name}/environ", "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found.append(int(entry.name))
    return found


def logged(home: Path) -> int:
    """Bytes in the files that an engine keeps as logs in its state folder."""
    found = 0
    for folder, _, names in os.walk(home):
        for name in names:
            if name.endswith(_LOGS):
                with contextlib.suppress(OSError):
                    found += os.stat(os.path.join(folder, name)).st_size
    return found


# ---------------------------------------------------------------- the engine's state


def write(compiled: Compiled, folder: Path) -> Path:
    """Compiled files in a temporary folder, for an engine to read. Raises EngineError (PG310)."""
    for name, text in compiled.files.items():
        path = folder / name
        with environment.writing(path):
            path.write_text(text, encoding="utf-8")
    return folder


def variables(engine: EngineSpec, mode: Mode, python: Path, home: Path) -> dict[str, str]:
    """The environment of an engine: the user's, without their settings of any engine, with ours."""
    result = {key: value for key, value in os.environ.items() if not _DROPPED.match(key)}
    result["PATH"] = joined([python.parent, *filter(None, [result.get("PATH")])])
    result.update(DO_NOT_TRACK="1", PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1")
    result.update(engine.variables(mode, home))
    return result


def state(engine: EngineSpec, python: Path, folder: Path) -> Path:
    """A state folder for one run of an engine, with a copy of a migrated database (migrating takes seconds).

    Raises:
        EngineError: PG303 when the engine cannot migrate its database.
    """
    home = folder / "home"
    home.mkdir()
    if engine.database is not None:
        template = environment.home() / "state" / f"{engine.target}-{_fingerprint(python, engine.database)}.db"
        with environment.writing(template), environment.locked(template.with_suffix(".lock")):
            if not template.exists():
                _migrate(engine, engine.database, python, template)
        shutil.copyfile(template, home / engine.database.file)
    return home


def _migrate(engine: EngineSpec, database: Database, python: Path, template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pipeglot-", ignore_cleanup_errors=True) as text:
        home = Path(text).resolve()
        try:
            done = subprocess.run(
                [str(python), *database.migrate],
                cwd=home,
                env=variables(engine, "test", python, home),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=_MIGRATION,
                check=False,
            )
            said, failed = done.stdout, done.returncode != 0 or not (home / database.file).exists()
        except subprocess.TimeoutExpired:
            said, failed = f"not done after {_MIGRATION:.0f} s", True
        if failed:
            tail = "\n".join(said.splitlines()[-8:])
            message = f"{engine.target} cannot make its database:\n{tail}"
            way_out = f"pipeglot engines doctor {engine.target}"
            raise EngineError([Diagnostic("PG303", "error", message, None, way_out, engine.target)])
        part = template.with_suffix(".part")
        shutil.copyfile(home / database.file, part)
        part.replace(template)


def _fingerprint(python: Path, database: Database) -> str:
    """Names a database made by an environment as it is now: installing something into it changes the name, and so does
    another way to make it."""
    packages = sorted(python.parent.parent.glob("[Ll]ib/python*/site-packages")) or [python]
    told = [str(python), *(str(each.stat().st_mtime_ns) for each in packages)]
    told += [Path(part).read_text("utf-8") if Path(part).is_file() else part for part in database.migrate]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:12]


def joined(folders: Sequence[Path | str]) -> str:
    """Folders as a search path of this platform."""
    return os.pathsep.join(map(str, folders))
