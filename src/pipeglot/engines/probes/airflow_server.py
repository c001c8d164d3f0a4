"""Run compiled DAG files on a real Airflow (scheduler, DAG processor, triggerer, API server) and read the
runs back through its REST API. All jobs have different DAG ids and run at the same time.

Needs Airflow only as a program: this process imports the standard library alone.
"""

import contextlib
import json
import os
import secrets
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import wire

LOADED_WITHIN = 90
USER = "pipeglot"
COMPONENTS = {
    "api-server": ["api-server", "--host", "127.0.0.1", "--workers", "1", "--port"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
ENDED = ("success", "failed")
NOTHING_MADE = "Airflow made no task instances: is the logical date before the DAG's start date?"


def main():
    _, jobs = wire.start()
    server = Server(jobs)
    version = server.wait()
    wire.ready()
    api = Api(server)
    runs = {}
    deadline = time.monotonic() + LOADED_WITHIN
    for job in jobs:
        if run_id := trigger(api, server, job, deadline):
            runs[job["number"]] = run_id, time.monotonic()
    for job in jobs:
        if job["number"] in runs:
            finish(api, server, job, *runs[job["number"]], version)


def trigger(api, server, job, deadline):
    """Start a run of the job's DAG as soon as its file has been read. Gives the run's id, or None."""
    dag = urllib.parse.quote(job["name"], safe="")
    while True:
        server.check()
        with contextlib.suppress(NotFound):
            if not api.get(f"/dags/{dag}").get("is_stale"):
                break
        errors = api.get("/importErrors", limit=100)["import_errors"]
        mine = [each for each in errors if is_of(each, server, job)]
        if mine:
            last = mine[0]["stack_trace"].strip().splitlines()[-1]
            return wire.fail(job["number"], "PG322", f"Airflow cannot load the DAG: {last}")
        if time.monotonic() > deadline:
            return wire.fail(job["number"], "PG322", f"Airflow found no DAG {job['name']!r} in {job['entry']}")
        time.sleep(0.3)
    wire.tell("start", job=job["number"])
    try:
        api.send("PATCH", f"/dags/{dag}", {"is_paused": False})
        body = {"logical_date": job["logical_date"], "conf": job["params"]}
        return api.send("POST", f"/dags/{dag}/dagRuns", body)["dag_run_id"]
    except Refused as error:
        return wire.fail(job["number"], "PG324", f"Airflow refused the run: {error}")


def is_of(error, server, job):
    return (error["bundle_name"], error["filename"]) == (server.bundles[job["folder"]], job["entry"])


def finish(api, server, job, run_id, begun, version):
    """Wait for a run's end and tell what the server knows of it."""
    number = job["number"]
    path = f"/dags/{urllib.parse.quote(job['name'], safe='')}/dagRuns/{urllib.parse.quote(run_id, safe='')}"
    limit = begun + (job["timeout"] or float("inf"))
    while True:
        server.check()
        run = api.get(path)
        if run["state"] in ENDED:
            break
        if time.monotonic() > limit:
            api.send("PATCH", path, {"state": "failed"})
            return wire.fail(number, "PG321", f"the run took longer than {job['timeout']:g} s and was stopped")
        time.sleep(0.3)
    errors = errors_told(lambda event: (event["run"], event["pipeline"]) == (run_id, job["name"]))
    # Airflow does not tell of a task whether what it returns is kept.
    pushes = "do_xcom_push" not in Path(job["folder"], job["entry"]).read_text(encoding="utf-8")
    tasks = []
    for row in api.pages(f"{path}/taskInstances", "task_instances"):
        tasks += tasks_of(api, path, row, errors, pushes)
    notes = []
    if not tasks:
        notes.append(NOTHING_MADE)
    wire.tell(
        "run",
        job=number,
        run={
            "engine": "airflow",
            "engine_version": version,
            "state": "succeeded" if run["state"] == "success" else "failed",
            "run_id": run_id,
            "logical_date": run["logical_date"],
            "started": run["start_date"],
            "ended": run["end_date"],
            "tasks": sorted(tasks, key=lambda task: (task["name"], task["index"])),
            "notes": notes,
        },
    )


def tasks_of(api, path, row, errors, pushes):
    """What a row says of each time the task instance was executed: more than once if it was cleared."""
    index = [row["map_index"]] if row["map_index"] >= 0 else []
    task = f"{path}/taskInstances/{urllib.parse.quote(row['task_id'], safe='')}"
    tries = [row]
    if row["try_number"] > 1:
        tries = api.get(task + (f"/{index[0]}" if index else "") + "/tries")["task_instances"]
    values = {}
    if row["state"] == "success":
        for each in api.pages(f"{task}/xcomEntries", "xcom_entries", map_index=row["map_index"]):
            key = each["key"]
            if key != "skipmixin_key" and not key.startswith("_"):
                name = urllib.parse.quote(key, safe="")
                entry = api.get(f"{task}/xcomEntries/{name}", map_index=row["map_index"], stringify="false")
                values[key] = bare(entry["value"])
    # An operator that skips what follows ends by an exception, and keeps nothing.
    chooses = steers(row.get("operator_name") or row.get("operator") or "")
    found = "return_value" in values or (row["state"] == "success" and pushes and not chooses)
    common = {
        "name": row["task_id"],
        "index": index,
        "steers": chooses,
        "told": told_of(row.get("rendered_fields")),
    }
    *before, last = executions(tries)
    tasks = []
    for execution in before:
        started, ended, attempts = span(execution)
        if not attempts:  # held back, and then cleared
            continue
        state = execution[-1]["state"] or "none"
        tasks.append({**common, "state": state, "attempts": attempts, "started": started, "ended": ended})
    started, _, attempts = span(last)
    tasks.append(
        {
            **common,
            "state": row["state"] or "none",
            "attempts": attempts if before else row["try_number"],
            "started": started or row["start_date"],
            "ended": row["end_date"],
            "has_output": found,
            "output": values.pop("return_value", None),
            "values": values,
            "error": errors.get((row["task_id"], tuple(index))) if row["state"] != "success" else None,
        }
    )
    return tasks


def executions(tries):
    """The tries of a task instance, those of each execution together: one that is cleared may be tried more often."""
    found = []
    for each in sorted(tries, key=lambda each: each.get("try_number", 0)):
        if not found or each.get("max_tries") != found[-1][-1].get("max_tries"):
            found.append([])
        found[-1].append(each)
    return found


def span(execution):
    """When an execution began and ended, and how many attempts it had."""
    begun = [each["start_date"] for each in execution if each["start_date"]]
    return min(begun, default=None), execution[-1].get("end_date"), len(begun)


def steers(operator):
    """Whether an operator only decides which others run, or marks a place."""
    kinds = ("branch", "shortcircuit", "short_circuit", "latestonly", "emptyoperator", "latest_only")
    return any(kind in operator.lower() for kind in kinds)


def bare(value):
    """A value as JSON has it, from the form in which Airflow serialises what JSON lacks."""
    if isinstance(value, dict):
        if set(value) == {"__classname__", "__version__", "__data__"}:
            if value["__classname__"] == "builtins.tuple":
                return [bare(each) for each in value["__data__"]]
            return {"__type__": value["__classname__"], "text": json.dumps(value["__data__"])}
        return {key: bare(each) for key, each in value.items()}
    return [bare(each) for each in value] if isinstance(value, list) else value


def errors_told(wanted=lambda event: True, since=0):
    """The errors that the listener told of, from inside the tasks: the last one of every task instance. Those told
    before the first `since` bytes are left out."""
    return {
        (event["task"], tuple(event["index"])): event["error"]
        for event in events_told(since)
        if event["error"] and wanted(event)
    }


def events_told(since=0):
    """What the listener told of, but for what it told before the first `since` bytes."""
    with open(os.environ[wire.TOLD], "rb") as file:
        file.seek(since)
        for line in file:
            if not line.endswith(b"\n"):
                break
            event = json.loads(line)
            if event["kind"] == "event":
                yield event


def told_of(fields):
    """What an argument called `state` says of the run, in the rendered fields of a task."""
    arguments = (fields or {}).get("op_kwargs")
    given = arguments.get("state") if isinstance(arguments, dict) else None
    return given if given in ("succeeded", "failed", "cancelled") else None


# ---------------------------------------------------------------- the server


class Server(wire.Servers):
    """The components of `airflow standalone`, on a free port of this machine.

    Another executor, with the components that it needs, is a subclass.
    """

    EXECUTOR = "LocalExecutor"
    COMPONENTS = COMPONENTS

    def __init__(self, jobs):
        super().__init__()
        home = Path(os.environ["AIRFLOW_HOME"])
        for folder in ("dags", "plugins"):
            (home / folder).mkdir(exist_ok=True)
        shutil.copy(wire.HERE / "airflow_listener.py", home / "plugins")
        self.password = secrets.token_urlsafe(24)
        passwords = home / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({USER: self.password}))
        surroundings = home / "surroundings.json"
        surroundings.touch(mode=0o600)
        surroundings.write_text(json.dumps({job["name"]: {"env": job["env"], "cwd": job["cwd"]} for job in jobs}))
        # One bundle a folder: it is on the import path of its tasks, and files of one name in two folders do
        # not clash.
        folders = sorted({job["folder"] for job in jobs})
        self.bundles = {folder: f"jobs{number}" for number, folder in enumerate(folders)}
        bundles = [
            {
                "name": name,
                "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
                "kwargs": {"path": folder, "refresh_interval": 30},
            }
            for folder, name in self.bundles.items()
        ]
        self.settings = {
            "PIPEGLOT_SURROUNDINGS": str(surroundings),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__EXECUTOR": self.EXECUTOR,
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            # Only the runs asked for: a schedule of a DAG starts none by itself.
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        }
        self.start("api-server")
        for name in self.COMPONENTS:
            if name != "api-server":
                self.start(name)

    def start(self, name):
        command = list(self.COMPONENTS[name])
        if name == "api-server":
            self.port = wire.free_port()
            command.append(str(self.port))
            self.settings["AIRFLOW__API__PORT"] = str(self.port)
            self.settings["AIRFLOW__API__BASE_URL"] = f"http://127.0.0.1:{self.port}"
            self.settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{self.port}/execution/"
        self.spawn(f"Airflow's {name}", ["-m", "airflow", *command], self.environment(name))

    def environment(self, name):
        """The variables of one component."""
        return {**os.environ, **self.settings}

    def wait(self):
        """Wait until the server answers and the scheduler lives. Gives Airflow's version."""

        def read(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/{path}", timeout=5) as answer:
                return json.load(answer)

        def version():
            health = read("monitor/health")
            alive = health["scheduler"]["status"] == health["dag_processor"]["status"] == "healthy"
            return read("version")["version"] if alive else None

        return self.until("the Airflow server", version)


# ---------------------------------------------------------------- its REST API


class NotFound(Exception):
    """The server has no such thing."""


class Refused(Exception):
    """The server said no, and why."""


class Api:
    """Airflow's REST API v2 as its one user."""

    def __init__(self, server):
        self.base = f"http://127.0.0.1:{server.port}"
        self.token = None
        credentials = {"username": USER, "password": server.password}
        self.token = self._ask("POST", "/auth/token", credentials)["access_token"]

    def get(self, path, **params):
        query = "?" + urllib.parse.urlencode(params) if params else ""
        return self._ask("GET", f"/api/v2{path}{query}")

    def send(self, method, path, body):
        return self._ask(method, f"/api/v2{path}", body)

    def pages(self, path, key, **params):
        offset = 0
        while True:
            page = self.get(path, limit=100, offset=offset, **params)
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        asked = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        # SQLite has one writer: under load a request may find the database locked.
        for patience in (0.5, 1, 2, 4, None):
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    raise NotFound(path) from None
                if error.code < 500 or patience is None:
                    raise Refused(_reason(error)) from None
            except (urllib.error.URLError, OSError):
                if patience is None:
                    raise
            time.sleep(patience)


def _reason(error):
    text = error.read().decode("utf-8", "replace")
    try:
        detail = json.loads(text)["detail"]
    except (ValueError, KeyError, TypeError):
        detail = text
    return f"{error.code} {detail if isinstance(detail, str) else json.dumps(detail)}"


if __name__ == "__main__":
    main()
