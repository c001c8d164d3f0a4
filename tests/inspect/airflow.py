"""What Airflow has of compiled pipelines once they are loaded: `python airflow.py FILES.json` prints one JSON object
per file. Runs under Airflow's own Python, and knows nothing of pipeglot."""

import importlib.util
import json
import os
import sys

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]


def seconds(delta):
    return None if delta is None else delta.total_seconds()


def task(each):
    pod = (each.executor_config or {}).get("pod_override")
    return {
        "display_name": each.task_display_name,
        "group": None if each.task_group is None else each.task_group.group_id,
        "owner": each.owner,
        "retries": each.retries,
        "retry_delay": seconds(each.retry_delay),
        "backoff": each.retry_exponential_backoff,
        "max_retry_delay": seconds(each.max_retry_delay),
        "timeout": seconds(each.execution_timeout),
        "doc": each.doc_md or (getattr(getattr(each, "python_callable", None), "__doc__", None)),
        "at_once": each.max_active_tis_per_dagrun,
        "pool": each.pool,
        "pod": None if pod is None else clean(pod),
    }


def param_of(param):
    told = {"schema": param.schema, "given": param.has_value, "description": param.description}
    return {**told, "value": param.dump()["value"]}


def clean(pod):
    from kubernetes.client import ApiClient

    return ApiClient().sanitize_for_serialization(pod)


def groups(group):
    yield group
    for child in group.children.values():
        if hasattr(child, "children"):
            yield from groups(child)


def inspect(path, name):
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    found = importlib.util.spec_from_file_location("inspected", path)
    module = importlib.util.module_from_spec(found)
    sys.modules["inspected"] = module
    found.loader.exec_module(module)
    [dag] = [each for each in vars(module).values() if isinstance(each, DAG) and each.dag_id == name]
    kept = DagSerialization.to_dict(dag)["dag"]
    return {
        "dag_id": dag.dag_id,
        "display_name": dag.dag_display_name,
        "description": dag.description,
        "doc": dag.doc_md,
        "timetable": kept["timetable"],
        "start": None if dag.start_date is None else dag.start_date.isoformat(),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timeout": seconds(dag.dagrun_timeout),
        "tags": sorted(dag.tags),
        "max_active_tasks": dag.max_active_tasks,
        "params": {key: param_of(dag.params.get_param(key)) for key in dag.params},
        "tasks": {each.task_id: task(each) for each in dag.tasks},
        "groups": {each.group_id: each.tooltip for each in groups(dag.task_group) if each.group_id},
    }


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
