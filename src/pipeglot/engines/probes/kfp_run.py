"""Run compiled PipelineSpecs, one after the other, and tell what became of every task.

Runs under the Python of Kubeflow Pipelines' SDK as `python kfp_run.py FOLDER MODE`. There is no cluster here. A file of
the SDK is compiled first.

Mode `test` runs a spec twice: by the rules of the cluster's driver (`kfp_rules.py`), with the code of the components
really run by KFP's own executor; and in `kfp.local`, KFP's own local orchestrator, where a component that is given
the same gives the same again. What is told is the first; when the two differ, a note says how ("spec-checked:").
Mode `server` runs it in `kfp.local` alone, every task a process of its own; so is a native spec that has what the rules
do not know.
"""

import contextlib
import copy
import json
import os
import sys
import tempfile
import threading
import traceback
import types
import uuid
import warnings
from pathlib import Path

import kfp_spec
import wire
from kfp_rules import Rules, plain, whole


def main():
    folder, jobs = wire.start()
    mode = sys.argv[2]
    # KFP's client for a server takes most of the time that importing kfp takes.
    client = types.ModuleType("kfp.client")
    client.Client = object
    sys.modules["kfp.client"] = client
    import kfp
    from kfp import local

    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(folder / "root"), raise_on_error=False)
    from kfp.local.orchestrator import dag_orchestrator, enhanced_dag_orchestrator

    # Of kfp.local's two orchestrators the one for plain DAGs stops at the first failure, which no cluster does.
    dag_orchestrator.run_dag = enhanced_dag_orchestrator.run_enhanced_dag
    _leave_print_alone()
    for job in wire.in_turn(jobs):
        os.environ["PYTHONPATH"] = os.pathsep.join([job["folder"], *job["path"]])
        run_one(job, mode, kfp.__version__, folder)


def _leave_print_alone():
    """Around every task kfp.local swaps `builtins.print` and the root logger's handlers and puts back what it found.
    Items of a loop run in threads: swaps overlap, wrappers stay, and each doubles what is printed from then on."""
    from kfp.local import logging_utils

    logging_utils.indented_print = contextlib.nullcontext
    logging_utils.local_logger_context = contextlib.nullcontext


def run_one(job, mode, version, folder):
    number = job["number"]
    started = wire.now()
    run_id = str(uuid.uuid4())
    when = wire.instant(job)
    with wire.listening(job, "kfp") as notes:
        try:
            data, own = kfp_spec.read(job)
            if not own:
                kfp_spec.check(data)
            data, path = prepared(data, number, run_id, started, folder)
            component = loaded(path)
        except kfp_spec.CannotRun as error:
            return wire.fail(number, error.code, error.message, error.way_out)
        except Exception as error:
            return wire.fail(number, "PG322", f"KFP cannot load the pipeline: {wire.describe(error)}")
    try:
        arguments = kfp_spec.arguments(job, data, when, own)
    except Exception as error:
        return wire.fail(number, "PG324", f"KFP refused the run: {wire.describe(error)}")
    try:
        if mode == "test" and (own or not kfp_spec.beyond_the_rules(data)):
            state, events = by_the_rules(job, data, arguments)
            difference = compared(component, arguments, events, state)
            notes += [f"{e.task}{list(e.index)}: {e.error['message']}" for e in events if not e.attempts][:5]
            if difference:
                notes.append(f"spec-checked: kfp.local {difference}"[: wire.LONGEST])
        else:
            state, events, trouble = locally(component, arguments, Subprocesses(), job)
            if trouble and not own:
                return wire.fail(number, "PG324", f"KFP's local runner could not run the pipeline: {trouble}")
            notes += [trouble] if trouble else []
    except Exception as error:
        traceback.print_exc()
        return wire.fail(number, "PG324", f"KFP could not run the pipeline: {wire.describe(error)}")
    outputs = None if own else kfp_spec.outputs_by_task(data)
    wire.tell(
        "run",
        job=number,
        run={
            "engine": "kfp",
            "engine_version": version,
            "state": state,
            "run_id": run_id,
            "logical_date": wire.iso(when),
            "started": wire.iso(started),
            "ended": wire.iso(wire.now()),
            "tasks": [told(event, outputs) for event in events],
            "notes": notes,
            "compiled": own,
        },
    )


def told(event, outputs):
    """A task instance. What a component of pipeglot's gives is its output, whole; what others give they give by key:
    `outputs` has the parameters of each task, None where there is more than these."""
    found = {
        "name": event.task,
        "index": list(event.index),
        "state": event.state,
        "attempts": event.attempts,
        "started": wire.iso(event.started),
        "ended": wire.iso(event.ended),
        "has_output": event.outputs is not None,
        "output": event.outputs,
        "error": event.error,
    }
    if outputs is None or event.outputs is None:
        return found
    types = outputs.get(event.task)
    values = {}
    for key, value in event.outputs.items():
        if types is None and not isinstance(value, bool | int | float | str | list | dict | None):
            continue  # an artifact
        exact = types is not None and types[key]["parameterType"] == "NUMBER_DOUBLE"
        values[key] = wire.plain(value if exact else whole(value))
    # What gives nothing at all gives None.
    return {**found, "has_output": types == {}, "output": None, "values": values}


