"""The small functions that a generated file has when it uses them, as they are printed there."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "listed": '''\
def listed(value):
    """The items of a loop are a list and nothing else."""
    if not isinstance(value, list):
        raise TypeError(f"the items of a loop are not a list: {value!r}")
    return value''',
    "time_limit": '''\
@contextmanager
def time_limit(seconds):
    """Interrupt what runs longer by a signal, which reaches the main thread alone."""
    late = []

    def expire(*_):
        late.append(f"it took longer than {seconds} s")
        raise KeyboardInterrupt  # no step takes it for a failure of its own

    before = signal.signal(signal.SIGALRM, expire)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:
        if not late:
            raise
    finally:
        signal.signal(signal.SIGALRM, before)
    if late:
        raise TimeoutError(*late)''',
    "retried": '''\
@contextmanager
def retried(context, waits):
    """Try again after each of the waits, in seconds, one after the other."""
    try:
        yield
    except Exception as error:
        if context.retry_number == len(waits):
            raise
        raise dg.RetryRequested(len(waits), waits[context.retry_number]) from error''',
    "tolerated": '''\
def tolerated(context, error, default):
    """Go on with the default; the log and the output tell of the failure."""
    context.log.error(f"failed, and may do so: {error!r}")
    told = {"tolerated": type(error).__name__, "message": str(error)}
    context.add_output_metadata(told)
    return default''',
    "main_run": '''\
def main_run(context):
    """The id of the run of the pipeline: loops and the final call have runs of their own."""
    return context.run.tags.get("pipeline/main_run", context.run_id)''',
    "run_moment": '''\
def run_moment(context, params, zone):
    """The run's logical date; without one, the time it was asked for."""
    text = params.logical_date
    if not text:
        run = context.run.tags.get("pipeline/main_run", context.run_id)
        text = context.instance.get_run_record_by_id(run).create_timestamp.isoformat()
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(ZoneInfo(zone))''',
    "logical_date": """\
def logical_date(context, params):
    return run_moment(context, params, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")""",
    "run_day": """\
def run_day(context, params):
    return run_moment(context, params, "here").strftime("%Y-%m-%d")""",
    "run_item": '''\
def run_item(context, job, inputs):
    """Run a loop's body for one item, as a run of its own, and tell what came out of it."""
    own = context.run
    config = {k: v for k, v in own.run_config.items() if k in ("loggers", "resources")}
    index = [*filter(None, [own.tags.get("pipeline/item")]), context.get_mapping_key()]
    run = job.execute_in_process(
        run_config=config,
        instance=context.instance,
        input_values=inputs,
        # Values go where this run keeps its own: by itself, Dagster would hold them in memory.
        resources={"io_manager": context.resources.io_manager},
        tags={
            "pipeline/main_run": main_run(context),
            "pipeline/item": ".".join(index),
            "dagster/max_retries": "0",
        },
        raise_on_error=False,
    )
    outputs = {}
    for output in job.graph.output_defs:
        with suppress(dg.DagsterInvariantViolationError):
            outputs[output.name] = run.output_value(output.name)
    return {"run": run.run_id, "success": run.success, "outputs": outputs}''',
    "gathered": '''\
def gathered(runs, *names):
    """Yield each output that the runs of all items have, in the order of the items."""
    for name in names:
        if all(name in run["outputs"] for run in runs):
            yield dg.Output([run["outputs"][name] for run in runs], name)''',
    "all_succeeded": '''\
def all_succeeded(runs):
    """Fail when the run of an item failed."""
    failed = [run["run"] for run in runs if not run["success"]]
    if failed:
        raise dg.Failure(f"runs of items that failed: {', '.join(failed)}")''',
    "final_request": '''\
def final_request(context, job, state):
    """What asks for the final run, once for every run."""
    run = context.dagster_run
    asked = dg.RunsFilter(job_name=job.name, tags={"pipeline/main_run": run.run_id})
    if context.instance.get_runs_count(asked):
        return dg.SkipReason("the final run was asked for before")
    config = {k: v for k, v in run.run_config.items() if k in ("loggers", "resources")}
    tags = {"pipeline/main_run": run.run_id, "pipeline/state": state}
    tags["dagster/max_retries"] = "0"  # its call has attempts of its own
    return dg.RunRequest(run_key=run.run_id, run_config=config, tags=tags)''',
    "run_state": """\
def run_state(context):
    if state := context.run.tags.get("pipeline/state"):
        return state
    raise dg.Failure("no run to tell the state of: the sensors ask for final runs")""",
    "final_failed": '''\
def final_failed(context):
    """A run whose final call failed has failed, and is not to be retried by run_retries."""
    run = context.instance.get_run_by_id(context.run.tags.get("pipeline/main_run", ""))
    if run and run.is_success:
        context.instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        context.instance.report_run_failed(run, f"final run {context.run_id} failed")''',
}
"""By name, without a line end behind."""

NEEDS: dict[str, tuple[str, ...]] = {
    "time_limit": ("contextmanager", "signal"),
    "retried": ("contextmanager", "dg"),
    "run_moment": ("datetime", "ZoneInfo"),
    "logical_date": ("run_moment",),
    "run_day": ("run_moment",),
    "run_item": ("main_run", "dg", "suppress"),
    "gathered": ("dg",),
    "all_succeeded": ("dg",),
    "final_request": ("dg",),
    "run_state": ("dg",),
}
"""The names that a helper uses: other helpers, and what the file imports for it."""
