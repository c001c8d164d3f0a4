"""What Dagster has of compiled pipelines once they are loaded: `python dagster.py FILES.json` prints one JSON object
per file. Runs under Dagster's own Python, and knows nothing of pipeglot. What Dagster has no setting for is read in
the source of the op or schedule that does it."""

import ast
import importlib.util
import inspect as source
import json
import os
import sys
import textwrap

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]


def body(function):
    return ast.parse(textwrap.dedent(source.getsource(function)))


def given(function, name):
    """The last argument of the first call of that name in a function's source."""
    for node in ast.walk(body(function)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
            return ast.literal_eval([*node.args, *(keyword.value for keyword in node.keywords)][-1])
    return None


def assigned(function, name):
    """What a function's source assigns to a name, an expression of the file's own names."""
    for node in ast.walk(body(function)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return eval(compile(ast.Expression(node.value), "<start>", "eval"), function.__globals__)
    return None


def task(op):
    function = op.compute_fn.decorated_fn
    policy = op.retry_policy
    waits = given(function, "retried") or []
    if policy is not None:
        waits = [int(policy.calculate_delay(number + 1)) for number in range(policy.max_retries)]
    return {
        "retries": len(waits),
        "waits": waits,
        "timeout": given(function, "time_limit"),
        "description": op.description,
        "pod": json.loads(op.tags["dagster-k8s/config"]) if "dagster-k8s/config" in op.tags else None,
    }


def started(module):
    """The schedule or sensor of the file."""
    from dagster import ScheduleDefinition, SensorDefinition, TimeWindowPartitionsDefinition

    windows = [each for each in vars(module).values() if isinstance(each, TimeWindowPartitionsDefinition)]
    for each in vars(module).values():
        if isinstance(each, SensorDefinition) and each.name.endswith("_catch_up"):
            [ticks] = windows
            return {
                "cron": ticks.cron_schedule,
                "timezone": ticks.timezone,
                "start": ticks.start.isoformat(),
                "catch_up": True,
                "running": each.default_status.value,
            }
        if isinstance(each, ScheduleDefinition):
            function = getattr(each, "__wrapped__", None)
            start = None if function is None else assigned(function, "start")
            return {
                "cron": each.cron_schedule,
                "timezone": each.execution_timezone,
                "start": start and start.isoformat(),
                "catch_up": False,
                "running": each.default_status.value,
            }
        if isinstance(each, SensorDefinition) and each.name.endswith("_interval"):
            function = each.__wrapped__
            text = source.getsource(function)
            return {
                "seconds": given(function, "timedelta"),
                "start": assigned(function, "start").isoformat(),
                "catch_up": "for number in range(" in text,
                "running": each.default_status.value,
            }
    return None


def inspect(path, name):
    import yaml
    from dagster import JobDefinition

    found = importlib.util.spec_from_file_location("inspected", path)
    module = importlib.util.module_from_spec(found)
    sys.modules["inspected"] = module
    found.loader.exec_module(module)
    job = module.defs.get_job_def(name)
    assert isinstance(job, JobDefinition)
    params = job.resource_defs.get("params")
    schema = {} if params is None else params._configurable_resource_cls.model_json_schema()
    settings = {}
    if os.path.exists(kept := os.path.join(os.path.dirname(path), "dagster.yaml")):
        with open(kept, encoding="utf-8") as file:
            settings = yaml.safe_load(file)
    executor = job.executor_def
    return {
        "name": job.name,
        "description": job.description,
        "tags": dict(job.tags),
        "metadata": {key: value.value for key, value in job.metadata.items()},
        "schedule": started(module),
        "params": schema,
        "tasks": {node.name: task(node.definition) for node in job.graph.nodes},
        "settings": settings,
        "executor": source.getsource(module) if executor is None else bounds(module),
    }


def bounds(module):
    """What the file tells its executor of limits: [[value, limit], ...]."""
    for node in ast.walk(ast.parse(source.getsource(module))):
        if isinstance(node, ast.Dict) and any(
            getattr(key, "value", "") == "tag_concurrency_limits" for key in node.keys
        ):
            return [[each["value"], each["limit"]] for each in ast.literal_eval(node)["tag_concurrency_limits"]]
    return []


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        jobs = json.load(file)
    facts = []
    for job in jobs:
        try:
            facts.append(inspect(job["path"], job["name"]))
        except Exception:  # one broken file must not hide the facts of the others
            import traceback

            facts.append({"error": traceback.format_exc()})
    print("\n" + json.dumps(facts, default=repr))