# ---------------------------------------------------------------- the spec


def prepared(data, number, run_id, started, folder):
    """The spec as it is run here: components do not install anything, and what only a server fills in is filled
    in. Gives it as data, and the file that has it."""
    import yaml
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    for executor in data["deploymentSpec"]["executors"].values():
        command = executor.get("container", {}).get("command", [])
        if len(command) > 2 and "pip install" in command[2]:
            executor["container"]["command"] = command[3:]
    server = {
        "{{$.pipeline_job_schedule_time_utc}}": "",
        "{{$.pipeline_job_create_time_utc}}": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "{{$.pipeline_job_uuid}}": run_id,
    }
    for dag in [data["root"], *data.get("components", {}).values()]:
        for task in dag.get("dag", {}).get("tasks", {}).values():
            for each in task.get("inputs", {}).get("parameters", {}).values():
                value = each.get("runtimeValue", {}).get("constant")
                if isinstance(value, str) and value in server:
                    each["runtimeValue"]["constant"] = server[value]
    spec = json_format.ParseDict(data, pipeline_spec_pb2.PipelineSpec())
    path = folder / f"job_{number}.yaml"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    path.write_text(yaml.dump(data, Dumper=dumper), encoding="utf-8")
    return json_format.MessageToDict(spec), path


def loaded(path):
    from kfp import components

    return components.load_component_from_file(str(path))


# ---------------------------------------------------------------- running components

LOCK = threading.RLock()
COMPILED = {}


def run_source(executor, executor_input):
    """Run a component in this process by KFP's executor; its output parameters. Raises what its function raises."""
    from kfp.dsl.executor import Executor

    container = executor["container"]
    source, name = container["command"][-1], container["args"][-1]
    if source not in COMPILED:
        if len(COMPILED) > 500:
            COMPILED.clear()
        COMPILED[source] = compile(source, "<component>", "exec")
    # The name that a component has on a cluster: pickles of one name it to the next.
    module = types.ModuleType("ephemeral_component")
    sys.modules[module.__name__] = module
    try:
        exec(COMPILED[source], module.__dict__)
        runner = Executor(executor_input=executor_input, function_to_execute=getattr(module, name))
        runner.execute()
        return runner.excutor_output.get("parameterValues", {})
    finally:
        sys.modules.pop(module.__name__, None)


def fitting(executor_input):
    """Raises where a component could not be started: its inputs are one argument, and Linux takes 128 KiB in one."""
    size = len(json.dumps(executor_input, ensure_ascii=False).encode())
    if size > 131_000:
        raise OSError(f"{size:,} bytes of inputs: KFP gives a task at most 128 KiB; write files and pass their paths")


def read_as(kind, text):
    return text if kind == "STRING" else json.loads(text.lower() if kind == "BOOLEAN" else text)


class InProcess:
    """Executes for `Rules`."""

    def __init__(self, job):
        # In the folder of the run, which is removed however the run ends.
        self.job, self.folder = job, tempfile.mkdtemp(dir=os.path.dirname(os.environ[wire.TOLD]))

    def __call__(self, task, index, executor, inputs, outputs):
        output = os.path.join(self.folder, f"{len(os.listdir(self.folder))}.json")
        executor_input = {
            "inputs": {"parameterValues": copy.deepcopy(inputs)},
            "outputs": {"outputFile": output, "parameters": {key: {"outputFile": output + key} for key in outputs}},
        }
        event(self.job, task, index, "running")
        try:
            fitting(executor_input)
            found = json.loads(json.dumps(run_source(executor, executor_input), allow_nan=False))
            for key in (key for key in outputs if key not in found and os.path.exists(output + key)):
                with open(output + key, encoding="utf-8") as file:  # written by an OutputPath
                    found[key] = read_as(outputs[key]["parameterType"], file.read())
        except Exception as error:
            event(self.job, task, index, "failed", error)
            raise
        event(self.job, task, index, "succeeded")
        return found


def event(job, task, index, state, error=None):
    failure = wire.failure(error)
    wire.tell("event", job=job["number"], task=task, index=list(index), state=state, attempt=1, error=failure)


def by_the_rules(job, data, arguments):
    rules = Rules(data, InProcess(job), wire.now)
    good = rules.run({name: plain(value) for name, value in arguments.items()})
    return "succeeded" if good else "failed", rules.events


# ---------------------------------------------------------------- kfp.local


class Seen:
    """A task instance of kfp.local."""

    def __init__(self, task, index):
        self.task, self.index, self.state = task, index, "failed"
        self.attempts, self.outputs, self.error = 0, None, None
        self.started, self.ended = wire.now(), None


