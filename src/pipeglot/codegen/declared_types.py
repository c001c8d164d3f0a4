"""The declared types of a pipeline's values, as far as they are certain: what backends build their own forms on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pipeglot.core.ir import Call, Each, If, Item, Out, ParamRef, Schema, Value
from pipeglot.core.shape import Shape


class Declared(ABC):
    """The declared types of a pipeline's values."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._params = {param.name: param.type for param in shape.pipeline.params}
        self._returns = {step.name: step.returns for step in shape.pipeline.steps}

    def declared(self, value: Out | ParamRef | Item) -> Schema:
        """The type of what a reference refers to, its path dropped."""
        match value:
            case ParamRef(name=name):
                return self._params.get(name, {})
            case Item(loop=loop):
                each = self._shape.nodes[loop]
                return each.item_type if isinstance(each, Each) else {}
            case Out(ref=ref):
                if ref in self._shape.values:
                    return self._shape.values[ref].type
                node = self._shape.nodes[ref]
                return self._returns[node.step] if isinstance(node, Call) else {}

    @abstractmethod
    def decidable(self, condition: Value) -> bool:
        """Whether a condition can be evaluated in every run."""

    @abstractmethod
    def is_list(self, value: Value) -> bool:
        """Whether a value is a list in every run."""

    def certain(self, node: If | Each) -> bool:
        """Whether a region can be decided in every run that enters it."""
        if isinstance(node, Each):
            return self.is_list(node.items)
        return all(self.decidable(arm.when) for arm in node.arms if arm.when is not None)


def select(schema: Schema, path: tuple[str | int, ...]) -> Schema | None:
    """The type at a path that is there in every value of the type."""
    definitions = schema.get("$defs", {})
    schema = resolved(schema, definitions)
    for key in path:
        found: Any = None
        if isinstance(key, str) and schema.get("type") == "object" and key in schema.get("required", ()):
            found = schema.get("properties", {}).get(key)
        elif isinstance(key, int) and 0 <= key < min(len(schema.get("prefixItems", ())), schema.get("minItems", 0)):
            found = schema["prefixItems"][key]
        if not isinstance(found, dict):
            return None
        schema = resolved(found, definitions)
    return schema


def resolved(schema: Schema, definitions: dict[str, Any]) -> Schema:
    """A type without its reference to a definition; nothing is known of one that goes in circles."""
    for _ in range(50):
        target = schema.get("$ref")
        if not isinstance(target, str):
            return schema
        schema = definitions.get(target.removeprefix("#/$defs/"), {})
    return {}
