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
    return {"run": run.run_id, "success": run.success, "outputs": outputs}