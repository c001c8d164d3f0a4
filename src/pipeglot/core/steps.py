"""Steps as authors declare and call them: functions with policies, whose signature editors and checkers keep."""

from __future__ import annotations

import functools
import inspect
import json
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, overload

from pydantic import TypeAdapter, ValidationError

from pipeglot.core import ir, where
from pipeglot.core.boundary import container_words, run_command, shell_words
from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.source import place_step
from pipeglot.core.traced import Hint, Trace, Traced, constant, fail, hint_of, mismatch, to_value, type_name

P = ParamSpec("P")
R = TypeVar("R")

Duration: TypeAlias = int | str | timedelta
"""Seconds, a timedelta, or text such as `30s`, `5m`, `1h`, `2d`."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(given: Duration) -> int:
    """A duration in whole seconds; ValueError when it is none.

    >>> seconds("5m"), seconds(timedelta(hours=1)), seconds(3)
    (300, 3600, 3)
    """
    if isinstance(given, timedelta):
        whole = given.total_seconds()
        if whole != int(whole):
            raise ValueError(f"{given} is not in whole seconds")
        return int(whole)
    if isinstance(given, str):
        number, unit = given.strip()[:-1].strip(), given.strip()[-1:]
        if not number.isdecimal() or unit not in _UNITS:
            raise ValueError(f"{given!r} is no duration: write 30s, 5m, 1h or 2d")
        return int(number) * _UNITS[unit]
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(f"{given!r} is no duration: whole seconds, a timedelta or text such as 5m")
    return given


@dataclass(frozen=True)
class Continue:
    """What `continue_` gives."""

    default: Any = None


def continue_(default: Any = None) -> Continue:
    """For `on_failure=`: after its last attempt the step counts as failed, but what follows goes on with `default`."""
    return Continue(default)


@dataclass(frozen=True)
class Policies:
    """How a step's calls are run, as far as it is said."""

    retries: int | None = None
    retry_delay: Duration | None = None
    backoff: float | None = None
    max_delay: Duration | None = None
    timeout: Duration | None = None
    on_failure: Continue | None = None

    def over(self, base: Policies) -> Policies:
        """These, and where nothing is said those of `base`."""
        said = {name: value for name, value in vars(self).items() if value is not None}
        return replace(base, **said)

    def ir(self) -> ir.Policy:
        """The policies as data; stops with PG126 when they make no sense."""
        try:
            retry = None
            if self.retries:
                more = {"backoff": self.backoff} if self.backoff is not None else {}
                limit = None if self.max_delay is None else seconds(self.max_delay)
                retry = ir.Retry(count=self.retries, delay=seconds(self.retry_delay or 0), max_delay=limit, **more)
            timeout = None if self.timeout is None else seconds(self.timeout)
            tolerated = None
            if self.on_failure is not None:
                tolerated = ir.Continue(default=constant(self.on_failure.default).value)
            return ir.Policy(retry=retry, timeout=timeout, on_failure=tolerated)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            fail("PG126", f"a policy that makes no sense: {wrong}", "retries 0 to 50, times in seconds")
        except (ValueError, TypeError, AttributeError) as error:
            fail("PG126", f"a policy that makes no sense: {error}", 'durations: 30s, 5m, 1h, 2d, a timedelta or seconds')


class Step(Generic[P, R]):
    """A step: outside a pipeline the plain function, inside one a call that is traced."""

    def __init__(self, fn: Callable[P, R], run: Callable[[Trace], ir.Run], policies: Policies) -> None:
        functools.update_wrapper(self, fn)
        self.fn, self._run, self._policies = fn, run, policies
        self._id: str | None = None
        self._after: tuple[Any, ...] = ()
        self._root: Step[P, R] = self
        self._fills_defaults = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        trace = Trace.current()
        if trace is None:
            return self.fn(*args, **kwargs)
        return self._call(trace, args, kwargs)  # type: ignore[return-value]

    def options(
        self,
        *,
        id: str | None = None,
        after: Iterable[object] = (),
        retries: int | None = None,
        retry_delay: Duration | None = None,
        backoff: float | None = None,
        max_delay: Duration | None = None,
        timeout: Duration | None = None,
        on_failure: Continue | None = None,
    ) -> Step[P, R]:
        """The same step for one call, with an id, an order (`after`) and policies of its own."""
        said = Policies(retries, retry_delay, backoff, max_delay, timeout, on_failure)
        new: Step[P, R] = Step(self.fn, self._run, said.over(self._policies))
        new._root, new._fills_defaults = self._root, self._fills_defaults
        new._id, new._after = id or self._id, (*self._after, *after)
        return new

    @functools.cached_property
    def signature(self) -> Signature:
        """What is known of the function's parameters; stops with PG114 when it can be no step."""
        return Signature.of(self.fn)

    def _call(self, trace: Trace, args: Sequence[Any], kwargs: dict[str, Any]) -> Traced:
        frame = where.author_frame()
        root = self._root
        signature = root.signature
        try:
            bound = signature.python.bind(*args, **kwargs)
        except TypeError as error:
            way_out = "policies and order go in .options(...)" if _POLICY_NAMES & set(kwargs) else ""
            fail("PG112", f"{root.fn.__name__}{signature.python}: {error}", way_out)
        if self._fills_defaults:  # a script has no defaults of its own
            bound.apply_defaults()
        values = {name: signature.argument(root.fn.__name__, name, given) for name, given in bound.arguments.items()}
        step = _declare(trace, root)
        variable = where.assigned_name(frame)
        id = trace.claim(self._id, root.fn.__name__, variable)
        place = where.at(frame, trace.folder)
        if self._id is None and id not in (root.fn.__name__, variable):
            message = f"this call of {root.fn.__name__} is named {id!r}, which changes when calls above it do"
            way_out = "assign it to a variable, or give it an id by .options(id=...)"
            trace.notes.append(Diagnostic("PG140", "note", message, place, way_out))
        call = ir.Call(id=id, step=step, args=values, after=after_ids(trace, self._after), policy=self._policies.ir(), at=place)
        trace.block.nodes.append(call)
        return Traced(ir.Out(ref=id), signature.returns, trace.block.scope, f"{root.fn.__name__}(...)")


