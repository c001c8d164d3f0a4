"""An engine for columns says of two tables, to the last word, what our own code says of them."""

from __future__ import annotations

import csv
import importlib
import io
import logging
import math
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeglot.compare.columnar import files, join
from pipeglot.compare.columnar.files import Cells, compare_files
from pipeglot.compare.columnar.source import Unsuited
from pipeglot.compare.contents import Unreadable, compare_tables, read_table
from pipeglot.compare.model import TableDifference
from pipeglot.compare.tables import same_text
from pipeglot.compare.values import differing

pytest.importorskip("duckdb", reason="the extra `tables` is not installed")


def same(old: Any, new: Any) -> bool:
    return not list(differing(old, new))


CELLS = Cells(same, same_text(), 1e-9)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SMALL", 0)
    monkeypatch.setattr(files, "SMALL_CELLS", 0)


def ours(old: Path, new: Path, *key: str) -> TableDifference | None:
    tables = read_table(old), read_table(new)
    return compare_tables(*tables, key, CELLS.same_text if tables[0].text else CELLS.same)


def engines(old: Path, new: Path, *key: str) -> TableDifference | None:
    return compare_files(old, new, key, CELLS)


class Pair:
    """Two files that are written anew for every comparison."""

    def __init__(self, folder: Path, name: str) -> None:
        self.old, self.new = (folder / side / name for side in ("old", "new"))
        for file in (self.old, self.new):
            file.parent.mkdir(exist_ok=True)

    def text(self, old: str | bytes, new: str | bytes) -> Pair:
        for file, content in ((self.old, old), (self.new, new)):
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def tables(self, old: Any, new: Any, **how: Any) -> Pair:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        for file, content in ((self.old, old), (self.new, new)):
            parquet.write_table(content, file, **how)
        return self

    def agree(self, *key: str) -> TableDifference | None:
        found = engines(self.old, self.new, *key)
        assert found == ours(self.old, self.new, *key)
        return found


@pytest.fixture
def pair(tmp_path: Path) -> Callable[[str], Pair]:
    return lambda name: Pair(tmp_path, name)


# ---------------------------------------------------------------- one catalogue, on both paths

HEAD = "id,amount,name\n"
LINES = [f"{n},{n / 8},n{n}\n" for n in range(40)]
BASE = HEAD + "".join(LINES)


def edited(number: int, line: str) -> str:
    return HEAD + "".join([*LINES[:number], line, *LINES[number + 1 :]])


@pytest.mark.parametrize("key", [("id",), ()])
@pytest.mark.parametrize(
    "new",
    [
        BASE.replace("\n", "\r\n"),
        BASE.rstrip("\n"),
        BASE + "\n\n",
        "\ufeff" + BASE,
        BASE.replace("n3", '"n3"'),
        BASE.replace(".5,", ".50,").replace("0.125", "1.25e-1"),
        BASE.replace("0.375", "0.37500000000000006"),
        "name,id,amount\n" + "".join(",".join((line.strip().split(",") * 2)[2:5]) + "\n" for line in LINES),
    ],
)
def test_what_only_looks_different_is_no_difference(
    pair: Callable[[str], Pair], new: str, key: tuple[str, ...]
) -> None:
    assert pair("t.csv").text(BASE, new).agree(*key) is None


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (edited(7, "7,0.876,n7\n"), "1 of 40 rows differ; amount at id=7: 0.875 -> 0.876"),
        (edited(7, "7,0.875,\n"), "1 of 40 rows differ; name at id=7: n7 -> "),
        (edited(7, ""), "1 lost row (id=7)"),
        (edited(7, "007,0.875,n7\n"), "id was int, is text; 1 lost row (id=7); 1 new row (id=007)"),
        (edited(7, "7.0,0.875,n7\n"), "id was int, is float"),
        (edited(7, "7,0.875,n7\n" * 2), "1 new row (id=7); id=7 1 times, now 2"),
        (edited(7, "70,0.875,n7\n"), "1 lost row (id=7); 1 new row (id=70)"),
        (edited(7, '7,0.875,"n7\r\n"\n'), "1 of 40 rows differ; name at id=7: n7 -> n7\r\n"),
        (edited(7, "7,0.875, n7\n"), "1 of 40 rows differ; name at id=7: n7 ->  n7"),
        (edited(7, "7,0.875,NULL\n"), "1 of 40 rows differ; name at id=7: n7 -> NULL"),
        (BASE.replace("amount", "total"), "lost column amount; new column total"),
        (edited(7, "7,x,n7\n"), "amount was float, is text; 1 of 40 rows differ; amount at id=7: 0.875 -> x"),
    ],
)
@pytest.mark.parametrize("few", [0, 1_000])
def test_what_differs_is_said_in_the_same_words(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch, few: int, new: str, said: str
) -> None:
    monkeypatch.setattr(join, "FEW", few)
    head, *rows = new.splitlines(keepends=True) if "\r" not in new else (new, "")
    assert str(pair("t.csv").text(BASE, new).agree("id")) == said
    assert pair("t.csv").text(BASE, new).agree() is not None
    if "\r" not in new:
        assert str(pair("t.csv").text(BASE, head + "".join(rows[::-1])).agree("id")).startswith(said[:20])


