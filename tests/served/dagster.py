"""A probe of Dagster: runs jobs as `dagster_run.py` does in the mode `test`, on an instance that a webserver shows on
the port in the first job's COLLECT_PORT until this process is ended."""

import os
import signal
import sys
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if entry != HERE]
sys.path.insert(0, os.environ["COLLECT_PROBES"])

import dagster_run  # noqa: E402
import dagster_server  # noqa: E402
import wire  # noqa: E402


def main():
    _, jobs = wire.start()
    home = Path(os.environ["DAGSTER_HOME"])
    (home / "dagster.yaml").write_text(dagster_server.SETTINGS, encoding="utf-8")
    port = os.environ["COLLECT_PORT"]
    web = wire.Servers()
    command = ["-m", "dagster_webserver", "--empty-workspace", "-h", "127.0.0.1", "-p", port, "--log-level", "error"]
    web.spawn("the webserver", command, cwd=home)
    import dagster

    instance = dagster.DagsterInstance.get()
    web.until("the webserver", lambda: wire.listens(int(port)))
    wire.tell("ready")
    for job in jobs:
        wire.tell("start", job=job["number"])
        with wire.surroundings(job):
            dagster_run.run_one(job, dagster_run.Runner(job, instance, "test"))
    signal.pause()


if __name__ == "__main__":
    main()
