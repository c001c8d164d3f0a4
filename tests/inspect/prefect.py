"""What Prefect has of compiled pipelines once they are loaded: `python prefect.py FILES.json` prints one JSON object
per file. Runs under Prefect's own Python, and knows nothing of pipeglot."""

import importlib.util
import json
import os
import sys

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]


def task(each):
    return {
        "retries": each.retries,
        "delays": each.retry_delay_seconds,
        "timeout": each.timeout_seconds,
        "description": each.description,
        "tags": sorted(each.tags),
    }


def inspect(path, name):
    import yaml
    from prefect import Flow, Task
    from prefect.cli.deploy._models import PrefectYamlModel

    found = importlib.util.spec_from_file_location("inspected", path)
    module = importlib.util.module_from_spec(found)
    sys.modules["inspected"] = module
    found.loader.exec_module(module)
    flows = {key: each for key, each in vars(module).items() if isinstance(each, Flow)}
    [(function, flow)] = [(key, each) for key, each in flows.items() if name in (each.name, key)]
    folder = os.path.dirname(path)
    with open(os.path.join(folder, "prefect.yaml"), encoding="utf-8") as file:
        [deployment] = PrefectYamlModel.model_validate(yaml.safe_load(file)).deployments
    entry, _, variable = deployment.entrypoint.partition(":")
    return {
        "name": flow.name,
        "description": flow.description,
        "timeout": flow.timeout_seconds,
        "log_prints": flow.log_prints,
        "params": flow.parameters.model_dump(),
        "tasks": {each.name: task(each) for each in vars(module).values() if isinstance(each, Task)},
        "deploys": os.path.basename(path) == entry and variable == function,
        "deployment": json.loads(deployment.model_dump_json(exclude_none=True, exclude_unset=True)),
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