@pytest.mark.parametrize(
    "new",
    [
        edited(7, "7,0.875\n"),
        edited(7, "7,0.875,n7,more\n"),
        HEAD,
        edited(7, '7,0.875,"' + "x" * (1 << 21) + '"\n'),
    ],
    ids=["short row", "long row", "no rows", "row larger than a block"],
)
def test_what_the_engine_cannot_take_is_left_to_our_own_code(pair: Callable[[str], Pair], new: str) -> None:
    files = pair("t.csv").text(BASE, new)
    with pytest.raises(Unsuited):
        engines(files.old, files.new, "id")
    assert ours(files.old, files.new, "id") is not None


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_read_as_ever(pair: Callable[[str], Pair], encoding: str) -> None:
    old, new = (BASE.replace("n3", name).encode(encoding) for name in ("né3", "nè3"))
    made = pair("t.csv").text(old, new)
    if encoding == "latin-1":
        found = made.agree("id")
        assert found is not None and found.cells[0].old == "n\\xe93"
    else:  # it has zero bytes, at which Python 3.10 itself calls a text no CSV
        with pytest.raises((Unsuited, Unreadable)):
            engines(made.old, made.new, "id")


def test_files_that_are_packed_and_names_that_are_patterns(pair: Callable[[str], Pair]) -> None:
    import gzip

    new = edited(7, "7,0.876,n7\n")
    assert pair("t.csv.gz").text(gzip.compress(BASE.encode()), gzip.compress(new.encode())).agree("id") is not None
    arrow: Any = importlib.import_module("pyarrow")
    for name in ("t*.parquet", "it's [1].parquet", "day=1.parquet"):
        made = pair(name).tables(arrow.table({"id": [1, 2]}), arrow.table({"id": [1, 3]}))
        assert str(made.agree("id")) == "1 lost row (id=2); 1 new row (id=3)"


