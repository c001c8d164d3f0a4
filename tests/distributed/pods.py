"""What compiled files say about pods, read from their text: per target, one plain pod for each call that asks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import yaml

Pod: TypeAlias = dict[str, Any]
"""A pod as Kubernetes' own manifests have it, as far as it is told: `{"spec": {"containers": [...]}}`."""

_KFP = {
    "resourceCpuRequest": ("requests", "cpu"),
    "resourceCpuLimit": ("limits", "cpu"),
    "resourceMemoryRequest": ("requests", "memory"),
    "resourceMemoryLimit": ("limits", "memory"),
}
_KFP_OLD = {"cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit"}
"""The same as numbers, for back ends of before."""


def airflow(files: Mapping[str, str]) -> Iterator[Pod]:
    """The `pod_override` of every task; the names of the client's models are kept as `__model__`."""
    for text in files.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "pod_override":
                        yield _plain(value)


def dagster(files: Mapping[str, str]) -> Iterator[Pod]:
    """The tag `dagster-k8s/config` of every op, as the pod that dagster-k8s makes of it."""
    for text in files.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "dagster-k8s/config":
                        told = _plain(value)
                        container, spec = told.pop("container_config", None), told.pop("pod_spec_config", {})
                        assert not told, f"dagster-k8s knows more, this test does not: {told}"
                        if container is not None:
                            spec = {"containers": [{"name": "dagster", **container}], **spec}
                        yield {"spec": spec}


def kfp(files: Mapping[str, str]) -> Iterator[Pod]:
    """The resources of every executor with the labels and secrets of its platform, as the pod that the driver makes of
    them."""
    documents = [yaml.safe_load(text) for name, text in files.items() if name.endswith(".yaml")]
    placed: dict[str, Any] = {}
    for document in documents:
        told = document.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
        placed.update(told)
    for document in documents:
        for name, executor in document.get("deploymentSpec", {}).get("executors", {}).items():
            resources = executor.get("container", {}).get("resources")
            labels = placed.get(name, {}).get("nodeSelector", {}).get("labels")
            secrets = placed.get(name, {}).get("secretAsEnv")
            if resources is None and labels is None and secrets is None:
                continue
            spec = {} if labels is None else {"nodeSelector": labels}
            container: dict[str, Any] = {} if resources is None else {"resources": _kfp(resources)}
            if secrets is not None:
                container["env"] = list(_kfp_secrets(secrets))
            if container:
                spec["containers"] = [{"name": "main", **container}]
            yield {"spec": spec}


def _kfp(told: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in told.items():
        if key == "accelerator":
            found.setdefault("limits", {})[value["resourceType"]] = value["resourceCount"]
        elif key not in _KFP_OLD:
            part, name = _KFP[key]
            found.setdefault(part, {})[name] = value
    return found


def _kfp_secrets(told: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in told:
        for one in each["keyToEnv"]:
            ref = {"name": each["secretName"], "key": one["secretKey"]}
            yield {"name": one["envVar"], "valueFrom": {"secretKeyRef": ref}}


READ: Mapping[str, Callable[[Mapping[str, str]], Iterator[Pod]]] = {"airflow": airflow, "dagster": dagster, "kfp": kfp}


def _plain(node: ast.expr) -> Any:
    """A literal, or a call of a model of Kubernetes' client as a dict of its arguments."""
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Attribute) and not node.args
        told = {str(keyword.arg): _plain(keyword.value) for keyword in node.keywords}
        return {"__model__": node.func.attr, **told}
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(k): _plain(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    return [_plain(item) for item in node.elts] if isinstance(node, ast.List) else ast.literal_eval(node)


def bare(pod: Any) -> Any:
    """A pod without the names of models, with the field names of manifests."""
    if isinstance(pod, list):
        return [bare(each) for each in pod]
    if not isinstance(pod, dict):
        return pod
    names = {"node_selector": "nodeSelector", "value_from": "valueFrom", "secret_key_ref": "secretKeyRef"}
    return {names.get(key, key): bare(value) for key, value in pod.items() if key != "__model__"}
