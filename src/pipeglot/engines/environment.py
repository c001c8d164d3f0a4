"""Python environments made by uv: complete or not there, also when two processes make one at once."""

from __future__ import annotations

import configparser
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from pipeglot.core.diagnostic import Diagnostic, EngineError

MARKER = "pipeglot.json"
"""Written last: an environment without it was never finished and is made again."""


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds all that pipeglot keeps for this user; it may not exist yet.

    >>> home({"PIPEGLOT_HOME": "/var/cache/mine"}).as_posix()
    '/var/cache/mine'
    """
    if chosen := environ.get("PIPEGLOT_HOME"):
        return Path(os.path.expanduser(chosen)).absolute()
    if cache := environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "pipeglot"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pipeglot"
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "pipeglot" / "Cache"
    return Path.home() / ".cache" / "pipeglot"


def python_of(folder: Path) -> Path:
    """The Python of the environment in a folder."""
    if sys.platform == "win32":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def marker(folder: Path) -> dict[str, str] | None:
    """What was written when the environment was finished; None when it is not there or half made."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or not python_of(folder).exists():
        return None
    return {str(key): str(value) for key, value in found.items()}


def make(
    folder: Path,
    requirements: str,
    facts: Mapping[str, str],
    *,
    python: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Make the environment, unless it is there already.

    Args:
        folder: where; whatever half-made thing lies there is replaced.
        requirements: the text of a requirements file: all that goes in.
        facts: what to remember in the marker.
        python: the interpreter to build on; by default the one that runs this.
        on_line: gets uv's progress line by line.

    Raises:
        EngineError: PG305 when uv fails, PG306 when the requirements conflict, PG310 when the disk is full
            or read-only.
    """
    with writing(folder), locked(folder.with_name(folder.name + ".lock")):
        if marker(folder) is not None:
            return
        shutil.rmtree(folder, ignore_errors=True)
        wanted = folder.with_name(folder.name + ".txt")
        wanted.write_text(requirements, encoding="utf-8")
        try:
            base = str(python or sys.executable)
            uv(["venv", "--quiet", "--no-project", "--python", base, str(folder)], folder.parent, on_line)
            uv(
                [
                    "pip",
                    "install",
                    "--compile-bytecode",
                    "--python",
                    str(python_of(folder)),
                    "-r",
                    str(wanted),
                ],
                folder.parent,
                on_line,
            )
            unfinished = folder / (MARKER + ".part")
            unfinished.write_text(json.dumps(dict(facts), indent=2, sort_keys=True) + "\n", encoding="utf-8")
            unfinished.replace(folder / MARKER)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            wanted.unlink(missing_ok=True)


def other_python(version: str) -> Path | None:
    """A Python of that version on this machine, as uv finds it; None when there is none."""
    asked = [_uv_program(), "python", "find", "--no-project", version]
    found = subprocess.run(asked, env=uv_environ(), capture_output=True, encoding="utf-8", check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def uv(arguments: Sequence[str], cwd: Path, on_line: Callable[[str], None] | None = None) -> None:
    """Run uv. Raises EngineError (PG305, PG306, PG310) with the end of what it said when it fails."""
    environ = uv_environ()
    status, said = _uv(arguments, cwd, environ, on_line)
    if status and _DISTRUST.search(said) and "UV_SYSTEM_CERTS" not in environ:
        # The bundled certificates do not know who signed for this network; the system's may.
        status, said = _uv(arguments, cwd, {**environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}, on_line)
    if status:
        raise EngineError([_explain(said)])


_DISTRUST = re.compile(r"UnknownIssuer|certificate|self.signed", re.IGNORECASE)


def _uv(
    arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], on_line: Callable[[str], None] | None
) -> tuple[int, str]:
    # The working folder is the cache: uv must not read the settings of whatever project the user stands in.
    try:
        process = subprocess.Popen(
            [_uv_program(), *arguments],
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise EngineError([_no_uv(str(error))]) from None
    said: list[str] = []
    with process:
        try:
            for line in process.stderr or ():
                said.append(line)
                if on_line and (text := line.strip()):
                    on_line(text)
            return process.wait(), "".join(said)
        finally:
            process.kill()


@lru_cache(maxsize=1)
def _uv_program() -> str:
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        if found := shutil.which("uv"):
            return found
        raise EngineError([_no_uv("it is not installed")]) from None


def _no_uv(why: str) -> Diagnostic:
    return Diagnostic("PG308", "error", f"uv cannot be run: {why}", None, "install it beside pipeglot: pip install uv")


def _explain(said: str) -> Diagnostic:
    """The diagnostic for a failure of uv, from the text it printed."""
    text = "\n".join(line.rstrip() for line in said.splitlines() if line.strip())
    if "No space left on device" in text:
        return disk_full(text.splitlines()[-1].strip())
    if "No solution found" in text:
        start = text.index("No solution found")
        reason = " ".join(re.sub(r"[│├╰─▶×]", " ", text[start:]).split())  # noqa: RUF001
        reason = reason.partition(": ")[2] or reason
        return Diagnostic("PG306", "error", reason, None, "change or drop the requirement named above")
    tail = "\n".join(text.splitlines()[-8:])
    way_out = "check the network and the package index (pip's settings and uv's own UV_* variables are used)"
    return Diagnostic("PG305", "error", f"uv could not make the environment:\n{tail}", None, way_out)


def disk_full(why: str) -> Diagnostic:
    """The diagnostic for a cache or temporary folder that cannot be written."""
    way_out = "free some space, or point PIPEGLOT_HOME (and TMPDIR) to a folder that can be written"
    return Diagnostic("PG310", "error", f"cannot write: {why}", None, way_out)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a full disk or a forbidden folder into an EngineError (PG310)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError([disk_full(_said(error))]) from None
    try:
        yield
    except OSError as error:
        if error.errno in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EACCES,
            errno.EPERM,
            errno.EROFS,
            errno.ENOTDIR,
            errno.EEXIST,
        ):
            raise EngineError([disk_full(_said(error))]) from None
        raise


def _said(error: OSError) -> str:
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename else words


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the system lets go of it even when this process is killed."""
    with open(path, "a", encoding="utf-8") as file:
        if sys.platform == "win32":
            import msvcrt
            import time

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.2)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---------------------------------------------------------------- whom and where uv asks


