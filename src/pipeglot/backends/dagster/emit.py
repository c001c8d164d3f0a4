"""A pipeline as a file of ops, graphs and a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pipeglot.backends import TARGETS
from pipeglot.backends.base import Compiled
from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.docstrings import title
from pipeglot.codegen.frame import framed
from pipeglot.codegen.names import Imports, identifier
from pipeglot.codegen.origin import Origins
from pipeglot.codegen.pysource import Atom, Bracket, Entry, Spelling, call, literal, spelled
from pipeglot.codegen.python import (
    STANDARD,
    AuthorCode,
    author_code,
    boundary_code,
    group_notes,
    header,
    module_stem,
    packages_note,
    spaced,
)
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.inference import Types
from pipeglot.core.ir import Pipeline
from pipeglot.core.shape import Shape, inline

from .layout import statement
from .lower import job_name, lower
from .module import DagsterModule
from .ops import Ops
from .params import Params
from .plan import Graph, Plan
from .schedule import evaluation, scheduled
from .settings import instance_file, job_settings, job_spelling, losses, options, say
from .wiring import Wiring

_READ = frozenset(
    """AssetKey Callable DagsterType Executor ExecutorDefinition JobDefinition ScheduleDefinition SensorDefinition
    isinstance set""".split()  # noqa: SIM905
)
"""What Dagster (1.13) reads by its own code in the file that makes an `In` or `Definitions` first: it compiles their
constructors there (`dagster_shared.record.JitCheckedNew`)."""
_NAMES = "# All pipelines share one namespace of ops: hence the prefix, and an alias at each call."


def emit(pipeline: Pipeline) -> Compiled:
    """The files, and what there is to say about them."""
    pipeline = inline(pipeline)
    stem, name = module_stem(pipeline, TARGETS), job_name(pipeline)
    shape, plan, imports = Shape(pipeline), lower(pipeline), Imports()
    author = author_code(pipeline, imports)
    calls = {call.id: call for call in [*shape.calls, *([pipeline.final.call] if pipeline.final else [])]}
    extra = options(pipeline, calls)
    diagnostics = [
        *author.diagnostics,
        *_read_by_dagster(pipeline, author),
        *extra.diagnostics,
        *losses(pipeline, shape, plan, name),
    ]
    diagnostics += [*packages_note(pipeline, "dagster"), *group_notes(pipeline, "dagster")]
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return Compiled("dagster", {}, f"{stem}.py", name, tuple(diagnostics))
    module = DagsterModule(pipeline, author, imports)
    params = Params(module)
    ops = Ops(module, plan, Types(shape), params, extra.calls)
    file = File(
        module, plan, params, ops, job_settings(pipeline, name, extra.whole), job_spelling(pipeline, extra.whole)
    )
    used = {call.step for call in calls.values()}
    boundary = boundary_code([step for step in pipeline.steps if step.name in used], imports)
    code = file.sections()
    generated = [params.source(), boundary, *module.helpers(), *code]
    sections = [
        author.text,
        author.hidden.again(generated),
        *(author.hidden.immune(part, imports) for part in generated),
    ]
    text = framed(title(pipeline, "a Dagster job"), header(pipeline), imports.text(STANDARD), spaced(sections))
    files: dict[str, str] = {f"{stem}.py": text}
    if (instance := instance_file(pipeline, name)) is not None:
        files["dagster.yaml"] = instance
    names = {op.name: op.node for op in plan.ops()}
    return Compiled(
        "dagster", files, f"{stem}.py", name, tuple(diagnostics), names, Origins(files, pipeline), plan, file.triggers
    )


def _read_by_dagster(pipeline: Pipeline, author: AuthorCode) -> Iterator[Diagnostic]:
    for chunk in pipeline.code:
        for name in sorted(_READ.intersection(chunk.names)):
            if author.imported.get(name) not in ("collections.abc.Callable", f"builtins.{name}", f"dagster.{name}"):
                message = f"Dagster's own code would read {name!r} of your file instead of its own"
                yield say("PG200", "error", message, chunk.at, f"rename {name!r} in your file")


class File:
    """The parts of the file that define things for Dagster."""

    def __init__(
        self, module: DagsterModule, plan: Plan, params: Params, ops: Ops, settings: dict[str, Any], spells: Spelling
    ) -> None:
        self.module, self.plan, self.params, self.ops, self.settings = module, plan, params, ops, settings
        self.spells = spells
        self.triggers: dict[str, Literal["schedule", "sensor"]] = {}
        self.pipeline = module.pipeline
        self.final_id = self.pipeline.final.call.id if self.pipeline.final else ""
        self.job = module.name("job", identifier(self.pipeline.name))
        self.final = module.name("final", f"{self.job}__final") if plan.final else ""

    def sections(self) -> list[Code]:
        """Ops, then the graphs of loops, the job, the final's, what starts runs, and the definitions."""
        module, name = self.module, self.ops.prefix
        found = [self.ops.source(op, graph) for graph in self.plan.graphs() for op in graph.ops()]
        if found:
            found[0] = f"{_NAMES}\n" + found[0]
        found += [self.body(graph) for graph in self.plan.bodies]
        found.append(self.main().of(""))
        jobs = [self.job, *self.ops.jobs.values(), *filter(None, [self.final])]
        told: dict[str, list[str]] = {"jobs": jobs}
        if self.plan.final is not None:
            found.append(self.final_job(self.plan.final))
            for state, word in (("SUCCESS", "succeeded"), ("FAILURE", "failed")):
                code, sensor = self.final_sensor(state, word)
                found.append(code)
                told.setdefault("sensors", []).append(sensor)
        if self.pipeline.schedule is not None:
            trigger = scheduled(module, self.params, self.job, name)
            found.append(trigger.code.of("", "Schedule.catch_up"))
            told.setdefault(f"{trigger.kind}s", []).append(trigger.variable)
            self.triggers[trigger.name] = trigger.kind
        lists = {kind: Bracket("[", tuple(Entry("", Atom(one)) for one in names), "]") for kind, names in told.items()}
        defs = statement(f"{module.name('defs', 'defs')} = ", call(module.dg("Definitions"), **lists))
        # ruff wants no more than one empty line between statements that define nothing.
        found.append(defs.of(""))
        return found

    def body(self, graph: Graph) -> Code:
        """The graph of a loop's body, and the job it is run as."""
        module, prefix = self.module, self.ops.prefix
        told: dict[str, Any] = {"name": f"{prefix}__{graph.name}"}
        if graph.outputs:
            told["out"] = literal({name: call(module.dg("GraphOut")) for name in graph.outputs})
        function = module.name(("graph", graph.name), identifier(graph.name))
        inputs = tuple(Entry("", Atom(getattr(handle.op, "name"))) for handle in graph.inputs.values())  # noqa: B009
        head = statement("", Bracket(f"def {function}(", inputs, ")"), ":")
        given: dict[str, Any] = {"name": f"{prefix}__{graph.job}"}
        if resources := self.params.resources():
            given["resource_defs"] = literal(resources)
        job = call(f"{function}.to_job", **given)
        lines = [statement("@", call(module.dg("graph"), **told)), head, *Wiring(self.ops, graph).lines()]
        return joined([*lines, "", "", statement(f"{self.ops.jobs[graph.name]} = ", job)]).of(graph.region)

    def main(self) -> Code:
        """The job."""
        module = self.module
        told: dict[str, Any] = named(self.ops.prefix, self.job)
        if resources := self.params.resources():
            told["resource_defs"] = literal(resources)
        told |= self.settings
        bounds = {op.name: op.max_parallel for op in self.plan.main.ops() if op.max_parallel is not None}
        if bounds:
            limits = [{"key": "pipeline/max_parallel", "value": name, "limit": bound} for name, bound in bounds.items()]
            configured = call(
                f"{module.dg('multiprocess_executor')}.configured", literal({"tag_concurrency_limits": limits})
            )
            told["executor_def"] = configured
        loops = {op.loop or "": None for op in self.plan.main.ops() if op.max_parallel is not None}
        spells = {**self.spells, "executor_def": tuple((loop, "Each.max_parallel") for loop in loops)}
        lines = [decorated(module.dg("job"), told, spells), f"def {self.job}():"]
        return joined([*lines, *Wiring(self.ops, self.plan.main).lines()])

    def final_job(self, graph: Graph) -> Code:
        """The job of the final call."""
        told: dict[str, Any] = named(f"{self.ops.prefix}__{graph.name}", self.final)
        if resources := self.params.resources():
            told["resource_defs"] = literal(resources)
        head = decorated(self.module.dg("job"), told, {})
        return joined([head, f"def {self.final}():", *Wiring(self.ops, graph).lines()]).of(
            self.final_id, "Pipeline.final"
        )

    def final_sensor(self, state: str, word: str) -> tuple[Code, str]:
        """What asks for the final run when a run has ended in one way."""
        module = self.module
        name = module.name(("sensor", state), f"{self.job}_{word}")
        told: dict[str, Any] = {
            "run_status": Atom(module.dg(f"DagsterRunStatus.{state}")),
            **named(f"{self.ops.prefix}_{word}", name),
            "monitored_jobs": literal([Atom(self.job)]),
            "request_job": Atom(self.final),
            "default_status": Atom(module.dg("DefaultSensorStatus.RUNNING")),
        }
        request = call(module.use("final_request"), Atom("context"), Atom(self.final), word)
        decorator = statement("@", call(module.dg("run_status_sensor"), **told))
        head = evaluation(name, module.dg("RunStatusSensorContext"))
        return joined([decorator, head, statement("return ", request, indent=4)]).of(
            self.final_id, "Pipeline.final"
        ), name


def named(name: str, function: str) -> dict[str, str]:
    """The argument that gives something its name, unless its function has it."""
    return {} if name == function else {"name": name}


def decorated(name: str, told: dict[str, Any], spells: Spelling) -> str:
    """A decorator, bare when there is nothing to tell it."""
    return statement("@", spelled(call(name, **told), spells)) if told else f"@{name}"
