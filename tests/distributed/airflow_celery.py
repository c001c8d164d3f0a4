"""The probe of Airflow's server, with PostgreSQL for its database and two Celery workers instead of its own processes.

Runs under Airflow's Python. Everything but the executor is the probe that pipeglot ships: the same files, the same
REST API, the same reader. `PIPEGLOT_CLUSTER` names a JSON file with the addresses of the services.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.environ["PIPEGLOT_PROBES"])
import airflow_server

WORKERS = ("w1", "w2")
QUIET = ("--concurrency", "2", "--skip-serve-logs", "--without-mingle", "--without-gossip")


class Cluster(airflow_server.Server):
    EXECUTOR = "CeleryExecutor"
    COMPONENTS = {  # noqa: RUF012
        **airflow_server.COMPONENTS,
        **{
            name: ["celery", "worker", "--celery-hostname", f"{name}@%h", "--pid", f"{name}.pid", *QUIET]
            for name in WORKERS
        },
    }

    def __init__(self, jobs):
        told = json.loads(Path(os.environ["PIPEGLOT_CLUSTER"]).read_text(encoding="utf-8"))
        os.environ.update(
            {
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://" + told["postgresql"],
                "AIRFLOW__CELERY__BROKER_URL": told["redis"],
                "AIRFLOW__CELERY__RESULT_BACKEND": told["redis"],
            }
        )
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdin=subprocess.DEVNULL)
        super().__init__(jobs)

    def environment(self, name):
        env = super().environment(name)
        if name in WORKERS:
            # Two workers of one machine, told apart: Airflow writes what this callable gives into a task instance.
            env.update(AIRFLOW__CORE__HOSTNAME_CALLABLE="getpass.getuser", LOGNAME=name)
        return env


def tasks_of(api, path, row, errors, pushes, told=airflow_server.tasks_of):
    """As the probe does, and tell which worker ran it last."""
    if row["hostname"]:
        with open(os.environ["PIPEGLOT_HOSTS"], "a", encoding="utf-8") as file:
            file.write(f"{row['hostname']} {row['dag_id']} {row['task_id']}\n")
    return told(api, path, row, errors, pushes)


if __name__ == "__main__":
    airflow_server.tasks_of = tasks_of
    airflow_server.Server = Cluster
    airflow_server.main()
