"""A pipeline as the files of Kubeflow Pipelines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeglot.backends.base import Compiled
from pipeglot.codegen import pod
from pipeglot.codegen.pysource import flat, identifier, literal
from pipeglot.codegen.python import group_notes, header, roots
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.ir import AnyNode, Call, Ctx, Pipeline, blocks, walk
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape, inline, transparent

from . import limits, spec, yaml
from .deploy import deployment, schedule_findings
from .dsl import Inexpressible, Writer
from .install import Installs, command
from .lower import Lowering
from .naming import pipeline_text
from .parts import Lowered, secrets_of
from .programs import fits_docstring, without_placeholders

SDK = "2.17.0"
IMAGE = "python:3.12"
OPTIONS: Mapping[str, str] = {
    "emit": "spec: PipelineSpec YAML (the default); dsl: also the Python file that compiles to it",
    "image": f"the image components run in (default {IMAGE})",
    "packages": "more requirements that the component of every step installs when it starts, with commas between",
    "install": "yes: components install kfp and their packages when they start (the default); no: the image has them",
}
_PARAM = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_RUN = """\
program_path=$(mktemp -d)

printf "%s" "$0" > "$program_path/ephemeral_component.py"
_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main --component_module_path "$program_path/ephemeral_component.py" "$@"
"""


def emit(pipeline: Pipeline, options: Mapping[str, str]) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem = identifier(pipeline.name)
    name = pipeline_text(pipeline.name)
    # What the pipeline says for this target, the command line may say otherwise.
    told = {key: str(value) for key, value in pipeline.options.get("kfp", {}).items()}
    options = {**told, **options}
    diagnostics = [
        *_findings(pipeline, name),
        *_wrong(options),
        *limits.findings(pipeline),
        *group_notes(pipeline, "kfp"),
    ]
    entry = f"{stem}.yaml"
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("kfp", {}, entry, name, tuple(diagnostics))
    dsl = options.get("emit") == "dsl"
    lowered = Lowering(pipeline, for_dsl=dsl).run()
    diagnostics += [*lowered.diagnostics, *schedule_findings(pipeline, lowered.tick is not None)]
    if not lowered.root.tasks:
        message = "the pipeline has nothing that runs, and KFP has no empty pipelines"
        diagnostics.append(Diagnostic("PG280", "error", message, pipeline.at, "add a call", "kfp"))
    executors = (
        {}
        if diagnostics and any(d.severity == "error" for d in diagnostics)
        else _executors(pipeline, lowered, options, diagnostics)
    )
    if any(d.severity == "error" for d in diagnostics):
        return Compiled("kfp", {}, entry, name, tuple(diagnostics))
    whole = pipeline_spec(pipeline, lowered, name, executors)
    files = {entry: f"{header(pipeline)}\n{definition(whole)}" + yaml.dump(whole)}
    platform = _platform(pipeline, lowered)
    if platform:
        files[f"{stem}_kubernetes.yaml"] = f"{header(pipeline)}\n" + yaml.dump(platform)
    if pipeline.schedule is not None or platform:
        files[f"{stem}_deploy.py"] = deployment(pipeline, stem, name, bool(platform), lowered.tick)
    if dsl:
        installs = Installs(pipeline, options) if options.get("install", "yes") == "yes" else None
        try:
            writer = Writer(pipeline, lowered, name, options.get("image", IMAGE), installs)
            files[f"{stem}_pipeline.py"] = writer.text()
        except Inexpressible as error:
            message = f"KFP's DSL cannot express {error}: there would be no {stem}_pipeline.py"
            at = error.at or pipeline.at
            diagnostics.append(Diagnostic("PG287", "loss", message, at, f"use {entry}", "kfp"))
    names = {task: meaning.node for task, meaning in lowered.meanings.items() if meaning.node}
    renamed = [(m.node, task) for task, m in lowered.meanings.items() if m.kind == "call" and m.node != task]
    odd = [f"{node!r} as {task!r}" for node, task in renamed if node.replace("_", "-").replace(".", "-") != task]
    if odd:
        shown = ", ".join(odd[:3]) + (f" and {len(odd) - 3} more" if len(odd) > 3 else "")
        message = f"tasks are lower-case letters, digits and hyphens in KFP; the display name is the id: {shown}"
        diagnostics.append(Diagnostic("PG207", "note", message, pipeline.at, "", "kfp"))
    return Compiled("kfp", files, entry, name, tuple(diagnostics), names, plan=lowered.meanings)


def pipeline_spec(pipeline: Pipeline, lowered: Lowered, name: str, executors: dict[str, Any]) -> dict[str, Any]:
    """The PipelineSpec."""
    root: dict[str, Any] = {"dag": spec.dag(lowered.root)}
    if lowered.params:
        root["inputDefinitions"] = {"parameters": lowered.params}
    about = [pipeline.description] if pipeline.description else []
    if pipeline.name != name:
        about.append(f"Pipeline {pipeline.name}")
    if pipeline.owner:
        about.append(f"Owner: {pipeline.owner}")
    if pipeline.tags:
        about.append("Tags: " + ", ".join(pipeline.tags))
    info = {"description": "\n".join(about), "name": name} if about else {"name": name}
    return {
        "components": spec.components(lowered.root),
        "deploymentSpec": {"executors": executors},
        "pipelineInfo": info,
        "root": root,
        "schemaVersion": "2.1.0",
        "sdkVersion": f"kfp-{SDK}",
    }


_WORDS = {
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "STRING": "str",
    "LIST": "list",
}


def definition(whole: dict[str, Any]) -> str:
    """The comment that KFP's own compiler puts on top: what the pipeline is called, says of itself and takes."""
    info = whole["pipelineInfo"]
    lines = ["# PIPELINE DEFINITION", f"# Name: {info['name']}"]
    if "description" in info:
        first, *more = info["description"].splitlines()
        lines += [f"# Description: {first}", *(f"#              {line}" for line in more)]
    inputs = whole["root"].get("inputDefinitions", {}).get("parameters", {})
    lines += ["# Inputs:"] if inputs else []
    for name, about in sorted(inputs.items()):
        default = f" [Default: {flat(literal(about['defaultValue']))}]" if "defaultValue" in about else ""
        lines.append(f"#    {name}: {_WORDS[about['parameterType']]}{default}")
    return "".join(f"{_shown(line)}\n" for line in lines)


