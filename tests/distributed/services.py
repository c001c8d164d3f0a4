"""Redis and PostgreSQL from the system's packages, each as a process of its own on a free port of this machine."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

READY_WITHIN = 60.0
DEBIAN = ("redis-server", "postgresql")


class ServiceError(Exception):
    """A service did not start, with the end of what it said."""


def missing() -> list[str]:
    """The Debian packages that are not installed here."""
    found = {"redis-server": shutil.which("redis-server"), "postgresql": _postgresql()}
    return [name for name in DEBIAN if found[name] is None]


def _postgresql() -> Path | None:
    """The folder of the newest PostgreSQL's programs (Debian keeps them off PATH)."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if folders:
        return max(folders, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing. Gives its URL, with a password that only this process knows."""
    program = shutil.which("redis-server")
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="pipeglot-redis-") as text:
        port, password = free_port(), secrets.token_hex(16)
        settings = Path(text, "redis.conf")
        settings.touch(mode=0o600)
        lines = [f"port {port}", "bind 127.0.0.1", f"requirepass {password}", "save ''", f"dir {text}", "daemonize no"]
        settings.write_text("\n".join(lines) + "\n")
        with _serving([program, str(settings)], Path(text), lambda: _answers(port)):
            yield f"redis://:{password}@127.0.0.1:{port}/0"


@contextmanager
def postgresql(database: str) -> Iterator[str]:
    """A PostgreSQL cluster with one database. Gives the address after the scheme: `user:password@host:port/name`."""
    programs = _postgresql()
    assert programs is not None
    text = tempfile.mkdtemp(prefix="pipeglot-postgresql-")
    try:
        folder, password = Path(text), secrets.token_hex(16)
        secret = folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        before: list[str] = []
        if os.geteuid() == 0:  # it refuses to run as root
            before = ["--reuid", "postgres", "--regid", "postgres", "--init-groups"]
            account = pwd.getpwnam("postgres")
            for path in (folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        data, port = folder / "data", free_port()
        make = ["--pgdata", str(data), "--username", "pipeglot", "--pwfile", str(secret), "--encoding", "UTF8"]
        _run(
            [
                "setpriv",
                *before,
                str(programs / "initdb"),
                *make,
                "--locale",
                "C",
                "--auth",
                "scram-sha-256",
                "--no-sync",
            ],
            folder,
        )
        # Nothing here outlives the test: what makes it survive a power cut is switched off.
        fast = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        where = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
        reached = ["-h", "127.0.0.1", "-p", str(port), "-U", "pipeglot"]

        def ready() -> bool:
            asked = [str(programs / "pg_isready"), "--quiet", *reached]
            return subprocess.run(asked, check=False).returncode == 0

        # SIGINT is PostgreSQL's fast shutdown: it ends its own children and frees its shared memory.
        with _serving([*before, str(programs / "postgres"), *where, *fast], folder, ready, signal.SIGINT):
            _run([str(programs / "createdb"), *reached, database], folder, {"PGPASSWORD": password})
            yield f"pipeglot:{password}@127.0.0.1:{port}/{database}"
    finally:
        shutil.rmtree(text, ignore_errors=True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(command: Sequence[str], folder: Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")


@contextmanager
def _serving(
    command: Sequence[str], folder: Path, ready: Callable[[], bool], stop: signal.Signals = signal.SIGTERM
) -> Iterator[None]:
    """Run a service in a process group of its own until the block is left; then nothing of the group lives.

    The kernel sends the signal too when this process dies without leaving the block.
    """
    log = folder / "log.txt"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", stop.name.removeprefix("SIG"), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"{command} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        group = process.pid
        _signal(group, stop)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        deadline = time.monotonic() + 10
        while _signal(group, 0) and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal(group, signal.SIGKILL)
        process.wait()


def _signal(group: int, number: int) -> bool:
    """Whether there still was such a group."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
