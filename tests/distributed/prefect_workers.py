"""A probe of Prefect as it is deployed: a server on PostgreSQL, a process work pool, `prefect deploy`, two workers.

Runs under Prefect's Python. Task runs are read from the server alone; what they returned lies in the storage of
results that the workers share, as it must where workers are other machines.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, os.environ["PIPEGLOT_PROBES"])
import prefect_run
import wire

POOL = "default"
WORKERS = ("w1", "w2")
VISIBLE_WITHIN = 120
SETTLED = 3.0
STATES = {"COMPLETED": "succeeded", "CANCELLED": "cancelled"}


def main():
    folder, jobs = wire.start()
    told = json.loads(Path(os.environ["PIPEGLOT_CLUSTER"]).read_text(encoding="utf-8"))
    os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = "postgresql+asyncpg://" + told["postgresql"]
    home = os.environ["PREFECT_HOME"]
    os.environ["PREFECT_RESULTS_PERSIST_BY_DEFAULT"] = "true"
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = os.path.join(home, "results")
    os.environ["PREFECT_WORKER_QUERY_SECONDS"] = "2"
    server = prefect_run.Server("server", prepared=False)
    import prefect
    from prefect.client.orchestration import get_client

    server.wait()
    prefect_cli("work-pool", "create", POOL, "--type", "process")
    with ThreadPoolExecutor(2) as deploying:
        list(deploying.map(lambda job: prefect_cli("deploy", "--all", cwd=job["folder"]), jobs))
    for name in WORKERS:
        command = ["worker", "start", "--pool", POOL, "--name", name, "--limit", "2"]
        subprocess.Popen([sys.executable, "-m", "prefect", *command], cwd=folder, stdin=subprocess.DEVNULL)
    wire.tell("ready")
    with get_client(sync_client=True) as client:
        runs = {job["number"]: start(client, job) for job in jobs}
        workers = ran_by(client, set(runs.values()))
        settle(client, runs.values())
        with open(os.environ["PIPEGLOT_HOSTS"], "a", encoding="utf-8") as file:
            for job in jobs:
                file.write(f"{workers[runs[job['number']]]} {job['name']} {job['name']}\n")
        for job in jobs:
            tell(client, job, runs[job["number"]], prefect.__version__)


def prefect_cli(*arguments, cwd=None):
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        wire.fail(None, "PG323", f"prefect {' '.join(arguments)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        sys.exit(1)


def start(client, job):
    """A run of the job's deployment, as `prefect deployment run` starts one."""
    from prefect.states import Scheduled

    [deployment] = [each for each in client.read_deployments() if is_in(each, job)]
    wire.tell("start", job=job["number"])
    env = {**job["env"], "PYTHONPATH": os.pathsep.join(job["path"])}
    run = client.create_flow_run_from_deployment(
        deployment.id,
        parameters=job["params"],
        state=Scheduled(scheduled_time=wire.instant(job)),
        job_variables={"env": env},
    )
    return run.id


def is_in(deployment, job):
    """Deploying noted the folder in its pull step."""
    return any(json.dumps(job["folder"]) in json.dumps(step) for step in deployment.pull_steps or [])


def ran_by(client, wanted):
    """Wait until the workers have told that each run's process has ended. Gives the worker of each run."""
    from prefect.events.filters import EventFilter, EventNameFilter

    name = EventNameFilter(name=["prefect.worker.executed-flow-run"])
    while True:
        found = {}
        only = EventFilter(event=name)  # it ends at the instant it is made
        for event in client.read_events(only, limit=50).events:
            for related in event.related:
                if related.role == "flow-run":
                    found[related.id.removeprefix("prefect.flow-run.")] = event.resource.name
        if all(str(run) in found for run in wanted):
            return {run: found[str(run)] for run in wanted}
        time.sleep(0.5)


def settle(client, runs):
    """Wait until the server knows how each task run ended: they arrive as events, some time after the flow's end."""
    deadline = time.monotonic() + VISIBLE_WITHIN
    before, since = None, time.monotonic()
    while time.monotonic() < deadline:
        rows = [row for run in runs for row in prefect_run.task_runs(client, run)]
        ended = all(row.state.is_final() or row.state.name == "NotReady" for row in rows)
        now = sorted((str(row.id), row.state.name) for row in rows)
        if now != before or not ended:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > SETTLED:
            return
        time.sleep(0.3)
    raise TimeoutError(f"task runs were still changing after {VISIBLE_WITHIN} s")


def tell(client, job, run_id, version):
    run = client.read_flow_run(run_id)
    tasks = [task_of(row) for row in prefect_run.task_runs(client, run_id)]
    wire.tell(
        "run",
        job=job["number"],
        run={
            "engine": "prefect",
            "engine_version": version,
            "state": STATES.get(run.state.type.value, "failed"),
            "run_id": str(run.id),
            "logical_date": job["logical_date"],
            "started": wire.iso(run.start_time),
            "ended": wire.iso(run.end_time),
            "tasks": sorted(tasks, key=lambda task: (task["name"], task["started"] or "")),
            "notes": [run.state.message] if run.state.message and not run.state.is_completed() else [],
        },
    )


def task_of(row):
    found, output = False, None
    if row.state.is_completed():
        with contextlib.suppress(ValueError):  # no such file in the storage: then there is no output to compare
            output = wire.plain(row.state.result())
            found = True
    return {
        "name": row.name,
        "index": [],
        "state": row.state.name,
        "attempts": row.run_count,
        "started": wire.iso(row.start_time),
        "ended": wire.iso(row.end_time),
        "has_output": found,
        "output": output,
        # A failure's exception is never persisted; its text is in the state.
        "error": None if row.state.is_completed() else wire.failure(row.state.message),
    }


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        wire.fail(None, "PG320", f"the cluster's probe failed: {wire.describe(error)}")
        raise
