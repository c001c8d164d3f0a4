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
import sys
import threading
import time
import urllib.request

import prefect_server
import wire

VISIBLE_WITHIN = 60


def main():
    _, jobs = wire.start()
    mode = sys.argv[2]
    server = Server(mode)
    # The address has to be known before Prefect reads its settings; the server starts while the rest is imported.
    import prefect
    from prefect import task_engine, task_runners, tasks
    from prefect.client.orchestration import get_client

    server.wait()
    recorder = Recorder(task_engine.emit_task_run_state_change_event if mode == "server" else None)
    task_engine.emit_task_run_state_change_event = recorder
    for module in (task_engine, task_runners, tasks):
        module.uuid7 = recorder.asked(module.uuid7)
    with get_client(sync_client=True) as client:
        for job in wire.in_turn(jobs):
            recorder.begin(job["number"])
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
    wanted = inspect.signature(flow.fn).parameters
    needed = {name for name, one in wanted.items() if one.default is one.empty} & job["defaults"].keys()
    job["params"] = {**{name: job["defaults"][name] for name in needed}, **job["params"]}
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
    if mode == "server":
        read_back(client, flow_run.id, seen)
    if state.message and not state.is_completed():
        notes.append(f"flow run {state.name}: {state.message}"[: wire.LONGEST])
    result, has_result = value_of(state) if state.is_completed() else (None, False)
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
            "attempts": max(client.read_flow_run(flow_run.id).run_count, 1),
            "result": result,
            "has_result": has_result,
            "tasks": numbered(seen, recorder.flows, client),
            "notes": notes,
        },
    )


async def waited(awaitable):
    return await awaitable


def flow_of(job):
    """The flow of that name, or in the variable of that name, from the file imported anew."""
    _, flow = flow_in(wire.load(job), job)
    return flow


def flow_in(module, job):
    """A job's flow in its module, with the variable that holds it."""
    from prefect import Flow

    flows = {name: each for name, each in vars(module).items() if isinstance(each, Flow)}
    for name, each in flows.items():
        if job["name"] in (each.name, name):
            return name, each
    has = ", ".join(sorted(each.name for each in flows.values())) or "none"
    raise LookupError(f"no flow {job['name']!r} in {job['entry']} (it has {has})")


# ---------------------------------------------------------------- what tasks did


