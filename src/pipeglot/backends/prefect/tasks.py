"""The task definitions of a plan as source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.docstrings import docstring
from pipeglot.codegen.expressions import RootNames, expression, fitting
from pipeglot.codegen.pysource import WIDTH, Atom, Spelling, call, flat, spelled, spelling, statement
from pipeglot.codegen.python import functions, invocation, own_docstring
from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Call, Each, If, Inlined, Policy

from .analysis import Analysis
from .module import PrefectModule
from .naming import run_name
from .plan import Form, TaskPlan

_SPELLS: Spelling = {
    "name": "Call.id",
    "retries": "Retry.count",
    "retry_delay_seconds": "Retry.delay Retry.backoff Retry.max_delay",
    "timeout_seconds": "Policy.timeout",
}
"""The attributes of a call that the arguments of its task spell."""


class TaskPrinter:
    """Prints task definitions for one file."""

    def __init__(self, module: PrefectModule, analysis: Analysis) -> None:
        self._module, self._analysis, self._code = module, analysis, functions(analysis.pipeline)

    def sources(self, tasks: Iterable[TaskPlan]) -> list[Code]:
        """The source of all tasks: first those that are the author's own functions, in one block."""
        direct = [self._direct(task, task.work) for task in tasks if task.direct and isinstance(task.work, Call)]
        return [joined(direct), *(self._source(task) for task in tasks if not task.direct)]

    def _direct(self, task: TaskPlan, node: Call) -> Code:
        """A task that is the step's function itself."""
        step = self._analysis.steps[node.step]
        options = policy_options(node.policy)
        if self._analysis.uses[node.step] > 1:
            # Prefect would take one call's result for another's if results are persisted.
            options["cache_policy"] = Atom(self._module.use("NO_CACHE"))
        bare = replace(node, args={})
        run = invocation(step, bare, _names(task), self._module.imports)
        # Of an imported function Prefect reads the docstring itself, which is the description.
        told = isinstance(step.run, Inlined) and own_docstring(self._code, step.run.name)
        if step.description and told not in (False, step.description):
            options = {"description": step.description, **options}
        doc = call(self._module.use("task"), Atom(flat(run).removesuffix("()")), name=task.label, **options)
        spells: Spelling = {"": tuple(spelling(run)), **_SPELLS, "description": ((node.step, "Step.description"),)}
        return statement(f"{task.name} = ", spelled(doc, spells)).of(node.id)

    def _source(self, task: TaskPlan) -> Code:
        """A task that is a function of the file."""
        match task.work:
            case Call():
                return self._step(task, task.work)
            case None:
                return self._or_default(task)
            case If():
                return self._function(task, self._arm(task, task.work))
            case Each(items=items):
                body: list[str] = [
                    statement("items = ", expression(items, _names(task)), indent=4),
                    "    if not isinstance(items, list):",
                    '        raise TypeError(f"not a list: {items!r}")',
                    "    return items",
                ]
                return self._function(task, [joined(body).of(attribute="Each.items")])
            case Form(value=value):
                return self._function(task, [statement("return ", expression(value, _names(task)), indent=4)])
            case _:
                assert_never(task.work)

    def _step(self, task: TaskPlan, node: Call) -> Code:
        """A task that calls the step's function, or runs its command."""
        step = self._analysis.steps[node.step]
        description = step.description
        doc = invocation(step, node, _names(task), self._module.imports)
        line = [text.of(node.step, "Step.description") for text in docstring(description)]
        options = {"description": description} if description and not line else {}
        body = [*line, statement("return ", doc, indent=4)]
        return self._function(task, body, **options, **policy_options(node.policy))

    def _arm(self, task: TaskPlan, node: If) -> list[str]:
        """The number of the arm that is taken, or how many there are."""
        lines: list[str] = []
        conditions = [arm.when for arm in node.arms if arm.when is not None]
        for number, condition in enumerate(conditions):
            doc = fitting(condition, _names(task), WIDTH - 8)
            lines.append(statement("if ", doc, ":", indent=4).of(attribute="Arm.when"))
            lines.append(f"        return {number}")
        return [*lines, f"    return {len(conditions)}"]

    def _or_default(self, task: TaskPlan) -> Code:
        body = [
            '    """What a task gave, or the default that stands in when it failed."""',
            "    return default if isinstance(outcome, BaseException) else outcome",
        ]
        decorator = self._decorator(task, cache_policy=Atom(self._module.use("NO_CACHE")))
        return Code("\n".join([decorator, f"def {task.name}(outcome, default):", *body]))

    def _function(self, task: TaskPlan, body: Sequence[str], **options: Any) -> Code:
        parameters = [*(name for name, _ in task.takes), *(["index"] if task.looped else [])]
        head = statement("def ", call(task.name, *map(Atom, parameters)), ":")
        final = self._module.pipeline.final
        about = "Pipeline.final" if final is not None and task.work is final.call else None
        return joined([self._decorator(task, **options), head, *body]).of(task.origin, about)

    def _decorator(self, task: TaskPlan, **options: Any) -> Code:
        names = {"name": task.label}
        if task.looped:
            names["task_run_name"] = run_name(task.label)
        step = task.work.step if isinstance(task.work, Call) else ""
        spells: Spelling = {**_SPELLS, "description": ((step, "Step.description"),)}
        return statement("@", spelled(call(self._module.use("task"), **names, **options), spells))


def _names(task: TaskPlan) -> RootNames:
    """The parameters by what they are given."""
    table = {value: name for name, value in task.takes}
    return lambda ref: table[ref]


def policy_options(policy: Policy) -> dict[str, Any]:
    """The arguments of `@task` that keep a call's retries and time limit."""
    options: dict[str, Any] = {}
    if policy.retry is not None:
        waits = policy.retry.waits()
        options["retries"] = policy.retry.count
        if any(waits):
            options["retry_delay_seconds"] = waits[0] if len(set(waits)) == 1 else waits
    if policy.timeout is not None:
        options["timeout_seconds"] = policy.timeout
    return options
