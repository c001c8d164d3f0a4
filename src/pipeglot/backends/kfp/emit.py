"""A pipeline as the files of Kubeflow Pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pipeglot.backends.base import Compiled
from pipeglot.codegen import pod, yaml
from pipeglot.codegen.names import identifier
from pipeglot.codegen.origin import Origins
from pipeglot.codegen.python import group_notes, header, roots
from pipeglot.core.diagnostic import Diagnostic, did_you_mean
from pipeglot.core.ir import AnyNode, Call, Ctx, Pipeline, blocks, walk
from pipeglot.core.secrets import calls_with_secrets
from pipeglot.core.shape import Shape, inline, transparent

from . import limits
from .component_source import ComponentPrinter, described, without_placeholders
from .deploy import deployment, schedule_findings
from .dsl import DslPrinter, Inexpressible
from .install import Installs
from .lower import lower
from .naming import pipeline_text
from .plan import KfpPlan, TaskOrigin
from .spec import IMAGE, definition, executors, pipeline_spec, platform_spec
from .spelling import SpecSpelling

OPTIONS: Mapping[str, str] = {
    "emit": "spec: PipelineSpec YAML (the default); dsl: also the Python file that compiles to it",
    "image": f"the image components run in (default {IMAGE})",
    "packages": "more requirements that the component of every step installs when it starts, with commas between",
    "install": "yes: components install kfp and their packages when they start (the default); no: the image has them",
}
_PARAM = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def emit(pipeline: Pipeline, options: Mapping[str, str]) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem, name = identifier(pipeline.name), pipeline_text(pipeline.name)
    # What the pipeline says for this target, the command line may say otherwise.
    options = {**{key: str(value) for key, value in pipeline.options.get("kfp", {}).items()}, **options}
    found = [*_findings(pipeline, name), *_wrong(options), *limits.findings(pipeline), *group_notes(pipeline, "kfp")]
    files: dict[str, str] = {}
    names: dict[str, str] = {}
    helpers: tuple[str, ...] = ()
    origins: Mapping[str, TaskOrigin] = {}
    if not _refused(found):
        plan = lower(pipeline, for_dsl=options.get("emit") == "dsl")
        printer = ComponentPrinter(plan.author)
        found += [*plan.diagnostics, *schedule_findings(pipeline, plan.tick is not None), *_empty(plan)]
        if not _refused(found):
            files, more = _files(plan, printer, stem, name, options)
            found += more
            origins = plan.origins
            names = {task: origin.node for task, origin in origins.items() if origin.node}
            helpers = tuple(task.name for task in plan.root.walk() if task.name not in names)
            found += _renamed(plan)
    if _refused(found):
        files, names = {}, {}
    made_of = Origins(files, pipeline)
    return Compiled("kfp", files, f"{stem}.yaml", name, tuple(found), names, made_of, origins, helpers=helpers)


def _files(
    plan: KfpPlan, printer: ComponentPrinter, stem: str, name: str, options: Mapping[str, str]
) -> tuple[dict[str, str], list[Diagnostic]]:
    """What is printed from a plan."""
    pipeline, found = plan.pipeline, list[Diagnostic]()
    sources: dict[str, str] = {}
    for task, component in plan.sources():
        source = without_placeholders(printer.module(component))
        if problem := _unprintable(pipeline, task, source):
            return {}, [problem]
        sources[task] = source or ""
    image = options.get("image", IMAGE)
    installs = Installs(plan, options) if options.get("install", "yes") == "yes" else None
    if installs is not None and pipeline.packages and not installs.any_package():
        message = f"no step's code imports anything of {', '.join(pipeline.packages)}: no component installs it"
        way_out = "import it in the step that needs it, or use the option packages"
        found.append(Diagnostic("PG204", "note", message, pipeline.at, way_out, "kfp"))
    spelling = SpecSpelling(plan)
    spec = pipeline_spec(plan, name, executors(plan, sources, image, installs))
    files: dict[str, str] = {
        f"{stem}.yaml": f"{header(pipeline)}\n{definition(spec)}" + yaml.dump(spec, spelling.spec())
    }
    platform = platform_spec(plan)
    if platform:
        files[f"{stem}_kubernetes.yaml"] = f"{header(pipeline)}\n" + yaml.dump(platform, spelling.platform())
    if pipeline.schedule is not None or platform:
        files[f"{stem}_deploy.py"] = deployment(pipeline, stem, name, bool(platform), plan.tick)
    if options.get("emit") == "dsl":
        try:
            files[f"{stem}_pipeline.py"] = DslPrinter(plan, printer, name, image, installs).text()
        except Inexpressible as error:
            message = f"KFP's DSL cannot express {error}: there would be no {stem}_pipeline.py"
            at = error.at or pipeline.at
            found.append(Diagnostic("PG287", "loss", message, at, f"use {stem}.yaml", "kfp"))
    return files, found


def _refused(found: Iterable[Diagnostic]) -> bool:
    return any(each.severity == "error" for each in found)


def _empty(plan: KfpPlan) -> Iterator[Diagnostic]:
    if not plan.root.tasks:
        message = "the pipeline has nothing that runs, and KFP has no empty pipelines"
        yield Diagnostic("PG280", "error", message, plan.pipeline.at, "add a call", "kfp")


def _unprintable(pipeline: Pipeline, task: str, source: str | None) -> Diagnostic | None:
    """Why a component cannot be printed."""
    if source is None:
        message = "the source of a step has `{{$`, which KFP replaces by its own"
        return Diagnostic("PG215", "error", message, pipeline.at, "write it as '{{' + '$'", "kfp")
    if len(source.encode()) > 120_000:
        message = f"the source of {task!r} is longer than the 120 kB that fit a command"
        return Diagnostic("PG283", "error", message, pipeline.at, "put the code into a package and import it", "kfp")
    return None


def _renamed(plan: KfpPlan) -> Iterator[Diagnostic]:
    """A note of calls whose tasks are called otherwise."""
    calls = [(origin.node, task) for task, origin in plan.origins.items() if origin.kind == "call"]
    odd = [f"{node!r} as {task!r}" for node, task in calls if node.replace("_", "-").replace(".", "-") != task]
    if odd:
        shown = ", ".join(odd[:3]) + (f" and {len(odd) - 3} more" if len(odd) > 3 else "")
        message = f"tasks are lower-case letters, digits and hyphens in KFP; the display name is the id: {shown}"
        yield Diagnostic("PG207", "note", message, plan.pipeline.at, "", "kfp")


def _wrong(options: Mapping[str, str]) -> list[Diagnostic]:
    found = []
    for name in options:
        if name not in OPTIONS:
            message = f"kfp has no option {name!r}"
            found.append(Diagnostic("PG202", "error", message, None, did_you_mean(name, OPTIONS), "kfp"))
    for name, known in (("emit", ("spec", "dsl")), ("install", ("yes", "no"))):
        if options.get(name, known[0]) not in known:
            message = f"the option {name} is {' or '.join(known)}, not {options[name]!r}"
            found.append(Diagnostic("PG202", "error", message, None, "", "kfp"))
    return found


def _findings(pipeline: Pipeline, name: str) -> Iterator[Diagnostic]:
    """What KFP does otherwise than the pipeline says."""
    yield from _undocumented(pipeline)
    yield from _params(pipeline)
    if name != pipeline.name.lower().replace("_", "-"):
        message = f"the pipeline is called {name!r} in KFP: lower-case letters, digits and hyphens"
        yield Diagnostic("PG207", "note", message, pipeline.at, "", "kfp")
    yield from _unkept_secrets(pipeline)
    yield from _failing_fast(pipeline)
    yield from _final(pipeline)


def _undocumented(pipeline: Pipeline) -> Iterator[Diagnostic]:
    used = {node.step for node in walk(pipeline.body) if isinstance(node, Call)}
    used |= {pipeline.final.call.step} if pipeline.final else set()
    for step in pipeline.steps:
        if step.name in used and step.description and not described(step.description):
            message = f"the description of step {step.name!r} is longer than a line, and its components show none"
            yield Diagnostic("PG205", "note", message, step.at, "", "kfp")


def _params(pipeline: Pipeline) -> Iterator[Diagnostic]:
    for param in pipeline.params:
        if not _PARAM.match(param.name) or param.name == "Output":
            message = f"a parameter of KFP cannot be called {param.name!r}: a letter, then letters, digits and _"
            yield Diagnostic("PG200", "error", message, param.at, "rename the parameter", "kfp")
        bounded = {"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minLength"}
        if bounded & param.type.keys():
            message = f"KFP does not check the choices or bounds of {param.name!r} when a run is made"
            way_out = "annotate the step's parameter alike: it is checked there"
            yield Diagnostic("PG212", "note", message, param.at, way_out, "kfp")


def _unkept_secrets(pipeline: Pipeline) -> Iterator[Diagnostic]:
    for node in calls_with_secrets(pipeline):
        if others := [secret for secret in node.policy.secrets if not secret.kept]:
            message = f"{node.id!r} reads secrets that nothing sets in its pod: {pod.listed(others)}"
            way_out = "say in which Kubernetes Secret each is kept: secrets={'TOKEN': 'name/key'}"
            yield Diagnostic("PG208", "warning", message, node.at, way_out, "kfp")


def _failing_fast(pipeline: Pipeline) -> Iterator[Diagnostic]:
    shape = Shape(pipeline)
    if any(
        _independent(shape, block) for block in (pipeline.body, *(b for n in shape.nodes.values() for b in blocks(n)))
    ):
        message = "after a failure, KFP's workflow engine may not start calls that do not depend on what failed"
        way_out = "Argo's DAGs fail fast and KFP has no switch for it; run what was left out again"
        yield Diagnostic("PG288", "warning", message, pipeline.at, way_out, "kfp")


def _final(pipeline: Pipeline) -> Iterator[Diagnostic]:
    if pipeline.final is not None:
        message = "whether a final call that fails makes the run fail depends on the version of KFP's workflow engine"
        yield Diagnostic("PG289", "warning", message, pipeline.final.at, "watch the task itself", "kfp")
        if any(isinstance(ref, Ctx) and ref.name == "state" for ref in roots(pipeline.final.call.args.values())):
            message = "a server of KFP before 2.17 tells the final call that the run succeeded when a call within a "
            message += "branch or a loop failed"
            way_out = "use 2.17 or newer, which counts every region (kubeflow/pipelines#13322)"
            yield Diagnostic("PG292", "warning", message, pipeline.final.at, way_out, "kfp")


def _independent(shape: Shape, block: tuple[AnyNode, ...]) -> bool:
    """Whether two nodes of a block do not wait for one another: a chain names its predecessor in each link."""
    nodes = [node for node in transparent(block)]
    waits = {node.id: shape.upstream(node.id) for node in nodes}
    return (
        sum(bool(each) for each in waits.values()) < len(nodes) - 1
        or len({each[-1] for each in waits.values() if each}) < len(nodes) - 1
    )
