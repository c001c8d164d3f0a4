"""What a call's resources are called on Kubernetes, which all engines build on."""

from __future__ import annotations

from pipeglot.core.ir import Resources


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
