"""Prefect as it is installed and run here."""

from __future__ import annotations

from pathlib import Path

from pipeglot.backends.base import CONSTRAINTS, PROBES, Database, EngineSpec, Mode

from .operation import OPERATION


def _variables(mode: Mode, home: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        # The heartbeat of a flow costs a whole second at its end.
        "PREFECT_FLOWS": '{"heartbeat_frequency": null}',
        "PREFECT_CLI_PROMPT": "false",
    }


ENGINE = EngineSpec(
    target="prefect",
    distribution="prefect",
    load="from prefect import flow",
    compiles_from=(3, 8),
    constraints=CONSTRAINTS,
    probes={"test": PROBES / "prefect_run.py", "server": PROBES / "prefect_run.py"},
    variables=_variables,
    database=Database("prefect.db", [str(PROBES / "prefect_database.py")]),
    ticks=PROBES / "prefect_ticks.py",
    reader=PROBES / "prefect_reader.py",
    collector="pipeglot.migrate.collect.prefect",
    operation=OPERATION,
    states={
        "Completed": "succeeded",
        "Cached": "succeeded",
        "RolledBack": "succeeded",
        "Failed": "failed",
        "TimedOut": "failed",
        "Crashed": "failed",
        "NotReady": "blocked",
        "Cancelled": "cancelled",
        "Cancelling": "cancelled",
    },
    names_runs=True,
    unit="flow",
    makers=frozenset({"flow"}),
)
