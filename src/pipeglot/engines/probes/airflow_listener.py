"""An Airflow plugin that tells what happens to task instances, while it happens.

Copied alone into the plugins folder of a server, and loaded as a module by the `dag.test()` probe. On a
server, where the runs of several jobs share the processes, it also gives every task the variables and
working folder of its job.
"""

import json
import os
import sys
from datetime import datetime, timezone

from airflow import __version__
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

AIRFLOW = tuple(int(part) for part in __version__.split(".")[:2])


def _tell(ti, state, error=None):
    told = os.environ.get("PIPEGLOT_TOLD")
    if not told:
        return
    if error is None:
        shown = None
    else:
        kind = type(error).__name__ if isinstance(error, BaseException) else "Error"
        try:
            message = str(error).encode("utf-8", "backslashreplace").decode()
        except Exception:
            message = "(its message cannot be written)"
        shown = {"type": kind, "message": message[:10_000]}
    event = {
        "kind": "event",
        "pipeline": ti.dag_id,
        "run": ti.run_id,
        "task": ti.task_id,
        "index": [ti.map_index] if (ti.map_index or 0) >= 0 and ti.map_index is not None else [],
        "state": state,
        "attempt": ti.try_number if AIRFLOW >= (2, 10) else ti._try_number,
        "at": datetime.now(timezone.utc).isoformat(),
        "error": shown,
    }
    target = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(target, (json.dumps(event) + "\n").encode())
    finally:
        os.close(target)


@hookimpl
def on_task_instance_running(previous_state, task_instance):
    if surroundings := os.environ.get("PIPEGLOT_SURROUNDINGS"):
        with open(surroundings, encoding="utf-8") as file:
            mine = json.load(file).get(task_instance.dag_id)
        if mine:
            os.environ.update(mine["env"])
            os.chdir(mine["cwd"])
    _tell(task_instance, "running")


@hookimpl
def on_task_instance_success(previous_state, task_instance):
    _tell(task_instance, "success")


@hookimpl
def on_task_instance_skipped(previous_state, task_instance):
    _tell(task_instance, "skipped")


def _failed(task_instance, error):
    state = getattr(task_instance.state, "value", None) or "failed"
    _tell(task_instance, state if state in ("failed", "up_for_retry") else "failed", error)


if AIRFLOW >= (2, 10):

    @hookimpl
    def on_task_instance_failed(previous_state, task_instance, error):
        _failed(task_instance, error)

else:

    @hookimpl
    def on_task_instance_failed(previous_state, task_instance):
        _failed(task_instance, sys.exc_info()[1])


class PipeglotListener(AirflowPlugin):
    name = "pipeglot_listener"
    listeners = [sys.modules[__name__]]  # noqa: RUF012
