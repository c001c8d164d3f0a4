"""The graphs of a generated file: which op is called on what."""

from __future__ import annotations

from typing import Any

from pipeglot.codegen.code import Code, joined
from pipeglot.codegen.names import identifier
from pipeglot.codegen.pysource import WIDTH, Atom, Bracket, Entry, call, flat, literal, spelled, string, width

from .layout import statement
from .lower import item_name
from .ops import Ops
from .plan import Fan, Graph, Handle, Mapped, Op, Source


class Wiring:
    """The body of one graph's function."""

    def __init__(self, ops: Ops, graph: Graph) -> None:
        self.ops, self.graph = ops, graph
        sources = [handle.op.name for handle in graph.inputs.values() if isinstance(handle.op, Source)]
        self.names = ops.module.locals(*sources)
        held = [handle for op in graph.ops() for handle in op.handles()] + list(graph.outputs.values())
        self.used = {handle.op for handle in held}
        loops = {op: op.loop for op in graph.ops()}
        # Of a mapped op, whether anything outside of its loop takes it.
        self.collected = {handle.op for handle in graph.outputs.values()}
        for op in graph.ops():
            self.collected |= {handle.op for handle in op.handles() if handle.loop and handle.loop != loops[op]}

    def lines(self) -> list[str]:
        """The statements, indented."""
        found: list[str] = []
        for step in self.graph.steps:
            if isinstance(step, Mapped):
                found += self.mapped(step)
            else:
                found.append(self.invocation(step, step in self.used))
        if self.graph.outputs:
            outputs = {name: Atom(self.text(handle, None)) for name, handle in self.graph.outputs.items()}
            found.append(statement("return ", literal(outputs), indent=4))
        return found or ["    pass"]

    def variable(self, op: Op) -> str:
        return self.names(op, identifier(op.name))

    def invocation(self, op: Op, assigned: bool, indent: int = 4) -> Code:
        prefix = f"{self.variable(op)} = " if assigned else ""
        function, name = self.ops.functions[op], string(op.name)
        aliased = f"{function}.alias({name})"
        if indent + width(f"{prefix}{aliased}(") <= WIDTH:
            return self.marked(statement(prefix, self.called(op, aliased), indent=indent), op)
        node = self.names(("node", op), "node")
        first = statement(f"{node} = ", call(f"{function}.alias", op.name), indent=indent)
        return self.marked(joined([first, statement(prefix, self.called(op, node), indent=indent)]), op)

    def marked(self, line: Code, op: Op) -> Code:
        made = line.of(op.node)
        return made.of(op.value, self.ops.values[op.value]) if op.value else made

    def called(self, op: Op, node: str = "") -> Bracket:
        given: dict[str, Any] = {}
        for root, handle in op.takes.items():
            given[self.ops.inputs[op][root]] = Atom(self.text(handle, op.loop))
        if op.fan_in:
            name = "values" if not any(handle.loop for handle in op.fan_in) else "runs"
            texts = [Atom(self.text(handle, op.loop)) for handle in op.fan_in]
            given[name] = texts[0] if name == "runs" else literal(texts)
        for name, (_, handles) in zip(self.ops.orders[op], op.order, strict=True):
            texts = [Atom(self.text(handle, op.loop)) for handle in handles]
            given[name] = literal(texts) if len(texts) > 1 else texts[0]
        made = call(node or f"{self.ops.functions[op]}.alias({string(op.name)})", **given)
        return spelled(made, dict.fromkeys(self.ops.orders[op], self.ops.after.get(op.node, "")))

    def text(self, handle: Handle, loop: str | None) -> str:
        """A handle where it is used: inside a loop, or outside of all."""
        if isinstance(handle.op, Source):
            return handle.op.name
        if isinstance(handle.op.work, Fan) and handle.loop == loop and loop is not None:
            return self.item(handle.op)
        text = self.variable(handle.op)
        if handle.out is not None and len(handle.op.outs) > 1:
            text += f".{handle.out}"
        return text if handle.loop in (None, loop) else f"{text}.collect()"

    def item(self, fan: Op) -> str:
        return self.names(("item", fan), identifier(item_name(fan.node)))

    def mapped(self, step: Mapped) -> list[str]:
        """The ops of a loop, as a function of the item."""
        if not step.ops:
            return [self.invocation(step.fan, step.fan in self.used)]
        given = [op for op in step.ops if op in self.collected]
        back = given or step.ops[-1:]
        fan, item = self.variable(step.fan), self.item(step.fan)
        lines: list[str] = [self.invocation(step.fan, True)]
        result = ", ".join(self.variable(op) for op in given)
        prefix = f"{result} = " if given else ""
        if len(step.ops) == 1:
            mapped = Entry(f"lambda {item}: ", Atom(flat(self.called(step.ops[0]))))
            if 8 + width(mapped.prefix + flat(mapped.value)) < WIDTH:
                made = statement(prefix, Bracket(f"{fan}.map(", (mapped,), ")"), indent=4)
                return [*lines, made.of(step.ops[0].node).of(step.fan.node)]
        function = self.names(("body", step.fan), f"one_{item}")
        body: list[str] = [f"    def {function}({item}):"]
        inside = {handle.op for op in step.ops for handle in op.handles()} | set(back)
        body += [self.invocation(op, op in inside, 8) for op in step.ops]
        body.append(f"        return {', '.join(self.variable(op) for op in back)}")
        body += ["", _long(prefix, f"{fan}.map({function})")]
        return [*lines, "", joined(body).of(step.fan.node)]


def _long(prefix: str, text: str) -> str:
    """An assignment to a tuple, which ruff breaks when it does not fit on a line."""
    line = f"    {prefix}{text}"
    if len(line) <= WIDTH:
        return line
    names = tuple(Entry("", Atom(name)) for name in prefix.removesuffix(" = ").split(", "))
    if len(names) == 1:
        return statement(prefix, Atom(text), indent=4)
    return statement("", Bracket("(", names, ")"), f" = {text}", indent=4)
