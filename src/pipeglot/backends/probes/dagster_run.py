"""Run compiled Dagster files, one after the other in this process, and tell what Dagster recorded.

Runs under Dagster's own Python as `python dagster_run.py FOLDER MODE`. Mode `test` is `execute_in_process` on an
instance in memory; mode `multiprocess` is a real instance and the executor that jobs have by default, with a process
for every step. What the daemon would do, asking the sensors about a run that has ended, is done here.
"""

import contextlib
import multiprocessing
import os
import pickle
import re
import sys
import tempfile
from pathlib import Path

import wire

STEP = re.compile(r"(.*?)(?:\[([^]]*)\])?\Z", re.DOTALL)
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def main():
    _, jobs = wire.start()
    mode = sys.argv[2]
    import dagster

    if mode == "multiprocess":
        multiprocessing.set_start_method("forkserver")
        # Processes of steps load the job's file, and need not run this one again.
        del sys.modules["__main__"].__file__
        instance = dagster.DagsterInstance.local_temp(tempfile.mkdtemp(dir=os.environ["DAGSTER_HOME"]))
    else:
        instance = dagster.DagsterInstance.ephemeral(tempfile.mkdtemp(dir=os.environ["DAGSTER_HOME"]))
    wire.tell("ready")
    for job in jobs:
        wire.tell("start", job=job["number"])
        with wire.surroundings(job):
            run_one(job, Runner(job, instance, mode))


def run_one(job, runner):
    import dagster

    number = job["number"]
    with wire.listening(job, "dagster") as notes:
        try:
            definitions, main_job = loaded(job)
        except Exception as error:
            return wire.fail(number, "PG322", f"Dagster cannot load the file: {wire.describe(error)}")
    teller = Teller(job, runner.instance)
    with teller if runner.mode == "test" else contextlib.nullcontext():
        try:
            run_id = runner.run(main_job, run_config(job, main_job), {})
        except dagster.DagsterInvalidConfigError as error:
            return wire.fail(number, "PG324", f"Dagster refused the run: {error}")
        except Exception as error:
            return wire.fail(number, "PG324", f"Dagster refused the run: {wire.describe(error)}")
        react(definitions, runner, run_id, number)
    if runner.mode != "test":
        teller.look(run_id)
    tell_run(job, runner.instance, run_id, notes)


def loaded(job):
    """The file's definitions and the job of that name, from the file imported anew."""
    import dagster

    module = wire.load(job)
    found = [each for each in vars(module).values() if isinstance(each, dagster.Definitions)]
    if not found:
        raise LookupError(f"no Definitions in {job['entry']}")
    dagster.Definitions.validate_loadable(found[0])
    repository = found[0].get_repository_def()
    if not repository.has_job(job["name"]):
        has = ", ".join(sorted(each.name for each in repository.get_all_jobs())) or "none"
        raise LookupError(f"no job {job['name']!r} in {job['entry']} (it has {has})")
    return found[0], repository.get_job(job["name"])


def run_config(job, definition):
    """The parameters and the logical date as the resource of the job takes them."""
    config = {"loggers": QUIET}
    resource = definition.resource_defs.get("params")
    if resource is not None:
        fields = resource.config_schema.config_type.fields
        told = dict(job["params"])
        if "logical_date" in fields and "logical_date" not in told and job["logical_date"]:
            told["logical_date"] = job["logical_date"]
        config["resources"] = {"params": {"config": told}}
    elif job["params"]:
        config["resources"] = {"params": {"config": dict(job["params"])}}
    return config