def test_a_line_feed_in_a_cell_outlives_the_end_of_a_block(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeglot.compare.columnar.source.BLOCK", 64)
    lines = "".join(f'{n},"{"x" * (n % 50)}\r\ny"\n' for n in range(200))
    assert pair("t.csv").text("id,x\n" + lines, "id,x\n" + lines.replace("\r\n", "\n")).agree("id") is not None
    assert (
        pair("t.csv")
        .text("id,x\n" + lines, "x,id\n" + "".join(f'"{"x" * (n % 50)}\r\ny",{n}\n' for n in range(200)))
        .agree("id")
        is None
    )


def test_names_of_the_runs_folders_stand_for_one_another(pair: Callable[[str], Pair]) -> None:
    def agree(one: Any, other: Any) -> bool:
        return str(one).replace("/tmp/one", "$X") == str(other).replace("/tmp/other", "$X")

    how = Cells(agree, agree, 1e-9, ("/tmp/one", "/tmp/other"))
    made = pair("t.csv").text("id,x\n1,/tmp/one/a\n2,b\n", "id,x\n2,b\n1,/tmp/other/a\n")
    assert compare_files(made.old, made.new, ("id",), how) is None
    made.text("id,x\n1,/tmp/one/a\n2,b\n", "id,x\n2,b\n1,/tmp/other/c\n")
    assert compare_files(made.old, made.new, ("id",), how) is not None


# ---------------------------------------------------------------- types of Parquet

ARROW: Any = importlib.import_module("pyarrow")
AT = datetime(2026, 3, 29, 1, 30)
VALUES: dict[str, tuple[Any, list[Any]]] = {
    "int8": (ARROW.int8(), [1, -128, None]),
    "uint64": (ARROW.uint64(), [2**64 - 1, 2**63, None]),
    "int64": (ARROW.int64(), [2**53, 2**53 + 1, None]),
    "float": (ARROW.float32(), [0.1, -0.0, math.nan, math.inf, None]),
    "double": (ARROW.float64(), [0.1, 0.1 + 1e-12, 0.0, -0.0, 1e308, -1e308, math.nan, math.inf, None]),
    "text": (ARROW.string(), ["", "a", "é", "1", None, "\0"]),
    "words": (ARROW.dictionary(ARROW.int32(), ARROW.string()), ["a", "b", None]),
    "bool": (ARROW.bool_(), [True, False, None]),
    "date": (ARROW.date32(), [date(2026, 1, 1), date(1, 1, 1), None]),
    "decimal": (ARROW.decimal128(38, 2), [Decimal("1.50"), Decimal("1.51"), Decimal("9" * 36 + ".00"), None]),
    "scaled": (ARROW.decimal128(38, 3), [Decimal("1.500"), None]),
    "us": (ARROW.timestamp("us"), [AT, AT + timedelta(microseconds=1), None]),
    "ms": (ARROW.timestamp("ms"), [AT, AT + timedelta(milliseconds=1), None]),
    "ns": (ARROW.timestamp("ns"), [AT, AT + timedelta(microseconds=1), None]),
    "utc": (ARROW.timestamp("us", tz="UTC"), [AT, AT.astimezone(timezone.utc), None]),
    "berlin": (ARROW.timestamp("us", tz="Europe/Berlin"), [AT.astimezone(timezone.utc), None]),
    "ns utc": (ARROW.timestamp("ns", tz="UTC"), [AT, None]),
    "bytes": (ARROW.binary(), [b"", b"\0\xff", None]),
    "nothing": (ARROW.null(), [None]),
    "list": (ARROW.list_(ARROW.float64()), [[], [1.0], [math.nan], None]),
    "struct": (ARROW.struct([("a", ARROW.int64())]), [{"a": 1}, {"a": None}, None]),
    "half": (ARROW.float16(), [0.5, None]),
    "long decimal": (ARROW.decimal256(50, 2), [Decimal("1.50"), Decimal("9" * 40 + ".01"), None]),
    "duration": (ARROW.duration("us"), [timedelta(1), None]),
    "time": (ARROW.time64("us"), [AT.time(), None]),
}
OURS_ALONE = {"ns utc", "list", "struct", "half", "long decimal", "duration", "time"}


def column(name: str, values: list[Any]) -> Any:
    return (
        ARROW.array(values, ARROW.string()).dictionary_encode()
        if name == "words"
        else ARROW.array(values, VALUES[name][0])
    )


def by_both(made: Pair, *key: str) -> TableDifference | None:
    """What our own code says, and the engine where it says anything."""
    try:
        found = engines(made.old, made.new, *key)
    except Unsuited:
        return ours(made.old, made.new, *key)
    assert found == ours(made.old, made.new, *key)
    return found


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_type_agree_or_differ_as_ever(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch, name: str, few: int
) -> None:
    monkeypatch.setattr(join, "FEW", few)
    values = VALUES[name][1]
    old = ARROW.table({"id": range(len(values) ** 2), "x": column(name, [v for v in values for _ in values])})
    new = ARROW.table({"id": range(len(values) ** 2), "x": column(name, values * len(values))})
    made = pair("t.parquet").tables(old, new)
    found = by_both(made, "id")
    assert found == ours(made.old, made.new, "id") and (found is None) == (len(values) == 1)
    if name not in OURS_ALONE:
        assert made.agree("id") == found
        assert (made.agree() is None) == (name == "nothing")
        made.tables(new, new.take(list(range(new.num_rows))[::-1]))
        assert made.agree("id") is None


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_type_name_rows_as_ever(pair: Callable[[str], Pair], name: str) -> None:
    values = VALUES[name][1]
    keys, other = column(name, values), column(name, [*values[::-1], values[0]])
    old = ARROW.table({"k": keys, "x": range(len(values))})
    new = ARROW.table({"k": other, "x": [*range(len(values))[::-1], 7]})
    by_both(pair("t.parquet").tables(old, new), "k")
    by_both(pair("t.parquet").tables(old, old.take(list(range(len(values)))[::-1])), "k")


def test_whole_numbers_and_floats_name_the_same_rows(pair: Callable[[str], Pair]) -> None:
    whole = ARROW.table({"k": [1, 2, None, 4], "x": [1, 2, 3, 4]})
    floats = ARROW.table({"k": [4.0, None, 2.0, 1.0], "x": [4, 3, 2, 1]})
    found = pair("t.parquet").tables(whole, floats).agree("k")
    assert found is not None and found.retyped == {"k": ("int64", "double")} and found.only_old == 0
    nan = ARROW.table({"k": [1.5, math.nan, math.inf], "x": [1, 2, 3]})
    found = pair("t.parquet").tables(nan, nan.take([2, 1, 0])).agree("k")
    assert found is not None and (found.only_old, found.only_new) == (1, 1)
    large = pair("t.parquet").tables(ARROW.table({"k": [2.0**60]}), ARROW.table({"k": [2.0**60 + 256]}))
    with pytest.raises(Unsuited):
        engines(large.old, large.new, "k")


def test_columns_whose_names_an_engine_takes_for_one(pair: Callable[[str], Pair]) -> None:
    old = ARROW.table({"A": [1], "a": [2], "n": [3], "c0": [4], 'q"': [5]})
    new = ARROW.table({"a": [1], "A": [2], "n": [3], "c0": [4], 'q"': [5]})
    assert str(pair("t.parquet").tables(old, new).agree("n")) == "1 of 1 rows differ; A at n=3: 1 -> 2"


# ---------------------------------------------------------------- drawn

CELL = st.sampled_from(
    [
        "",
        "0",
        "-0",
        "+1",
        "1",
        "1.0",
        "1e0",
        "01",
        "007",
        "-0.0",
        ".5",
        "5.",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "\u0131nf",
        "1e-400",
        "9007199254740993",
        "9007199254740992",
        "9007199254740993.0",
        "1" * 41,
        "1_0",
        " 1",
        "a",
        "A",
        "é",
        "a,b",
        'q"q',
        "x\ny",
        "x\r\ny",
        "\r",
        "0.1",
        "0.10000000000000001",
        "0.1000001",
        "NULL",
        "null",
        "\\N",
        "2026-01-01",
        "#",
    ]
)
EXAMPLES = settings(
    max_examples=100 if os.environ.get("PIPEGLOT_THOROUGH") == "1" else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def drawn_rows(draw: st.DrawFn, cell: st.SearchStrategy[Any], key: st.SearchStrategy[Any]) -> tuple[Any, Any]:
    """Two tables' rows, of which one is the other with a few edits."""
    old = draw(st.lists(st.tuples(key, cell, cell), min_size=1, max_size=8))
    new = [*old]
    for number, row in draw(st.lists(st.tuples(st.integers(0, 7), st.none() | st.tuples(key, cell, cell)), max_size=3)):
        new[number : number + 1] = [row] if row is not None else []
    return old, draw(st.permutations(new)) if draw(st.booleans()) else new


def written(draw: st.DrawFn, rows: Any) -> str:
    file = io.StringIO()
    quoting: Any = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    table = csv.writer(file, lineterminator=draw(st.sampled_from(["\n", "\r\n"])), quoting=quoting)
    order = draw(st.permutations([0, 1, 2]))
    table.writerows([[("id", "x", "y")[n] for n in order], *([row[n] for n in order] for row in rows)])
    return file.getvalue()


@EXAMPLES
@given(data=st.data())
def test_tables_of_text_are_told_alike(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    key = st.integers(0, 9).map(str) if data.draw(st.booleans()) else CELL
    old, new = data.draw(st.composite(drawn_rows)(CELL, key))
    texts = [data.draw(st.composite(written)(rows)) for rows in (old, new)]
    made = Pair(tmp_path_factory.mktemp("drawn"), "t.csv").text(texts[0], texts[1])
    by_both(made, *data.draw(st.sampled_from([("id",), ("id", "x"), (), ("other",)])))


@EXAMPLES
@given(
    text=st.lists(st.sampled_from(["a", "1", '"', '""', ",", "\n", "\r", "\r\n", " ", "é", "\t"]), max_size=24).map(
        "".join
    )
)
def test_lines_of_text_are_split_alike(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    made = Pair(tmp_path_factory.mktemp("drawn"), "t.csv").text("h,i\n" + text, "h,i\n1,a\n")
    by_both(made)


@EXAMPLES
@given(data=st.data())
def test_tables_of_types_are_told_alike(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = st.sampled_from([*VALUES])
    of = [data.draw(names), data.draw(names)]
    other = [data.draw(st.just(name) | names) for name in of]
    tables = []
    count = data.draw(st.integers(1, 6))
    for types in (of, other):
        columns = {
            f"c{n}": column(name, data.draw(st.lists(st.sampled_from(VALUES[name][1]), min_size=count, max_size=count)))
            for n, name in enumerate(types)
        }
        tables.append(ARROW.table({"id": data.draw(st.permutations(range(count))), **columns}))
    made = Pair(tmp_path_factory.mktemp("drawn"), "t.parquet").tables(*tables)
    by_both(made, *data.draw(st.sampled_from([("id",), (), ("c0",), ("id", "c1")])))


# ---------------------------------------------------------------- when


def test_small_tables_need_no_engine_and_large_ones_say_where_one_is(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = pair("t.csv").text(BASE, edited(7, ""))
    monkeypatch.setattr(files, "SMALL", 1 << 20)
    monkeypatch.setattr(files, "SMALL_CELLS", 1 << 20)
    with pytest.raises(Unsuited, match="small"):
        engines(made.old, made.new, "id")

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with caplog.at_level(logging.WARNING), pytest.raises(Unsuited, match="not installed"):
        engines(made.old, made.new, "id")
    assert caplog.messages == []
    monkeypatch.setattr(files, "LARGE", 10)
    with caplog.at_level(logging.WARNING), pytest.raises(Unsuited, match="not installed"):
        engines(made.old, made.new, "id")
    assert "pip install 'pipeglot[tables]'" in caplog.text
