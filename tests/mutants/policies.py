"""Changes of how calls and runs are run: what a run shows only when it comes to that, and engines declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Continue, Cron, Each, Pipeline, Retry, Schedule, walk
from tests.mutants.change import Change, calls, replaced


def _policy(pipeline: Pipeline, aspect: str, **fields: Any) -> Iterator[Change]:
    for call in calls(pipeline):
        if all(getattr(call.policy, name) != value for name, value in fields.items()):
            policy = replace(call.policy, **fields)
            yield Change(replaced(pipeline, call.id, policy=policy), frozenset({call.id}), aspect)


def more_retries(pipeline: Pipeline) -> Iterator[Change]:
    """Retries where there were none, and more where there were some."""
    yield from _policy(pipeline, "retr", retry=Retry(count=4))


def no_retries(pipeline: Pipeline) -> Iterator[Change]:
    yield from _policy(pipeline, "retr", retry=None)


def fewer_retries(pipeline: Pipeline) -> Iterator[Change]:
    for call in calls(pipeline):
        if call.policy.retry and call.policy.retry.count > 1:
            retry = replace(call.policy.retry, count=call.policy.retry.count - 1)
            policy = replace(call.policy, retry=retry)
            yield Change(replaced(pipeline, call.id, policy=policy), frozenset({call.id}), "retr")


def retry_delay(pipeline: Pipeline) -> Iterator[Change]:
    for call in calls(pipeline):
        if call.policy.retry and call.policy.retry.count == 1:
            policy = replace(call.policy, retry=replace(call.policy.retry, delay=1))
            yield Change(replaced(pipeline, call.id, policy=policy), frozenset({call.id}), "delay|retr|wait")


def timeout(pipeline: Pipeline) -> Iterator[Change]:
    yield from _policy(pipeline, "time", timeout=1200)


def no_timeout(pipeline: Pipeline) -> Iterator[Change]:
    yield from _policy(pipeline, "time", timeout=None)


def tolerates(pipeline: Pipeline) -> Iterator[Change]:
    """A failure that was none of the run's is tolerated."""
    kinds: dict[str, Any] = {"integer": 5, "number": 0.5, "string": "default", "null": None, "array": [], "object": {}}
    steps = {step.name: step for step in pipeline.steps}
    for call in calls(pipeline)[: -1 if pipeline.final else None]:
        kind = steps[call.step].returns.get("type", "null")
        if call.policy.on_failure is None and kind in ("integer", "number", "string", "null"):
            policy = replace(call.policy, on_failure=Continue(default=kinds[kind]))
            named = frozenset({call.id, f"{call.id}_or_default"})  # what stands in for it is a task on some engines
            yield Change(replaced(pipeline, call.id, policy=policy), named, "fail|tolera|trigger")


def other_default(pipeline: Pipeline) -> Iterator[Change]:
    for call in calls(pipeline):
        if call.policy.on_failure and isinstance(call.policy.on_failure.default, int):
            new = Continue(default=call.policy.on_failure.default + 1)
            policy = replace(call.policy, on_failure=new)
            yield Change(replaced(pipeline, call.id, policy=policy), frozenset({call.id}), "fail|tolera")


def tolerates_no_more(pipeline: Pipeline) -> Iterator[Change]:
    yield from _policy(pipeline, "fail|tolera", on_failure=None)


def max_parallel(pipeline: Pipeline) -> Iterator[Change]:
    for node in walk(pipeline.body):
        if isinstance(node, Each):
            inside = frozenset(one.id for one in walk(node.body)) | {node.id}
            for limit in {1, None, 8} - {node.max_parallel}:
                yield Change(replaced(pipeline, node.id, max_parallel=limit), inside, "limit|parallel|concurren")


def schedule(pipeline: Pipeline) -> Iterator[Change]:
    """Another schedule, none, or one that catches up."""
    old = pipeline.schedule
    news = [Schedule(timing=Cron(expression="30 7 * * *"))]
    news += [] if old is None else [None, replace(old, catch_up=not old.catch_up)]  # type: ignore[list-item]
    for new in news:
        yield Change(replace(pipeline, schedule=new), frozenset(), "schedule|catch")


def active_runs(pipeline: Pipeline) -> Iterator[Change]:
    new = 3 if pipeline.max_active_runs is None else None
    yield Change(replace(pipeline, max_active_runs=new), frozenset(), "run|concurren|limit")


def run_timeout(pipeline: Pipeline) -> Iterator[Change]:
    yield Change(replace(pipeline, run_timeout=5000), frozenset(), "time")


OPERATORS = (
    more_retries,
    no_retries,
    fewer_retries,
    retry_delay,
    timeout,
    no_timeout,
    tolerates,
    other_default,
    tolerates_no_more,
    max_parallel,
    schedule,
    active_runs,
    run_timeout,
)
