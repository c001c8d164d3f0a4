"""Kubeflow Pipelines as it is installed and run here: the SDK and its local runner."""

from __future__ import annotations

from pathlib import Path

from pipeglot.backends.base import CONSTRAINTS, PROBES, EngineSpec, Mode

from .operation import OPERATION


def _variables(mode: Mode, home: Path) -> dict[str, str]:
    return {"KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT": "true"}


ENGINE = EngineSpec(
    target="kfp",
    distribution="kfp",
    load="from kfp import local",
    compiles_from=(2, 17),
    constraints=CONSTRAINTS,
    probes={"test": PROBES / "kfp_run.py", "server": PROBES / "kfp_run.py"},
    variables=_variables,
    ticks=PROBES / "kfp_ticks.py",
    reader=PROBES / "kfp_reader.py",
    collector="pipeglot.migrate.collect.kfp",
    operation=OPERATION,
    states={
        "succeeded": "succeeded",
        "failed": "failed",
        "skipped": "skipped",
        "omitted": "blocked",
        "cancelled": "cancelled",
    },
    makers=frozenset({"pipeline"}),
)
