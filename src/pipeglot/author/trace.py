"""The state of a pipeline function while it is traced: its blocks, its ids, and what is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextvars import ContextVar, Token
from types import CodeType
from typing import Any, NoReturn

from pipeglot.author import caller
from pipeglot.core import ir
from pipeglot.core.diagnostic import AuthoringError, Diagnostic


def fail(code: str, message: str, help: str = "", at: ir.At | None = None) -> NoReturn:
    """Stop the trace at the author's line, or at a place that says more.

    What is wrong is also kept by the trace: an author's `except Exception` must not swallow it.
    """
    trace = Trace.current()
    if at is None and trace is not None and trace.place is not None:
        at = trace.place
    if at is None:
        at = caller.at(caller.author_frame(), trace.folder if trace else "")
    found = Diagnostic(code, "error", message, at, help)
    if trace is not None:
        trace.errors.append(found)
    raise AuthoringError([found])


class Block:
    """A list of nodes being built. A group's block is transparent: its values belong to the block around it.

    `region` is what owns the block; it is a part of the list of nodes of the block `up`.
    """

    def __init__(self, up: Block | None, region: Any = None, *, transparent: bool = False) -> None:
        self.up, self.region, self.nodes = up, region, list[Any]()
        self.scope: Block = up.scope if transparent and up is not None else self

    def sees(self, other: Block) -> bool:
        """Whether what is made in `other` is in scope here."""
        here: Block | None = self.scope
        while here is not None:
            if here is other:
                return True
            here = here.up.scope if here.up is not None else None
        return False

    def left_from(self, inner: Block) -> Block | None:
        """The block that must be left to bring here what is made in `inner`: the outermost one not seen here."""
        outermost, at = None, inner.scope
        while not self.sees(at):
            outermost = at
            if at.up is None:  # of another pipeline
                return None
            at = at.up.scope
        return outermost


_trace: ContextVar[Trace | None] = ContextVar("pipeglot_trace", default=None)
_going: list[Trace] = []
"""The traces that are going on, in all threads."""


class Trace:
    """The state of one traced pipeline."""

    def __init__(self, filename: str, folder: str, code: CodeType) -> None:
        self.filename, self.folder = filename, folder
        self.code = code
        """The pipeline's own function."""
        self.root = self.block = Block(None)
        self.ids: set[str] = set()
        self._numbers: dict[str, int] = {}
        self.tokens: list[tuple[Any, ir.At]] = []
        """Traced values that became part of a text, with the line that made it."""
        self.used_tokens: set[int] = set()
        self._passed: set[str] = set()
        """The names that calls with an id of their own would have had: to name one call names no other anew."""
        self.open: list[Any] = []
        """The blocks that are open."""
        self.left_by: str | None = None
        """The block that an exception left."""
        self.rounds = 0
        self.blocks: list[tuple[Any, ir.At]] = []
        """What `with` may enter, with the line that declared it."""
        self.errors: list[Diagnostic] = []
        self.notes: dict[object, Diagnostic] = {}
        self.steps: dict[int, tuple[Any, str]] = {}
        """Steps by id of the declaration, with their names in this pipeline."""
        self.functions: dict[int, str] = {}
        """Those names by id of the function, which its step keeps."""
        self.step_names: set[str] = set()
        self.final: ir.Final | None = None
        self.place: ir.At | None = None
        """Where what goes wrong is placed once the function has returned; before, the author's line says it."""

    @staticmethod
    def current() -> Trace | None:
        """The trace that is going on, if any."""
        return _trace.get()

    @staticmethod
    def elsewhere() -> Trace | None:
        """The trace during which this thread was started, if one is going on: threads do not know it by themselves."""
        here = threading.get_ident()
        return next((trace for trace in tuple(_going) if here not in trace.threads), None)

    def __enter__(self) -> Trace:
        self._token: Token[Trace | None] = _trace.set(self)
        self.threads = {thread.ident for thread in threading.enumerate()}
        _going.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _trace.reset(self._token)
        _going.remove(self)

    def at(self) -> ir.At:
        """The author's line."""
        return caller.at(caller.author_frame(), self.folder)

    def found(self) -> list[Diagnostic]:
        """What is wrong, each once: a mistake that both the source and the run of a line show is one."""
        shown: dict[object, Diagnostic] = {}
        for error in self.errors:
            shown.setdefault((error.code, error.at, error.code in ("PG101", "PG103") or error.message), error)
        return list(shown.values())

    def claim(self, wanted: Any, *names: str | None) -> str:
        """An id no other node has: `wanted` by the author's own word, else the first free name, else a number."""
        if wanted is not None:
            if names:
                self._passed.add(self._free(names))
            if not isinstance(wanted, str) or not 1 <= len(wanted) <= 200:
                fail("PG125", f"{wanted!r} is not a valid id", "an id is text of 1 to 200 characters")
            if wanted in self.ids:
                fail("PG125", f"the id {wanted!r} is taken", "give each call and block an id of its own")
            self.ids.add(wanted)
            return str(wanted)
        free = self._free(names)
        self.ids.add(free)
        return free

    def _free(self, names: Iterable[str | None]) -> str:
        choices = [name for name in names if name]

        def taken(name: str) -> bool:
            return name in self.ids or name in self._passed

        free = next((name for name in choices if not taken(name)), None)
        if free is None:
            number = self._numbers.get(choices[0], 2)
            while taken(f"{choices[0]}_{number}"):
                number += 1
            self._numbers[choices[0]] = number + 1
            free = f"{choices[0]}_{number}"
        return free


def current(what: str) -> Trace:
    """The trace going on; an error when there is none."""
    trace = Trace.current()
    if trace is None:
        fail("PG100", f"{what} works only inside a function decorated with @pipeline")
    return trace
