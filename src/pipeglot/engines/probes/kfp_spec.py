"""A job's PipelineSpec, read from its file or made by the SDK's Python file that it is, and what it takes to run it here."""

import json
import re
from importlib import metadata
from pathlib import Path

import wire

OWN = "# Made by pipeglot "
PORTS = {"componentInputParameter", "taskOutputParameter", "taskFinalStatus", "runtimeValue"}
_QUOTED = re.compile(r"'([^']+)'")


class CannotRun(Exception):
    """Why a spec cannot be run here: a code, a message and what to do."""

    def __init__(self, code, message, way_out=""):
        super().__init__(message)
        self.code, self.message, self.way_out = code, message, way_out


def read(job):
    """The spec as data, and whether pipeglot has made it."""
    from google.protobuf import json_format

    file = Path(job["folder"], job["entry"])
    if file.suffix == ".py":
        own = OWN in file.read_text(encoding="utf-8")[:3000]
        return json_format.MessageToDict(pipeline_of(job).pipeline_spec), own
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = file.read_text(encoding="utf-8")
    # What is Kubernetes' own stands in a second document.
    data = next((each for each in yaml.load_all(text, Loader=loader) if each), None)
    if not isinstance(data, dict) or "root" not in data:
        raise ValueError("the file holds no pipeline: a specification has a `root`")
    return data, OWN in text[:3000]


def pipeline_of(job):
    """The pipeline of that name in a file of the SDK."""
    from kfp.dsl import base_component, graph_component

    module = wire.load(job)
    found = {}
    for key, each in vars(module).items():
        if isinstance(each, base_component.BaseComponent):
            found.setdefault(key, each)
    for key, each in found.items():
        if job["name"] in (key, each.name):
            return each
    whole = {each.name: each for each in found.values() if isinstance(each, graph_component.GraphComponent)}
    has = ", ".join(sorted(whole)) or "none"
    raise LookupError(f"no pipeline {job['name']!r} in {job['entry']} (it has {has})")


# ---------------------------------------------------------------- what it takes


def check(data):
    """Raise CannotRun for a native spec that needs what is not here: containers, or packages."""
    boxes, missing = set(), {}
    for label, executor in data.get("deploymentSpec", {}).get("executors", {}).items():
        container = executor.get("container")
        if container is None:
            continue
        command = container.get("command", [])
        name = label.removeprefix("exec-")
        if not any("ephemeral_component.py" in part for part in command):
            boxes.add(f"{name} ({container.get('image', '')})")
        lines = [line for part in command[:-1] for line in part.splitlines() if "pip install" in line]
        for wanted in (each for line in lines for each in _QUOTED.findall(line)):
            if not _installed(wanted):
                missing.setdefault(wanted, name)
    if boxes:
        told = ", ".join(sorted(boxes))
        message = f"tasks that are containers cannot be run here, only components in Python: {told}"
        raise CannotRun("PG324", message, "take a run of the cluster as this side: pipeglot migrate collect --from kfp")
    if missing:
        told = ", ".join(f"{wanted} ({name})" for wanted, name in sorted(missing.items()))
        way_out = "declare them as the pipeline's packages, or name a Python that has them (--old-python, --new-python)"
        raise CannotRun("PG307", f"components install what the environment here does not have: {told}", way_out)


def _installed(requirement):
    """Whether a requirement is there; what installs KFP itself, and flags of pip, always are."""
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    if name is None:
        return requirement.startswith("-")
    if name[0].lower().replace("_", "-") in ("kfp", "typing-extensions"):
        return True
    try:
        from packaging.requirements import Requirement

        wanted = Requirement(requirement)
        return wanted.url is None and wanted.specifier.contains(metadata.version(wanted.name), prereleases=True)
    except ImportError:
        return bool(list(metadata.distributions(name=name[0])))
    except Exception:
        return False


def beyond_the_rules(data):
    """Whether a spec has what `kfp_rules` does not know: artifacts, importers, parts of values, texts with places."""
    executors = data.get("deploymentSpec", {}).get("executors", {})
    components = [data["root"], *data.get("components", {}).values()]
    if any("container" not in each for each in executors.values()):
        return True
    for component in components:
        if any(component.get(key, {}).get("artifacts") for key in ("inputDefinitions", "outputDefinitions")):
            return True
        for task in component.get("dag", {}).get("tasks", {}).values():
            inputs = task.get("inputs", {})
            ports = inputs.get("parameters", {}).values()
            constants = [each.get("runtimeValue", {}).get("constant") for each in ports]
            ends = task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"
            if (
                inputs.get("artifacts")
                or "artifactIterator" in task
                or any(not PORTS.issuperset(each) for each in ports)
                or any("{{$." in json.dumps(each) for each in constants)
                or (ends and not any("taskFinalStatus" in each for each in ports))
            ):
                return True
    return False


def outputs_by_task(data):
    """The output parameters of each task by name, None where something else is given too: artifacts, or by another task
    of the name."""
    found = {}
    components = data.get("components", {})
    for component in [data["root"], *components.values()]:
        for name, task in component.get("dag", {}).get("tasks", {}).items():
            told = components[task["componentRef"]["name"]].get("outputDefinitions", {})
            mine = None if told.get("artifacts") else told.get("parameters", {})
            found[name] = mine if found.get(name, mine) == mine else None
    return found


def arguments(job, data, when, own):
    """The arguments: in a spec of ours, what is no scalar or list of them goes in as JSON text."""
    about = data["root"].get("inputDefinitions", {}).get("parameters", {})
    required = {
        name for name, each in about.items() if not each.get("isOptional") and "defaultValue" not in each and not own
    }
    given = {**{name: value for name, value in job["defaults"].items() if name in required}, **job["params"]}
    found = {}
    for name, value in given.items():
        if name not in about:
            has = ", ".join(about) or "none"
            raise LookupError(f"the pipeline has no parameter {name!r} (it has {has})")
        kind = about[name]["parameterType"]
        if own and kind == "STRING" and about[name].get("description", "").startswith("JSON"):
            value = json.dumps(value).replace("{{", "{\\u007b")
        found[name] = float(value) if kind == "NUMBER_DOUBLE" and value is not None else value
    for name, each in about.items():
        if own and each.get("description", "").startswith("Logical date") and when is not None:
            found[name] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return found