class Runner:
    """Runs jobs of one file in the mode that was asked for."""

    def __init__(self, job, instance, mode):
        self.job, self.instance, self.mode = job, instance, mode

    def run(self, definition, config, tags):
        """Run a job to its end; gives the run's id."""
        import dagster

        if self.mode == "test":
            # Without an IO manager of their own, in-process runs would pass objects on as they are.
            manager = {"io_manager": dagster.FilesystemIOManager()}
            done = definition.execute_in_process(
                run_config=config, instance=self.instance, tags=tags, raise_on_error=False, resources=manager
            )
            return done.run_id
        from multiprocessing import forkserver

        from dagster._core.definitions.reconstruct import ReconstructableJob

        file = Path(self.job["folder"], self.job["entry"])
        name = f"pipeglot_job_{self.job['number']}_{file.stem}"
        variables = vars(sys.modules[name])
        found = {each.name: key for key, each in variables.items() if isinstance(each, dagster.JobDefinition)}
        job = ReconstructableJob.for_file(str(file), found[definition.name])
        try:
            execution = executor_config(definition)
            with dagster.execute_job(
                job, instance=self.instance, run_config={**config, **execution}, tags=tags, raise_on_error=False
            ) as done:
                return done.run_id
        finally:
            # The next job's processes must see the next job's variables.
            forkserver._forkserver._stop()


def executor_config(definition):
    """Processes forked from one that has loaded Dagster: the same executor, in less time."""
    start = {"start_method": {"forkserver": {"preload_modules": ["dagster"]}}}
    if definition.has_specified_executor:
        return {"execution": {"config": start}}
    return {"execution": {"config": {"multiprocess": start}}}


# ---------------------------------------------------------------- what the daemon does


def react(definitions, runner, run_id, number):
    """Ask the sensors that monitor the job about the state its run has come to, and run what they ask for."""
    import dagster

    repository = definitions.get_repository_def()
    sensors = reactions(definitions)
    seen = set()
    while sensors:
        run = runner.instance.get_run_by_id(run_id)
        if run.status in seen:
            return
        seen.add(run.status)
        event = last_event(runner.instance, run_id)
        for sensor in sensors:
            if sensor._run_status != run.status:
                continue
            context = dagster.build_run_status_sensor_context(
                sensor_name=sensor.name,
                dagster_event=event,
                dagster_instance=runner.instance,
                dagster_run=run,
                repository_def=repository,
            )
            answer = sensor(context)
            for request in answer if isinstance(answer, list) else [answer]:
                if isinstance(request, dagster.RunRequest):
                    name = request.job_name or sensor.job_name
                    runner.run(repository.get_job(name), {"loggers": QUIET, **request.run_config}, request.tags)


def reactions(definitions):
    """The sensors that ask for runs when a run has ended."""
    from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorDefinition

    found = definitions.get_repository_def().sensor_defs
    return [each for each in found if isinstance(each, RunStatusSensorDefinition)]


def last_event(instance, run_id):
    """The event by which a run ended."""
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    return [event for event in events if event.is_job_event][-1]


# ---------------------------------------------------------------- what Dagster recorded


class Teller:
    """Tells of the steps of a job's runs: of each event as it happens where this process runs the steps, else of
    what an instance has got of a run since the last look."""

    def __init__(self, job, instance):
        self.number, self.instance = job["number"], instance
        self.runs, self.found, self.cursors = {}, {}, {}

    def __enter__(self):
        def handled(entry, **how):
            type(self.instance).handle_new_event(self.instance, entry, **how)
            self.take(entry)

        self.instance.handle_new_event = handled
        return self

    def __exit__(self, *_):
        del self.instance.handle_new_event

    def look(self, run_id):
        """What is new of a run and of the runs that it started."""
        import dagster

        started = self.instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id}))
        for id in [run_id, *(run.run_id for run in reversed(started))]:
            new = self.instance.get_records_for_run(id, self.cursors.get(id))
            self.cursors[id] = new.cursor
            for record in new.records:
                self.take(record.event_log_entry)

    def take(self, entry):
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if entry.run_id not in self.runs:
            self.runs[entry.run_id] = self.instance.get_run_by_id(entry.run_id)
        step = noted(self.found.setdefault(entry.run_id, {}), self.runs[entry.run_id], entry)
        if event.event_type_value in ("STEP_START", "STEP_RESTARTED", "STEP_SUCCESS", "STEP_FAILURE"):
            wire.tell(
                "event",
                job=self.number,
                task=step["name"],
                index=step["index"],
                state=step["state"],
                attempt=step["attempts"],
                error=None,
            )


def tell_run(job, instance, run_id, notes):
    import dagster

    record = instance.get_run_record_by_id(run_id)
    status = record.dagster_run.status
    states = {dagster.DagsterRunStatus.SUCCESS: "succeeded", dagster.DagsterRunStatus.CANCELED: "cancelled"}
    others = instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id}))
    tasks, failure = [], None
    for run in [record.dagster_run, *reversed(others)]:
        found, failed = steps(instance, run)
        tasks += found
        failure = failure or failed
    if failure and status != dagster.DagsterRunStatus.SUCCESS and not any(t["error"] for t in tasks):
        notes.append(failure[: wire.LONGEST])
    wire.tell(
        "run",
        job=job["number"],
        run={
            "engine": "dagster",
            "engine_version": dagster.__version__,
            "state": states.get(status, "failed"),
            "run_id": run_id,
            "logical_date": wire.iso(wire.instant(job)),
            "started": time_of(record.start_time),
            "ended": time_of(record.end_time),
            "tasks": tasks,
            "notes": notes,
        },
    )


def steps(instance, run):
    """Every step of a run that Dagster has an event of, and the run's own failure if it has one."""
    found, failure = {}, None
    for entry in instance.all_logs(run.run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.step_key is None:
            if event.event_type_value == "PIPELINE_FAILURE":
                failure = event.message
            continue
        step = noted(found, run, entry)
        if event.event_type_value == "HANDLED_OUTPUT" and event.event_specific_data.output_name == "result":
            step["output"], step["has_output"] = read(event.event_specific_data.metadata)
    return list(found.values()), failure


def noted(found, run, entry):
    """The step that an event is of, with what the event says about its state."""
    event = entry.dagster_event
    kind = event.event_type_value
    name, key = STEP.match(event.step_key).groups()
    path = [int(part) for part in run.tags.get("pipeline/item", "").split(".") if part]
    index = path + ([int(key)] if key is not None and key.isdigit() else [])
    step = found.setdefault(event.step_key, new_step(name, index))
    if kind in ("STEP_START", "STEP_RESTARTED"):
        step["attempts"] += 1
        step["started"] = step["started"] or time_of(entry.timestamp)
        step["state"], step["ended"] = "STARTED", None
    elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
        tolerated = step["state"] == "TOLERATED" and kind == "STEP_SUCCESS"
        step["state"] = "TOLERATED" if tolerated else kind.removeprefix("STEP_")
        step["ended"] = None if kind == "STEP_SKIPPED" else time_of(entry.timestamp)
        if kind == "STEP_FAILURE":
            step["error"] = error_of(event)
    elif kind == "STEP_OUTPUT":
        metadata = event.event_specific_data.metadata or {}
        if "tolerated" in metadata and "message" in metadata:
            step["state"] = "TOLERATED"
            step["error"] = {"type": metadata["tolerated"].value, "message": metadata["message"].value}
    return step


def new_step(name, index):
    return {
        "name": name,
        "index": index,
        "state": "PLANNED",
        "attempts": 0,
        "started": None,
        "ended": None,
        "has_output": False,
        "output": None,
        "error": None,
    }


def read(metadata):
    """An output that the default IO manager has kept; of None it does not say where."""
    if not metadata:
        return None, True
    try:
        with open(metadata["path"].value, "rb") as file:
            return wire.plain(pickle.load(file)), True
    except (KeyError, OSError, pickle.UnpicklingError, AttributeError, ImportError):
        return None, False


def error_of(event):
    """The author's exception: Dagster wraps it."""
    error = event.event_specific_data.error
    if error is None:
        return None
    error = error.cause or error
    kind = error.cls_name or "Error"
    return {"type": kind, "message": error.message.strip().removeprefix(f"{kind}: ")[: wire.LONGEST]}


def time_of(seconds):
    from datetime import datetime, timezone

    return None if seconds is None else wire.iso(datetime.fromtimestamp(seconds, timezone.utc))


if __name__ == "__main__":
    main()
