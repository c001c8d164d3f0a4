"""Upload from-a-day-on and make its recurring run; the server is that of kfp.Client().

To run it again replaces what it made.
"""

# Made by pipeglot from pipeline "from_a_day_on", digest 01f8fab98a55.

import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from kfp import Client

HERE = Path(__file__).parent
NAME = "from-a-day-on"
PACKAGE = HERE / "from_a_day_on.yaml"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def start_time(now: datetime) -> datetime:
    """What the first run comes after: from an earlier time on, KFP would make up for the latest tick."""
    return max(START - timedelta(seconds=1), now)


def named(name: str) -> str:
    """KFP's filter for things of a name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def main() -> None:
    client = Client()
    pipeline_id = client.get_pipeline_id(NAME)
    if pipeline_id is None:
        pipeline_id = client.upload_pipeline(str(PACKAGE), pipeline_name=NAME).pipeline_id
    # Options of the compiler are in the file, not in the pipeline's digest.
    version = "01f8fab98a55-" + hashlib.sha256(PACKAGE.read_bytes()).hexdigest()[:8]
    known = client.list_pipeline_versions(pipeline_id, filter=named(version)).pipeline_versions
    if known:
        version_id = known[0].pipeline_version_id
    else:
        uploaded = client.upload_pipeline_version(
            str(PACKAGE),
            pipeline_version_name=version,
            pipeline_id=pipeline_id,
        )
        version_id = uploaded.pipeline_version_id
    experiment_id = client.create_experiment(NAME).experiment_id
    # The one made before would run beside it.
    before = client.list_recurring_runs(experiment_id=experiment_id, page_size=100, filter=named(NAME))
    for each in before.recurring_runs or []:
        client.delete_recurring_run(each.recurring_run_id)
    # Six fields: KFP's cron starts with the second.
    run = client.create_recurring_run(
        experiment_id=experiment_id,
        job_name=NAME,
        pipeline_id=pipeline_id,
        version_id=version_id,
        cron_expression="0 0 2 * * *",
        start_time=start_time(datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        no_catchup=True,
        enable_caching=False,
    )
    print(pipeline_id, version_id, run.recurring_run_id)


if __name__ == "__main__":
    main()
