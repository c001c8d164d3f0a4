"""Run compiled Dagster files, one after the other in this process, and tell what Dagster recorded.

Runs under Dagster's own Python as `python dagster_run.py FOLDER MODE`. Mode `test` is `execute_in_process` on an
instance in memory; mode `multiprocess` is a real instance and the executor that jobs have by default, with a process
for every step. What the daemon would do, asking the sensors about a run that has ended, is done here.
"""

import contextlib
import multiprocessing
import os
import re
import sys
import tempfile
from pathlib import Path

import wire
from dagster_told import Teller, tell_run

DATE = re.compile(r"logical_date(_of_run)*")
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def main():
    _, jobs = wire.start()
    mode = sys.argv[2]
    import dagster

    if mode == "multiprocess":
        multiprocessing.set_start_method("forkserver")
        instance = dagster.DagsterInstance.local_temp(tempfile.mkdtemp(dir=os.environ["DAGSTER_HOME"]))
    else:
        instance = dagster.DagsterInstance.ephemeral(tempfile.mkdtemp(dir=os.environ["DAGSTER_HOME"]))
    for job in wire.in_turn(jobs):
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
        react(repository, runner, run_id)
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
        date = date_field(resource)
        if date is not None and date not in told and job["logical_date"]:
            told[date] = job["logical_date"]
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


def date_field(resource):
    """The field of a resource that takes the logical date: in Python, no parameter of a pipeline is called like that. None
    when it has none."""
    fields = getattr(getattr(resource, "configurable_resource_cls", None), "model_fields", {})
    return next((name for name in fields if DATE.fullmatch(name)), None)


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

        job = self.reconstructable(definition)
        try:
            execution = executor_config(definition)
            with dagster.execute_job(
                job, instance=self.instance, run_config={**config, **execution}, tags=tags, raise_on_error=False
            ) as done:
                return done.run_id
        finally:
            # The next job's processes must see the next job's variables.
            forkserver._forkserver._stop()

    def reconstructable(self, definition):
        """A job as processes of steps load it: by its variable where that has all of it, else from the definitions."""
        import dagster
        from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository

        file = str(Path(self.job["folder"], self.job["entry"]))
        module = wire.module_of(self.job)
        variables = vars(sys.modules[module or f"pipeglot_job_{self.job['number']}_{Path(file).stem}"])

        def loaded_by(kind, name):
            if module is None:
                return kind.for_file(file, name)
            return kind.for_module(module, name, working_directory=self.job["folder"])

        for name, each in variables.items():
            ours = isinstance(each, dagster.JobDefinition) and each.name == definition.name
            if ours and definition.resource_defs.keys() <= each.resource_defs.keys():
                return loaded_by(ReconstructableJob, name)
        for name, each in variables.items():
            if isinstance(each, dagster.Definitions | dagster.RepositoryDefinition):
                return loaded_by(ReconstructableRepository, name).get_reconstructable_job(definition.name)
        raise LookupError(f"a process of its own cannot find the job {definition.name!r}: no variable holds it")


def executor_config(definition):
    """Processes forked from one that has loaded Dagster: the same executor, in less time."""
    start = {"start_method": {"forkserver": {"preload_modules": ["dagster"]}}}
    if definition.has_specified_executor:
        return {"execution": {"config": start}}
    return {"execution": {"config": {"multiprocess": start}}}


# ---------------------------------------------------------------- what the daemon does


def react(repository, runner, run_id):
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


if __name__ == "__main__":
    main()