class Subprocesses:
    """Runs components as kfp.local does, each in a process."""

    def __init__(self):
        from kfp.local import subprocess_task_handler

        self.original = subprocess_task_handler.run_local_subprocess

    def __call__(self, seen, full_command, env_vars=None):
        fitting(json.loads(full_command[full_command.index("--executor_input") + 1]))
        return self.original(full_command=full_command, env_vars=env_vars)


class Again:
    """Gives what the same component gave before for the same inputs, attempt by attempt."""

    def __init__(self, events):
        self.known = {(event.task, event.index): list(event.tries) for event in events}
        self.fresh = []

    def __call__(self, seen, full_command, env_vars=None):
        position = full_command.index("--executor_input")
        executor_input = json.loads(full_command[position + 1])
        output = Path(executor_input["outputs"]["outputFile"])
        key = (seen.task, seen.index)
        tries = self.known.get(key) or []
        inputs = executor_input.get("inputs", {}).get("parameterValues", {})
        if not tries or not alike(tries[0][0], inputs):
            self.fresh.append((key, tries[0][0] if tries else None, inputs))
            return 1
        _, outputs, error = tries.pop(0)
        if error is not None:
            return 1
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps({"parameterValues": outputs}))
        return 0


def alike(a, b):
    """Whether inputs are the same; what KFP says of how a run ended is not."""

    def bare(values):
        return {key: whole(value) for key, value in values.items() if not isinstance(value, dict)}

    return bare(a) == bare(b)


def index_of(resource):
    """The numbers of the iterations in a resource name, outermost first."""
    found = []
    for part in resource.split("/")[1:]:
        if "-iteration-" in part:
            found.append(int(part.rsplit("-iteration-", 1)[1]))
    return tuple(found)


def locally(component, arguments, run, job=None):
    """Run in kfp.local. State, task instances in the order they began, and what went wrong with kfp.local itself."""
    from kfp.local import pipeline_orchestrator, subprocess_task_handler, task_dispatcher
    from kfp.local.orchestrator import task_executor

    events, current = [], threading.local()
    execute, implement = task_executor.execute_single_task, task_dispatcher.run_single_task_implementation
    original, clock = subprocess_task_handler.run_local_subprocess, task_executor.time

    def single(**given):
        current.seen = Seen(given["task_name"], index_of(given["pipeline_resource_name"]))
        with LOCK:
            events.append(current.seen)
        seen = current.seen
        outputs, status = execute(**given)
        seen.state = "succeeded" if status.name == "SUCCESS" else "failed"
        seen.outputs = outputs if seen.state == "succeeded" else None
        seen.ended = wire.now()
        if job is not None:
            event(job, seen.task, seen.index, seen.state)
        return outputs, status

    def implementation(**given):
        current.seen.attempts += 1
        return implement(**given)

    task_executor.execute_single_task = single
    task_dispatcher.run_single_task_implementation = implementation
    # Where kfp.local writes is named for the component, which is that of many tasks.
    subprocess_task_handler.run_local_subprocess = lambda **given: run(current.seen, **given)
    if isinstance(run, Again):
        task_executor.time = types.SimpleNamespace(sleep=lambda seconds: None)
    failing = pipeline_orchestrator.log_and_maybe_raise_for_failure
    failed = []
    pipeline_orchestrator.log_and_maybe_raise_for_failure = lambda **given: failed.append(given)
    trouble = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            component(**arguments)
    except Exception as error:
        trouble = f"raised {wire.describe(error)}"
    finally:
        pipeline_orchestrator.log_and_maybe_raise_for_failure = failing
        task_executor.execute_single_task = execute
        task_dispatcher.run_single_task_implementation = implement
        subprocess_task_handler.run_local_subprocess = original
        task_executor.time = clock
    return "failed" if failed or trouble else "succeeded", events, trouble


def compared(component, arguments, events, state):
    """How kfp.local's run differs from what the rules say; empty when it does not."""
    again = Again(events)
    found, seen, trouble = locally(component, arguments, again)
    if trouble:
        return trouble
    if again.fresh:
        key, wanted, got = again.fresh[0]
        return f"gave {key[0]}{list(key[1])} {got!r}, not {wanted!r}"[:600]
    ran = {(each.task, each.index): each for each in seen}
    for each in events:
        if not each.attempts:
            continue
        other = ran.pop((each.task, each.index), None)
        if other is None:
            return f"did not run {each.task}{list(each.index)}"
        mine = (each.state, each.attempts, whole(each.outputs or {}))
        theirs = (other.state, other.attempts, whole(other.outputs or {}))
        if mine != theirs:
            return f"ran {each.task}{list(each.index)} as {theirs!r}, not {mine!r}"[:600]
    if ran:
        return f"ran {next(iter(ran))[0]} too"
    return "" if found == state else f"ended as {found}"


if __name__ == "__main__":
    main()
