"""A pipeline as short text, for people who look at what a random one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeglot.core.ir import (
    All,
    Any_,
    AnyNode,
    Call,
    Compare,
    Const,
    Ctx,
    DictOf,
    Each,
    Group,
    If,
    Include,
    IsIn,
    Item,
    ListOf,
    Not,
    Out,
    ParamRef,
    Pipeline,
    Policy,
    Text,
    Value,
)


def text(pipeline: Pipeline) -> str:
    """The whole pipeline, a node a line."""
    lines = [f"param {param.name} = {param.default!r}" for param in pipeline.params]
    lines += [] if pipeline.schedule is None else [f"schedule {pipeline.schedule.timing}"]
    lines += _block(pipeline.body, "")
    lines += [] if pipeline.final is None else [f"final {_call(pipeline.final.call)}"]
    lines += [] if pipeline.result is None else [f"result {value(pipeline.result)}"]
    return "\n".join(lines)


def _block(body: Sequence[AnyNode], pad: str) -> list[str]:
    return [pad + line for node in body for line in _node(node)] or [pad + "pass"]


def _node(node: AnyNode) -> Iterator[str]:
    after = "" if isinstance(node, Group) or not node.after else f" after {', '.join(node.after)}"
    match node:
        case Call():
            yield _call(node) + after
        case If():
            for number, arm in enumerate(node.arms):
                word = "else" if arm.when is None else f"{'elif' if number else 'if'} {value(arm.when)}"
                yield f"{word}:" + (f"  # {node.id}{after}" if number == 0 else "")
                yield from _block(arm.body, "    ")
            for merged in node.merged:
                yield f"{merged.id} = merged({', '.join(map(value, merged.values))})"
        case Each():
            bound = "" if node.max_parallel is None else f", at most {node.max_parallel} at once"
            yield f"each {value(node.items)}:  # {node.id}{bound}{after}"
            yield from _block(node.body, "    ")
            for collected in node.collected:
                yield f"{collected.id} = collected({value(collected.value)})"
        case Group():
            yield f"group {node.id}:"
            yield from _block(node.body, "    ")
        case Include():
            args = ", ".join(f"{name}={value(arg)}" for name, arg in node.args.items())
            yield f"{node.id} = include({args}){after}:"
            yield from ("    " + line for line in text(node.pipeline).splitlines())


def _call(call: Call) -> str:
    args = ", ".join(f"{name}={value(arg)}" for name, arg in call.args.items())
    policy = [f"{name}={told}" for name in Policy.__fields__ if (told := getattr(call.policy, name)) is not None]
    return f"{call.id} = {call.step}({args})" + (f"  [{', '.join(policy)}]" if policy else "")


def value(of: Value) -> str:
    """A value, close to how Python would write it."""
    match of:
        case Const():
            return repr(of.value)
        case Out(ref=name, path=path) | ParamRef(name=name, path=path):
            return name + "".join(f"[{step!r}]" for step in path)
        case Item(loop=name, path=path):
            return f"item({name})" + "".join(f"[{step!r}]" for step in path)
        case Ctx():
            return f"ctx.{of.name}"
        case ListOf():
            return f"[{', '.join(map(value, of.items))}]"
        case DictOf():
            return "{" + ", ".join(f"{key!r}: {value(inner)}" for key, inner in of.items) + "}"
        case Text():
            return f"text({', '.join(map(value, of.parts))})"
        case Compare():
            return f"({value(of.left)} {of.op} {value(of.right)})"
        case IsIn():
            return f"({value(of.value)} in {of.options})"
        case All():
            return f"({' and '.join(map(value, of.operands))})"
        case Any_():
            return f"({' or '.join(map(value, of.operands))})"
        case Not():
            return f"(not {value(of.operand)})"
