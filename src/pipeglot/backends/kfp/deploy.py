"""The script that puts a pipeline on a KFP server and makes its recurring run."""

from __future__ import annotations

from typing import Any

from pipeglot.backends.python import header
from pipeglot.core.ir import Pipeline
from pipeglot.core.pysource import Atom, call, statement


def deployment(pipeline: Pipeline, stem: str, name: str, platform: bool) -> str:
    """The Python file."""
    lines = [
        f'"""Upload {name} and make its recurring run; the server is that of kfp.Client()."""',
        "",
        header(pipeline),
        "",
        *(["import tempfile"] if platform else []),
        "from pathlib import Path",
        "",
        "from kfp import Client",
        "",
        "HERE = Path(__file__).parent",
        statement("PACKAGE = ", Atom(f'HERE / "{stem}.yaml"')),
        "",
        "",
        "def main() -> None:",
        "    client = Client()",
        statement("experiment = ", call("client.create_experiment", name), indent=4),
    ]
    package = "str(PACKAGE)"
    if platform:
        lines += [
            "    # KFP takes the spec and what is Kubernetes' own as two documents of one file.",
            "    whole = Path(tempfile.mkdtemp()) / PACKAGE.name",
            f'    both = [PACKAGE, HERE / "{stem}_kubernetes.yaml"]',
            '    whole.write_text("---\\n".join(each.read_text() for each in both))',
        ]
        package = "str(whole)"
    upload = call("client.upload_pipeline", Atom(package), pipeline_name=name)
    lines.append(statement("pipeline = ", upload, indent=4))
    if pipeline.schedule is not None:
        lines += _recurring(pipeline, name, package)
    else:
        lines.append("    print(pipeline.pipeline_id)")
    return "\n".join([*lines, "", "", 'if __name__ == "__main__":', "    main()", ""])


def _recurring(pipeline: Pipeline, name: str, package: str) -> list[str]:
    schedule = pipeline.schedule
    assert schedule is not None
    given: dict[str, Any] = {
        "experiment_id": Atom("experiment.experiment_id"),
        "job_name": name,
        "pipeline_package_path": Atom(package),
    }
    lines: list[str] = []
    if schedule.timing.kind == "cron":
        lines.append("    # Six fields: KFP's cron starts with the second.")
        given["cron_expression"] = f"0 {schedule.timing.expression}"
    else:
        given["interval_second"] = schedule.timing.seconds
    if schedule.start is not None:
        given["start_time"] = schedule.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    given["no_catchup"] = not schedule.catch_up
    if pipeline.max_active_runs is not None:
        given["max_concurrency"] = pipeline.max_active_runs
    given["enable_caching"] = False
    lines.append(statement("run = ", call("client.create_recurring_run", **given), indent=4))
    lines.append("    print(pipeline.pipeline_id, run.recurring_run_id)")
    return lines
