"""Airflow as it is installed and run here."""

from __future__ import annotations

from pathlib import Path

from pipeglot.backends.airflow.operation import OPERATION
from pipeglot.backends.base import CONSTRAINTS, PROBES, Database, EngineSpec, Mode


def _variables(mode: Mode, home: Path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # A DAG of the same name may come again at once with another structure.
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        # Airflow's error logs are rich tracebacks: slow, and they show the values of variables.
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL" if mode == "test" else "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }


def _dags_folder(file: Path) -> Path:
    """The nearest folder above a file that is called `dags` or has an `.airflowignore`, as Airflow has its DAGs folder
    alone on its path; else the file's own."""
    folders = (each for each in file.parents if each.name == "dags" or (each / ".airflowignore").is_file())
    return next(folders, file.parent)


ENGINE = EngineSpec(
    target="airflow",
    distribution="apache-airflow",
    load="from airflow.sdk import DAG",
    compiles_from=(3, 3),
    constraints=CONSTRAINTS,
    probes={"test": PROBES / "airflow_test.py", "server": PROBES / "airflow_server.py"},
    variables=_variables,
    database=Database("airflow.db", ["-m", "airflow", "db", "migrate"]),
    side_by_side=frozenset({"server"}),
    ticks=PROBES / "airflow_ticks.py",
    reader=PROBES / "airflow_reader.py",
    collector="pipeglot.migrate.collect.airflow",
    operation=OPERATION,
    states={
        "success": "succeeded",
        "failed": "failed",
        "skipped": "skipped",
        "removed": "skipped",
        "upstream_failed": "blocked",
    },
    unit="DAG",
    makers=frozenset({"DAG", "dag"}),
    source_root=_dags_folder,
    before={
        # Its server is run, and its scheduler asked, in one release alone.
        (3, 3): {"probes": {"test": PROBES / "airflow_test.py"}, "ticks": None},
        (3, 1): {"pythons": ((3, 10), (3, 12))},
        (3, 0): {"load": "from airflow import DAG"},
    },
)
