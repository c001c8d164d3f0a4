"""Say what a pipeline declares: the specification that KFP takes, read as its SDK reads it, or made by the SDK of a `.py` file.

Runs under KFP's own Python. What Kubernetes is asked for may stand in a second document of the file or in
`NAME_kubernetes.yaml` beside it; when runs are started is known to the server, or to the deploy script that pipeglot writes
beside it. What KFP has no setting for, pipeglot's own components say by helpers (`limited`, `attempt`): there they are read.
"""

import ast
import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import reading
from kfp_spec import pipeline_of
from reading import bare

LARGEST = 3600.0
"""KFP's longest wait before a retry where the spec names none, in seconds."""

TYPES = {
    "NUMBER_INTEGER": "integer",
    "NUMBER_DOUBLE": "number",
    "STRING": "string",
    "BOOLEAN": "boolean",
    "LIST": "array",
    "STRUCT": "object",
}


def prepare():
    # Ours, for runs: a file of the SDK is to be made as it is where it is deployed.
    os.environ.pop("KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT", None)
    import kfp

    def read(job, sources):
        return {"engine_version": kfp.__version__, **Reader(job, sources, *loaded(job, sources)).told()}

    return read


def loaded(job, sources):
    """The specification, what is Kubernetes' own in it, and the composed document, which knows its lines (None of a Python
    file)."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    if job["entry"].endswith(".py"):
        component = pipeline_of(job)
        return (
            json_format.MessageToDict(component.pipeline_spec),
            json_format.MessageToDict(component.platform_spec),
            None,
        )
    import yaml

    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(sources.entry).read_text(encoding="utf-8")
    documents = [each for each in yaml.load_all(text, Loader=fast) if each]
    if not documents or "root" not in documents[0]:
        raise ValueError("the file holds no pipeline: a specification has a `root`")
    spec = json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
    platform = documents[1] if len(documents) > 1 else {}
    beside = Path(sources.entry).with_name(f"{Path(sources.entry).stem}_kubernetes.yaml")
    if not platform and beside.exists():
        platform = yaml.load(beside.read_text(encoding="utf-8"), Loader=fast) or {}
    return json_format.MessageToDict(spec), platform, next(yaml.compose_all(text, Loader=fast), None)


class Reader:
    """Reads one specification."""

    def __init__(self, job, sources, spec, platform, document):
        self.job, self.sources, self.spec, self.document = job, sources, spec, document
        self.components = spec.get("components", {})
        self.executors = spec.get("deploymentSpec", {}).get("executors", {})
        self.platform = platform.get("platforms", {}).get("kubernetes", {})
        self.made_by_us = sources.compiled
        self.groups, self.limits = set(), {}

    def at(self, *path):
        if self.document is None:  # of a Python file the component's function is what can be found
            return None
        return self.sources.place(self.sources.entry, reading.yaml_line(self.document, path) or 1)

    def component_at(self, name, *path):
        """Where a component is: its task in the specification, or its function in a Python file."""
        if self.document is None:
            return self.sources.function(name)
        return self.at(*path)

    def told(self):
        spec, name = self.spec, self.spec["pipelineInfo"]["name"]
        recurring, script = self.deployed()
        config = self.platform.get("pipelineConfig", {})
        limit = config.get("activeDeadlineSeconds")
        description = spec["pipelineInfo"].get("description", "")
        words = {}
        if self.made_by_us:
            pairs = (line.partition(": ") for line in description.splitlines())
            words = {key: rest for key, _, rest in pairs if key in ("Owner", "Tags")}
        schedules, start, catch_up = scheduled(recurring, script)
        unknown = [] if script else ["schedules", "start", "catch_up"]
        unknown += [] if recurring else ["max_active_runs"]
        # What is no constant depends on when the script is run.
        unknown += ["start"] if "start_time" in recurring and recurring["start_time"] is None else []
        return bare(
            {
                "kind": "pipeline",
                "name": name,
                "at": self.component_at(self.job["name"], "pipelineInfo"),
                "description": description,
                "owners": [words["Owner"]] if "Owner" in words else [],
                "tags": words["Tags"].split(", ") if "Tags" in words else [],
                "params": list(self.params()),
                "schedules": schedules,
                "start": start,
                "catch_up": catch_up,
                "max_active_runs": recurring.get("max_concurrency"),
                "run_timeout": None if limit is None else float(limit),
                "settings": [
                    reading.placed(key, value, None) for key, value in config.items() if key != "activeDeadlineSeconds"
                ],
                "tasks": list(self.tasks(spec["root"], ("root",), None, ())),
                "groups": sorted(self.groups),
                "unknown": unknown,
            }
        )

    def params(self):
        about = self.spec["root"].get("inputDefinitions", {})
        for name, told in about.get("parameters", {}).items():
            default = told.get("defaultValue")
            if told["parameterType"] == "NUMBER_INTEGER" and isinstance(default, float):
                default = int(default)
            words = told.get("description", "")
            if self.made_by_us and told["parameterType"] == "STRING" and words.startswith("JSON"):
                default = json.loads(default or "null")
            yield {
                "name": name,
                "type": bare({"type": TYPES.get(told["parameterType"])}),
                "required": not told.get("isOptional", False) and "defaultValue" not in told,
                "default": default,
                "description": words,
            }
        for name in about.get("artifacts", {}):
            yield {"name": name, "required": True, "description": "an artifact"}

    # ------------------------------------------------------------ tasks

    def tasks(self, component, path, group, over):
        """Every task of a DAG and of those inside it."""
        self.groups.update([group] if group else [])
        for name, task in component.get("dag", {}).get("tasks", {}).items():
            here = (*path, "dag", "tasks", name)
            key = task["componentRef"]["name"]
            inner = self.components[key]
            mapped = [*over, *self.items(task)]
            inside = f"{group}.{name}" if group else name
            if "dag" in inner:
                limit = task.get("iteratorPolicy", {}).get("parallelismLimit")
                known = self.limits.get(group)
                self.limits[inside] = min(filter(None, (limit, known)), default=None)
                # One that is used twice has its tasks told once for each use.
                yield from self.tasks(inner, ("components", key), inside, mapped)
            else:
                yield self.task(name, task, inner, here, group, mapped)

    @staticmethod
    def items(task):
        found = task.get("parameterIterator", {}).get("itemInput") or task.get("artifactIterator", {}).get("itemInput")
        return [found] if found else []

    def task(self, name, task, component, here, group, over):
        label = component.get("executorLabel", "")
        executor = self.executors.get(label, {})
        container = executor.get("container", {})
        command, args = container.get("command", []), container.get("args", [])
        source = next((each for each in command if "\ndef " in f"\n{each}"), "") if "--executor_input" in args else ""
        function = args[args.index("--function_to_execute") + 1] if "--function_to_execute" in args else ""
        again, timeout, tolerance, unknown = self.policies(task, source, function, args)
        condition = task.get("triggerPolicy", {}).get("condition")
        strategy = task.get("triggerPolicy", {}).get("strategy", "")
        caching = task.get("cachingOptions", {}).get("enableCache", False)
        settings = []
        if condition:
            settings.append(reading.placed("condition", condition, self.at(*here, "triggerPolicy")))
        if caching:
            settings.append(reading.placed("caching", True, self.at(*here, "cachingOptions")))
        packages = re.findall(r"'([^']+)'", command[2]) if len(command) > 2 and "pip install" in command[2] else []
        packages = [each for each in packages if not each.startswith(("kfp==", "--", "typing-extensions"))]
        if packages:
            settings.append(reading.placed("packages", packages, self.at("deploymentSpec", "executors", label)))
        if container.get("env"):
            names = [each["name"] for each in container["env"]]
            settings.append(reading.placed("env", names, self.at("deploymentSpec", "executors", label)))
        for key, value in self.platform.get("deploymentSpec", {}).get("executors", {}).get(label, {}).items():
            if key != "nodeSelector":
                settings.append(reading.placed(f"kubernetes.{key}", value, None))
        for direction in ("inputDefinitions", "outputDefinitions"):
            for artifact, about in component.get(direction, {}).get("artifacts", {}).items():
                kind = about.get("artifactType", {}).get("schemaTitle", "artifact").removeprefix("system.")
                word = "input" if direction == "inputDefinitions" else "output"
                settings.append(reading.placed("artifact", f"{word} {artifact}: {kind}", None))
        kind = "importer" if "importer" in executor else "python" if source else "container"
        places = bare({"retries": self.at(*here, "retryPolicy")}) if "retryPolicy" in task else {}
        limit = self.limits.get(group)
        return bare(
            {
                "name": name,
                "kind": kind,
                "operator": label.removeprefix("exec-"),
                "at": self.component_at(function or label.removeprefix("exec-").replace("-", "_"), *here),
                "group": group,
                "waits_for": sorted(self.waits(task)),
                "join": strategy
                if strategy not in ("", "STRATEGY_UNSPECIFIED", "ALL_UPSTREAM_TASKS_SUCCEEDED")
                else "",
                "takes": list(self.takes(task)),
                "over": over,
                "retries": again,
                "timeout": timeout,
                "at_once": limit,
                "tolerance": tolerance,
                "image": container.get("image"),
                "resources": self.resources(container, label),
                "settings": settings,
                "code": {"name": function, "text": source} if source else None,
                "args": {} if source else bare({"command": command or None, "args": args or None}),
                "places": places,
                "unknown": unknown,
            }
        )

    def policies(self, task, source, function, args):
        """Retries, time limit, tolerance, and what of them is not known."""
        told = task.get("retryPolicy")
        again, timeout, tolerance, unknown = retries(told), None, None, []
        if not self.made_by_us:
            return again, timeout, tolerance, ["timeout", "tolerance"]
        if source:
            for node in reading.walked(own_part(source, function)):
                name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
                if name == "limited":
                    timeout = reading.constant(node.args[0])
                elif name == "attempt":
                    waits = next((keyword.value for keyword in node.keywords if keyword.arg == "waits"), None)
                    found = reading.numbers(waits) if waits is not None else []
                    given = [keyword.value for keyword in node.keywords if keyword.arg == "value"]
                    tolerance = {"default": reading.constant(given[0])} if given else None
                    if found:
                        again = {"count": len(found), "waits": found}
                    elif found is None:
                        unknown.append("retries")
        elif "--" in args:
            words = args[args.index("--") + 1 :]
            timeout = int(words[1]) if words[:1] == ["timeout"] and words[1].isdigit() else None
        return again, timeout, tolerance, unknown

    @staticmethod
    def waits(task):
        given = task.get("inputs", {}).get("parameters", {}).values()
        producers = {each["taskOutputParameter"]["producerTask"] for each in given if "taskOutputParameter" in each}
        artifacts = task.get("inputs", {}).get("artifacts", {}).values()
        producers |= {each["taskOutputArtifact"]["producerTask"] for each in artifacts if "taskOutputArtifact" in each}
        return producers | set(task.get("dependentTasks", ()))

    @staticmethod
    def takes(task):
        for kind, source, key in (
            ("parameters", "taskOutputParameter", "outputParameterKey"),
            ("artifacts", "taskOutputArtifact", "outputArtifactKey"),
        ):
            for name, each in task.get("inputs", {}).get(kind, {}).items():
                if source in each:
                    output = each[source].get(key)
                    usual = {"key": output} if output not in (None, "Output") else {}
                    yield {"into": name, "task": each[source]["producerTask"], **usual}

    def resources(self, container, label):
        asked = container.get("resources", {})
        devices = asked.get("accelerator", {})
        kubernetes = self.platform.get("deploymentSpec", {}).get("executors", {}).get(label, {})
        labels = kubernetes.get("nodeSelector", {}).get("labels", {})
        if not asked and not labels:
            return None
        cpu = (
            asked.get("resourceCpuRequest")
            or asked.get("cpuRequest")
            or asked.get("resourceCpuLimit")
            or asked.get("cpuLimit")
        )
        memory = next(
            (
                asked[key]
                for key in ("resourceMemoryRequest", "memoryRequest", "resourceMemoryLimit", "memoryLimit")
                if key in asked
            ),
            None,
        )
        count = devices.get("resourceCount") or devices.get("count")
        return bare(
            {
                "cpu": reading.cores(cpu),
                "memory": None if memory is None else str(memory),
                "gpus": None if count is None else int(count),
                "gpu_type": devices.get("resourceType") or devices.get("type"),
                "node_selector": labels,
            }
        )

    # ------------------------------------------------------------ what starts runs

    def deployed(self):
        """What the deploy script beside the file asks the server for, and the script."""
        script = Path(self.sources.entry).with_name(f"{Path(self.sources.entry).stem}_deploy.py")
        if not script.exists():
            return {}, None
        for node in ast.walk(reading.tree_of(str(script))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "create_recurring_run":
                told = {keyword.arg: reading.constant(keyword.value) for keyword in node.keywords if keyword.arg}
                return {**told, "at": self.sources.place(str(script), node.lineno)}, script
        return {}, script


def own_part(source, function):
    """The function that a component runs, without the helpers before it."""
    for node in reversed(ast.parse(source).body if source else []):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_source_segment(source, node) or ""
    return source


def retries(told):
    """KFP's rule, by Argo: the wait times the factor each time, and no longer than the longest."""
    if not told:
        return {"count": 0}
    count = int(told.get("maxRetryCount", 0))
    delay = span(told.get("backoffDuration")) or 0.0
    factor = float(told.get("backoffFactor") or 1.0)
    longest = span(told.get("backoffMaxDuration"))
    most = LARGEST if longest is None else longest
    return bare(
        {
            "count": count,
            "waits": [min(delay * factor**number, most) for number in range(min(count, 1000))],
            "delay": delay,
            "backoff": factor if factor != 1.0 else None,
            "max_delay": longest,
        }
    )


def span(text):
    return None if text is None else float(str(text).removesuffix("s"))


def scheduled(told, script):
    """The schedule of a recurring run, its start, and whether it catches up."""
    cron, interval = told.get("cron_expression"), told.get("interval_second")
    if not cron and not interval:
        return [], None, False if script else None
    common = {"about": "recurring run", "at": told.get("at"), "active": told.get("enabled", True)}
    # The first run is the first after this, or an interval after it.
    start = told.get("start_time")
    if isinstance(start, str):
        ahead = timedelta(seconds=1 if cron else float(interval))
        start = (datetime.fromisoformat(start.replace("Z", "+00:00")) + ahead).isoformat()
    if cron:
        fields = cron.split()
        # A field for the seconds comes first.
        five = " ".join(fields[1:]) if len(fields) == 6 and fields[0] == "0" else None
        found = bare({**common, "kind": "cron" if five else "other", "cron": five, "about": f"recurring run: {cron}"})
    else:
        found = bare(
            {**common, "kind": "interval", "seconds": float(interval), "about": f"recurring run, every {interval} s"}
        )
    return [found], start, None if told.get("no_catchup") is None else not told["no_catchup"]


if __name__ == "__main__":
    reading.serve("kfp", prepare)
