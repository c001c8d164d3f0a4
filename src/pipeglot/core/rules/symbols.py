"""What several rules want to know of one pipeline, found out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

from pipeglot.core.compat import assert_never
from pipeglot.core.dataclass import dataclass
from pipeglot.core.diagnostic import Diagnostic, Severity
from pipeglot.core.inference import Types, TypeScope
from pipeglot.core.ir import (
    AnyNode,
    At,
    Call,
    Collected,
    Each,
    Group,
    If,
    Include,
    Merged,
    Param,
    Pipeline,
    Placed,
    Step,
    Value,
    parts,
)
from pipeglot.core.shape import EnclosingBlock, Shape

Findings: TypeAlias = Iterator[Diagnostic]
Rule: TypeAlias = "Callable[[SymbolTable], Findings]"


@dataclass(frozen=True)
class ValueUse:
    """A value where it is used.

    Attributes:
        owner: the node that takes the value (an If for its conditions and merged values, an Each likewise),
            or the Final's call, or None for the result.
        frames: the blocks it stands in: those of the owner, or of the arm or body for what leaves a region.
        leaves: the merged or collected value it makes, if it makes one.
        condition: it decides which arm is taken.
    """

    value: Value
    owner: AnyNode | None
    frames: tuple[EnclosingBlock, ...]
    at: At | None
    what: str
    leaves: Merged | Collected | None = None
    condition: bool = False
    final: bool = False


class SymbolTable:
    """One pipeline (Includes are leaves) and what follows from its structure."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.pipeline)

    @cached_property
    def steps(self) -> dict[str, Step]:
        return {step.name: step for step in self.pipeline.steps}

    @cached_property
    def params(self) -> dict[str, Param]:
        return {param.name: param for param in self.pipeline.params}

    @cached_property
    def position(self) -> dict[str, int]:
        """The place of every node in the author's order; values stand where their region does."""
        place = {id: number for number, id in enumerate(self.shape.nodes)}
        return place | {id: place[owner] for id, owner in self.shape.owner.items()}

    @cached_property
    def calls(self) -> list[Call]:
        """Every call, the Final's last."""
        final = self.pipeline.final
        return [*self.shape.calls, *([final.call] if final else [])]

    @cached_property
    def includes(self) -> list[Include]:
        return [node for node in self.shape.nodes.values() if isinstance(node, Include)]

    @cached_property
    def uses(self) -> list[ValueUse]:
        """Every value of the pipeline, where it is used."""
        return list(self._uses())

    def _uses(self) -> Iterator[ValueUse]:
        for node in self.shape.nodes.values():
            yield from self._uses_of(node)
        final, result = self.pipeline.final, self.pipeline.result
        if final is not None:
            for name, value in final.call.args.items():
                at = self.place(final.call)
                yield ValueUse(value, final.call, (), at, f"argument {name!r} of {final.call.id!r}", final=True)
        if result is not None:
            yield ValueUse(result, None, (), self.pipeline.at, "the result")

    def _uses_of(self, node: AnyNode) -> Iterator[ValueUse]:
        frames, at = self.shape.frames[node.id], self.place(node)
        match node:
            case Call() | Include():
                for name, value in node.args.items():
                    yield ValueUse(value, node, frames, at, f"argument {name!r} of {node.id!r}")
            case If():
                for arm in node.arms:
                    if arm.when is not None:
                        where = arm.at or at
                        yield ValueUse(arm.when, node, frames, where, f"a condition of {node.id!r}", condition=True)
                for merged in node.merged:
                    for number, value in enumerate(merged.values):
                        inside = (*frames, EnclosingBlock(node.id, number))
                        yield ValueUse(value, node, inside, merged.at or at, f"{merged.id!r}", merged)
            case Each():
                yield ValueUse(node.items, node, frames, at, f"the items of {node.id!r}")
                for collected in node.collected:
                    where = collected.at or at
                    yield ValueUse(
                        collected.value, node, (*frames, EnclosingBlock(node.id)), where, f"{collected.id!r}", collected
                    )
            case Group():
                pass
            case _:
                assert_never(node)

    @cached_property
    def scope(self) -> TypeScope:
        """The static types of all that values refer to."""
        return Types(self.shape).scope

    def place(self, node: Placed | None) -> At | None:
        """Where a node was written; the pipeline's place when it does not say."""
        return node.at if node is not None and node.at is not None else self.pipeline.at

    def find(
        self,
        code: str,
        message: str,
        at: Placed | At | None = None,
        help: str = "",
        severity: Severity = "error",
    ) -> Diagnostic:
        """A finding at a node's place."""
        return Diagnostic(code, severity, message, at if isinstance(at, At) else self.place(at), help)


def leaves(value: Value) -> Iterator[Value]:
    """The references and constants a value is made of."""
    return (part for part in parts(value) if part.kind in ("const", "param", "out", "item", "ctx"))