class Recorder:
    """Stands where the task engine emits a change of state: keeps it, tells it, maybe passes it on."""

    def __init__(self, emit):
        self.emit = emit
        self.lock = threading.Lock()
        self.job = None
        self.runs, self.flows, self.order = {}, {}, {}

    def begin(self, job):
        with self.lock:
            self.job, self.runs, self.flows, self.order = job, {}, {}, {}

    def asked(self, new_id):
        """The function that makes the id of a task run when one is asked for: the order of ids made in one millisecond
        is chance."""

        def made(*args, **kwargs):
            id = new_id(*args, **kwargs)
            with self.lock:
                self.order[id] = len(self.order)
            return id

        return made

    def seen(self):
        """Every task run in the order in which they were asked for: their ids begin with the time."""
        with self.lock:
            return dict(sorted(self.runs.items(), key=lambda pair: (pair[0].int >> 80, self.order.get(pair[0], 0))))

    def __call__(self, task_run, initial_state, validated_state, follows=None):
        from prefect.context import TaskRunContext

        context = TaskRunContext.get()
        with self.lock:
            if task_run.id not in self.runs:
                self.runs[task_run.id] = self.new(task_run, context)
            run = self.runs[task_run.id]
            state, data = validated_state, result_of(validated_state)
            run.update(run_name=task_run.name, state=state.name, type=state.type.value, attempts=task_run.run_count)
            if state.is_running() and run["started"] is None:
                run["started"] = state.timestamp
            run["ended"] = state.timestamp if state.is_final() else None
            if context is not None and context.task_run.id == task_run.id:
                run["told"] = told_of(context.parameters)
            run["output"], run["has_output"] = value_of(state) if state.is_completed() else (None, False)
            if isinstance(data, BaseException):
                run["error"] = wire.failure(data)
            job = self.job
        # The first state carries the default name: what it will be called is known when it runs.
        if state.name != "Pending":
            wire.tell(
                "event",
                job=job,
                # What Prefect adds to the name of a run that was given none.
                task=task_run.name.removesuffix(f"-{task_run.dynamic_key[:3]}"),
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

    def new(self, task_run, context):
        """What is known of a task run from the beginning: whose it is, and where it stands."""
        from prefect.context import FlowRunContext

        task = context.task if context is not None and context.task_run.id == task_run.id else None
        flow = FlowRunContext.get()
        flow_run = flow.flow_run if flow is not None else None
        if flow_run is not None and flow_run.id not in self.flows:
            self.flows[flow_run.id] = {"name": flow.flow.name, "parent": flow_run.parent_task_run_id}
        return {
            "name": task.name if task is not None else task_run.name,
            # As Prefect calls a run that was given no name of its own.
            "suffix": f"-{task_run.dynamic_key[:3]}" if task is not None else "",
            "index": given_index(task, context.parameters) if task is not None else None,
            "flow_run": None if flow_run is None else flow_run.id,
            "try": 1 if flow_run is None else flow_run.run_count,
            # The runs whose outcome it was given.
            "given": [one.id for one in task_run.task_inputs.get("outcome", ()) if hasattr(one, "id")],
            "started": None,
            "output": None,
            "error": None,
            "told": None,
        }


def given_index(task, parameters):
    """The index path in the name of a task's runs, where the name is made of an argument of that name: `load[{index}]`."""
    template = task.name.replace("{", "{{").replace("}", "}}") + "[{index}]"
    if task.task_run_name != template or "index" not in parameters:
        return None
    path = str(parameters["index"]).split(".")
    return [int(part) for part in path] if all(part.isdigit() for part in path) else None


def told_of(parameters):
    """What an argument called `state` says of the run."""
    given = parameters.get("state")
    return given if given in ("succeeded", "failed", "cancelled") else None


def result_of(state):
    """The value or the exception that a state carries in this process."""
    from prefect.results import ResultRecord

    return state.data.result if isinstance(state.data, ResultRecord) else state.data


def value_of(state):
    """What a completed state gives, as JSON has it, and whether that is known: states and futures in it for what they
    gave, as Prefect hands them on."""
    from prefect.futures import PrefectFuture
    from prefect.results import ResultRecordMetadata
    from prefect.states import State

    known = True

    def resolved(value):
        nonlocal known
        if isinstance(value, PrefectFuture):
            value = value.state
        if isinstance(value, State):
            value = resolved(result_of(value))
        if isinstance(value, ResultRecordMetadata):
            known = False
        if isinstance(value, dict):
            return {key: resolved(each) for key, each in value.items()}
        return [resolved(each) for each in value] if isinstance(value, (list, tuple)) else value

    value = wire.plain(resolved(result_of(state)))
    return (value, True) if known else (None, False)


def numbered(seen, flows, client):
    """Every task run in the order in which they were asked for, numbered among those of its task in one try of one flow
    run. Those of flows inside the flow have the names and numbers of these before their own."""
    counts, places = {}, {}

    def place_of(id):
        """The names and numbers of the flows inside the first one that a flow run belongs to."""
        if id is not None and id not in flows:  # a flow without tasks of its own
            flow_run = client.read_flow_run(id)
            flows[id] = {"name": client.read_flow(flow_run.flow_id).name, "parent": flow_run.parent_task_run_id}
        if id is None or flows[id]["parent"] is None:
            return "", ()
        if id not in places:
            # The task run that stands for it in the flow around it; if that is tried again, so is this one.
            parent = client.read_task_run(flows[id]["parent"])
            outer, numbers = place_of(parent.flow_run_id)
            name = f"{outer}{flows[id]['name']}."
            same = counts.setdefault((parent.flow_run_id, name), {})
            places[id] = name, (*numbers, same.setdefault(parent.id, len(same)))
        return places[id]

    for run in seen.values():
        if run["name"].rstrip("_") == "or_default" and run["has_output"]:
            # What compiled flows hand on in place of a failure that is tolerated.
            for id in run["given"]:
                if id in seen and not seen[id]["has_output"]:
                    seen[id].update(output=run["output"], has_output=True)
    tasks = []
    for run in seen.values():
        before, numbers = place_of(run["flow_run"])
        name = before + run["name"]
        same = counts.setdefault((run["flow_run"], run["try"], name), {})
        same[len(same)] = None
        given = run["index"]
        index = [*numbers, *(given if given is not None else [len(same) - 1])]
        suffix = run["suffix"] if given is None else "[" + ".".join(map(str, given)) + "]"
        tasks.append(task_of({**run, "name": name + suffix, "index": index}))
    return tasks


def task_of(run):
    return {
        "name": run["name"],
        "index": run["index"],
        "state": run["state"],
        "attempts": run["attempts"],
        "started": wire.iso(run["started"]),
        "ended": wire.iso(run["ended"]),
        "has_output": run["has_output"],
        "output": run["output"],
        "error": None if run["type"] == "COMPLETED" else run["error"],
        "told": run["told"],
    }


def read_back(client, flow_run_id, seen):
    """Put down the states of all task runs as the server has them, of the flow run and of the flows it ran; outputs are
    from this process.

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
    for key, run in seen.items():
        row = rows[key]
        run.update(state=row.state_name, type=row.state_type.value, attempts=row.run_count)
        run.update(started=row.start_time, ended=row.end_time)


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


class Server(wire.Servers):
    """A Prefect server on a free port of this machine. `prepared`: its database is a copy of one with which a server has
    already started."""

    def __init__(self, mode, prepared=True):
        super().__init__()
        key = f"pipeglot:{secrets.token_hex(16)}"
        os.environ["PREFECT_SERVER_API_AUTH_STRING"] = os.environ["PREFECT_API_AUTH_STRING"] = key
        self.port = wire.free_port()
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{self.port}/api"
        ours = {"PREFECT_SERVER_UI_ENABLED": "false", "PREFECT_UI_ENABLED": "false"}
        if prepared:
            ours["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = ours["PREFECT_API_BLOCKS_REGISTER_ON_START"] = "false"
        if mode == "test":
            ours["PREFECT__SERVER_EPHEMERAL"] = "1"
        os.environ.update(ours)
        if mode == "test" and sys.platform == "linux":  # a real server is a program, whose address others can see
            import prefect  # noqa: F401  # reads the settings; nothing runs beside this thread yet but the lifeline

            self.processes.append(("the Prefect server", prefect_server.Copy(self.port)))
        else:
            self.spawn("the Prefect server", [str(wire.HERE / "prefect_server.py"), str(self.port)])
        for name in ours:  # they are no step's business
            del os.environ[name]

    def wait(self):
        def healthy():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=5):
                return True

        self.until("the Prefect server", healthy)


if __name__ == "__main__":
    main()
