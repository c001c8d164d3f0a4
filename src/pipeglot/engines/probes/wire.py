"""What the probes share: reading the jobs, telling the results, loading a job's file, and servers. Standard library only.

A probe runs under the engine's own Python as `python PROBE FOLDER`. FOLDER holds `jobs.json`; everything
there is to tell is appended to `told.jsonl`, one JSON object a line, because engines write what they like to
standard output.
"""

import builtins
import contextlib
import dataclasses
import gc
import importlib.util
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from datetime import date, datetime, timezone
from enum import Enum
from pathlib import Path, PurePath
from uuid import UUID

TOLD = "PIPEGLOT_TOLD"
LONGEST = 10_000
READY_WITHIN = 240
"""Seconds that a server may take to start."""
HERE = Path(__file__).parent


def start():
    """Set the process up and give (folder, jobs). Called before any engine is imported."""
    # What an import makes stays: to look through all of it for garbage, again and again, is a tenth of an engine's start.
    gc.disable()
    # The folder of the probes must not be importable: nothing in it may shadow what a job imports.
    sys.path[:] = [entry for entry in sys.path if entry != str(HERE)]
    # Worker processes that a step spawns would run this program again, fail, and be spawned again without end.
    vars(sys.modules["__main__"]).pop("__file__", None)
    folder = Path(sys.argv[1])
    _end_with_the_parent(folder)
    os.environ[TOLD] = str(folder / "told.jsonl")
    return folder, json.loads((folder / "jobs.json").read_text(encoding="utf-8"))


def ready():
    """Tell that the engine is ready for jobs."""
    gc.freeze()
    gc.enable()
    tell("ready")


def in_turn(jobs):
    """Every job, told of as started and within its surroundings. The engine is ready for them."""
    ready()
    for job in jobs:
        tell("start", job=job["number"])
        with surroundings(job):
            yield job


class CannotTell(Exception):
    """What is asked of a job's file cannot be known without running it."""


def serve(engine, kind, prepare, cannot):
    """Answer every job without running it.

    `prepare()` imports the engine and gives the function that answers one, told under the word `kind`. What goes wrong is
    told as something that the engine `cannot` do, with fields of the job in braces.
    """
    _, jobs = start()
    answer = prepare()
    for job in in_turn(jobs):
        try:
            with listening(job, engine):
                told = answer(job)
        except CannotTell as error:
            fail(job["number"], "PG376", str(error))
        except Exception as error:
            fail(job["number"], "PG322", f"{engine} cannot {cannot.format(**job)}: {describe(error)}")
        else:
            tell(kind, job=job["number"], **{kind: told})


def _end_with_the_parent(folder):
    """Nobody writes to our standard input, a pipe: it ends when the process at its other end does."""
    lifeline = os.dup(0)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)

    def wait():
        with contextlib.suppress(OSError):
            os.read(lifeline, 1)
        for _ in range(20):
            others = _started_for_the_run()
            if not others:
                break
            for pid in others:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        # It was made for this run, and whoever would have removed it is gone.
        shutil.rmtree(folder, ignore_errors=True)
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()


def _started_for_the_run():
    """The other living processes of this run, in whatever group: all inherit one variable (Linux; elsewhere none)."""
    mark = b"PIPEGLOT_RUN=" + os.environ.get("PIPEGLOT_RUN", "").encode()
    found = []
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if int(name) != os.getpid() and mark in file.read().split(b"\0"):
                    found.append(int(name))
    return found


