"""Random declarations: pipelines with all that is said about them besides what they do."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    AnyNode,
    Call,
    Const,
    Cron,
    Each,
    Group,
    Inlined,
    Interval,
    Item,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    Policy,
    Resources,
    Retry,
    Schedule,
    Secret,
    SourceFragment,
    Step,
    Value,
)

OPTIONS: dict[str, Any] = {
    "airflow": {"dag": {"max_active_tasks": 5}},
    "dagster": {"job": {"metadata": {"team": "core"}}},
    "kfp": {"image": "registry.example.com/team/steps:1"},
    "prefect": {"log_prints": True},
}
INT: dict[str, Any] = {"type": "integer"}
CODE = (
    SourceFragment(
        kind="function", names=("one", "two"), text="def one(x=0):\n    return x\n\n\ndef two(x=0):\n    return x"
    ),
)


def steps(rng: random.Random) -> tuple[Step, ...]:
    told = {
        "one": rng.choice(("", "Takes one.", "First line.\n\nAnd more of it, {braces} and 'quotes'.")),
        "two": "Takes two.",
    }
    parameters = (Parameter(name="x", has_default=True),)
    return tuple(
        Step(name=name, run=Inlined(name=name), parameters=parameters, description=text) for name, text in told.items()
    )


def retry(rng: random.Random) -> Retry | None:
    kind = rng.random()
    if kind < 0.3:
        return None
    if kind < 0.6:
        return Retry(count=rng.randrange(1, 5), delay=rng.choice((0, 1, 30, 90)))
    longest = rng.choice((None, 100, 3600))
    return Retry(
        count=rng.randrange(2, 6), delay=rng.choice((7, 30)), backoff=rng.choice((2.0, 3.0)), max_delay=longest
    )


def resources(rng: random.Random) -> Resources | None:
    if rng.random() < 0.6:
        return None
    return Resources(
        cpu=rng.choice((0.25, 0.5, 2.0)),
        memory=rng.choice(("512Mi", "2Gi")),
        gpus=rng.choice((None, 1, 2)),
        gpu_type=rng.choice(("nvidia.com/gpu", "amd.com/gpu")),
        node_selector=rng.choice(({}, {"pool": "big"}, {"disk": "ssd", "zone": "a"})),
    )


SECRETS = (
    Secret(env="TOKEN", name="warehouse", key="token"),
    Secret(env="CERTIFICATE", name="warehouse", key="tls.crt"),
    Secret(env="MAIL_PASSWORD", name="mail.example", key="PASSWORD"),
    Secret(env="SET_ELSEWHERE"),
)


def secrets(rng: random.Random) -> tuple[Secret, ...]:
    return () if rng.random() < 0.7 else tuple(rng.sample(SECRETS, rng.randrange(1, 4)))


def call(rng: random.Random, id: str, x: Value) -> Call:
    policy = Policy(retry=retry(rng), timeout=rng.choice((None, 30, 7200)), resources=resources(rng))
    return Call(id=id, step=rng.choice(("one", "two")), args={"x": x}, policy=policy)


def params(rng: random.Random, *, scheduled: bool) -> tuple[Param, ...]:
    def text(words: str) -> str:
        return rng.choice(("", words))

    choices = Param(
        name="mode",
        type={"enum": ["fast", "slow"], "type": "string"},
        default=rng.choice(("fast", "slow")),
        description=text("How."),
    )
    bounded = Param(
        name="n",
        type={**INT, "minimum": rng.randrange(3), "maximum": 50 + rng.randrange(9)},
        default=rng.randrange(3, 50),
    )
    lists = Param(
        name="xs", type={"type": "array", "items": INT}, default=[rng.randrange(9)], description=text("Many.")
    )
    maybe = Param(name="maybe", type={"anyOf": [{"type": "string"}, {"type": "null"}]}, default=rng.choice((None, "x")))
    number = Param(name="rate", type={"type": "number"}, default=rng.choice((0.5, 2.5)))
    chosen = rng.sample([choices, bounded, lists, maybe, number], rng.randrange(1, 6))
    if scheduled:
        return tuple(chosen)
    # What is run by hand alone may have to be told something.
    return (Param(name="must", type=INT, required=True, description=text("Tell it.")), *chosen)


def schedule(rng: random.Random) -> Schedule | None:
    start = rng.choice(
        (None, datetime(2026, 1, 5, tzinfo=timezone.utc), datetime(2025, 11, 30, 4, 30, tzinfo=timezone.utc))
    )
    kind = rng.random()
    if kind < 0.2:
        return None
    if kind < 0.6:
        zone = rng.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"))
        timing: Cron | Interval = Cron(
            expression=rng.choice(("0 2 * * *", "*/15 6-9 * * 1-5", "30 4 1 */2 *")), timezone=zone
        )
    else:
        start = start or datetime(2026, 1, 5, tzinfo=timezone.utc)
        timing = Interval(seconds=rng.choice((900, 3600, 86_400, 5400, 7 * 86_400)))
    return Schedule(timing=timing, start=start, catch_up=start is not None and rng.random() < 0.5)


def with_secrets(rng: random.Random, body: tuple[AnyNode, ...]) -> tuple[AnyNode, ...]:
    """The nodes of a block, some of whose calls read secrets."""
    found: list[AnyNode] = []
    for node in body:
        if isinstance(node, Call):
            policy = replace(node.policy, secrets=secrets(rng))
            found.append(replace(node, policy=policy))
        elif isinstance(node, Each | Group):
            found.append(replace(node, body=with_secrets(rng, node.body)))
        else:
            found.append(node)
    return tuple(found)


def declared(seed: int, number: int) -> Pipeline:
    """Pipeline `number` of a seed, with about half of all there is to declare."""
    rng = random.Random(f"{seed}/{number}/declared")
    timing = schedule(rng)
    told = params(rng, scheduled=timing is not None)
    used = [ParamRef(name=param.name) for param in told]
    first: Value = rng.choice(used)
    loop = Each(
        id="each",
        items=Const(value=[1, 2]),
        item_type=INT,
        body=(call(rng, "inner", Item(loop="each")),),
        max_parallel=rng.choice((None, 1, 3)),
    )
    group = Group(
        id="group", body=(call(rng, "held", Const(value=1)),), description=rng.choice(("", "What belongs together."))
    )
    return Pipeline(
        name=f"declared_{number}",
        description=rng.choice(("", "One line.", "Two lines,\n\nof which the second is {longer} than the first.")),
        owner=rng.choice((None, "Data Team", "ana@example.org")),
        tags=tuple(rng.sample(["etl", "nightly", "Umlaut ä", "a:b"], rng.randrange(3))),
        params=told,
        schedule=timing,
        max_active_runs=rng.choice((None, 1, 4)),
        run_timeout=rng.choice((None, 600, 90_000)),
        packages=rng.choice(((), ("tzdata>=2024.1",))),
        options=rng.choice(({}, OPTIONS)),
        code=CODE,
        steps=steps(rng),
        body=with_secrets(
            random.Random(f"{seed}/{number}/secrets"),
            (call(rng, "a", first), *(call(rng, f"b{n}", ref) for n, ref in enumerate(used)), loop, group),
        ),
    )
