"""A plan as KFP's PipelineSpec, and as the file for what only Kubernetes knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeglot.codegen import pod
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.pysource import flat, literal
from pipeglot.core.compat import assert_never
from pipeglot.core.ir import Resources

from .install import Installs, command
from .plan import (
    ComponentSource,
    Constant,
    ContainerComponent,
    DagInput,
    DagOutput,
    DagTask,
    Iteration,
    KfpPlan,
    SubDag,
    TaskInput,
    TaskOutput,
)
from .retries import retry_policy
from .types import PARAMETER_TYPE

SDK = "2.17.0"
IMAGE = "python:3.12"
# POSIX sh has no `pipefail`: a file says that the command failed. `tee` shows what it prints in the task's log.
CONTAINER_SCRIPT = """\
set -e
while [ "$1" != -- ]; do
  export "$1"
  shift
done
shift
mkdir -p "$(dirname "$0")"
{ "$@" || echo "$?" > "$0.failed"; } | tee "$0.log"
if [ -e "$0.failed" ]; then exit "$(cat "$0.failed")"; fi
printf %s "$(tail -n 1 "$0.log")" > "$0"
"""
"""Its name is the file for the output; it is given NAME=VALUE words, `--`, the command."""
_RUN = """\
program_path=$(mktemp -d)

printf "%s" "$0" > "$program_path/ephemeral_component.py"
_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main --component_module_path "$program_path/ephemeral_component.py" "$@"
"""
_TYPE_NAMES = {
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "STRING": "str",
    "LIST": "list",
}


def pipeline_spec(plan: KfpPlan, name: str, executors: dict[str, Any]) -> dict[str, Any]:
    """The PipelineSpec."""
    pipeline = plan.pipeline
    root: dict[str, Any] = {"dag": _dag(plan.root)}
    parts = {task.component: task for task in plan.root.walk()}
    if plan.params:
        root["inputDefinitions"] = {"parameters": plan.params}
    about = [Code(pipeline.description).of("", "Pipeline.description")] if pipeline.description else []
    if pipeline.name != name:
        about.append(Code(f"Pipeline {pipeline.name}"))
    if pipeline.owner:
        about.append(Code(f"Owner: {pipeline.owner}").of("", "Pipeline.owner"))
    if pipeline.tags:
        about.append(Code("Tags: " + ", ".join(pipeline.tags)).of("", "Pipeline.tags"))
    info = {"description": joined(about), "name": name} if about else {"name": name}
    return {
        "components": {f"comp-{name}": _component(task) for name, task in parts.items()},
        "deploymentSpec": {"executors": executors},
        "pipelineInfo": info,
        "root": root,
        "schemaVersion": "2.1.0",
        "sdkVersion": f"kfp-{SDK}",
    }


def definition(spec: Mapping[str, Any]) -> str:
    """The comment that KFP's own compiler puts on top: what the pipeline is called, says of itself and takes."""
    info = spec["pipelineInfo"]
    lines = ["# PIPELINE DEFINITION", f"# Name: {info['name']}"]
    if "description" in info:
        first, *more = info["description"].splitlines()
        lines += [f"# Description: {first}", *(f"#              {line}" for line in more)]
    inputs = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    lines += ["# Inputs:"] if inputs else []
    for name, about in sorted(inputs.items()):
        default = f" [Default: {flat(literal(about['defaultValue']))}]" if "defaultValue" in about else ""
        lines.append(f"#    {name}: {_TYPE_NAMES[about['parameterType']]}{default}")
    return "".join(f"{_printable(line)}\n" for line in lines)


def _printable(line: str) -> str:
    """A line of a comment, in printable ASCII: YAML takes no control characters, whoever they belong to."""
    plain = "".join(char if " " <= char <= "~" or ord(char) > 127 else f"\\x{ord(char):02x}" for char in line)
    return plain.encode("ascii", "backslashreplace").decode().rstrip()


# ---------------------------------------------------------------- tasks and DAGs


def _component(task: DagTask) -> dict[str, Any]:
    runs = task.runs
    # What a loop gives is the list of what its instances gave.
    listed = task.iteration is not None
    found: dict[str, Any] = (
        {"dag": _dag(runs)} if isinstance(runs, SubDag) else {"executorLabel": f"exec-{task.component}"}
    )
    inputs: dict[str, Any] = {name: {"parameterType": PARAMETER_TYPE[form]} for name, form in runs.inputs.items()}
    if isinstance(runs, ComponentSource) and runs.final_status:
        inputs[runs.final_status] = {"isOptional": True, "parameterType": "TASK_FINAL_STATUS"}
    if inputs:
        found["inputDefinitions"] = {"parameters": inputs}
    types = {key: "LIST" if listed else PARAMETER_TYPE[output.form] for key, output in runs.outputs.items()}
    if types:
        found["outputDefinitions"] = {"parameters": {key: {"parameterType": type} for key, type in types.items()}}
    return found


def _dag(dag: SubDag) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dag.outputs:
        outputs = {key: _dag_output(output, dag.choice) for key, output in dag.outputs.items()}
        found["outputs"] = {"parameters": outputs}
    found["tasks"] = {name: _task(task) for name, task in dag.tasks.items()}
    return found


def _dag_output(output: DagOutput, choice: bool) -> dict[str, Any]:
    selectors = [{"outputParameterKey": source.key, "producerSubtask": source.task} for source in output.sources]
    if choice:
        return {"valueFromOneof": {"parameterSelectors": selectors}}
    return {"valueFromParameter": selectors[0]}


