"""Files that outputs name, compared by what is in them before the folders of the runs go."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from pipeglot.compare.columnar.files import Cells, compare_files
from pipeglot.compare.columnar.source import Unsuited
from pipeglot.compare.contents import (
    LARGEST_JSON,
    Unreadable,
    compare_tables,
    digest,
    ending,
    identical,
    read_json,
    read_table,
)
from pipeglot.compare.folders import ROOT, Folders, walk
from pipeglot.compare.ignore import ArtifactRule, TableRule
from pipeglot.compare.model import Difference, NotCompared, TableDifference
from pipeglot.compare.tables import Hide, Same, same_text, shape
from pipeglot.core.dataclass import dataclass, field

MODELS = frozenset(
    {".pkl", ".pickle", ".joblib", ".sav", ".onnx", ".pt", ".pth", ".ckpt", ".h5", ".keras", ".safetensors", ".ubj"}
    | {".cbm", ".bst", ".model", ".npz", ".npy", ".bin"}
)
TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
MOST = 100
"""Differences in one file or folder that are told one by one."""

_NAME = re.compile(r"\$(ARTIFACT_ROOT|PWD|HOME)(?:/(.*))?", re.DOTALL)


Walk: TypeAlias = Callable[[Any, Any, str], Iterator[Difference]]
"""Compares two values of files at a path, tables in them too."""
Thing: TypeAlias = Literal["absent", "file", "folder", "other"]


@dataclass
class Artifacts:
    """What is in the files that two runs name.

    Attributes:
        old: the folders of one run, None where it left no files (a run that was recorded before).
        new: those of the other.
        rules: how files at certain places are compared.
        keys: what names the rows of tables at certain places.
        same: whether two JSON values agree.
        tolerance: how far apart two floats may be, relative to the larger.
        gaps: what could not be compared and where, added to.
        hide: blots out what is secret in a text that is cut.
    """

    old: Folders | None
    new: Folders | None
    same: Same
    tolerance: float
    rules: Sequence[ArtifactRule] = ()
    keys: Sequence[TableRule] = ()
    gaps: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    hide: Hide = str
    _identical: dict[tuple[Path, Path], bool] = field(default_factory=dict)

    def compare(self, old: str, new: str, call: str | None, path: str, walk: Walk) -> Iterator[Difference]:
        """The differences between the files or folders that two texts name; none when they do not name any."""
        if not self.any_here:
            return
        before, after = self._named(old), self._named(new)
        if self.old is None or self.new is None:
            if before is not None or after is not None:
                self.gap("files that outputs name", "the files of a recorded run are not here", call, path)
            return
        if before is None or after is None:
            return
        places: list[Path] = []
        roots: list[Path] = []
        for folders, one in ((self.old, before), (self.new, after)):
            variable, relative = one
            if variable not in folders.named or (variable != ROOT and not relative):
                self.gap("files that outputs name", f"${variable} is no folder of the run alone", call, path)
                return
            roots.append(folders.named[variable])
            places.append(roots[-1] / relative)
        found = _Found(self, call, walk, (roots[0], roots[1]))
        yield from capped(found.things(places[0], places[1], path), path)

    def _named(self, text: str) -> tuple[str, str] | None:
        """The variable and relative path of the file that a text names, if it does."""
        if "\n" in text or len(text) > 4096 or text in ("", ".", "/"):
            return None
        plain = (
            unquote(text.removeprefix("file://localhost").removeprefix("file://")) if text[:7] == "file://" else text
        )
        if found := _NAME.fullmatch(plain):
            return found[1], found[2] or ""
        if plain.startswith("/"):
            return None
        for folders in (self.old, self.new):
            for variable in (ROOT, "PWD") if folders is not None and folders.files else ():
                if folders is not None and f"${variable}/{PurePosixPath(plain)}" in folders.files:
                    return variable, plain
        return None

    def identical(self, old: Path, new: Path) -> bool:
        """Whether two files hold the same bytes; read once, however many calls name them."""
        if (old, new) not in self._identical:
            self._identical[old, new] = identical(old, new)
        return self._identical[old, new]

    def rule(self, call: str | None, path: str) -> ArtifactRule | None:
        """The first rule for a place."""
        return next((rule for rule in self.rules if rule.at(call, path)), None)

    def key(self, call: str | None, path: str) -> tuple[str, ...]:
        """The columns that name a row of the table at a place; none when no rule says so."""
        return next((rule.key for rule in self.keys if rule.at(call, path)), ())

    @property
    def here(self) -> bool:
        """Whether the files of both runs are here."""
        return self.old is not None and self.new is not None

    @property
    def any_here(self) -> bool:
        """Whether the files of either run are."""
        return self.old is not None or self.new is not None

    def unread(self, rows: Iterable[Mapping[str, Any]], call: str | None, path: str) -> None:
        """Note where cells of a table whose rows are found by a key name files: those are not gone into."""
        if self.here and any(isinstance(cell, str) and self._named(cell) for row in rows for cell in row.values()):
            self.gap(
                "files that cells name", "of a table whose rows are found by a key only the cells are read", call, path
            )

    def gap(self, what: str, why: str, call: str | None, path: str) -> None:
        """Note that something could not be compared."""
        places = self.gaps.setdefault((what, why), [])
        place = f"{call or 'result'} {path}"
        if place not in places:
            places.append(place)


@dataclass
class _Found:
    """The files and folders at one place of one call."""

    within: Artifacts
    call: str | None
    walk: Walk
    roots: tuple[Path, Path]

    def things(
        self, old: Path, new: Path, path: str, rule: ArtifactRule | None = None, *, nested: bool = False
    ) -> Iterator[Difference]:
        """What differs between two files or folders; `rule` is that of the folder which holds them."""
        rule = self.within.rule(self.call, path) or rule
        how = rule.compare if rule else None
        if how == "none":
            self.within.gap("files that a rule leaves out", rule.reason if rule else "", self.call, path)
            return
        kinds = self._thing(old, 0, nested), self._thing(new, 1, nested)
        if how == "metrics":
            yield from self._metrics(old, new, path, kinds)
        elif kinds == ("folder", "folder"):
            names = dict.fromkeys(sorted({one.relative_to(top).as_posix() for top in (old, new) for one in walk(top)}))
            for name in names:
                yield from self.things(old / name, new / name, f"{path}/{name}", rule, nested=True)
        elif kinds == ("file", "file"):
            try:
                yield from self._files(old, new, path, how, alone=not nested)
            except OSError as error:
                yield self._difference(path, _said(old, kinds[0]), f"cannot be read: {error.strerror}")
        elif kinds == ("absent", "absent"):
            self.within.gap("files that outputs name", "they are there on neither side", self.call, path)
        elif kinds == ("other", "other"):
            why = "links to folders or out of those of the run, and what is no file, are not followed"
            self.within.gap("files that outputs name", why, self.call, path)
        else:
            absent: Literal["old", "new"] | None = (
                "old" if kinds[0] == "absent" else "new" if kinds[1] == "absent" else None
            )
            yield self._difference(path, _said(old, kinds[0]), _said(new, kinds[1]), absent)

    def _thing(self, path: Path, side: int, nested: bool = False) -> Thing:
        """What a path names, links followed only to what is the run's own; those to folders only where an output names
        them, for within a folder they may lead round in circles."""
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError):
            return "other" if path.is_symlink() else "absent"
        if not real.is_relative_to(self.roots[side].resolve()):
            return "other"
        if stat.S_ISDIR(mode):
            return "other" if nested and path.is_symlink() else "folder"
        return "file" if stat.S_ISREG(mode) else "other"

    def _files(self, old: Path, new: Path, path: str, how: str | None, *, alone: bool) -> Iterator[Difference]:
        kind = ending(old), ending(new)
        if not self.within.identical(old, new):
            table = how == "table" or (how is None and {*kind} <= TABLES)
            try:
                if table:
                    yield from self._tables(old, new, path)
                elif how is None and kind == (".json", ".json"):
                    if max(old.stat().st_size, new.stat().st_size) > LARGEST_JSON:
                        raise Unreadable(f"JSON of more than {LARGEST_JSON >> 20} MiB")
                    yield from self._values(old, new, path)
                else:
                    yield from self._bytes(old, new, path)
            except Unreadable as error:
                self.within.gap("what is in some files, other than by their bytes", str(error), self.call, path)
                yield from self._bytes(old, new, path)
        if alone and how is None and kind[0] in MODELS:
            yield from self._both_metrics(old, new, path)

    def _tables(self, old: Path, new: Path, path: str) -> Iterator[Difference]:
        key = self.within.key(self.call, path)
        how = self._cells()
        try:
            found = compare_files(old, new, key, how)
        except Unsuited:
            tables = read_table(old), read_table(new)
            same = how.same_text if tables[0].text or tables[1].text else how.same
            found = compare_tables(*tables, key, same, how.hide)
        if found is not None:
            yield self._difference(path, shape(found, "old"), shape(found, "new"), table=found)

    def _cells(self) -> Cells:
        """When two cells agree, which may hold the names of the run's own folders."""

        def near(agree: Same) -> Same:
            def same(one: Any, other: Any) -> bool:
                return agree(one, other) or (isinstance(one, str) and agree(*self._neutral(one, other)))

            return same

        within = self.within
        assert within.old is not None and within.new is not None
        hints = tuple(dict.fromkeys([*within.old.texts, *within.new.texts]))
        agree = near(within.same), near(same_text(within.tolerance))
        return Cells(*agree, within.tolerance, hints, within.hide)

    def _values(self, old: Path, new: Path, path: str) -> Iterator[Difference]:
        yield from self.walk(*self._neutral(read_json(old), read_json(new)), path)

    def _neutral(self, old: Any, new: Any) -> tuple[Any, Any]:
        assert self.within.old is not None and self.within.new is not None
        return self.within.old.neutral(old), self.within.new.neutral(new)

    def _bytes(self, old: Path, new: Path, path: str) -> Iterator[Difference]:
        a, b = digest(old), digest(new)
        if a != b:
            yield self._difference(path, {"file": old.name, **a}, {"file": new.name, **b})

    def _metrics(self, old: Path, new: Path, path: str, kinds: tuple[Thing, Thing]) -> Iterator[Difference]:
        """By metrics alone; by bytes where there are none, so that nothing passes unseen."""
        if kinds[0] != kinds[1]:
            yield self._difference(path, _said(old, kinds[0]), _said(new, kinds[1]))
        elif self._beside(old, 0) or self._beside(new, 1):
            yield from self._both_metrics(old, new, path)
        elif kinds[0] == "file":
            yield from self._files(old, new, path, "bytes", alone=False)
        else:
            yield self._difference(
                path, f"{_said(old, kinds[0])} without metrics", f"{_said(new, kinds[1])} without metrics"
            )

    def _both_metrics(self, old: Path, new: Path, path: str) -> Iterator[Difference]:
        """The metrics of two models, as values, at a place of their own: a rule or noise that covers the bytes of a
        model does not cover these."""
        a, b, here = self._beside(old, 0), self._beside(new, 1), f"{path}:metrics"
        if a is None and b is None:
            return
        if a is None or b is None:
            yield self._difference(here, a and a.name, b and b.name, "old" if a is None else "new")
            return
        try:
            yield from self._values(a, b, here)
        except Unreadable:
            yield from self._bytes(a, b, here)

    def _beside(self, model: Path, side: int) -> Path | None:
        """The metrics of a model: a file of one of the usual names beside it, or in its folder."""
        stem = model.name.split(".")[0]
        names = (f"{model.name}.metrics.json", f"{stem}.metrics.json", f"{stem}_metrics.json", "metrics.json")
        places = (model, model.parent) if model.is_dir() else (model.parent,)
        files = (folder / name for folder in places for name in names)
        return next((file for file in files if self._thing(file, side) == "file"), None)

    def _difference(
        self,
        path: str,
        old: Any,
        new: Any,
        absent: Literal["old", "new"] | None = None,
        table: TableDifference | None = None,
    ) -> Difference:
        old, new = (None if absent == side else value for side, value in (("old", old), ("new", new)))
        return Difference(kind="artifact", call=self.call, path=path, old=old, new=new, absent=absent, table=table)


def _said(path: Path, thing: Thing) -> str:
    names = {
        "other": "a link that is not followed, or no file",
        "folder": "a folder",
        "absent": "absent",
    }
    return names.get(thing) or f"a file of {path.stat().st_size:,} bytes"


def capped(found: Iterator[Difference], path: str) -> Iterator[Difference]:
    """The first differences of one artifact, and how many more there are, at a place of its own."""
    last = None
    for number, one in enumerate(found):
        if number < MOST:
            yield one
        last = (number, one)
    if last is not None and last[0] >= MOST:
        more = f"{last[0] + 1 - MOST:,} more differences"
        yield last[1].model_copy(
            update={"path": f"{path}[...]", "old": None, "new": more, "absent": None, "table": None}
        )


def not_compared(gaps: Mapping[tuple[str, str], Sequence[str]]) -> list[NotCompared]:
    """What could not be compared, as the report lists it."""
    return [NotCompared(what=what, why=why, calls=tuple(places)) for (what, why), places in gaps.items()]
