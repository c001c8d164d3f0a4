"""A hand-written flow: map with names, zero items, retry, failure, NotReady, nested tasks, subflow."""

from pathlib import Path

from prefect import allow_failure, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait
from prefect.runtime import flow_run
from prefect.states import Failed


@task(task_run_name="load", cache_policy=NO_CACHE)
def load(n):
    return {"items": list(range(n)), "date": flow_run.scheduled_start_time.isoformat()}


@task(cache_policy=NO_CACHE)
def items(loaded):
    return loaded["items"]


@task(cache_policy=NO_CACHE)
def numbered(xs):
    return list(enumerate(xs))


@task(task_run_name="double[{pair[0]}]", cache_policy=NO_CACHE)
def double(pair):
    return {"x": pair[1], "twice": 2 * pair[1]}


@task(task_run_name="total", cache_policy=NO_CACHE)
def total(rows):
    return sum(row["twice"] for row in rows)


@task(task_run_name="flaky", retries=2, retry_delay_seconds=0, cache_policy=NO_CACHE)
def flaky():
    tries = Path("tries.txt")
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    if len(tries.read_text()) < 2:
        raise ValueError("not yet")
    return len(tries.read_text())


@task(task_run_name="broken", retries=1, retry_delay_seconds=0, cache_policy=NO_CACHE)
def broken():
    raise KeyError("o'brien")


@task(task_run_name="after_broken", cache_policy=NO_CACHE)
def after_broken(x):
    return x


@task(task_run_name="outer", cache_policy=NO_CACHE)
def outer():
    return inner.submit().result() + 1


@task(task_run_name="inner", cache_policy=NO_CACHE)
def inner():
    return 1


@flow
def child(x: int):
    return inner(return_state=False) + x


@task(task_run_name="cleanup", cache_policy=NO_CACHE)
def cleanup(*ended):
    return "clean"


@flow(name="shapes")
def shapes(n: int = 3):
    bad = broken.submit()
    after = after_broken.submit(bad)
    pairs = numbered.with_options(task_run_name="numbered").submit(
        items.with_options(task_run_name="items").submit(load.submit(n))
    )
    doubled = double.map(pairs)
    summed = total.submit(doubled)
    others = [flaky.submit(), outer.submit()]
    child(1)
    futures = [bad, after, pairs, *doubled, summed, *others]
    wait(futures)
    last = cleanup.submit(wait_for=[allow_failure(each) for each in futures])
    wait([last])
    if failed := [each for each in futures if not each.state.is_completed()]:
        return Failed(message=f"{len(failed)} task runs did not complete")
    return summed.result()
