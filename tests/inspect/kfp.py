"""What KFP has of compiled pipelines once they are loaded: `python kfp.py FILES.json` prints one JSON object per file.
Runs under KFP's own Python, and knows nothing of pipeglot. Time limits and descriptions are read in the component's own
source; the recurring run is what the deploy script asks a client for that only keeps what it is told."""

import ast
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]


def tasks(spec, dag):
    """Every task of a dag and of those inside it, by name, with its executor's label."""
    for task in dag.get("tasks", {}).values():
        component = spec["components"][task["componentRef"]["name"]]
        if "executorLabel" in component:
            yield task["taskInfo"]["name"], task, component["executorLabel"]
        else:
            yield from tasks(spec, component["dag"])


def read(program):
    """What the component's source says: the seconds after which it gives up, the waits before it tries again by
    itself, and the docstring of its function."""
    tree = ast.parse(program)
    found, waits = None, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "limited":
            found = ast.literal_eval(node.args[0])
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "attempt":
            told = [keyword.value for keyword in node.keywords if keyword.arg == "waits"]
            waits = ast.literal_eval(told[0]) if told else []
    last = [node for node in tree.body if isinstance(node, ast.FunctionDef)][-1]
    return found, waits, ast.get_docstring(last)


def told_to_shell(container):
    """The same of a container step: what follows `--` in its arguments is its command."""
    words = container["args"][container["args"].index("--") + 1 :]
    return int(words[1]) if words[0] == "timeout" else None, [], None


def seconds(text):
    return None if text is None else float(str(text).removesuffix("s"))


def pod(resources, kubernetes):
    return {"resources": resources or {}, **(kubernetes or {})} if resources or kubernetes else None


def deployed(path):
    """What the deploy script asks of the server."""
    import kfp

    asked = {}

    class Client:
        """A server that has what it is told, and nothing at first."""

        def get_pipeline_id(self, name):
            return asked.get("upload_pipeline") and "p"

        def list_pipeline_versions(self, pipeline_id, filter):
            return SimpleNamespace(pipeline_versions=None)

        def list_recurring_runs(self, experiment_id, page_size, filter):
            old = SimpleNamespace(recurring_run_id="old") if "delete_recurring_run" not in asked else None
            return SimpleNamespace(recurring_runs=[old] if old else None)

        def __getattr__(self, name):
            def call(*args, **kwargs):
                asked[name] = kwargs
                made = ("experiment_id", "pipeline_id", "pipeline_version_id", "recurring_run_id")
                return SimpleNamespace(**{key: key[0] for key in made})

            return call

    with mock.patch.object(kfp, "Client", Client):
        found = importlib.util.spec_from_file_location("deploy", path)
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        with mock.patch("builtins.print"):
            module.main()
    return asked


def inspect(path, name):
    from google.protobuf import json_format
    from kfp.components import load_component_from_file

    folder, stem = Path(path).parent, Path(path).stem
    whole = folder / "whole.yaml"
    extra = folder / f"{stem}_kubernetes.yaml"
    whole.write_text("---\n".join(each.read_text() for each in [Path(path), *([extra] if extra.exists() else [])]))
    loaded = load_component_from_file(str(whole))
    spec = json_format.MessageToDict(loaded.pipeline_spec)
    platform = json_format.MessageToDict(loaded.platform_spec).get("platforms", {}).get("kubernetes", {})
    executors = spec.get("deploymentSpec", {}).get("executors", {})
    kubernetes = platform.get("deploymentSpec", {}).get("executors", {})
    found = {}
    for task, told, label in tasks(spec, spec["root"]["dag"]):
        container = executors[label]["container"]
        retry = told.get("retryPolicy", {})
        python = "--executor_input" in container["args"]
        timeout, waits, doc = read(container["command"][-1]) if python else told_to_shell(container)
        found[task] = {
            "retries": int(retry.get("maxRetryCount", 0)) or len(waits),
            "waits": waits,
            "delay": seconds(retry.get("backoffDuration", "0s")),
            "factor": retry.get("backoffFactor", 1),
            "longest": seconds(retry.get("backoffMaxDuration")),
            "timeout": timeout,
            "description": doc,
            "installs": container["command"][2] if len(container["command"]) > 2 else "",
            "image": container.get("image"),
            "pod": pod(container.get("resources"), kubernetes.get(label)),
        }
    script = folder / f"{stem}_deploy.py"
    return {
        "name": spec["pipelineInfo"]["name"],
        "description": spec["pipelineInfo"].get("description"),
        "params": spec["root"].get("inputDefinitions", {}).get("parameters", {}),
        "tasks": found,
        "deadline": platform.get("pipelineConfig", {}).get("activeDeadlineSeconds"),
        "config": platform.get("pipelineConfig", {}),
        "recurring": deployed(script).get("create_recurring_run") if script.exists() else None,
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
