"""The script that puts a pipeline on a KFP server and makes its recurring run; to run it again replaces both."""

from __future__ import annotations

import re
from typing import Any

from pipeglot.backends.python import header
from pipeglot.core.ir import Pipeline
from pipeglot.core.pysource import Atom, call, literal, statement

TICK = "[[ScheduledTime.2006-01-02T15:04:05Z]]"
"""What KFP replaces in a recurring run's parameters, in Go's way to say how."""


def deployment(pipeline: Pipeline, stem: str, name: str, platform: bool, tick: str | None) -> str:
    """The Python file. `tick` is the parameter that takes the logical date, if one does."""
    scheduled = pipeline.schedule is not None
    about = f"Upload {name} and make its recurring run" if scheduled else f"Upload {name}"
    lines = [
        f'"""{about}; the server is that of kfp.Client().',
        "",
        "To run it again replaces what it made.",
        '"""',
        "",
        header(pipeline),
        "",
        "import hashlib",
        "import json",
        *(["import tempfile"] if platform else []),
        "from pathlib import Path",
        "",
        "from kfp import Client",
        "",
        "HERE = Path(__file__).parent",
        statement("NAME = ", literal(name)),
        statement("PACKAGE = ", Atom(f'HERE / "{stem}.yaml"')),
        "",
        "",
        "def named(name: str) -> str:",
        '    """KFP\'s filter for things of a name."""',
        '    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})',
        "",
        "",
        "def main() -> None:",
        "    client = Client()",
    ]
    package = "PACKAGE"
    if platform:
        lines += [
            "    # KFP takes the spec and what is Kubernetes' own as two documents of one file.",
            "    package = Path(tempfile.mkdtemp()) / PACKAGE.name",
            f'    both = [PACKAGE, HERE / "{stem}_kubernetes.yaml"]',
            '    package.write_text("---\\n".join(each.read_text() for each in both))',
        ]
        package = "package"
    upload = call(
        "client.upload_pipeline_version",
        Atom(f"str({package})"),
        pipeline_version_name=Atom("version"),
        pipeline_id=Atom("pipeline_id"),
    )
    lines += [
        "    pipeline_id = client.get_pipeline_id(NAME)",
        "    if pipeline_id is None:",
        f"        pipeline_id = client.upload_pipeline(str({package}), pipeline_name=NAME).pipeline_id",
        "    # Options of the compiler are in the file, not in the pipeline's digest.",
        f'    version = "{pipeline.digest()}-" + hashlib.sha256({package}.read_bytes()).hexdigest()[:8]',
        "    known = client.list_pipeline_versions(pipeline_id, filter=named(version)).pipeline_versions",
        "    if known:",
        "        version_id = known[0].pipeline_version_id",
        "    else:",
        statement("uploaded = ", upload, indent=8),
        "        version_id = uploaded.pipeline_version_id",
    ]
    lines += _recurring(pipeline, tick) if scheduled else ["    print(pipeline_id, version_id)"]
    return "\n".join([*lines, "", "", 'if __name__ == "__main__":', "    main()", ""])


def _recurring(pipeline: Pipeline, tick: str | None) -> list[str]:
    schedule = pipeline.schedule
    assert schedule is not None
    lines = [
        "    experiment_id = client.create_experiment(NAME).experiment_id",
        "    # The one made before would run beside it.",
        "    before = client.list_recurring_runs(experiment_id=experiment_id, page_size=100, filter=named(NAME))",
        "    for each in before.recurring_runs or []:",
        "        client.delete_recurring_run(each.recurring_run_id)",
    ]
    given: dict[str, Any] = {
        "experiment_id": Atom("experiment_id"),
        "job_name": Atom("NAME"),
        "pipeline_id": Atom("pipeline_id"),
        "version_id": Atom("version_id"),
    }
    if schedule.timing.kind == "cron":
        lines.append("    # Six fields: KFP's cron starts with the second.")
        given["cron_expression"] = cron(schedule.timing.expression)
    else:
        given["interval_second"] = schedule.timing.seconds
    if schedule.start is not None:
        given["start_time"] = schedule.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    given["no_catchup"] = not schedule.catch_up
    if pipeline.max_active_runs is not None:
        given["max_concurrency"] = pipeline.max_active_runs
    if tick is not None:
        given["params"] = {tick: TICK}
    given["enable_caching"] = False
    lines.append(statement("run = ", call("client.create_recurring_run", **given), indent=4))
    lines.append("    print(pipeline_id, version_id, run.recurring_run_id)")
    return lines


def cron(expression: str) -> str:
    """Five fields of cron as KFP's six: seconds come first, and Sunday is 0 alone.

    >>> cron("30 5 * * 1-5")
    '0 30 5 * * 1-5'
    >>> cron("0 9 * * 5-7,sun"), cron("0 9 * * 7"), cron("0 9 * * 1-7/2")
    ('0 0 9 * * 0,5-6,sun', '0 0 9 * * 0', '0 0 9 * * 0,1,3,5')
    """
    *rest, days = expression.split()
    return " ".join(["0", *rest, _days(days)])


def _days(field: str) -> str:
    found: dict[str, None] = {}
    for part in field.split(","):
        told = re.fullmatch(r"(\d)(?:-(\d))?(?:/(\d+))?", part)
        last = int(told[2] or (7 if told[3] else told[1])) if told else 0
        if told is None or last < 7 or (told[2] is None and told[3] is not None and told[1] != "7"):
            found[part] = None
            continue
        first, every = int(told[1]), int(told[3] or 1)
        days = list(range(first, last + 1, every))
        if 7 in days:
            found["0"] = None
            days.remove(7)
        if every == 1 and len(days) > 1:
            found[f"{days[0]}-{days[-1]}"] = None
        else:
            found.update(dict.fromkeys(map(str, days)))
    zero = ["0"] if "0" in found else []
    return ",".join([*zero, *(part for part in found if part != "0")])
