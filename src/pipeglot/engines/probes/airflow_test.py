"""Run compiled DAG files with `dag.test()`, one after the other in this process, and tell what Airflow
recorded.

Runs under Airflow's own Python with a migrated metadata database in AIRFLOW_HOME and an empty DAGs folder.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path

import airflow_release
import airflow_tasks
import wire
from airflow_api import newest_only
from airflow_server import NOTHING_MADE, errors_told, events_told, told_of


def main():
    _, jobs = wire.start()

    import airflow

    airflow_release.dag_class()  # here, so that no job pays for it or hears its warnings
    found = importlib.util.spec_from_file_location("pipeglot_airflow_listener", wire.HERE / "airflow_listener.py")
    listener = importlib.util.module_from_spec(found)
    sys.modules[found.name] = listener
    found.loader.exec_module(listener)
    airflow_release.listeners().add_listener(listener)
    newest_only()
    _shorten_the_idle_wait()

    for job in wire.in_turn(jobs):
        run_one(job, airflow.__version__)


def run_one(job, version):
    number = job["number"]
    with wire.listening(job, "airflow") as notes:
        try:
            dag = dag_of(job)
            airflow_release.synchronise(dag)
        except Exception as error:
            return wire.fail(number, "PG322", f"Airflow cannot load the DAG: {wire.describe(error)}")
    told = os.path.getsize(os.environ[wire.TOLD])
    started = wire.now()
    try:
        run = airflow_release.test(dag, wire.instant(job), {**needed(dag, job), **job["params"]})
    except Exception as error:
        return wire.fail(number, "PG324", f"Airflow refused the run: {wire.describe(error)}")
    ended = wire.now()
    tasks = tasks_of(dag, run.run_id, errors_told(since=told), begun(since=told))
    if dag.task_dict and not tasks:
        notes.append(NOTHING_MADE)
    wire.tell(
        "run",
        job=number,
        run={
            "engine": "airflow",
            "engine_version": version,
            "state": "succeeded" if str(run.state) == "success" else "failed",
            "run_id": run.run_id,
            "logical_date": wire.iso(airflow_release.date_of(run)),
            "started": wire.iso(started),
            "ended": wire.iso(ended),
            "tasks": tasks,
            "notes": notes,
        },
    )


def needed(dag, job):
    """The pipeline's values of params that the DAG has no default for."""
    absent = airflow_release.not_set()
    lacking = [name for name in dag.params if dag.params.get_param(name).value is absent]
    return {name: job["defaults"][name] for name in lacking if name in job["defaults"]}


def dag_of(job):
    """The DAG of that name, from the file imported anew: a DAG object keeps the params of its last run."""
    DagContext = airflow_release.dag_context()
    DagContext.autoregistered_dags.clear()
    DagContext.current_autoregister_module_name = f"pipeglot_job_{job['number']}_{Path(job['entry']).stem}"
    try:
        module = wire.load(job)
    finally:
        DagContext.current_autoregister_module_name = None
    dags = [each for each in vars(module).values() if isinstance(each, airflow_release.dag_class())]
    dags += [each for each, _ in DagContext.autoregistered_dags]
    by_name = {each.dag_id: each for each in dags}
    if job["name"] not in by_name:
        has = ", ".join(sorted(by_name)) or "none"
        raise LookupError(f"no DAG {job['name']!r} in {job['entry']} (it has {has})")
    dag = by_name[job["name"]]
    dag.fileloc = str(Path(job["folder"], job["entry"]))
    if airflow_release.numbers() >= (3, 0):
        dag.relative_fileloc = job["entry"]
    return dag


def begun(since):
    """When each task instance began, as the listener told it: in `dag.test()`, Airflow 2 itself does not write it down."""
    found = {}
    for event in events_told(since):
        if event["state"] == "running":
            found.setdefault((event["task"], tuple(event["index"])), event["at"])
    return found


def tasks_of(dag, run_id, errors, begun):
    """Every task instance of the run with its state, attempts, times and what it handed on."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    XCom, value_of = airflow_release.handed_on()
    history = airflow_release.history()

    def rows(model):
        wanted = select(model).where(model.dag_id == dag.dag_id, model.run_id == run_id)
        return session.scalars(wanted).all()

    with create_session() as session:
        earlier = {}
        for row in rows(history) if history is not None else ():
            if row.start_date is not None:
                key = row.task_id, row.map_index
                earlier[key] = min(row.start_date, earlier.get(key, row.start_date))
        values = {}
        # By columns: what Airflow 2 makes of a row is no longer what was handed on.
        wanted = select(XCom.task_id, XCom.map_index, XCom.key, XCom.value)
        for row in session.execute(wanted.where(XCom.dag_id == dag.dag_id, XCom.run_id == run_id)):
            if row.key != "skipmixin_key" and not row.key.startswith("_"):
                values.setdefault((row.task_id, row.map_index), {})[row.key] = wire.plain(value_of(row))
        given = {(row.task_id, row.map_index): row.rendered_fields for row in rows(RenderedTaskInstanceFields)}
        tasks = []
        for row in rows(TaskInstance):
            key = row.task_id, row.map_index
            task = dag.task_dict.get(row.task_id)
            index = [row.map_index] if row.map_index >= 0 else []
            state = None if row.state is None else str(row.state)
            handed = values.get(key, {})
            found = "return_value" in handed or (state == "success" and pushes(task))
            tasks.append(
                {
                    "name": row.task_id,
                    "index": index,
                    "state": state or "none",
                    "attempts": airflow_release.tries(row),
                    "started": wire.iso(earlier.get(key, row.start_date)) or begun.get((row.task_id, tuple(index))),
                    "ended": wire.iso(row.end_date),
                    "has_output": found,
                    "output": handed.pop("return_value", None),
                    "values": handed,
                    "error": errors.get((row.task_id, tuple(index))) if state != "success" else None,
                    "steers": skips(task) or bool(getattr(task, "inherits_from_empty_operator", False)),
                    "told": told_of(given.get(key)),
                }
            )
    return sorted(tasks, key=lambda task: (task["name"], task["index"]))


def skips(task):
    """Whether a task is there to skip others."""
    if airflow_release.numbers() >= (3, 0):
        return bool(getattr(task, "inherits_from_skipmixin", False))
    return task is not None and airflow_tasks.kind_of(task) == "branch"  # sensors, too, had that class in Airflow 2


def pushes(task):
    """Whether what a task returns is kept: None is what it returned where Airflow then has nothing. An operator that
    skips what follows ends by an exception, and keeps nothing."""
    if skips(task):
        return False
    partial = getattr(task, "partial_kwargs", None)
    return bool(partial.get("do_xcom_push", True) if partial is not None else getattr(task, "do_xcom_push", False))


def _shorten_the_idle_wait():
    """`dag.test()` sleeps a second whenever nothing can run: ask again sooner. No other sleep changes."""
    loops = {airflow_release.dag_class().test.__code__}
    sleep = time.sleep

    def quick(seconds):
        sleep(0.05 if sys._getframe(1).f_code in loops else seconds)

    time.sleep = quick


if __name__ == "__main__":
    main()
