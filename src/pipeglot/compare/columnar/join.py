"""Two tables joined by an engine, which counts what it is sure of; the few rows that are left are compared as ever.

The engine (duckdb) reads both files once, joins their rows by key or by number, and says of every pair of cells that they
are the same, that they differ, or that it is not sure. Our own code is then given the first rows that differ or stand
alone, for a report names those, every pair that the engine is not sure of, and all rows of a key that several have.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeglot.compare.columnar.columns import KINDS, UNSURE, alike, cells, class_of, key, kind_of_text
from pipeglot.compare.columnar.query import FEW, Query
from pipeglot.compare.columnar.source import TableFile, Unsuited
from pipeglot.compare.tables import Row, TableComparison, type_of_column
from pipeglot.core.dataclass import dataclass, field

MEMORY = "384MB"
"""What the engine may hold; more lies in temporary files."""
SPILLED = "64GB"
"""What these may hold."""
AT_ONCE = 20_000
"""Rows that our own code holds at once."""
SIDES = ("old", "new")


@dataclass
class Join:
    """Two files' rows in one engine.

    Attributes:
        sides: the tables.
        made: the comparison that all is counted in, and that compares what the engine leaves.
        tolerance: how far apart two floats may be, relative to the larger.
        hints: parts of texts that may stand for one another.
        folder: where the engine keeps what it cannot hold.
    """

    sides: tuple[TableFile, TableFile]
    made: TableComparison
    tolerance: float
    hints: Sequence[str]
    folder: Path
    query: Query = Query(((), ()), ((), ()), (), (), text=False)
    names: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """Compares the tables. Raises Unsuited, and whatever the engine does."""
        self._ask_for(plain=True)
        self._pass()
        if self.found["untold"] and self.sides[0].text:
            self._ask_for(plain=False)
            self._pass()
        if self.found["untold"]:
            raise Unsuited("a key that is a large float")
        if not all(side.rows for side in self.sides):
            raise Unsuited("a table without rows")
        if several := self._has_several():
            self._pass("several")
        self._judge("several" if several else "")
        if self.sides[0].text:
            self.made.types = self._kinds(all_of_them=several)
        self._compare_the_rest(several)
        self._add()

    # ------------------------------------------------------------ the engine

    @cached_property
    def connection(self) -> Any:
        """The engine, which asks nothing of the network."""
        duckdb: Any = importlib.import_module("duckdb")
        connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": str(self.folder / "spilled"),
                "max_temp_directory_size": SPILLED,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        # What a file says of itself, its least and largest value, may be wrong: its rows are read.
        connection.execute("SET disabled_optimizers = 'statistics_propagation,join_filter_pushdown'")
        return connection

    def close(self) -> None:
        """Ends the engine, and with it its files."""
        self.connection.close()

    def _ask(self, sql: str) -> dict[str, Any]:
        """The first row of an answer, by the names of its columns."""
        asked = self.connection.execute(sql)
        return dict(zip((name for name, *_ in asked.description), asked.fetchall()[0], strict=True))

    def _relation(self, side: int, connection: Any = None) -> str:
        return self.sides[side].relation(connection or self.connection, SIDES[side])

    # ------------------------------------------------------------ what the engine counts

    @cached_property
    def _common(self) -> list[str]:
        return [name for name in self.sides[0].columns if name in self.sides[1].columns]

    def _types(self, name: str) -> tuple[Any, Any]:
        one, other = self.sides
        return one.type(name), other.type(name)

    def _ask_for(self, *, plain: bool) -> None:
        one, other = self.sides
        places = {name: (one.place(name), other.place(name)) for name in self._common}
        types = {name: self._types(name) for name in self._common}
        old = [key(types[name], places[name][0], "'a' || n::VARCHAR", plain=plain) for name in self.made.key]
        new = [key(types[name][::-1], places[name][1], "'b' || n::VARCHAR", plain=plain) for name in self.made.key]
        # Cells that are all of a key have been compared by it.
        done = {name for name, one_key in zip(self.made.key, old, strict=True) if one_key.whole}
        self.names = [name for name in self._common if name not in done]
        same = [alike(types[name], f"x{i}", f"y{i}") for i, name in enumerate(self.names)]
        verdicts = [
            cells(types[name], f"x{i}", f"y{i}", self.tolerance, self.hints) for i, name in enumerate(self.names)
        ]
        values = [places[name][0] for name in self.names], [places[name][1] for name in self.names]
        self.query = Query((old, new), values, same, verdicts, one.text)

    def _joined(self, without: str) -> str:
        return self.query.joined(self._relation(0), self._relation(1), without)

    def _pass(self, without: str = "") -> None:
        self._ask(f"CREATE OR REPLACE TABLE found AS {self.query.first_pass(self._joined(without))}")
        self.found = self._ask("SELECT * EXCLUDE (odd) FROM found")

    def _has_several(self) -> bool:
        """Whether a key has several rows, whose keys then are in a table: if each is on both sides, they make more pairs
        than rows."""
        if not self.made.key or self.found["joined"] == self.sides[0].rows == self.sides[1].rows:
            return False
        keys = " UNION ".join(self.query.several(side, self._relation(side)) for side in (0, 1))
        self._ask(f"CREATE TABLE several AS {keys}")
        return bool(self._ask("SELECT count(*) AS c FROM several")["c"])

    def _judge(self, without: str) -> None:
        odd = "(SELECT unnest(odd, recursive := true) FROM found)"
        if self.found["joined"] - self.found["alike"] > FEW:
            odd = f"({self.query.odd(self._joined(without))})"
        self._ask(f"CREATE TABLE judged AS {self.query.judged(odd)}")
        self.found |= self._ask(self.query.counts())

    def _kinds(self, *, all_of_them: bool) -> tuple[dict[str, str], dict[str, str]]:
        """The types of the columns of text. Where the cells that are not alike on both sides are of the same types, so are
        the columns, whatever they are: then nothing is said of them, and no cell has to be looked at again."""
        kinds = [dict.fromkeys(side.columns, "text") for side in self.sides]
        unlike = [i for i, _ in enumerate(self.names) if self.found[f"kind_old{i}"] != self.found[f"kind_new{i}"]]
        seen = [self.names[i] for i in unlike] if not all_of_them else self._common
        for side, source in enumerate(self.sides if seen else ()):
            asked = (f"bit_or({kind_of_text(source.place(name))})" for name in seen)
            (bits,) = self.connection.execute(f"SELECT {', '.join(asked)} FROM {self._relation(side)}").fetchall()
            for name, found in zip(seen, bits, strict=True):
                words = {kind for bit, kind in KINDS.items() if found & bit}
                kinds[side][name] = type_of_column(words, text=True)
        return kinds[0], kinds[1]

    # ------------------------------------------------------------ the rest

    def _compare_the_rest(self, several: bool) -> None:
        counts = []
        for side, (name, number) in enumerate(zip(SIDES, "ab", strict=True)):
            first = [*(pair[side] for pair in self.found["sample"] or ()), *(self.found[f"first_{name}"] or ())]
            rest = f"SELECT {number} AS n FROM judged WHERE worst = {UNSURE} UNION SELECT unnest({first}::BIGINT[])"
            if several:
                keyed = self.query.keyed(side, self._relation(side))
                rest += f" UNION SELECT n FROM {keyed} r SEMI JOIN several s ON {self.query.equal('r', 's')}"
            self._ask(f"CREATE TABLE rest_{name} AS {rest}")
            counts.append(self._ask(f"SELECT count(*) AS c FROM rest_{name}")["c"])
        if not any(counts):
            return
        if not self.made.key:
            numbers = "SELECT n FROM rest_old UNION SELECT n FROM rest_new ORDER BY n"
            self.made.numbers = (n for (n,) in self.connection.execute(numbers).fetchall())
        # A float may have lost the sign of its zero where the first odd rows were gathered.
        floats = any("float" in (class_of(one), class_of(other)) for one, other in map(self._types, self._common))
        rows = self._rows if several or floats else self._judged_rows
        self.made.compare(rows(0), rows(1), parts=1 + sum(counts) // AT_ONCE)

    def _rows(self, side: int) -> Iterator[Row]:
        """What is left of one side, in its order, from its file."""
        names, connection = self.sides[side].columns, self.connection.cursor()
        columns = ", ".join(map(self.sides[side].place, names))
        return self._batches(side, names, f"SELECT {columns} FROM {self._relation(side, connection)}", "n", connection)

    def _judged_rows(self, side: int) -> Iterator[Row]:
        """The same where no key has several rows: the cells that both have are there."""
        number, value = "ab"[side], "xy"[side]
        keys = {name: f"k{i}{'::VARCHAR' * self.sides[side].text}" for i, name in enumerate(self.made.key)}
        columns = keys | {name: f"{value}{i}" for i, name in enumerate(self.names)}
        asked = f"SELECT {', '.join(columns[name] for name in self._common)} FROM judged"
        return self._batches(side, self._common, asked, number, self.connection.cursor())

    def _batches(self, side: int, names: Sequence[str], rows: str, number: str, connection: Any) -> Iterator[Row]:
        asked = f"{rows} WHERE {number} IN (SELECT n FROM rest_{SIDES[side]}) ORDER BY {number}"
        for batch in connection.sql(asked).to_arrow_reader(1_000):
            yield from self.sides[side].dicts(batch, names)

    def _add(self) -> None:
        """What the engine counted, beside the rows that it left; of the first that differ it had counted each cell."""
        made, found, sample = self.made, self.found, self.found["sample"] or ()
        made.rows = [side.rows for side in self.sides]
        made.matched += found["old"] + found["new"] - found["joined"] - found["unsure"] - len(sample)
        made.equal += found["alike"] + found["same"]
        for i, name in enumerate(self.names):
            made.unequal[name] += found[f"unequal{i}"] - sum(pair[2 + i] for pair in sample)
        for side, (name, other) in enumerate(zip(SIDES, SIDES[::-1], strict=True)):
            made.alone[side] += found["joined"] - found[other] - len(found[f"first_{name}"] or ())