def _shown(line: str) -> str:
    """A line of a comment, in printable ASCII: YAML takes no control characters, whoever they belong to."""
    plain = "".join(char if " " <= char <= "~" or ord(char) > 127 else f"\\x{ord(char):02x}" for char in line)
    return plain.encode("ascii", "backslashreplace").decode().rstrip()


def _executors(
    pipeline: Pipeline, lowered: Lowered, options: Mapping[str, str], diagnostics: list[Diagnostic]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    installs, installing = Installs(pipeline, options), options.get("install", "yes") == "yes"
    for name, writing in lowered.writings.items():
        text = writing.text()
        source = without_placeholders(text)
        if source is None:
            message = "the source of a step has `{{$`, which KFP replaces by its own"
            diagnostics.append(Diagnostic("PG215", "error", message, pipeline.at, "write it as '{{' + '$'", "kfp"))
            return {}
        if len(source.encode()) > 120_000:
            message = f"the source of {name!r} is longer than the 120 kB that fit a command"
            way_out = "put the code into a package and import it"
            diagnostics.append(Diagnostic("PG283", "error", message, pipeline.at, way_out, "kfp"))
            return {}
        container: dict[str, Any] = {
            "args": ["--executor_input", "{{$}}", "--function_to_execute", writing.program.function],
            "command": [*(command(installs.of(writing), SDK) if installing else []), "sh", "-ec", _RUN, source],
            "image": options.get("image", IMAGE),
        }
        found[f"exec-{name}"] = {"container": container}
    found |= {f"exec-{name}": {"container": box.spec()} for name, box in lowered.containers.items()}
    own = set(pipeline.packages)
    if installing and own and not any(own & set(installs.of(each)) for each in lowered.writings.values()):
        message = f"no step's code imports anything of {', '.join(pipeline.packages)}: no component installs it"
        way_out = "import it in the step that needs it, or use the option packages"
        diagnostics.append(Diagnostic("PG204", "note", message, pipeline.at, way_out, "kfp"))
    for name, resources in lowered.resources.items():
        found[f"exec-{name}"]["container"]["resources"] = _resources(resources)
    return found


def _resources(resources: Any) -> dict[str, Any]:
    asked, bounds = pod.requests(resources), pod.limits(resources)
    found: dict[str, Any] = {}
    if resources.gpus is not None:
        found["accelerator"] = {
            "count": str(resources.gpus),
            "resourceCount": str(resources.gpus),
            "resourceType": resources.gpu_type,
            "type": resources.gpu_type,
        }
    if "cpu" in asked:
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


def _platform(pipeline: Pipeline, lowered: Lowered) -> dict[str, Any]:
    """What only Kubernetes knows. It is a file of its own: Vertex cannot read a second document in the spec."""
    executors: dict[str, Any] = {}
    for name, resources in lowered.resources.items():
        if resources.node_selector:
            executors[f"exec-{name}"] = {"nodeSelector": {"labels": dict(resources.node_selector)}}
    for name, kept in secrets_of(pipeline, lowered).items():
        executors.setdefault(f"exec-{name}", {})["secretAsEnv"] = [
            {
                "keyToEnv": [{"envVar": secret.env, "secretKey": secret.key} for secret in secrets],
                "optional": False,
                "secretName": kept_in,
                "secretNameParameter": {"runtimeValue": {"constant": kept_in}},
            }
            for kept_in, secrets in kept.items()
        ]
    found: dict[str, Any] = {"deploymentSpec": {"executors": executors}} if executors else {}
    if pipeline.run_timeout is not None:
        found["pipelineConfig"] = {"activeDeadlineSeconds": pipeline.run_timeout}
    return {"platforms": {"kubernetes": found}} if found else {}


def _wrong(options: Mapping[str, str]) -> list[Diagnostic]:
    found = []
    for name in options:
        if name not in OPTIONS:
            message, way_out = f"kfp has no option {name!r}", "its options: " + ", ".join(OPTIONS)
            found.append(Diagnostic("PG202", "error", message, None, way_out, "kfp"))
    for name, known in (("emit", ("spec", "dsl")), ("install", ("yes", "no"))):
        if options.get(name, known[0]) not in known:
            message = f"the option {name} is {' or '.join(known)}, not {options[name]!r}"
            found.append(Diagnostic("PG202", "error", message, None, "", "kfp"))
    return found


def _findings(pipeline: Pipeline, name: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    used = {node.step for node in walk(pipeline.body) if isinstance(node, Call)}
    used |= {pipeline.final.call.step} if pipeline.final else set()
    for step in pipeline.steps:
        if step.name in used and step.description and not fits_docstring(step.description):
            message = f"the description of step {step.name!r} is longer than a line, and its components show none"
            found.append(Diagnostic("PG205", "note", message, step.at, "", "kfp"))
    for param in pipeline.params:
        if not _PARAM.match(param.name) or param.name == "Output":
            message = f"a parameter of KFP cannot be called {param.name!r}: a letter, then letters, digits and _"
            found.append(Diagnostic("PG200", "error", message, param.at, "rename the parameter", "kfp"))
        bounded = {"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength"}
        if bounded & param.type.keys():
            message = f"KFP does not check the choices or bounds of {param.name!r} when a run is made"
            way_out = "annotate the step's parameter alike: it is checked there"
            found.append(Diagnostic("PG212", "note", message, param.at, way_out, "kfp"))
    if name != pipeline.name.lower().replace("_", "-"):
        message = f"the pipeline is called {name!r} in KFP: lower-case letters, digits and hyphens"
        found.append(Diagnostic("PG207", "note", message, pipeline.at, "", "kfp"))
    for node in calls_with_secrets(pipeline):
        if others := [secret for secret in node.policy.secrets if not secret.kept]:
            message = f"{node.id!r} reads secrets that nothing sets in its pod: {pod.listed(others)}"
            way_out = "say in which Kubernetes Secret each is kept: secrets={'TOKEN': 'name/key'}"
            found.append(Diagnostic("PG208", "warning", message, node.at, way_out, "kfp"))
    shape = Shape(pipeline)
    if any(
        _independent(shape, block) for block in (pipeline.body, *(b for n in shape.nodes.values() for b in blocks(n)))
    ):
        message = "after a failure, KFP's workflow engine may not start calls that do not depend on what failed"
        way_out = "Argo's DAGs fail fast and KFP has no switch for it; run what was left out again"
        found.append(Diagnostic("PG288", "warning", message, pipeline.at, way_out, "kfp"))
    if pipeline.final is not None:
        message = "whether a final call that fails makes the run fail depends on the version of KFP's workflow engine"
        found.append(Diagnostic("PG289", "warning", message, pipeline.final.at, "watch the task itself", "kfp"))
        if any(isinstance(ref, Ctx) and ref.name == "state" for ref in roots(pipeline.final.call.args.values())):
            message = "a server of KFP before 2.17 tells the final call that the run succeeded when a call within a "
            message += "branch or a loop failed"
            way_out = "use 2.17 or newer, which counts every region (kubeflow/pipelines#13322)"
            found.append(Diagnostic("PG292", "warning", message, pipeline.final.at, way_out, "kfp"))
    return found


def _independent(shape: Shape, block: tuple[AnyNode, ...]) -> bool:
    """Whether two nodes of a block do not wait for one another: a chain names its predecessor in each link."""
    nodes = [node for node in transparent(block)]
    waits = {node.id: shape.upstream(node.id) for node in nodes}
    return (
        sum(bool(each) for each in waits.values()) < len(nodes) - 1
        or len({each[-1] for each in waits.values() if each}) < len(nodes) - 1
    )
