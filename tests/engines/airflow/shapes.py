"""A hand-written DAG with one of each: branch, mapping, zero items, retry, failure, skip, teardown."""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import DAG, Param, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

with DAG(
    dag_id="shapes",
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    params={"n": Param(3, type="integer"), "limit": Param(2, type="integer")},
) as dag:

    @task
    def load(params=None, logical_date=None):
        return {"items": list(range(params["n"])), "date": logical_date.isoformat()}

    @task
    def items(loaded):
        return loaded["items"]

    @task
    def none():
        return []

    @task
    def double(x):
        return {"x": x, "twice": 2 * x}

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def total(rows):
        return sum(row["twice"] for row in rows)

    @task.branch
    def decide(value, params=None):
        return "big" if value > params["limit"] else "small"

    @task
    def big():
        return "big"

    @task
    def small():
        return "small"

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def merged(one, other):
        return one if one is not None else other

    @task(retries=2, retry_delay=timedelta(0))
    def flaky():
        tries = Path("tries.txt")
        tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
        if len(tries.read_text()) < 2:
            raise ValueError("not yet")
        return len(tries.read_text())

    @task(retries=1, retry_delay=timedelta(0))
    def broken():
        raise KeyError("o'brien")

    @task
    def after_broken(x):
        return x

    @task
    def lazy():
        raise AirflowSkipException("not today")

    @task
    def cleanup():
        return "clean"

    sums = total(double.expand(x=items(load())))
    first, second = big(), small()
    decide(sums) >> [first, second]
    end = merged(first, second)
    after = after_broken(broken())
    zero = double.override(task_id="double_none").expand(x=none())
    [end, after, flaky(), lazy(), zero] >> cleanup().as_teardown()
