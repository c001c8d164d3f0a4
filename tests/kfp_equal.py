"""A PipelineSpec with everything taken out that has no meaning: the names of tasks, of DAGs and of what is passed
between them, the order of what has none, and the layout of a component's Python source.

What is left is a description of every component's run: its image, packages, resources and types, where each of its
inputs comes from in the end, what it waits for, and the loops and conditions around it. Two specs are equal when these
are.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

PLACE = re.compile(r"(?:(?:int|double)\()?inputs\.parameter_values\['([^']+)'\]\)?")
PIP = re.compile(r"-m pip install --quiet --no-warn-script-location ((?:'[^']*' *)+)")
OURS = "pydantic>=2"
"""The one requirement that our boundary has and a hand-written component may lack."""


def canonical(spec: dict[str, Any]) -> str:
    """The text of what a spec means."""
    root = spec["root"]
    params = root.get("inputDefinitions", {}).get("parameters", {})
    about = {
        name: {key: each[key] for key in ("parameterType", "defaultValue", "isOptional") if key in each}
        for name, each in params.items()
    }
    env = {name: ["param", name] for name in params}
    tasks = Reader(spec).dag(root, env)
    return json.dumps(plain({"params": about, "tasks": tasks[0]}), indent=1, sort_keys=True)


class Reader:
    """Reads one spec."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.components = spec["components"]
        self.executors = spec["deploymentSpec"]["executors"]
        self.marks: dict[int, str] = {}
        """What stands for a task where another refers to it: were it the task itself, chains would grow twofold with
        every link."""

    def dag(self, component: dict[str, Any], env: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The tasks of a DAG in a canonical order, and what each output comes from."""
        tasks = component["dag"]["tasks"]
        seen: dict[str, Any] = {}
        outputs: dict[str, dict[str, Any]] = {}
        left = dict(tasks)
        while left:
            ready = [name for name, task in left.items() if self.waits(task) <= seen.keys()]
            assert ready, left.keys()
            for name in ready:
                seen[name], outputs[name] = self.task(name, left.pop(name), env, seen, outputs)
        for name, found in seen.items():
            # Tasks that do the same are told apart by how many others take what they give.
            found["feeds"] = sum(name in self.producers(task) for task in tasks.values())
        given = {}
        for key, about in component["dag"].get("outputs", {}).get("parameters", {}).items():
            choice = "valueFromOneof" in about
            ports = about["valueFromOneof"]["parameterSelectors"] if choice else [about["valueFromParameter"]]
            found = [outputs[port["producerSubtask"]][port["outputParameterKey"]] for port in ports]
            given[key] = ["one of", *found] if choice else found[0]
        return sorted(seen.values(), key=lambda each: json.dumps(plain(each), sort_keys=True)), given

    @staticmethod
    def producers(task: dict[str, Any]) -> set[str]:
        inputs = task.get("inputs", {}).get("parameters", {}).values()
        return {each["taskOutputParameter"]["producerTask"] for each in inputs if "taskOutputParameter" in each}

    def waits(self, task: dict[str, Any]) -> set[str]:
        return {*task.get("dependentTasks", ()), *self.producers(task)}

    def task(
        self, name: str, task: dict[str, Any], env: dict[str, Any], seen: dict[str, Any], outputs: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """What a task does, and what its outputs come from."""
        component = self.components[task["componentRef"]["name"]]
        inputs: dict[str, Any] = {}
        for key, each in task.get("inputs", {}).get("parameters", {}).items():
            if "taskOutputParameter" in each:
                port = each["taskOutputParameter"]
                inputs[key] = outputs[port["producerTask"]][port["outputParameterKey"]]
            elif "componentInputParameter" in each:
                inputs[key] = env[each["componentInputParameter"]]
            elif "taskFinalStatus" in each:
                inputs[key] = ["status"]
            else:
                inputs[key] = ["constant", each["runtimeValue"]["constant"]]
        found: dict[str, Any] = {
            "after": sorted(self.marks[id(seen[each])] for each in self.waits(task)),
            "retry": task.get("retryPolicy"),
            "caching": task.get("cachingOptions", {}),
            "strategy": task.get("triggerPolicy", {}).get("strategy"),
        }
        condition = task.get("triggerPolicy", {}).get("condition")
        if condition:
            found["condition"] = self.condition(condition, inputs)
        if "parameterIterator" in task:
            iterator = task["parameterIterator"]
            items = iterator["items"]
            source = ["raw", json.loads(items["raw"])] if "raw" in items else inputs[items["inputParameter"]]
            inputs[iterator["itemInput"]] = ["item", source]
            types = component["inputDefinitions"]["parameters"]
            found["loop"] = {
                "items": source,
                "type": types[iterator["itemInput"]]["parameterType"],
                "limit": task.get("iteratorPolicy", {}).get("parallelismLimit"),
            }
        if "dag" in component:
            found["tasks"], given = self.dag(component, inputs)
            self.marks[id(found)] = mark(found)
            if "parameterIterator" in task:
                given = {key: ["collected", source] for key, source in given.items()}
            return found, given
        container = self.executors[component["executorLabel"]]["container"]
        declared = component.get("inputDefinitions", {}).get("parameters", {})
        found["image"] = container["image"]
        found["resources"] = container.get("resources")
        found["packages"] = sorted(
            package
            for group in PIP.findall(container["command"][2])
            for package in re.findall(r"'([^']*)'", group)
            if package != OURS
        )
        if "--executor_input" not in container.get("args", []):
            found["command"] = [*container["command"], *container["args"]]
        found["inputs"] = {
            key: [declared[key]["parameterType"], source] for key, source in inputs.items() if key in declared
        }
        types = component.get("outputDefinitions", {}).get("parameters", {})
        found["outputs"] = {key: each["parameterType"] for key, each in types.items()}
        self.marks[id(found)] = mark(found)
        return found, {key: ["output", key, self.marks[id(found)]] for key in types}

    @staticmethod
    def condition(text: str, inputs: dict[str, Any]) -> list[Any]:
        """The pieces of a condition, with what each reference comes from."""
        pieces = PLACE.split(text)
        found: list[Any] = []
        for number, piece in enumerate(pieces):
            if number % 2:
                found.append(inputs[piece])
            else:
                found.append(re.sub(r"(?<![\w.'])(\d+)\.0\b", r"\1", piece).strip())
        return found


def mark(value: Any) -> str:
    """A digest of a description."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Whole floats as ints, a spec has doubles only; tasks in an order that does not depend on how they are called."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        found = {key: plain(each) for key, each in value.items()}
        if isinstance(found.get("tasks"), list):
            found["tasks"].sort(key=lambda each: json.dumps(each, sort_keys=True))
        return found
    return [plain(each) for each in value] if isinstance(value, list) else value
