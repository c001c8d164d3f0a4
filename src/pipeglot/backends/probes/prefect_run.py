"""Run compiled flow files against a Prefect server of their own, one after the other, and tell what Prefect
recorded.

Runs under Prefect's own Python with a migrated database in PREFECT_HOME, as `python prefect_run.py FOLDER
MODE`. Mode `server` reads every task run back from the server's API. Mode `test` takes the same states where
the task engine hands them over, before they go to the server as events: the server sees the flow runs only,
and nothing is waited for.
"""

import asyncio
import inspect
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import wire

READY_WITHIN = 240
VISIBLE_WITHIN = 60


def main():
    folder, jobs = wire.start()
    mode = sys.argv[2]
    server = Server(mode, folder)
    # The address has to be known before Prefect reads its settings; the server starts while it is imported.
    import prefect
    from prefect import task_engine
    from prefect.client.orchestration import get_client

    server.wait()
    recorder = Recorder(task_engine.emit_task_run_state_change_event if mode == "server" else None)
    task_engine.emit_task_run_state_change_event = recorder
    wire.tell("ready")
    with get_client(sync_client=True) as client:
        for job in jobs:
            wire.tell("start", job=job["number"])
            recorder.begin(job["number"])
            with wire.surroundings(job):
                run_one(job, client, recorder, mode, prefect.__version__)


def run_one(job, client, recorder, mode, version):
    from prefect.flow_engine import run_flow
    from prefect.states import Pending, Scheduled

    number = job["number"]
    with wire.listening(job, "prefect") as notes:
        try:
            flow = flow_of(job)
        except Exception as error:
            return wire.fail(number, "PG322", f"Prefect cannot load the flow: {wire.describe(error)}")
    when = wire.instant(job)
    try:
        flow.validate_parameters(job["params"]) if flow.should_validate_parameters else None
        inspect.signature(flow.fn).bind(**job["params"])
        first = Pending() if when is None else Scheduled(scheduled_time=when)
        flow_run = client.create_flow_run(flow, parameters=job["params"], state=first)
        started = wire.now()
        state = run_flow(flow, flow_run=flow_run, parameters=job["params"], return_type="state")
        if inspect.isawaitable(state):
            state = asyncio.run(waited(state))
    except Exception as error:
        return wire.fail(number, "PG324", f"Prefect refused the run: {wire.describe(error)}")
    ended = wire.now()
    seen = recorder.seen()
    tasks = [task_of(each) for each in seen.values()]
    if mode == "server":
        tasks = read_back(client, flow_run.id, seen)
    if state.message and not state.is_completed():
        notes.append(f"flow run {state.name}: {state.message}"[: wire.LONGEST])
    wire.tell(
        "run",
        job=number,
        run={
            "engine": "prefect",
            "engine_version": version,
            "state": {"COMPLETED": "succeeded", "CANCELLED": "cancelled"}.get(state.type.value, "failed"),
            "run_id": str(flow_run.id),
            "logical_date": wire.iso(when),
            "started": wire.iso(started),
            "ended": wire.iso(ended),
            "tasks": sorted(tasks, key=lambda task: (task["name"], task["started"] or "")),
            "notes": notes,
        },
    )


async def waited(awaitable):
    return await awaitable


def flow_of(job):
    """The flow of that name, or in the variable of that name, from the file imported anew."""
    from prefect import Flow

    module = wire.load(job)
    flows = {name: each for name, each in vars(module).items() if isinstance(each, Flow)}
    for name, each in flows.items():
        if job["name"] in (each.name, name):
            return each
    has = ", ".join(sorted(each.name for each in flows.values())) or "none"
    raise LookupError(f"no flow {job['name']!r} in {job['entry']} (it has {has})")


# ---------------------------------------------------------------- what tasks did