_POLICY_NAMES = {"id", "after", "retries", "retry_delay", "backoff", "max_delay", "timeout", "on_failure"}


def _declare(trace: Trace, step: Step[Any, Any]) -> str:
    """The name of a step within the pipeline: the function's, or with its module's when two have the same."""
    if id(step) not in trace.steps:
        same = next((name for other, name in trace.steps.values() if other.fn is step.fn), None)
        if same is None:
            base = step.fn.__name__
            names = [base, f"{step.fn.__module__.rpartition('.')[2]}_{base}", *(f"{base}_{n}" for n in range(2, 1000))]
            same = next(name for name in names if name not in trace.step_names)
            trace.step_names.add(same)
        trace.steps[id(step)] = (step, same)
    return trace.steps[id(step)][1]


def after_ids(trace: Trace, given: Iterable[object]) -> tuple[str, ...]:
    """The ids of what `after=` names: results of calls, merged and collected values, or blocks."""
    ids: list[str] = []
    for one in given:
        ref = one._value.ref if isinstance(one, Traced) and isinstance(one._value, ir.Out) else None
        region = getattr(one, "region_id", None) if not isinstance(one, Traced) else None
        if ref is None and not isinstance(region, str):
            fail("PG127", f"after= names {one!r}, which is nothing to wait for", "name the results of calls, or blocks")
        ids.append(ref or str(region))
    return tuple(dict.fromkeys(ids))


@dataclass(frozen=True)
class Signature:
    """A step function's parameters with their annotations."""

    python: inspect.Signature
    hints: dict[str, Hint]
    returns: Hint

    @staticmethod
    def of(fn: Callable[..., Any]) -> Signature:
        """Read a function's signature; stops with PG114 or PG115 when it can be no step."""
        name = getattr(fn, "__name__", repr(fn))
        if inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
            fail("PG114", f"{name} is async or a generator", "a step is a plain function that returns its result")
        try:
            signature = inspect.signature(fn)
            hints = typing.get_type_hints(fn, include_extras=True)
        except (TypeError, ValueError, NameError) as error:
            fail("PG115", f"the annotations of {name} cannot be read: {error}", "import what they name at run time")
        for parameter in signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                fail("PG114", f"{name} has the parameter {parameter}", "a step's parameters are plain, by name")
        read = Signature(signature, hints, hints.get("return", Any))
        for parameter_name in (*signature.parameters, "return"):
            read.schema(parameter_name)
        return read

    def schema(self, name: str) -> ir.Schema:
        """The JSON Schema of a parameter, or of the result (`return`)."""
        if name not in self.hints:
            return {}
        mode: Any = "serialization" if name == "return" else "validation"
        return schema_of(self.hints[name], mode, f"the annotation of {name}")

    def argument(self, step: str, name: str, given: Any) -> ir.Value:
        """An argument as a value, checked against the parameter's annotation."""
        value = to_value(given)
        if name not in self.hints:
            return value
        hint = self.hints[name]
        if isinstance(value, ir.Const):
            try:
                TypeAdapter(hint).validate_json(json.dumps(value.value), strict=True)
            except ValidationError as error:
                first = error.errors()[0]
                fail("PG112", f"{step}: {name} takes {type_name(hint)}, given {given!r}: {first['msg']}")
        elif mismatch(hint_of(given), hint):
            have = type_name(hint_of(given))
            fail("PG112", f"{step}: {name} takes {type_name(hint)}, given {_name(given)}, which is {have}")
        return value

    def parameters(self) -> tuple[ir.Parameter, ...]:
        """The parameters as data."""
        return tuple(
            ir.Parameter(name=p.name, type=self.schema(p.name), has_default=p.default is not p.empty)
            for p in self.python.parameters.values()
        )


