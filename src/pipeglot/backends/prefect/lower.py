"""From the language's blocks to the statements of a flow, which submits everything, decides with plain Python, and leaves
nothing unwaited.

A region makes the flow's own thread wait for what decides it: in every block calls come first and such
regions as late as their followers allow.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeglot.core.compat import assert_never
from pipeglot.core.ir import AnyNode, Call, Each, Group, If, Include
from pipeglot.core.shape import transparent, unique

from .analysis import Analysis
from .builder import Builder, Scope
from .definitions import Definitions
from .module import PrefectModule
from .naming import Naming
from .plan import FlowPlan
from .regions import lower_each, lower_if


def lower(analysis: Analysis, module: PrefectModule, naming: Naming) -> FlowPlan:
    """The flow of an inlined pipeline."""
    pipeline = analysis.pipeline
    definitions = Definitions(analysis, module, naming)
    constants = {
        param.name: module.name(("default", param.name), f"DEFAULT_{param.name.upper()}")
        for param in pipeline.params
        if isinstance(param.default, list | dict)
    }
    build, scope = Builder(analysis, definitions, module.locals()), Scope()
    tick = build.name("tick", "scheduled") if analysis.context & {"logical_date", "day"} else ""
    runs = lower_block(build, pipeline.body, scope)
    if build.listed:
        build.collect("", scope, runs)
    call = pipeline.final.call if pipeline.final else None
    task = definitions.call(call, looped=False) if call else None
    return FlowPlan(
        constants=constants,
        tasks=tuple(definitions.made.values()),
        context={fact: name for fact, name in build.context.items() if fact in analysis.context},
        tick=tick,
        locked=build.locked,
        listed=build.listed,
        body=tuple(scope.body),
        runs=() if build.listed else unique(runs),
        final=build.submit(build.name(call.id, call.id), task, scope) if call and task else None,
        result=None if pipeline.result is None else build.expression(pipeline.result, scope),
        cannot_fail=pipeline.result is None or analysis.types.cannot_fail(pipeline.result),
    )


def lower_block(build: Builder, nodes: Sequence[AnyNode], scope: Scope) -> list[str]:
    """Adds the statements of a block of nodes; gives the runs that are still to be collected."""
    made: list[str] = []
    for node in build.analysis.ordered(list(transparent(tuple(nodes))), scope.completed):
        match node:
            case Call():
                made.append(build.call(node, scope))
            case If():
                made += lower_if(build, node, scope, lower_block)
            case Each():
                made += lower_each(build, node, scope, lower_block)
            case Group() | Include():
                raise AssertionError(f"{node.kind} in a block whose groups are opened")
            case _:
                assert_never(node)
    return made