class Recorder:
    """Stands where the task engine emits a change of state: keeps it, tells it, maybe passes it on."""

    def __init__(self, emit):
        self.emit = emit
        self.lock = threading.Lock()
        self.job = None
        self.runs = {}

    def begin(self, job):
        with self.lock:
            self.job, self.runs = job, {}

    def seen(self):
        with self.lock:
            return dict(self.runs)

    def __call__(self, task_run, initial_state, validated_state, follows=None):
        with self.lock:
            run = self.runs.setdefault(task_run.id, {"started": None, "output": None, "error": None})
            state, data = validated_state, result_of(validated_state)
            run.update(name=task_run.name, state=state.name, type=state.type.value, attempts=task_run.run_count)
            if state.is_running() and run["started"] is None:
                run["started"] = state.timestamp
            run["ended"] = state.timestamp if state.is_final() else None
            run["has_output"] = state.is_completed()
            run["output"] = wire.plain(data) if state.is_completed() else None
            if isinstance(data, BaseException):
                run["error"] = wire.failure(data)
            job = self.job
        # The first state carries the default name: what it will be called is known when it runs.
        if state.name != "Pending":
            wire.tell(
                "event",
                job=job,
                # What Prefect adds to the name of a run that was given none.
                task=run["name"].removesuffix(f"-{task_run.dynamic_key[:3]}"),
                index=[],
                state=run["state"],
                attempt=run["attempts"],
                error=None,
            )
        if self.emit is not None:
            return self.emit(
                task_run=task_run,
                initial_state=initial_state,
                validated_state=validated_state,
                follows=follows,
            )
        return None


def result_of(state):
    """The value or the exception that a state carries in this process."""
    from prefect.results import ResultRecord

    return state.data.result if isinstance(state.data, ResultRecord) else state.data


def task_of(run):
    return {
        "name": run["name"],
        "index": [],
        "state": run["state"],
        "attempts": run["attempts"],
        "started": wire.iso(run["started"]),
        "ended": wire.iso(run["ended"]),
        "has_output": run["has_output"],
        "output": run["output"],
        "error": None if run["type"] == "COMPLETED" else run["error"],
    }


def read_back(client, flow_run_id, seen):
    """Every task run as the server has it, of the flow run and of the flows it ran; outputs are from this
    process.

    Task runs arrive at the server as events, some time after the flow has ended: wait for all that were seen
    here.
    """
    deadline = time.monotonic() + VISIBLE_WITHIN
    while True:
        rows = {row.id: row for row in task_runs(client, flow_run_id)}
        if all(key in rows and rows[key].state_name == run["state"] for key, run in seen.items()):
            break
        if time.monotonic() > deadline:
            missing = len([key for key in seen if key not in rows])
            raise TimeoutError(f"the server did not record {missing} task runs in {VISIBLE_WITHIN} s")
        time.sleep(0.1)
    tasks = []
    for row in rows.values():
        if row.state is not None and row.state.state_details.child_flow_run_id:
            continue  # stands for a flow run, not for a task
        known = seen.get(row.id, {"has_output": False, "output": None, "error": None})
        tasks.append(
            task_of(
                {
                    "name": row.name,
                    "state": row.state_name,
                    "type": row.state_type.value,
                    "attempts": row.run_count,
                    "started": row.start_time,
                    "ended": row.end_time,
                    "has_output": known["has_output"],
                    "output": known["output"],
                    "error": known["error"],
                }
            )
        )
    return tasks


def task_runs(client, flow_run_id):
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    rows, flows = [], [flow_run_id]
    while flows:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flows.pop()]))
        found = []
        while page := client.read_task_runs(flow_run_filter=wanted, limit=200, offset=len(found)):
            found += page
        rows += found
        flows += filter(None, (row.state and row.state.state_details.child_flow_run_id for row in found))
    return rows


# ---------------------------------------------------------------- the server


class Server:
    """A Prefect server on a free port of this machine, in this process's group."""

    def __init__(self, mode, folder):
        self.mode = mode
        self.key = f"pipeglot:{secrets.token_hex(16)}"
        os.environ["PREFECT_SERVER_API_AUTH_STRING"] = os.environ["PREFECT_API_AUTH_STRING"] = self.key
        self.start()

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{self.port}/api"
        env = {**os.environ, "PREFECT_SERVER_UI_ENABLED": "false", "PREFECT_UI_ENABLED": "false"}
        if self.mode == "test":
            env["PREFECT__SERVER_EPHEMERAL"] = "1"
        command = [
            "-m",
            "uvicorn",
            "--factory",
            "prefect.server.api.server:create_app",
            "--host",
            "127.0.0.1",
        ]
        command += ["--port", str(self.port), "--log-level", "error", "--lifespan", "on"]
        self.process = subprocess.Popen([sys.executable, *command], env=env, stdin=subprocess.DEVNULL)

    def wait(self):
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                wire.fail(None, "PG323", f"the Prefect server ended with exit status {self.process.returncode}")
                sys.exit(1)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        wire.fail(None, "PG323", f"the Prefect server was not ready after {READY_WITHIN} s")
        sys.exit(1)


if __name__ == "__main__":
    main()