def uv_environ(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables uv is run with: the user's own, and where these say nothing, what pip was told.

    >>> told = {"PIP_INDEX_URL": "https://mirror/simple", "PIP_CONFIG_FILE": os.devnull}
    >>> uv_environ(told)["UV_DEFAULT_INDEX"]
    'https://mirror/simple'
    """
    ours = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT", "UV_WORKING_DIRECTORY"}
    result = {key: value for key, value in environ.items() if key not in ours}
    result.update(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", NO_COLOR="1", COLUMNS="400")
    pip = _pip_settings(environ)
    # `requirements` of a pipeline must find what pip would find: every index counts, the best version wins.
    if not any(key in environ for key in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL")):
        if "index-url" in pip:
            result["UV_DEFAULT_INDEX"] = pip["index-url"]
        if "extra-index-url" in pip:
            result["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
            result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if "find-links" in pip:
        result.setdefault("UV_FIND_LINKS", ",".join(pip["find-links"].split()))
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        result.setdefault("UV_NO_INDEX", "1")
    if "trusted-host" in pip:
        result.setdefault("UV_INSECURE_HOST", " ".join(pip["trusted-host"].split()))
    if "cert" in pip:
        result.setdefault("SSL_CERT_FILE", pip["cert"])
    return result


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """pip's settings that say where packages come from: its files, weakest first, then its variables."""
    if sys.platform == "win32":
        files = [Path(environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip/pip.ini"]
        files += [Path(environ.get("APPDATA", "~")) / "pip/pip.ini", Path(sys.prefix) / "pip.ini"]
    else:
        config = Path(environ.get("XDG_CONFIG_HOME") or "~/.config")
        files = [Path("/etc/pip.conf"), Path("~/.pip/pip.conf"), config / "pip/pip.conf"]
        if sys.platform == "darwin":
            files += [Path("~/Library/Application Support/pip/pip.conf")]
        files += [Path(sys.prefix) / "pip.conf"]
    if chosen := environ.get("PIP_CONFIG_FILE"):
        # pip's own rule: the null device means no files at all.
        files = [] if chosen == os.devnull else [*files, Path(chosen)]
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file.expanduser(), encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError, RuntimeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update(parser.items(section))
    for name in ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert"):
        if value := environ.get("PIP_" + name.upper().replace("-", "_")):
            found[name] = value
    return {name: value.strip() for name, value in found.items() if value.strip()}
