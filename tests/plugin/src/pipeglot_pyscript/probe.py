"""Runs under the engine's Python, as `python probe.py FOLDER MODE`: the other half of pipeglot's protocol.

FOLDER holds `jobs.json`, a list of what to run. What happens is appended to `told.jsonl` there, one JSON object a line:
`ready` once, then for each job `start`, any number of `event`s, and `run` (an EngineRun) or `failure`.
"""

import contextlib
import importlib.util
import json
import os
import sys
import threading
import traceback
from pathlib import Path

import scriptrunner

FOLDER = Path(sys.argv[1])


def tell(kind, **what):
    with open(FOLDER / "told.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": kind, **what}) + "\n")


def end_with_the_parent():
    """Our standard input is a pipe that nobody writes to: it ends when pipeglot does, and so do we."""

    def wait():
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextlib.contextmanager
def surroundings(job):
    """The job's variables, import path and working folder."""
    path, cwd, variables, modules = list(sys.path), os.getcwd(), dict(os.environ), set(sys.modules)
    os.environ.update(job["env"])
    sys.path[:0] = [job["folder"], *job["path"]]
    os.chdir(job["cwd"])
    try:
        yield
    finally:
        os.chdir(cwd)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(variables)
        for name in set(sys.modules) - modules:
            if name.startswith("job_"):
                del sys.modules[name]


def load(job):
    found = importlib.util.spec_from_file_location(f"job_{job['number']}", Path(job["folder"], job["entry"]))
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module.script


def run(job):
    number = job["number"]
    try:
        script = load(job)
    except Exception as error:
        message = "".join(traceback.format_exception_only(error)).strip()
        return tell("failure", job=number, code="PG322", message=f"the script does not load: {message}", help="")

    def listen(task):
        if not task.is_choice:
            state = task.state or "running"
            tell("event", job=number, task=task.name, index=[], state=state, attempt=1 if task.started else 0)

    succeeded = script.run(job["params"], listen)
    tasks = [described(task) for task in script.tasks.values()]
    times = sorted(time for task in tasks for time in (task["started"], task["ended"]) if time)
    return tell(
        "run",
        job=number,
        run={
            "engine": "scriptrunner",
            "engine_version": scriptrunner.__version__,
            "state": "succeeded" if succeeded else "failed",
            "run_id": f"{script.name}-{number}",
            "logical_date": job["logical_date"],
            "started": times[0] if times else None,
            "ended": times[-1] if times else None,
            "tasks": tasks,
            "notes": [],
        },
    )


def described(task):
    """A task as pipeglot's EngineTask."""
    return {
        "name": task.name,
        "state": task.state,
        "index": [],
        "attempts": 1 if task.started else 0,
        "started": task.started and task.started.isoformat(),
        "ended": task.ended and task.ended.isoformat(),
        "has_output": task.state == "done",
        "output": task.value,
        "error": task.error and {"type": type(task.error).__name__, "message": str(task.error)},
    }


def main():
    end_with_the_parent()
    tell("ready")
    for job in json.loads((FOLDER / "jobs.json").read_text(encoding="utf-8")):
        tell("start", job=job["number"])
        with surroundings(job):
            run(job)


main()
