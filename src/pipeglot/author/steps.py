"""Steps as authors declare and call them: functions with policies, whose signature editors and checkers keep."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypedDict, TypeVar, overload

from pipeglot.author import caller, enclosing
from pipeglot.author.blocks import Within
from pipeglot.author.constants import constant
from pipeglot.author.policies import Continue, Duration, Effects, Policies, Secrets
from pipeglot.author.proxy import Traced, traced_in
from pipeglot.author.signature import Signature, defined_at
from pipeglot.author.source import place_step
from pipeglot.author.trace import Trace, fail
from pipeglot.core import ir
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.meaning.words import container_words, shell_words

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
R = TypeVar("R")


class Step(Generic[P, R]):
    """A step: outside a pipeline the plain function, inside one a call that is traced.

    What `step`, `shell` and `container` give; `options(...)` gives the same step with other policies for one use.

    >>> from pipeglot import Step, shell
    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> None: ...
    >>> isinstance(hello, Step), hello("you")
    (True, 'hello you')
    """

    def __init__(self, fn: Callable[P, R], run: Callable[[Trace], ir.Run], policies: Policies) -> None:
        functools.update_wrapper(self, fn)
        self.fn, self._run, self._policies = fn, run, policies
        self._id: str | None = None
        self._after: tuple[object, ...] = ()
        self._root: Step[P, R] = self
        self._fills_defaults = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        trace = Trace.current()
        if trace is None:
            if (elsewhere := Trace.elsewhere()) is not None:
                enclosing.in_a_thread(elsewhere, self.fn.__name__)
            return self.fn(*args, **kwargs)
        return self._call(trace, args, kwargs)  # type: ignore[return-value]

    def options(
        self,
        *,
        id: str | None = None,
        after: object = (),
        retries: int | None = None,
        retry_delay: Duration | None = None,
        backoff: float | None = None,
        max_delay: Duration | None = None,
        timeout: Duration | None = None,
        on_failure: Continue | None = None,
        resources: ir.Resources | None = None,
        effects: Effects | None = None,
        secrets: Secrets | None = None,
    ) -> Step[P, R]:
        """The same step for one call, with an id, an order (`after`) and policies of its own.

        `after` takes results of calls, merged and collected values, and blocks (`when`, `each`, `group`). What is not
        said stays as it was declared.
        """
        said = Policies(retries, retry_delay, backoff, max_delay, timeout, on_failure, resources, effects, secrets)
        said.policy()
        new: Step[P, R] = Step(self.fn, self._run, said.over(self._policies))
        new._root, new._fills_defaults = self._root, self._fills_defaults
        new._id, new._after = self._id if id is None else id, (*self._after, *listed(after))
        return new

    @functools.cached_property
    def signature(self) -> Signature:
        """What is known of the function's parameters; stops with PG114 or PG115 when it can be no step."""
        return Signature.of(self.fn, "step")

    def _call(self, trace: Trace, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Traced:
        enclosing.unkept(trace)
        frame = caller.author_frame()
        root = self._root
        signature, name = root.signature, root.fn.__name__
        bound = signature.bind(args, kwargs, policies=True)
        if self._fills_defaults:  # a script has no defaults of its own
            bound.apply_defaults()
        values = {key: signature.argument(key, given) for key, given in bound.arguments.items()}
        variable = caller.assigned_name(frame)
        id, place = trace.claim(self._id, name, variable), caller.at(frame, trace.folder)
        if self._id is None and id not in (name, variable):
            message = f"this call of {name} is named {id!r}, which changes when calls above it do"
            way_out = "assign it to a variable, or give it an id by .options(id=...)"
            trace.notes.setdefault((name, place), Diagnostic("PG140", "note", message, place, way_out))
        call = ir.Call(
            id=id,
            step=_declare(trace, root),
            args=values,
            after=after_ids(trace, self._after),
            policy=self._policies.policy(),
            at=place,
        )
        trace.block.nodes.append(call)
        return Traced(ir.Out(ref=id), signature.returns, trace.block.scope, f"{name}(...)")


def _declare(trace: Trace, step: Step[Any, Any]) -> str:
    """The name of a step within the pipeline: the function's, or with its module's when two have the same."""
    if id(step) not in trace.steps:
        same = trace.functions.get(id(step.fn))
        if same is None:
            base, module = step.fn.__name__, step.fn.__module__.rpartition(".")[2]
            names = chain((base, f"{module}_{base}"), (f"{base}_{number}" for number in count(2)))
            same = next(name for name in names if name not in trace.step_names)
            trace.functions[id(step.fn)] = same
            trace.step_names.add(same)
        trace.steps[id(step)] = (step, same)
    return trace.steps[id(step)][1]


def listed(given: Any) -> tuple[object, ...]:
    """`after=` as a tuple: one thing may stand for a list of it."""
    single = isinstance(given, Traced | Within | str) or not isinstance(given, Iterable)
    return (given,) if single else tuple(given)


def after_ids(trace: Trace, given: Iterable[object]) -> tuple[str, ...]:
    """The ids of what `after=` names: results of calls, merged and collected values, or blocks."""
    ids: dict[str, None] = {}
    for one in given:
        found = [one.waited_for()] if isinstance(one, Within) else []
        for traced in traced_in(one):
            found += [part.ref for part in ir.parts(traced._value) if isinstance(part, ir.Out)]
        if not found:
            message = (
                f"after= names {one._name if isinstance(one, Traced) else repr(one)}, which is nothing to wait for"
            )
            fail("PG127", message, "name the results of calls, or blocks: `with when(...) as name:`")
        ids.update(dict.fromkeys(found))
    return tuple(ids)


def step_ir(trace: Trace, step: Step[Any, Any], name: str) -> ir.Step:
    """A step as data."""
    return ir.Step(
        name=name,
        run=step._run(trace),
        parameters=step.signature.parameters(),
        returns=step.signature.schema("return"),
        description=inspect.getdoc(step.fn) or "",
        at=defined_at(step.fn),
    )


# ---------------------------------------------------------------- decorators


class PolicyKwargs(TypedDict, total=False):
    """The policies that a declaration may give; those of `.options` are the same."""

    retries: int
    retry_delay: Duration
    backoff: float
    max_delay: Duration
    timeout: Duration
    on_failure: Continue
    resources: ir.Resources
    effects: Effects
    secrets: Secrets


@overload
def step(fn: Callable[P, R], /, **policies: Unpack[PolicyKwargs]) -> Step[P, R]: ...
@overload
def step(**policies: Unpack[PolicyKwargs]) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(fn: Any = None, /, **policies: Any) -> Any:
    """Declare a step: as a decorator, or `step(package.function, retries=2)` for a function you import.

    Outside a pipeline the step is the plain function. Durations are seconds, timedeltas or text such as `5m`.

    Args:
        fn: a function at the top level of a module; its annotations say what calls take and give.
        **policies: `retries`, `retry_delay`, `backoff`, `max_delay`, `timeout` (of one attempt), `on_failure`, `effects`,
            `secrets`, `resources`; a call may have others (`options`).

    Raises:
        AuthoringError: PG114 for what can be no step, PG126 for an invalid policy, PG194 for an invalid secret.

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
    said = Policies.read(policies)
    if isinstance(fn, Step):
        again: Step[Any, Any] = Step(fn.fn, fn._run, said.over(fn._policies))
        again._fills_defaults = fn._fills_defaults
        return again
    if not callable(fn) or not hasattr(fn, "__name__") or isinstance(fn, type):
        fail("PG114", f"{fn!r} is not a function", "a step is a plain function")

    def run(trace: Trace) -> ir.Run:
        return place_step(fn, main_file=trace.filename, decorated=decorated)

    return Step(fn, run, said)


def shell(script: str, **policies: Unpack[PolicyKwargs]) -> Callable[[Callable[P, Any]], Step[P, str]]:
    """Declare a bash script as a step; the signature below it is what calls take.

    Args:
        script: the text of the script.
        **policies: as for `step`.

    Raises:
        AuthoringError: PG114 for what can be no step, PG126 for an invalid policy, PG194 for an invalid secret.

    Only the parameters count: a call gives text, whatever the function is said to return. Arguments arrive as
    environment variables (text as it is, anything else as JSON). The result is the last line of standard output; an
    exit status other than 0 fails the attempt.

    >>> @shell('echo "hello $name"')
    ... def hello(name: str) -> None: ...
    >>> hello("you")
    'hello you'
    """

    def declare(fn: Callable[P, Any]) -> Step[P, str]:
        return _command_step(fn, lambda _: shell_words(script), ir.Shell(script=script), policies)

    return declare


def container(
    image: str, command: Sequence[str] = (), **policies: Unpack[PolicyKwargs]
) -> Callable[[Callable[P, Any]], Step[P, str]]:
    """Declare a container as a step: arguments and result as for `shell`, the command as words without a shell.

    Args:
        image: the image, best with a fixed version or digest (PG402).
        command: the program and its arguments; by default the image's own.
        **policies: as for `step`.

    Raises:
        AuthoringError: PG114 for what can be no step, PG126 for an invalid policy, PG194 for an invalid secret.

    >>> from pipeglot import container, pipeline
    >>> @container("alpine:3.22", ["sh", "-c", "echo $n"])
    ... def tell(n: int) -> None: ...
    >>> @pipeline
    ... def told() -> str:
    ...     return tell(3)
    >>> told.ir().steps[0].run.image
    'alpine:3.22'
    """

    def declare(fn: Callable[P, Any]) -> Step[P, str]:
        run = ir.Container(image=image, command=tuple(command))
        return _command_step(fn, lambda names: container_words(image, command, names), run, policies)

    return declare


def _command_step(
    fn: Callable[P, Any], words: Callable[[Iterable[str]], list[str]], run: ir.Run, policies: PolicyKwargs
) -> Step[P, str]:
    said = Policies.read(policies)
    secrets = [secret.env for secret in said.policy().secrets]

    @functools.wraps(fn)
    def here(*args: P.args, **kwargs: P.kwargs) -> str:
        from pipeglot.meaning.commands import run_command

        given = inspect.signature(fn).bind(*args, **kwargs).arguments
        plain = {name: constant(value).value for name, value in given.items()}
        return run_command(words([*plain, *secrets]), plain)

    # A call gives text, while mypy wants a function with an empty body to return None.
    here.__annotations__ = {**fn.__annotations__, "return": str}
    made: Step[P, str] = Step(here, lambda _: run, said)
    made._fills_defaults = True
    return made
