"""The script that puts a pipeline on a KFP server and makes its recurring run; to run it again replaces both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipeglot.codegen.clock_changes import clock_changes
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.pysource import Atom, Spelling, call, literal, spelled, statement
from pipeglot.codegen.python import header
from pipeglot.core.diagnostic import Diagnostic, Severity
from pipeglot.core.ir import Cron, Pipeline, Schedule

from .clock import cron, cron_ticks, unreadable

TICK = "[[ScheduledTime.2006-01-02T15:04:05Z]]"
"""What KFP replaces in a recurring run's parameters, in Go's way to say how."""
SPELLS: Spelling = {
    "cron_expression": "Cron.expression",
    "interval_second": "Interval.seconds",
    "start_time": "Schedule.start",
    "no_catchup": "Schedule.catch_up",
    "max_concurrency": "Pipeline.max_active_runs",
}
"""The attributes that the arguments of a recurring run spell."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_BEGIN = {
    "cron": '''\
def start_time(now: datetime) -> datetime:
    """What the first run comes after: from an earlier time on, KFP would make up for the latest tick."""
    return max(START - timedelta(seconds=1), now)
''',
    "interval": '''\
def start_time(now: datetime) -> datetime:
    """The tick before the first run: from an earlier one on, KFP would count from now."""
    every = timedelta(seconds={seconds})
    return START + max((now - START) // every, -1) * every
''',
}
"""Where a recurring run begins that makes up for nothing."""


def deployment(pipeline: Pipeline, stem: str, name: str, platform: bool, tick: str | None) -> Code:
    """The Python file. `tick` is the parameter that takes the logical date, if one does."""
    scheduled = pipeline.schedule is not None
    begin = _begin(pipeline.schedule)
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
        *(["from datetime import datetime, timedelta, timezone"] if begin else []),
        "from pathlib import Path",
        "",
        "from kfp import Client",
        "",
        "HERE = Path(__file__).parent",
        statement("NAME = ", literal(name)),
        statement("PACKAGE = ", Atom(f'HERE / "{stem}.yaml"')),
        *begin,
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
    return joined([*lines, "", "", 'if __name__ == "__main__":', "    main()"]).of("") + "\n"


def _begin(schedule: Schedule | None) -> list[str]:
    """What says when a recurring run begins, where that depends on when it is made."""
    if schedule is None or schedule.start is None or schedule.catch_up:
        return []
    start = schedule.start
    parts = [start.year, start.month, start.day, start.hour, start.minute, start.second]
    while len(parts) > 3 and parts[-1] == 0:
        parts.pop()
    seconds = schedule.timing.seconds if schedule.timing.kind == "interval" else 0
    return [
        Code(f"START = datetime({', '.join(map(str, parts))}, tzinfo=timezone.utc)").of("", "Schedule.start"),
        "",
        "",
        *_BEGIN[schedule.timing.kind].format(seconds=seconds).splitlines(),
    ]


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
    if schedule.start is not None and schedule.catch_up:
        # KFP's first run comes after it, or an interval later.
        before = 1 if schedule.timing.kind == "cron" else schedule.timing.seconds
        given["start_time"] = (schedule.start - timedelta(seconds=before)).strftime(_TIME)
    elif schedule.start is not None:
        given["start_time"] = Atom(f'start_time(datetime.now(timezone.utc)).strftime("{_TIME}")')
    given["no_catchup"] = not schedule.catch_up
    if pipeline.max_active_runs is not None:
        given["max_concurrency"] = pipeline.max_active_runs
    if tick is not None:
        given["params"] = {tick: TICK}
    given["enable_caching"] = False
    lines.append(statement("run = ", spelled(call("client.create_recurring_run", **given), SPELLS), indent=4).of(""))
    lines.append("    print(pipeline_id, version_id, run.recurring_run_id)")
    return lines


def schedule_findings(pipeline: Pipeline, dated: bool) -> list[Diagnostic]:
    """What a recurring run does otherwise than the pipeline says. `dated`: the pipeline takes its logical date."""
    schedule = pipeline.schedule
    found: list[Diagnostic] = []
    if schedule is None:
        return found
    if isinstance(schedule.timing, Cron) and (why := unreadable(schedule.timing.expression)):
        way_out = "write what it stands for in values, with `*`, `/`, `,`, `-` and `?` alone; ranges go upwards"
        return [Diagnostic("PG298", "error", why, pipeline.at, way_out, "kfp")]
    if isinstance(schedule.timing, Cron) and schedule.timing.timezone not in ("UTC", "Etc/UTC"):
        message = f"KFP evaluates cron in the time zone of its server, not in {schedule.timing.timezone}"
        way_out = f"set CRON_SCHEDULE_TIMEZONE={schedule.timing.timezone} where its controller of schedules runs"
        found.append(Diagnostic("PG286", "warning", message, pipeline.at, way_out, "kfp"))
    if dated:
        message = "KFP 2 leaves [[ScheduledTime]] as it is: the logical date of a recurring run is when it was made, "
        message += "that of every run that is caught up too" if schedule.catch_up else "moments after its tick"
        way_out = "see kubeflow/pipelines#12494; a run that is made by hand takes the parameter logical_date"
        severity: Severity = "loss" if schedule.catch_up else "warning"
        found.append(Diagnostic("PG296", severity, message, pipeline.at, way_out, "kfp"))
    if schedule.start is not None and schedule.catch_up:
        message = "redeploying recreates the recurring run, and KFP then backfills all ticks since its start again"
        way_out = "once it has caught up, deploy with a later start or without catch_up"
        found.append(Diagnostic("PG297", "warning", message, pipeline.at, way_out, "kfp"))
    return [*found, *clock_changes(pipeline, "kfp", "KFP", cron_ticks)]