def tell(kind, **what):
    """Append one line. A single write in append mode, so that several processes can tell into one file."""
    line = json.dumps({"kind": kind, **what}, ensure_ascii=False, allow_nan=False) + "\n"
    target = os.open(os.environ[TOLD], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(target, line.encode("utf-8", "surrogatepass"))
    finally:
        os.close(target)


def fail(job, code, message, help=""):
    """Tell that a job could not be run; with job None, that none can."""
    tell("failure", job=job, code=code, message=message[:LONGEST], help=help)


def describe(error):
    """An exception as one would tell it to the author: its type, its message and the place in their file."""
    message = f"{type(error).__name__}: {written(error)}"
    frames = traceback.extract_tb(error.__traceback__)
    places = [f for f in frames if "site-packages" not in f.filename and "pipeglot" not in f.filename]
    return message + (f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else "")


def failure(error):
    """An exception, or whatever the engine has for one, as {type, message}."""
    if error is None:
        return None
    kind = type(error).__name__ if isinstance(error, BaseException) else "Error"
    return {"type": kind, "message": written(error)[:LONGEST]}


def written(error):
    """The message of an exception, or of whatever the engine has for one: text that can be written."""
    try:
        return str(error).encode("utf-8", "backslashreplace").decode()
    except Exception:
        return "(its message cannot be written)"


def plain(value):
    """A value as JSON has it. What JSON lacks becomes text, marked with its type."""
    if value is None or (isinstance(value, (bool, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"__type__": "float", "text": repr(value)}
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (PurePath, UUID)):
        return str(value)
    if callable(dump := getattr(type(value), "model_dump", None)):  # a pydantic model
        return plain(dump(value))
    return {"__type__": f"{type(value).__module__}.{type(value).__qualname__}", "text": repr(value)[:LONGEST]}


def iso(value):
    """An instant in ISO 8601 UTC, or None."""
    return None if value is None else value.astimezone(timezone.utc).isoformat()


def now():
    return datetime.now(timezone.utc)


def instant(job):
    """The job's logical date as an aware datetime, or None."""
    text = job["logical_date"]
    return None if text is None else datetime.fromisoformat(text)


@contextlib.contextmanager
def surroundings(job):
    """The job's variables, working folder and import path; afterwards as before, its modules forgotten, and what it
    or the engine put in the place of `print` and its kind taken away again."""
    roots = [job["folder"], *job["path"]]
    built_in, streams = dict(vars(builtins)), (sys.stdout, sys.stderr)
    modules, path, cwd, env = set(sys.modules), list(sys.path), os.getcwd(), dict(os.environ)
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    sys.path[:0] = [root for root in roots if root not in sys.path]
    try:
        yield
    finally:
        vars(builtins).update(built_in)
        sys.stdout, sys.stderr = streams
        os.chdir(cwd)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(env)
        own = tuple(os.path.join(root, "") for root in roots)
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or ""
            # An environment may lie inside a job's folder: what is installed is nobody's own.
            if name.startswith("pipeglot_job_") or (file.startswith(own) and "site-packages" not in file):
                del sys.modules[name]
        importlib.invalidate_caches()


def load(job):
    """Import the job's file anew, as a module of its package if it is one. Gives the module."""
    file = Path(job["folder"], job["entry"])
    name = module_of(job)
    if name is not None:
        return importlib.import_module(name)
    name = f"pipeglot_job_{job['number']}_{file.stem}"
    found = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def module_of(job):
    """The name of the module that a job's file is in its package; None of a file that is in none."""
    entry = Path(job["entry"])
    if len(entry.parts) < 2 or not all(part.isidentifier() for part in (*entry.parts[:-1], entry.stem)):
        return None
    if not all(Path(job["folder"], folder, "__init__.py").is_file() for folder in list(entry.parents)[:-1]):
        return None
    return ".".join((*entry.parts[:-1], *([] if entry.stem == "__init__" else [entry.stem])))


@contextlib.contextmanager
def listening(job, engine):
    """Collect the warnings that a job's file, or the engine on its behalf, gives: a list of texts."""
    texts = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield texts
        finally:
            root = os.path.join(job["folder"], "")
            for each in caught:
                if each.filename.startswith(root) or each.category.__module__.split(".")[0] == engine:
                    text = f"{each.category.__name__}: {each.message}"
                    if text not in texts:
                        texts.append(text)


# ---------------------------------------------------------------- servers


def free_port():
    """A port of this machine that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    """Whether something listens at a port of this machine."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


class Servers:
    """Programs of the engine beside this one, in its process group. Nothing goes on once one of them has ended."""

    def __init__(self):
        self.processes = []

    def spawn(self, name, command, env=None, cwd=None):
        """Start `python COMMAND`. Messages call it by its name: "the Prefect server"."""
        process = subprocess.Popen([sys.executable, *command], env=env, cwd=cwd, stdin=subprocess.DEVNULL)
        self.processes.append((name, process))

    def check(self):
        """End everything when one of them has ended."""
        for name, process in self.processes:
            if process.poll() is not None:
                fail(None, "PG323", f"{name} ended with exit status {process.returncode}")
                sys.exit(1)

    def until(self, name, answer):
        """What `answer()` gives once a server is ready: something, and no error of the network or its answer's form."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            self.check()
            with contextlib.suppress(OSError, ValueError, KeyError):
                if found := answer():
                    return found
            time.sleep(0.1)
        fail(None, "PG323", f"{name} was not ready after {READY_WITHIN} s")
        sys.exit(1)

    def stop(self):
        """End them, the last one first."""
        for _, process in reversed(self.processes):
            process.terminate()
        for _, process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes = []
