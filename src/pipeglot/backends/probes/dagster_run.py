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
            repository, main_job = loaded(job)
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
        react(repository, runner, run_id, number)
    if runner.mode != "test":
        teller.look(run_id)
    tell_run(job, main_job, runner.instance, run_id, notes)


def loaded(job):
    """The file's repository and the job of that name, from the file imported anew."""
    module = wire.load(job)
    repository = repository_of(module, job["entry"])
    name = job["name"]
    # A job may be called otherwise than its variable.
    if not repository.has_job(name):
        name = getattr(getattr(module, name, None), "name", name)
    if not isinstance(name, str) or not repository.has_job(name):
        has = ", ".join(sorted(each.name for each in repository.get_all_jobs())) or "none"
        raise LookupError(f"no job {job['name']!r} in {job['entry']} (it has {has})")
    return repository, repository.get_job(name)


def repository_of(module, entry):
    """What a module defines: its Definitions or repository, or the jobs and assets that its variables hold."""
    import dagster
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    def of(*kinds):
        return list({id(each): each for each in vars(module).values() if isinstance(each, kinds)}.values())

    found = of(dagster.Definitions)
    if not found and (repositories := of(dagster.RepositoryDefinition)):
        return repositories[0]
    if not found:
        jobs = of(dagster.JobDefinition, UnresolvedAssetJobDefinition)
        if not jobs:
            raise LookupError(f"no Definitions, repository or job in {entry}")
        found = [dagster.Definitions(jobs=jobs, assets=of(dagster.AssetsDefinition, dagster.SourceAsset))]
    dagster.Definitions.validate_loadable(found[0])
    return found[0].get_repository_def()


def run_config(job, definition):
    """The parameters and the logical date as the resource of a compiled job takes them; of any other, what the
    parameters' names are in the config of its ops and resources."""
    config = {"loggers": QUIET}
    resource = definition.resource_defs.get("params")
    fields = getattr(resource and resource.config_schema.config_type, "fields", None)
    if fields is not None:
        told = dict(job["params"])
        if "logical_date" in fields and "logical_date" not in told and job["logical_date"]:
            told["logical_date"] = job["logical_date"]
        config["resources"] = {"params": {"config": told}}
        return config
    used = set()
    for part in ("ops", "resources"):
        section = definition.run_config_schema.config_type.fields.get(part)
        if section is not None and (found := given(section.config_type, job, used)):
            config[part] = found
    if unused := sorted(job["params"].keys() - used):
        raise ValueError(f"no op or resource of the job has config for {', '.join(unused)}")
    return config


def given(schema, job, used):
    """The config of ops or resources, at any depth: a field is told the parameter of its name; the pipeline's default
    only where it must be told something."""
    found = {}
    for name, field in getattr(schema, "fields", {}).items():
        if name != "config":
            inner = given(field.config_type, job, used)
            if inner:
                found[name] = inner
            continue
        told = {}
        for key, wanted in getattr(field.config_type, "fields", {}).items():
            if key in job["params"]:
                told[key] = job["params"][key]
                used.add(key)
            elif wanted.is_required and key in job["defaults"]:
                told[key] = job["defaults"][key]
        if told:
            found["config"] = told
    return found


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
        module = wire.module_of(self.job)
        variables = vars(sys.modules[module or f"pipeglot_job_{self.job['number']}_{file.stem}"])
        found = {each.name: key for key, each in variables.items() if isinstance(each, dagster.JobDefinition)}
        if module is not None:
            job = ReconstructableJob.for_module(module, found[definition.name], working_directory=self.job["folder"])
        else:
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


def react(repository, runner, run_id, number):
    """Ask the sensors that monitor the job about the state its run has come to, and run what they ask for."""
    import dagster

    sensors = reactions(repository)
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


def reactions(repository):
    """The sensors that ask for runs when a run has ended."""
    from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorDefinition

    return [each for each in repository.sensor_defs if isinstance(each, RunStatusSensorDefinition)]


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
        self.steps, self.cursors = {}, {}

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
        if entry.run_id not in self.steps:
            self.steps[entry.run_id] = Steps(self.instance.get_run_by_id(entry.run_id))
        step = self.steps[entry.run_id].after(entry)
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


