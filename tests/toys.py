"""Backends and nodes that no user has, to see what becomes of them."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from pipeglot import backends
from pipeglot.backends.base import Backend
from pipeglot.core.ir import Call, Pipeline, Shell, Step


def registered(monkeypatch: pytest.MonkeyPatch, backend: Backend) -> None:
    """A backend that is a target while a test runs."""
    module = ModuleType(f"{backend.target}_backend")
    module.BACKEND = backend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(backends.TARGETS, backend.target, module.__name__)


def in_python() -> list[str]:
    """The targets whose files are Python modules."""
    step = Step(name="s", run=Shell(script="true"))
    one = Pipeline(name="p", steps=(step,), body=(Call(id="a", step="s"),))
    return [target for target in backends.TARGETS if backends.compile(one, target).entry.endswith(".py")]
