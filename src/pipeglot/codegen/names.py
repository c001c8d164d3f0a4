"""The names and imports of a file of Python."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Container, Iterable, Mapping

from pipeglot.codegen.pysource import WIDTH, Atom, Bracket, Entry, flat, render, width

RESERVED = frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))


_OTHER = re.compile("[^A-Za-z0-9]+")


def identifier(text: str) -> str:
    """A legal, lower-case ASCII identifier made of `text`, not yet guarded against collisions.

    >>> identifier("2nd Größe!")
    'n2nd_gr_e'
    """
    base = _OTHER.sub("_", text).strip("_").lower()[:60] or "x"
    return "n" + base if base[0].isdigit() else base


class Names:
    """Distinct legal names for one file: asked twice for one key, the same answer.

    >>> names = Names(taken=["load"])
    >>> names("a", "load"), names("b", "Load"), names("a", "load")
    ('load_2', 'load_3', 'load_2')
    """

    def __init__(
        self, taken: Iterable[str] = (), clean: Callable[[str], str] = identifier, around: Container[str] = ()
    ) -> None:
        """`around`: names that are taken too, and that are not copied."""
        self._taken = set(taken)
        self._around = around
        self._clean = clean
        self._by_key: dict[object, str] = {}
        self._numbers: dict[str, int] = {}

    def free(self, name: str) -> bool:
        """Whether nothing has this name yet."""
        return not (name in self._taken or name in self._around or name in RESERVED)

    def __call__(self, key: object, text: str) -> str:
        if key not in self._by_key:
            base = self._clean(text)
            name, number = base, self._numbers.get(base, 2)
            while not self.free(name):
                name, number = f"{base}_{number}", number + 1
            self._numbers[base] = number
            self._taken.add(name)
            self._by_key[key] = name
        return self._by_key[key]


class Imports:
    """The imports of one file, written sorted in isort's order (ruff's `I` rules, no first party known).

    >>> imports = Imports()
    >>> imports.name("datetime", "timedelta"); imports.module("json")
    >>> print(imports.text(standard={"json", "datetime"}))
    import json
    from datetime import timedelta
    """

    def __init__(self) -> None:
        self._modules: set[tuple[str, str | None]] = set()
        self._names: dict[str, set[tuple[str, str | None]]] = {}
        self._renamed: Mapping[str, str] = {}

    def rename(self, names: Mapping[str, str]) -> None:
        """From now on, what would be imported under one of these names is imported under the other one."""
        self._renamed = {name: other for name, other in names.items() if "." not in other}

    def module(self, module: str, alias: str | None = None) -> None:
        """`import module [as alias]`."""
        self._modules.add((module, alias or self._renamed.get(module)))

    def name(self, module: str, name: str, alias: str | None = None) -> None:
        """`from module import name [as alias]`."""
        self._names.setdefault(module, set()).add((name, alias or self._renamed.get(name)))

    def any(self) -> bool:
        """Whether there is an import."""
        return bool(self._modules or self._names)

    def text(self, standard: Iterable[str]) -> str:
        """Every import, in sections: `__future__`, the standard library, everything else."""
        known = frozenset(standard)
        sections: dict[int, list[tuple[str, str]]] = {0: [], 1: [], 2: []}

        def section(module: str) -> int:
            top = module.split(".")[0]
            return 0 if top == "__future__" else 1 if top in known else 2

        for module, alias in self._modules:
            text = f"import {module}" + (f" as {alias}" if alias else "")
            sections[section(module)].append(("0" + module.lower(), text))
        for module, names in self._names.items():
            order = sorted(names, key=lambda item: (_isort_key(item[0]), item[1] or ""))
            entries = tuple(Entry("", Atom(n if a is None else f"{n} as {a}")) for n, a in order)
            prefix = f"from {module} import "
            if width(prefix) + width(", ".join(flat(e.value) for e in entries)) <= WIDTH:
                text = prefix + ", ".join(flat(e.value) for e in entries)
            else:
                text = prefix + render(Bracket("(", entries, ")"), 0, WIDTH)
            sections[section(module)].append(("1" + module.lower(), text))
        blocks = ["\n".join(text for _, text in sorted(lines)) for lines in sections.values() if lines]
        return "\n\n".join(blocks)


def _isort_key(name: str) -> tuple[int, str]:
    """ruff's order of members: CONSTANTS, Classes, then variables."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
