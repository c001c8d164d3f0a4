"""Upload credit-scoring and make its recurring run; the server is that of kfp.Client().

To run it again replaces what it made.
"""

# Made by pipeglot from pipeline "credit_scoring", digest 1f83992b1166.

import hashlib
import json
from pathlib import Path

from kfp import Client

HERE = Path(__file__).parent
NAME = "credit-scoring"
PACKAGE = HERE / "credit_scoring.yaml"


def named(name: str) -> str:
    """KFP's filter for things of a name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def main() -> None:
    client = Client()
    pipeline_id = client.get_pipeline_id(NAME)
    if pipeline_id is None:
        pipeline_id = client.upload_pipeline(str(PACKAGE), pipeline_name=NAME).pipeline_id
    # Options of the compiler are in the file, not in the pipeline's digest.
    version = "1f83992b1166-" + hashlib.sha256(PACKAGE.read_bytes()).hexdigest()[:8]
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
        cron_expression="0 0 6 * * 1-5",
        no_catchup=True,
        max_concurrency=1,
        params={"logical_date": "[[ScheduledTime.2006-01-02T15:04:05Z]]"},
        enable_caching=False,
    )
    print(pipeline_id, version_id, run.recurring_run_id)


if __name__ == "__main__":
    main()
