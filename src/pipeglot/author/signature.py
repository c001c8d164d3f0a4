"""The parameters of a step's function, and whether arguments fit them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeglot.author import caller, hints, plain
from pipeglot.author.hints import Hint, type_name
from pipeglot.author.proxy import Traced, hint_of, to_value
from pipeglot.author.trace import Trace, fail
from pipeglot.core import ir
from pipeglot.core.dataclass import dataclass, field

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True)
class Signature:
    """A function's parameters with their annotations. `name` is the function's, for messages."""

    name: str
    python: inspect.Signature
    hints: dict[str, Hint]
    at: ir.At | None
    _adapters: dict[str, TypeAdapter[Any]] = field(default_factory=dict)

    @staticmethod
    def of(fn: Callable[..., Any], what: str) -> Signature:
        """Read a function's signature; stops at its definition with PG114 or PG115 when it can be no `what`."""
        name, at = getattr(fn, "__name__", repr(fn)), defined_at(fn)
        if inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
            fail(
                "PG114", f"{name} is async or a generator", f"a {what} is a plain function that returns its result", at
            )
        try:
            signature = inspect.signature(fn)
        except (TypeError, ValueError) as error:
            fail("PG114", f"the signature of {name} cannot be read: {error}", "wrap it in a function of your own", at)
        for parameter in signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                said = f"/ after {parameter.name}" if parameter.kind is parameter.POSITIONAL_ONLY else str(parameter)
                fail("PG114", f"{name} has the parameter {said}", f"a {what}'s parameters are plain, by name", at)
        try:
            found = hints.of(fn)
        except Exception as error:
            way_out = "import at run time what they name, not under `if TYPE_CHECKING`"
            fail("PG115", f"the annotations of {name} cannot be read: {error}", way_out, at)
        return Signature(name, signature, found, at)

    @property
    def returns(self) -> Hint:
        """The annotation of the result; Any when there is none."""
        return self.hints.get("return", Any)

    def schema(self, name: str) -> ir.Schema:
        """The JSON Schema of a parameter, or of the result (`return`)."""
        if name not in self.hints:
            return {}
        mode: hints.Mode = "serialization" if name == "return" else "validation"
        what = f"the result of {self.name}" if name == "return" else f"the parameter {name} of {self.name}"
        return schema_of(self.hints[name], mode, what, self.at)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, policies: bool) -> inspect.BoundArguments:
        """Arguments by name; stops with PG112 when they do not match the parameters."""
        try:
            return self.python.bind(*args, **kwargs)
        except TypeError as error:
            unknown = [name for name in kwargs if name not in self.python.parameters]
            why = f"it has no parameter {unknown[0]!r}" if unknown else str(error)
            in_options = policies and _OPTIONS & set(kwargs)
            way_out = "policies, order and ids go in .options(...)" if in_options else ""
            fail("PG112", f"{self.name}{self.python}: {why}", way_out)

    def argument(self, name: str, given: Any) -> ir.Value:
        """An argument as a value, checked against the parameter's annotation."""
        value = to_value(given)
        if name not in self.hints:
            return value
        hint = self.hints[name]
        if isinstance(value, ir.Const):
            reason = self._refused(name, value.value)
            if reason:
                fail("PG112", f"{self.name}: {name} takes {type_name(hint)}, given {_short(given)}: {reason}")
        else:
            reason = _unlike(given, value, hint)
            if reason:
                fail("PG112", f"{self.name}: {name} takes {type_name(hint)}, given {_said(given)}, {reason}")
        return value

    def result(self, given: Any) -> ir.Value:
        """The function's result as a value, checked against its annotation."""
        value = to_value(given)
        if isinstance(value, ir.Const):
            reason = self._refused("return", value.value) if "return" in self.hints else None
        else:
            reason = _unlike(given, value, self.returns)
        if reason:
            fail(
                "PG135", f"{self.name} gives {_said(given)}: {reason}", f"its annotation says {type_name(self.returns)}"
            )
        return value

    def _refused(self, name: str, value: ir.Json) -> str | None:
        """Why a constant is not of a parameter's type, in pydantic's words."""
        if plain.accepts(self.hints[name], value):
            return None
        from pydantic import TypeAdapter, ValidationError

        if name not in self._adapters:
            self._adapters[name] = TypeAdapter(self.hints[name])
        try:
            self._adapters[name].validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = "".join(f"[{step!r}]" for step in first["loc"])
            return f"{place}: {first['msg']}" if place else str(first["msg"])
        return None

    def parameters(self) -> tuple[ir.Parameter, ...]:
        """The parameters as data."""
        return tuple(
            ir.Parameter(name=one.name, type=self.schema(one.name), has_default=one.default is not one.empty)
            for one in self.python.parameters.values()
        )


_OPTIONS = {
    "id",
    "after",
    "retries",
    "retry_delay",
    "backoff",
    "max_delay",
    "timeout",
    "on_failure",
    "resources",
    "effects",
    "secrets",
}


def defined_at(fn: Callable[..., Any]) -> ir.At | None:
    """The line of a function's definition, relative to the folder of the pipeline that is traced."""
    code, trace = getattr(inspect.unwrap(fn), "__code__", None), Trace.current()
    if code is None:
        return None
    return caller.place(code.co_filename, code.co_firstlineno, trace.folder if trace else "")


def schema_of(hint: Hint, mode: hints.Mode, what: str, at: ir.At | None = None) -> ir.Schema:
    """The JSON Schema of an annotation; stops with PG115 when pydantic has none."""
    try:
        return hints.json_schema(hint, mode)
    except Exception as error:
        reason = str(error).splitlines()[0].replace("`", "")
        way_out = "values between steps are JSON: plain types, dataclasses, TypedDict, Enum or pydantic models"
        if "typing_extensions.TypedDict" in reason:
            way_out = "from typing_extensions import TypedDict"
        fail("PG115", f"{what}, {type_name(hint)}, cannot be carried: {reason}", way_out, at)


def _unlike(given: Any, value: ir.Value, hint: Hint) -> str | None:
    have = str if isinstance(value, ir.Text) else hint_of(given)
    return f"which is {type_name(have)}" if hints.mismatch(have, hint) else None


def _said(given: Any) -> str:
    return given._name if isinstance(given, Traced) else _short(given)


def _short(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."
