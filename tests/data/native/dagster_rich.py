"""Jobs with much that only Dagster has."""

import dagster as dg


@dg.failure_hook
def page(context: dg.HookContext):
    print("paged")


class Warehouse(dg.ConfigurableResource):
    host: str = "localhost"


class Limits(dg.Config):
    rows: int = 10
    table: str


@dg.op(
    retry_policy=dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    pool="db",
    tags={"dagster/priority": "3"},
)
def load(config: Limits, warehouse: Warehouse) -> list[int]:
    return list(range(config.rows))


@dg.op(out=dg.DynamicOut())
def split(rows: list[int]):
    for number, row in enumerate(rows):
        yield dg.DynamicOutput(row, mapping_key=str(number))


@dg.op
def double(n: int) -> int:
    return 2 * n


@dg.op(out={"small": dg.Out(is_required=False), "large": dg.Out(is_required=False)})
def choose(values: list[int]):
    yield dg.Output(values, "large" if len(values) > 5 else "small")


@dg.op
def store(context: dg.OpExecutionContext, values) -> None:
    if context.retry_number < 1:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=5)


@dg.graph
def publish(values):
    small, large = choose(values)
    store.alias("store_small")(small)
    store.alias("store_large")(large)


@dg.job(
    hooks={page},
    resource_defs={"warehouse": Warehouse(host="db")},
    op_retry_policy=dg.RetryPolicy(max_retries=1, delay=30),
    tags={"team": "core", "dagster/max_runtime": "3600", "dagster/max_retries": "2"},
    partitions_def=dg.DailyPartitionsDefinition(start_date="2026-01-01"),
)
def sums():
    publish(split(load()).map(double).collect())


nightly = dg.build_schedule_from_partitioned_job(sums, hour_of_day=2)


@dg.sensor(job=sums, default_status=dg.DefaultSensorStatus.RUNNING)
def new_file(context: dg.SensorEvaluationContext):
    yield dg.SkipReason("nothing new")


@dg.asset(retry_policy=dg.RetryPolicy(max_retries=2), group_name="raw")
def orders() -> list[int]:
    return [1, 2]


@dg.asset(automation_condition=dg.AutomationCondition.eager(), code_version="1")
def revenue(orders: list[int]) -> int:
    return sum(orders)


@dg.asset_check(asset=revenue)
def positive(revenue: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=revenue > 0)


refresh = dg.define_asset_job("refresh", selection=dg.AssetSelection.all())


defs = dg.Definitions(
    assets=[orders, revenue],
    asset_checks=[positive],
    jobs=[sums, refresh],
    schedules=[
        nightly,
        dg.ScheduleDefinition(job=refresh, cron_schedule="0 5 * * *", execution_timezone="Europe/Berlin"),
    ],
    sensors=[new_file],
)
