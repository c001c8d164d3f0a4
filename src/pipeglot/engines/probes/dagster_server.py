"""Run compiled Dagster files on a real instance, and tell what it recorded: code servers, a webserver that launches
runs, and the daemon, which takes them off the queue and asks the sensors.

Runs under Dagster's own Python as `python dagster_server.py FOLDER server`.
"""

import json
import os
import time
import urllib.request
from pathlib import Path

import dagster_run
import dagster_told
import wire

FINAL_WITHIN = 240
NAME = "a server of Dagster"
TOGETHER = 6
"""Jobs whose code servers are up at the same time."""
SETTINGS = """\
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""


def main():
    _, jobs = wire.start()
    home = Path(os.environ["DAGSTER_HOME"])
    (home / "dagster.yaml").write_text(SETTINGS, encoding="utf-8")
    import dagster

    instance = dagster.DagsterInstance.get()
    wire.ready()
    for first in range(0, len(jobs), TOGETHER):
        chunk = jobs[first : first + TOGETHER]
        servers = Servers(home, chunk)
        try:
            servers.start()
            for job in chunk:
                wire.tell("start", job=job["number"])
                with wire.surroundings(job):
                    run_one(job, instance, servers)
        finally:
            servers.stop()


def run_one(job, instance, servers):
    number = job["number"]
    with wire.listening(job, "dagster") as notes:
        try:
            repository, definition = dagster_run.loaded(job)
        except Exception as error:
            return wire.fail(number, "PG322", f"Dagster cannot load the file: {wire.describe(error)}")
    finals = dagster_run.reactions(repository)
    config = {**dagster_run.run_config(job, definition), **dagster_run.executor_config(definition)}
    wait_for(
        lambda: all(has_ticked(instance, sensor) for sensor in finals),
        wire.READY_WITHIN,
        "the sensors were not looked at",
    )
    launched = servers.launch(job, definition.name, config)
    if launched["__typename"] != "LaunchRunSuccess":
        said = "; ".join(error["message"] for error in launched.get("errors", [])) or launched.get("message", "")
        return wire.fail(number, "PG324", f"Dagster refused the run: {said}")
    run_id = launched["run"]["runId"]
    teller = dagster_told.Teller(job, instance)

    def when(is_so):
        teller.look(run_id)
        return is_so

    wait_for(lambda: when(instance.get_run_by_id(run_id).is_finished), None, "")
    names = {sensor.job_name for sensor in finals if sensor._run_status == instance.get_run_by_id(run_id).status}
    if names:
        wait_for(
            lambda: when(has_ended(instance, run_id, names)), FINAL_WITHIN, "the daemon did not run the final call"
        )
    dagster_told.tell_run(job, definition, instance, run_id, notes)


def has_ticked(instance, sensor):
    """Whether the daemon knows from which event on a sensor is to be asked."""
    states = [state for state in instance.all_instigator_state() if state.instigator_name == sensor.name]
    return any(state.instigator_data and state.instigator_data.cursor for state in states)


def has_ended(instance, run_id, names):
    """Whether the runs of these jobs that belong to a run have ended."""
    import dagster

    found = {}
    for run in instance.get_runs(dagster.RunsFilter(tags={"pipeline/main_run": run_id})):
        found.setdefault(run.job_name, run.is_finished)
    return all(found.get(name) for name in names)


def wait_for(condition, seconds, otherwise):
    deadline = None if seconds is None else time.monotonic() + seconds
    while not condition():
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} in {seconds} s")
        time.sleep(0.2)


# ---------------------------------------------------------------- the servers

LOCATIONS = "{repositoriesOrError{... on RepositoryConnection{nodes{name location{name}}}}}"
LAUNCH = """mutation($p:ExecutionParams!){launchRun(executionParams:$p){__typename
  ... on LaunchRunSuccess{run{runId}}
  ... on RunConfigValidationInvalid{errors{message}}
  ... on PythonError{message} ... on PipelineNotFoundError{message} ... on InvalidSubsetError{message}}}"""


class Servers(wire.Servers):
    """A code server for every job, with the job's own surroundings, and a webserver and a daemon for all of them."""

    def __init__(self, home, jobs):
        super().__init__()
        self.home, self.jobs = home, jobs

    def start(self):
        lines = ["load_from:"]
        ports = []
        for job in self.jobs:
            port, file = wire.free_port(), Path(job["folder"], job["entry"])
            path = os.pathsep.join([job["folder"], *job["path"]])
            module = wire.module_of(job)
            code = ["-f", str(file)] if module is None else ["-m", module]
            command = ["-m", "dagster", "api", "grpc", *code, "-d", job["cwd"], "-h", "127.0.0.1", "-p", str(port)]
            # A server that loads its file when it is asked to starts whatever the file is like.
            command += ["--location-name", location(job), "--log-level", "error", "--lazy-load-user-code"]
            self.spawn(NAME, command, {**os.environ, **job["env"], "PYTHONPATH": path}, job["cwd"])
            ports.append(port)
            lines.append(f'  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: "{location(job)}"}}')
        for port in ports:
            self.until(NAME, lambda port=port: wire.listens(port))
        workspace = self.home / "workspace.yaml"
        workspace.write_text("\n".join([*lines, ""]), encoding="utf-8")
        self.port = wire.free_port()
        web = ["-m", "dagster_webserver", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(self.port)]
        self.spawn(NAME, [*web, "--log-level", "error"], cwd=self.home)
        daemon = ["-m", "dagster._daemon", "run", "-w", str(workspace), "--log-level", "error"]
        self.spawn(NAME, daemon, cwd=self.home)
        self.until(NAME, lambda: wire.listens(self.port))
        nodes = self.ask(LOCATIONS)["repositoriesOrError"].get("nodes", [])
        self.repositories = {node["location"]["name"]: node["name"] for node in nodes}

    def launch(self, job, name, config):
        selector = {
            "jobName": name,
            "repositoryName": self.repositories.get(location(job), "__repository__"),
            "repositoryLocationName": location(job),
        }
        given = {"selector": selector, "runConfigData": config, "mode": "default", "executionMetadata": {"tags": []}}
        return self.ask(LAUNCH, p=given)["launchRun"]

    def ask(self, query, **variables):
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            answer = json.load(response)
        if "errors" in answer:
            raise RuntimeError(f"the webserver answered: {json.dumps(answer['errors'])[:1000]}")
        return answer["data"]


def location(job):
    return f"job-{job['number']}"


if __name__ == "__main__":
    main()
