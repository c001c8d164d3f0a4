"""Whether a pipeline is valid, and what is doubtful about it: all findings at once."""

from __future__ import annotations

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.inline import inline
from pipeglot.core.ir import Pipeline
from pipeglot.core.memory import no_collection
from pipeglot.core.rules import declared, practice, structure, values
from pipeglot.core.rules.symbols import Rule, SymbolTable

STAGES: tuple[tuple[Rule, ...], ...] = (
    (structure.depth,),
    (structure.unicode_text,),
    (structure.ids,),
    (structure.references, structure.order),
    (structure.cycles,),
)
"""Rules of which each stage relies on the ones before: the first with findings is the last."""

RULES: tuple[Rule, ...] = (
    declared.params,
    declared.schedule,
    declared.steps,
    declared.secrets,
    declared.code,
    declared.packages,
    structure.arms,
    structure.calls,
    structure.includes,
    structure.final,
    values.paths,
    values.constants,
    values.arguments,
    values.conditions,
    values.items,
    practice.secrets,
    practice.large_constants,
    practice.images,
    practice.unused_params,
)
"""The other rules, each for itself: they rely on the first three stages only."""


def check(pipeline: Pipeline) -> list[Diagnostic]:
    """All that is wrong with, or doubtful about, a pipeline and those it includes; nothing is raised.

    A pipeline is valid when no finding has severity `error`. Takes time linear in the size of the pipeline,
    and runs no code of it.

    >>> from pipeglot.core.ir import Call
    >>> [str(finding.message) for finding in check(Pipeline(name="p", body=(Call(id="a", step="s"),)))]
    ["'a' calls the unknown step 's'"]
    """
    with no_collection():
        return _found(pipeline)


def _found(pipeline: Pipeline) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    included = False
    stack = [pipeline]
    while stack:
        symbols = SymbolTable(stack.pop())
        stage, wrong = _stages(symbols)
        found += wrong
        if stage < 2:  # too deep, or not to be written: no Include inside can be looked at either
            continue
        if stage > 2:
            found += _apply(RULES, symbols)
        stack += [node.pipeline for node in reversed(symbols.includes)]
        included = included or bool(symbols.includes)
    found = list(dict.fromkeys(found))  # a pipeline included twice
    if included and not any(finding.severity == "error" for finding in found):
        found += _inlined(pipeline)
    return found


def _stages(symbols: SymbolTable) -> tuple[int, list[Diagnostic]]:
    """The first stage that finds something, and what it finds."""
    for number, rules in enumerate(STAGES):
        wrong = _apply(rules, symbols)
        if wrong:
            return number, wrong
    return len(STAGES), []


def _inlined(pipeline: Pipeline) -> list[Diagnostic]:
    """What only shows when the Includes are in place: clashes of names, and paths into arguments."""
    try:
        whole = inline(pipeline)
    except AuthoringError as error:
        return list(error.diagnostics)
    except (LookupError, TypeError, ValueError) as error:
        message = f"a path into an argument of an included pipeline leads nowhere: {error}"
        return [Diagnostic("PG191", "error", message, pipeline.at)]
    symbols = SymbolTable(whole)
    return _stages(symbols)[1] or _apply((declared.code, declared.secrets), symbols)


def _apply(rules: tuple[Rule, ...], symbols: SymbolTable) -> list[Diagnostic]:
    return [finding for rule in rules for finding in rule(symbols)]
