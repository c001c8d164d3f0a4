"""A flow with much that only Prefect has."""

from datetime import timedelta

from prefect import flow, task
from prefect.blocks.system import Secret
from prefect.cache_policies import INPUTS
from prefect.concurrency.sync import concurrency
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff
from prefect.variables import Variable


def page(flow, run, state):
    print("paged")


def log(task, run, state):
    print("logged")


@task(
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=10),
    retry_jitter_factor=0.5,
    timeout_seconds=60,
    on_failure=[log],
)
def load(day: str) -> list[int]:
    print(Variable.get("bucket"), Secret.load("warehouse"))
    return [1, 2, 3]


@task(cache_policy=INPUTS, cache_expiration=timedelta(hours=1), persist_result=True, tags=["db"])
def double(n: int) -> int:
    with concurrency("database", occupy=1):
        return 2 * n


@task
def total(values: list[int]) -> int:
    return sum(values)


@flow(name="publish-all", retries=1)
def publish(value: int) -> int:
    return total([value])


@flow(
    name="sums",
    retries=2,
    retry_delay_seconds=30,
    timeout_seconds=3600,
    task_runner=ThreadPoolTaskRunner(max_workers=2),
    on_failure=[page],
    on_completion=[page],
    log_prints=True,
)
def sums(day: str = "2026", limit: int = 3) -> int:
    rows = load(day)
    twice = double.map(n=rows)
    value = total.with_options(retries=5)(twice)
    return publish(value)


if __name__ == "__main__":
    sums.serve(name="nightly", cron="0 2 * * *", tags=["etl"], global_limit=1)
