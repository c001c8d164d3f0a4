"""What a call's resources and secrets are called on Kubernetes, which all engines build on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeglot.codegen.pysource import Spelling
from pipeglot.core.ir import Resources, Secret


def requests(resources: Resources) -> dict[str, str]:
    """What the container asks for, as Kubernetes quantities.

    >>> requests(Resources(cpu=0.5, memory="2Gi"))
    {'cpu': '500m', 'memory': '2Gi'}
    """
    asked: dict[str, str] = {}
    if resources.cpu is not None:
        thousandths = round(resources.cpu * 1000)
        asked["cpu"] = f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)
    if resources.memory is not None:
        asked["memory"] = resources.memory
    return asked


def limits(resources: Resources) -> dict[str, str]:
    """What the container may not pass: memory, and devices, of which Kubernetes takes the limit as the request.

    >>> limits(Resources(memory="2Gi", gpus=1))
    {'memory': '2Gi', 'nvidia.com/gpu': '1'}
    """
    bounds = {} if resources.memory is None else {"memory": resources.memory}
    return bounds if resources.gpus is None else {**bounds, resources.gpu_type: str(resources.gpus)}


def spelling(resources: Resources | None) -> Spelling:
    """What the settings of a container spell."""
    gpus = {} if resources is None else {resources.gpu_type: "Resources.gpus Resources.gpu_type"}
    amounts: Spelling = {"cpu": "Resources.cpu", "memory": "Resources.memory", **gpus}
    return {"env": "Policy.secrets", "resources": {"requests": amounts, "limits": amounts}}


def variables(secrets: Iterable[Secret]) -> list[dict[str, Any]]:
    """The container's variables that Kubernetes takes from its Secrets, under the names of its Python client.

    >>> variables([Secret(env="TOKEN", name="warehouse", key="token"), Secret(env="SET_ELSEWHERE")])
    [{'name': 'TOKEN', 'value_from': {'secret_key_ref': {'name': 'warehouse', 'key': 'token'}}}]
    """
    return [
        {"name": each.env, "value_from": {"secret_key_ref": {"name": each.name, "key": each.key}}}
        for each in secrets
        if each.kept
    ]


def listed(secrets: Iterable[Secret]) -> str:
    """Secrets for people.

    >>> listed([Secret(env="TOKEN", name="warehouse", key="token"), Secret(env="OTHER")])
    'TOKEN (kept in warehouse/token), OTHER'
    """
    return ", ".join(f"{each.env} (kept in {each.kept})" if each.kept else each.env for each in secrets)