def _name(given: Any) -> str:
    return given._name if isinstance(given, Traced) else repr(given)


def schema_of(hint: Hint, mode: Any, what: str) -> ir.Schema:
    """The JSON Schema of an annotation; stops with PG115 when pydantic has none."""
    try:
        return TypeAdapter(hint).json_schema(mode=mode)
    except Exception as error:
        reason = str(error).splitlines()[0].replace("`", "")
        way_out = "values between steps are JSON: use plain types, dataclasses, TypedDict, Enum or pydantic models"
        fail("PG115", f"{what}, {type_name(hint)}, cannot be carried: {reason}", way_out)


def step_ir(trace: Trace, step: Step[Any, Any], name: str) -> ir.Step:
    """A step as data."""
    code = getattr(step.fn, "__code__", None)
    place = where.place(code.co_filename, code.co_firstlineno, trace.folder) if code else None
    signature = step.signature
    text = inspect.getdoc(step.fn) or ""
    return ir.Step(
        name=name,
        run=step._run(trace),
        parameters=signature.parameters(),
        returns=signature.schema("return"),
        description=text,
        at=place,
    )


# ---------------------------------------------------------------- decorators


@overload
def step(fn: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(
    fn: Callable[P, R],
    /,
    *,
    retries: int = ...,
    retry_delay: Duration = ...,
    backoff: float = ...,
    max_delay: Duration = ...,
    timeout: Duration = ...,
    on_failure: Continue = ...,
) -> Step[P, R]: ...
@overload
def step(
    *,
    retries: int = ...,
    retry_delay: Duration = ...,
    backoff: float = ...,
    max_delay: Duration = ...,
    timeout: Duration = ...,
    on_failure: Continue = ...,
) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(fn: Any = None, /, **policies: Any) -> Any:
    """Declare a step: as a decorator, or `step(package.function, retries=2)` for a function you import.

    Outside a pipeline the step is the plain function. Durations are seconds, timedeltas or text such as `5m`.

    >>> @step(retries=2, retry_delay="5m")
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> double(4)
    8
    """
    if fn is None:
        return lambda decorated: _python_step(decorated, policies, decorated=True)
    return _python_step(fn, policies, decorated=_is_decoration(fn))


def _is_decoration(fn: Any) -> bool:
    """Whether `step` stands above the function's own `def`: then the function's name is not bound yet."""
    module = inspect.getmodule(fn)
    return getattr(module, getattr(fn, "__name__", ""), None) is not fn


def _python_step(fn: Any, policies: dict[str, Any], *, decorated: bool) -> Step[Any, Any]:
    if isinstance(fn, Step):
        return Step(fn.fn, fn._run, Policies(**policies).over(fn._policies))
    if not callable(fn) or not hasattr(fn, "__name__"):
        fail("PG114", f"{fn!r} is no function", "a step is a plain function")

    def run(trace: Trace) -> ir.Run:
        return place_step(fn, main_file=trace.filename, decorated=decorated)

    return Step(fn, run, Policies(**policies))


def shell(script: str, **policies: Any) -> Callable[[Callable[P, str]], Step[P, str]]:
    """Declare a bash script as a step; the signature below it is what calls take.

    Arguments arrive as environment variables (text as it is, anything else as JSON). The result is the last line of
    standard output; an exit status other than 0 fails the attempt.

    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> str: ...
    >>> hello("you")
    'hello you'
    """

    def declare(fn: Callable[P, str]) -> Step[P, str]:
        return _command_step(fn, lambda _: shell_words(script), ir.Shell(script=script), policies)

    return declare


def container(
    image: str, command: Sequence[str] = (), **policies: Any
) -> Callable[[Callable[P, str]], Step[P, str]]:
    """Declare a container as a step: arguments and result as for `shell`, the command as words without a shell."""

    def declare(fn: Callable[P, str]) -> Step[P, str]:
        run = ir.Container(image=image, command=tuple(command))
        return _command_step(fn, lambda names: container_words(image, command, names), run, policies)

    return declare


def _command_step(
    fn: Callable[P, str], words: Callable[[Iterable[str]], list[str]], run: ir.Run, policies: dict[str, Any]
) -> Step[P, str]:
    @functools.wraps(fn)
    def here(*args: P.args, **kwargs: P.kwargs) -> str:
        given = inspect.signature(fn).bind(*args, **kwargs).arguments
        plain = {name: constant(value).value for name, value in given.items()}
        return run_command(words(plain), plain)

    made: Step[P, str] = Step(here, lambda _: run, Policies(**policies))
    made._fills_defaults = True
    return made


__all__ = ["AuthoringError", "Continue", "Duration", "Policies", "Step", "container", "continue_", "shell", "step"]
