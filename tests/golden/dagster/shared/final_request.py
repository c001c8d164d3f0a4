def final_request(context, job, state):
    """What asks for the final run, once for every run."""
    run = context.dagster_run
    asked = dg.RunsFilter(job_name=job.name, tags={"pipeline/main_run": run.run_id})
    if context.instance.get_runs_count(asked):
        return dg.SkipReason("the final run was asked for before")
    config = {k: v for k, v in run.run_config.items() if k in ("loggers", "resources")}
    tags = {"pipeline/main_run": run.run_id, "pipeline/state": state}
    tags["dagster/max_retries"] = "0"  # its call has attempts of its own
    return dg.RunRequest(run_key=run.run_id, run_config=config, tags=tags)