def _task(task: DagTask) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not isinstance(task.runs, SubDag):
        found["cachingOptions"] = {}  # off: the language has no cache
    found["componentRef"] = {"name": f"comp-{task.component}"}
    if waits := task.waits():
        found["dependentTasks"] = waits
    inputs = {name: _input(given) for name, given in task.inputs.items()}
    if task.ends is not None and isinstance(task.runs, ComponentSource) and task.runs.final_status:
        inputs[task.runs.final_status] = {"taskFinalStatus": {"producerTask": task.ends}}
    if inputs:
        found["inputs"] = {"parameters": inputs}
    if task.iteration is not None:
        found |= _iteration(task.iteration)
    if task.retry is not None:
        found["retryPolicy"] = retry_policy(task.retry)
    found["taskInfo"] = {"name": task.display}
    if task.ends is not None:
        found["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    elif task.condition:
        found["triggerPolicy"] = {"condition": task.condition}
    return found


def _input(given: TaskInput) -> dict[str, Any]:
    match given:
        case Constant(value=value):
            return {"runtimeValue": {"constant": value}}
        case DagInput(name=name):
            return {"componentInputParameter": name}
        case TaskOutput(task=task, key=key):
            return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}
        case _:
            assert_never(given)


def _iteration(iteration: Iteration) -> dict[str, Any]:
    known = isinstance(iteration.items, tuple)
    items = {"raw": json.dumps(iteration.items)} if known else {"inputParameter": iteration.items}
    limit = {} if iteration.limit is None else {"iteratorPolicy": {"parallelismLimit": iteration.limit}}
    return {**limit, "parameterIterator": {"itemInput": iteration.item, "items": items}}


# ---------------------------------------------------------------- executors


def executors(
    plan: KfpPlan, sources: Mapping[str, str], image: str, installs: Installs | None
) -> dict[str, dict[str, Any]]:
    """The containers that components run in; `sources` are the modules of those in Python."""
    found: dict[str, dict[str, Any]] = {}
    for name, component in plan.sources():
        container: dict[str, Any] = {
            "args": ["--executor_input", "{{$}}", "--function_to_execute", component.function],
            "command": [*(command(installs.of(component), SDK) if installs else []), "sh", "-ec", _RUN, sources[name]],
            "image": image,
        }
        found[f"exec-{name}"] = {"container": container}
    found |= {f"exec-{name}": {"container": _container(component)} for name, component in plan.containers()}
    for name, each in plan.components.items():
        if each.resources is not None:
            found[f"exec-{name}"]["container"]["resources"] = _resources(each.resources)
    return found


def _container(component: ContainerComponent) -> dict[str, Any]:
    given = [
        f"{name}=" + (f"{{{{$.inputs.parameters['{name}']}}}}" if text is None else text)
        for name, text in component.arguments.items()
    ]
    file = f"{{{{$.outputs.parameters['{component.output}'].output_file}}}}"
    args = [file, *given, "--", *component.words()]
    return {"args": args, "command": ["sh", "-c", CONTAINER_SCRIPT], "image": component.image}


def _resources(resources: Resources) -> dict[str, Any]:
    asked, bounds = pod.requests(resources), pod.limits(resources)
    found: dict[str, Any] = {}
    if resources.gpus is not None:
        found["accelerator"] = {
            "count": str(resources.gpus),
            "resourceCount": str(resources.gpus),
            "resourceType": resources.gpu_type,
            "type": resources.gpu_type,
        }
    if resources.cpu is not None:
        found["cpuRequest"] = float(resources.cpu)
    if "memory" in asked:
        found["memoryLimit"] = found["memoryRequest"] = _gigabytes(asked["memory"])
    if "cpu" in asked:
        found["resourceCpuRequest"] = asked["cpu"]
    if "memory" in asked:
        found["resourceMemoryLimit"] = bounds["memory"]
        found["resourceMemoryRequest"] = asked["memory"]
    return found


def _gigabytes(quantity: str) -> float:
    """KFP has memory as a number too, in units of 10**9."""
    factor = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}[quantity[-2:]]
    return int(quantity[:-2]) * factor / 10**9


def platform_spec(plan: KfpPlan) -> dict[str, Any]:
    """What only Kubernetes knows. It is a file of its own: Vertex cannot read a second document in the spec."""
    pods: dict[str, Any] = {}
    for name, component in plan.components.items():
        if component.resources is not None and component.resources.node_selector:
            pods[f"exec-{name}"] = {"nodeSelector": {"labels": dict(component.resources.node_selector)}}
    for name in plan.components:
        if kept := plan.secrets(name):
            pods.setdefault(f"exec-{name}", {})["secretAsEnv"] = [
                {
                    "keyToEnv": [{"envVar": secret.env, "secretKey": secret.key} for secret in secrets],
                    "optional": False,
                    "secretName": kept_in,
                    "secretNameParameter": {"runtimeValue": {"constant": kept_in}},
                }
                for kept_in, secrets in kept.items()
            ]
    found: dict[str, Any] = {"deploymentSpec": {"executors": pods}} if pods else {}
    if plan.pipeline.run_timeout is not None:
        found["pipelineConfig"] = {"activeDeadlineSeconds": plan.pipeline.run_timeout}
    return {"platforms": {"kubernetes": found}} if found else {}
