"""Dagster as it is installed and run here."""

from __future__ import annotations

from pathlib import Path

from pipeglot.backends.base import CONSTRAINTS, PROBES, EngineSpec, Mode

from .operation import OPERATION


def _variables(mode: Mode, home: Path) -> dict[str, str]:
    return {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DAGSTER_TELEMETRY_ENABLED": "false",
        # Without a terminal, Dagster would write its log 80 columns wide.
        "COLUMNS": "200",
    }


ENGINE = EngineSpec(
    target="dagster",
    distribution="dagster",
    load="import dagster, dagster_webserver",
    compiles_from=(1, 13),
    constraints=CONSTRAINTS,
    probes={
        "test": PROBES / "dagster_run.py",
        "multiprocess": PROBES / "dagster_run.py",
        "server": PROBES / "dagster_server.py",
    },
    variables=_variables,
    ticks=PROBES / "dagster_ticks.py",
    reader=PROBES / "dagster_reader.py",
    collector="pipeglot.migrate.collect.dagster",
    operation=OPERATION,
    states={
        "SUCCESS": "succeeded",
        "FAILURE": "failed",
        "TOLERATED": "failed",
        "SKIPPED": "skipped",
        "CANCELED": "cancelled",
    },
    unit="job",
    makers=frozenset({"job", "graph"}),
)
