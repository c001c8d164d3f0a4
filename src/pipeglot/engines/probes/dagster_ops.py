"""What loaded ops say by ways of their own: functions, dependencies, waits, bounds, pods. Standard library only."""

import ast
import functools
import inspect
import json

import reading
from reading import bare


def decorated(definition):
    made = getattr(definition, "compute_fn", None)
    function = getattr(made, "decorated_fn", None) or made
    return inspect.unwrap(function) if callable(function) else None


def ops(graph, prefix):
    for node in graph.nodes:
        if hasattr(node.definition, "nodes"):
            yield from ops(node.definition, f"{prefix}{node.name}.")
        else:
            yield prefix + node.name, node.definition


def upstream(graph, name):
    """The nodes of the same graph that a node takes outputs of."""
    for invocation, inputs in graph.dependencies.items():
        if (invocation.alias or invocation.name) == name:
            for dependency in inputs.values():
                yield from (each.node for each in dependency.get_node_dependencies() if hasattr(each, "node"))


def retries(policy):
    """The waits by Dagster's rule, without the part of chance."""
    if policy is None:
        return {"count": 0}
    delay, backoff = policy.delay or 0, getattr(policy.backoff, "value", None)
    factor = {None: lambda n: 1, "LINEAR": lambda n: n, "EXPONENTIAL": lambda n: 2**n - 1}[backoff]
    return bare(
        {
            "count": policy.max_retries,
            "waits": [float(delay * factor(number)) for number in range(1, min(policy.max_retries, 1000) + 1)],
            "delay": policy.delay,
            "backoff": backoff and backoff.lower(),
            "jitter": getattr(policy.jitter, "value", None),
        }
    )


def called(text):
    return [node for node in reading.walked(text) if isinstance(node, ast.Call)]


@functools.lru_cache(maxsize=500)
def bounds(file):
    """What a file tells an executor of limits: (key, value, limit)."""
    found = []
    for node in ast.walk(reading.tree_of(file)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=False):
                told = reading.constant(value) if getattr(key, "value", "") == "tag_concurrency_limits" else None
                for each in told or ():
                    if isinstance(each, dict) and {"key", "limit"} <= set(each):
                        found.append((each["key"], each.get("value"), each["limit"]))
    return tuple(found)


def pod(config):
    """What Kubernetes is asked for."""
    if not config:
        return None
    config = json.loads(config) if isinstance(config, str) else config
    resources = config.get("container_config", {}).get("resources", {})
    asks, limits = resources.get("requests", {}), resources.get("limits", {})
    return reading.pod(asks, limits, config.get("pod_spec_config", {}).get("node_selector", {}))
