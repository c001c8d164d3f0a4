"""Backends and nodes that no user has, to see what becomes of them."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from pipeglot import backends
from pipeglot.backends.base import Backend


def registered(monkeypatch: pytest.MonkeyPatch, backend: Backend) -> None:
    """A backend that is a target while a test runs."""
    module = ModuleType(f"{backend.target}_backend")
    module.BACKEND = backend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(backends.TARGETS, backend.target, module.__name__)