def tell_run(job, definition, instance, run_id, notes):
    import dagster

    record = instance.get_run_record_by_id(run_id)
    status = record.dagster_run.status
    states = {dagster.DagsterRunStatus.SUCCESS: "succeeded", dagster.DagsterRunStatus.CANCELED: "cancelled"}
    others = instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id}))
    tasks, failure = [], None
    for run in [record.dagster_run, *reversed(others)]:
        found, failed = steps(definition if run.run_id == run_id else None, instance, run)
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


def steps(definition, instance, run):
    """Every step of a run that Dagster has an event of, and the run's own failure if it has one."""
    found, failure = Steps(run), None
    for entry in instance.all_logs(run.run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.step_key is not None:
            found.after(entry)
        elif event.event_type_value == "PIPELINE_FAILURE":
            failure = event.message
    return found.told(definition), failure


class Steps:
    """The steps of one run, as far as its events tell of them."""

    def __init__(self, run):
        self.path = [int(part) for part in run.tags.get("pipeline/item", "").split(".") if part]
        self.state = run.tags.get("pipeline/state")
        self.found, self.outputs, self.order, self.assets, self.last = {}, {}, {}, {}, {}

    def after(self, entry):
        """The step that an event is of, with what the event says about it."""
        event = entry.dagster_event
        kind, said = event.event_type_value, event.event_specific_data
        if kind == "ASSET_MATERIALIZATION_PLANNED":
            self.assets.setdefault(event.step_key, []).append(list(said.asset_key.path))
            return None
        name, key = STEP.match(event.step_key).groups()
        if event.step_key not in self.found:
            self.found[event.step_key] = new_step(name, self.path + self.position(key))
        step = self.found[event.step_key]
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
            handle = said.step_output_handle
            self.last[event.step_key] = handle.mapping_key
            if handle.mapping_key is not None:
                keys = self.order.setdefault((event.step_key, handle.output_name), {})
                keys.setdefault(handle.mapping_key, len(keys))
            metadata = said.metadata or {}
            if "tolerated" in metadata and "message" in metadata:
                step["state"] = "TOLERATED"
                step["error"] = {"type": metadata["tolerated"].value, "message": metadata["message"].value}
        elif kind == "HANDLED_OUTPUT":
            outputs = self.outputs.setdefault(event.step_key, {})
            mapped = self.last.get(event.step_key)
            if mapped is None:
                outputs[said.output_name] = said.metadata
            else:
                outputs.setdefault(said.output_name, Mapped())[mapped] = said.metadata
        return step

    def position(self, key):
        """The place of a mapping key among those that were yielded before."""
        if key is None:
            return []
        places = [keys[key] for keys in self.order.values() if key in keys]
        return places[:1] or ([int(key)] if key.isdigit() else [])

    def told(self, definition):
        """All that is known of the steps: what they gave is read now."""
        for key, step in self.found.items():
            outs = outputs_of(definition, step["name"])
            paths = self.assets.get(key, [])
            if len(paths) == 1 and step["name"] == "__".join(paths[0]):
                step["name"] = ".".join(paths[0])
            step["told"] = self.state if self.state in ("succeeded", "failed", "cancelled") else None
            values = {}
            for name, metadata in self.outputs.get(key, {}).items():
                if isinstance(metadata, Mapped):
                    read_all = [read(each) for each in metadata.values()]
                    value, known = [value for value, _ in read_all], all(known for _, known in read_all)
                else:
                    value, known = read(metadata)
                if known:
                    values[name] = value
            if step["state"] == "SUCCESS":
                # A dynamic output that nothing was yielded of is an empty list; an op that gives nothing gives None.
                values.update({out.name: [] for out in outs if out.is_dynamic and out.name not in values})
                if outs and all(out.dagster_type.is_nothing and out.is_required for out in outs):
                    values["result"] = None
            step["steers"] = len(outs) > 1 and not any(out.is_required or out.is_dynamic for out in outs)
            step["has_output"] = "result" in values
            step["output"] = values.pop("result", None)
            step["values"] = values
        return list(self.found.values())


def outputs_of(definition, name):
    """The outputs that the op of a step is defined with, where that is known."""
    try:
        return definition.get_op(dagster_handle(name)).definition.output_defs if definition is not None else []
    except Exception:  # a step that the job, as it is now, has no op of
        return []


def dagster_handle(name):
    from dagster._core.definitions.dependency import NodeHandle

    return NodeHandle.from_path(name.split("."))


class Mapped(dict):
    """What was handled of a dynamic output, by mapping key."""


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
