"""Pod settings that we emit say what the author asked for, and are settings that Kubernetes knows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends
from pipeglot.codegen import pod
from pipeglot.conformance import corpus
from pipeglot.core.ir import Call, Pipeline, walk
from pipeglot.core.shape import inline
from tests.distributed import pods
from tests.test_engines import installed

CASES = {case.id: case.ir for case in corpus.cases()}


def calls(pipeline: Pipeline) -> list[Call]:
    flat = inline(pipeline)
    found = [node for node in walk(flat.body) if isinstance(node, Call)]
    return found + ([flat.final.call] if flat.final else [])


def asked(pipeline: Pipeline) -> list[dict[str, Any]]:
    """For each call that asks for something, its pod as far as the author told."""
    found = []
    for call in calls(pipeline):
        wanted, env = call.policy.resources, [s for s in call.policy.secrets if s.kept]
        told: dict[str, Any] = {}
        if wanted is not None:
            told = {"requests": pod.requests(wanted), "limits": pod.limits(wanted)}
        if wanted is not None or env:
            labels = {} if wanted is None else dict(wanted.node_selector)
            secrets = {secret.env: [secret.name, secret.key] for secret in env}
            found.append({**{k: v for k, v in told.items() if v}, "labels": labels, "secrets": secrets})
    return found


ASKING = {name: pipeline for name, pipeline in CASES.items() if asked(pipeline)}
EMITTING = sorted(
    t for t in backends.targets() if backends.get(t).support["resources"].ability in ("native", "lowered")
)
OTHERS = sorted(set(backends.targets()) - set(EMITTING))


def told(found: pods.Pod) -> dict[str, Any]:
    """A pod in the same form."""
    spec = pods.bare(found)["spec"]
    [container] = spec.get("containers", [{}])
    refs = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container.get("env", [])}
    secrets = {name: [ref["name"], ref["key"]] for name, ref in refs.items()}
    return {**container.get("resources", {}), "labels": spec.get("nodeSelector", {}), "secrets": secrets}


def emitted(target: str, pipeline: Pipeline) -> list[pods.Pod]:
    assert target in pods.READ, f"{target} emits resources: tests/distributed/pods.py must learn to read them"
    return list(pods.READ[target](backends.get(target).compile(pipeline).files))


def sorted_(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in found)


def test_the_corpus_asks_for_every_kind_of_resource() -> None:
    every = [each for pipeline in ASKING.values() for each in asked(pipeline)]
    names = {name for each in every for part in ("requests", "limits") for name in each.get(part, {})}
    assert {"cpu", "memory", "nvidia.com/gpu", "amd.com/gpu"} <= names
    assert any(each["labels"] for each in every)
    assert any(each["secrets"] for each in every)


@pytest.mark.parametrize("name", sorted(ASKING))
@pytest.mark.parametrize("target", EMITTING)
def test_each_call_asks_for_what_its_author_said(target: str, name: str) -> None:
    found = [told(each) for each in emitted(target, ASKING[name])]
    assert sorted_(found) == sorted_(asked(ASKING[name]))


@pytest.mark.parametrize("name", sorted(ASKING))
@pytest.mark.parametrize("target", OTHERS)
def test_a_target_that_cannot_ask_says_so_for_each_call(target: str, name: str) -> None:
    said = backends.get(target).compile(ASKING[name]).diagnostics
    lost = [each for each in said if each.severity in ("loss", "error") and "resources" in each.message]
    assert len(lost) == sum(call.policy.resources is not None for call in calls(ASKING[name]))
    named = [each for each in said if each.code == "PG208"]
    assert len(named) == sum(bool(call.policy.secrets) for call in calls(ASKING[name]))


def checked(found: list[pods.Pod]) -> list[str]:
    """What Kubernetes' models have against these pods; its client is in Airflow's environment."""
    script = Path(__file__).with_name("pod_schema.py")
    done = subprocess.run(
        [str(installed("airflow")), "-I", str(script)],
        input=json.dumps(found),
        capture_output=True,
        text=True,
        check=True,
    )
    problems: list[str] = json.loads(done.stdout)
    return problems


@pytest.mark.engine
@pytest.mark.parametrize("target", EMITTING)
def test_pods_are_what_kubernetes_takes(target: str) -> None:
    found = [each for pipeline in ASKING.values() for each in emitted(target, pipeline)]
    assert found
    assert checked(found) == []


@pytest.mark.engine("airflow")
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"containers": [{"name": "a", "resource": {}}]}, "V1Container has no field 'resource'"),
        ({"containers": [{"name": "a", "resources": {"limits": {"memory": "4 GB"}}}]}, "'4 GB' is no quantity"),
        ({"containers": [{"name": "a", "resources": {"limits": {"cpu": 0.5}}}]}, "0.5 is no str"),
        ({"containers": {"name": "a"}}, "not a list"),
        ({"containers": [{"resources": {}}]}, "`name`"),
        ({"containers": [{"name": "a", "__model__": "V1Pod"}]}, "a V1Pod where a V1Container belongs"),
        ({"containers": [], "nodeSelector": {"a b": "c"}}, "'a b' is no name"),
        ({"containers": [], "nodeSelector": {"a": "-c"}}, "'-c' is no label"),
    ],
)
def test_the_check_finds_what_kubernetes_would_refuse(spec: dict[str, Any], said: str) -> None:
    assert said in " ".join(checked([{"spec": spec}]))
