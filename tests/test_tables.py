"""Two tables are one difference: schema, rows by key or in order, columns, and a sample of cells."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeglot.compare.ignore import Rule, Rules, TableRule, ignored, read_rules
from pipeglot.compare.model import CellDifference, Difference, Duplicate, TableDifference
from pipeglot.compare.noise import noise
from pipeglot.compare.records import compare
from pipeglot.compare.tables import SAMPLE, Row, TableComparison, same_text
from pipeglot.compare.values import LONG, MANY, differing
from pipeglot.core.diagnostic import AuthoringError
from pipeglot.core.record import CallRecord, Record
from tests.operations import grows_in_proportion

ROWS: list[dict[str, Any]] = [{"id": n, "amount": n / 4, "name": f"n{n}"} for n in range(6)]
BY_ID = Rules(table=(TableRule(call="a", key=("id",)),))


def same(old: Any, new: Any) -> bool:
    return not list(differing(old, new))


def table(old: Sequence[Row], new: Sequence[Row], *key: str, parts: int = 1) -> TableDifference | None:
    return TableComparison(same, key).run(old, new, parts)


def found(old: Sequence[Row], new: Sequence[Row], *key: str, parts: int = 1) -> TableDifference:
    made = table(old, new, *key, parts=parts)
    assert made is not None
    return made


def with_cell(row: int, **cell: Any) -> list[dict[str, Any]]:
    return [{**one, **cell} if n == row else one for n, one in enumerate(ROWS)]


def record(output: Any) -> Record:
    call = CallRecord(id="a", state="succeeded", output=output)
    return Record(pipeline="p", engine="e", engine_version="1", state="succeeded", calls=(call,), result=None)


def compared(old: Any, new: Any, rules: Rules | None = None) -> list[Difference]:
    return compare(record(old), record(new), rules=rules)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_rows_with_a_key_may_come_in_any_order(seed: int, parts: int) -> None:
    other = random.Random(seed).sample(ROWS, len(ROWS))
    assert table(ROWS, other, "id", parts=parts) is None
    assert table(ROWS, ROWS[::-1]) is not None


def test_one_wrong_cell_is_named_by_key_and_column() -> None:
    made = found(ROWS, with_cell(3, amount=9.0)[::-1], "id")
    assert made.cells == (CellDifference(row=("3",), column="amount", old="0.75", new="9.0"),)
    assert (made.matched, made.equal, made.only_old, made.only_new) == (6, 5, 0, 0)
    assert made.columns == {"id": 1.0, "amount": pytest.approx(5 / 6), "name": 1.0}
    assert str(made) == "1 of 6 rows differ; amount at id=3: 0.75 -> 9.0"
    assert made.places == ("[*].amount",)


def test_without_a_key_a_cell_is_named_by_row_number() -> None:
    assert found(ROWS, with_cell(3, name="x")).cells == (
        CellDifference(row=("3",), column="name", old='"n3"', new='"x"'),
    )


@pytest.mark.parametrize("parts", [1, 3])
def test_lost_and_new_rows_are_named(parts: int) -> None:
    made = found(ROWS, [*ROWS[:2], *ROWS[3:], {"id": 7, "amount": 0.0, "name": "n7"}], "id", parts=parts)
    assert (made.rows_only_old, made.rows_only_new, made.matched, made.equal) == ((("2",),), (("7",),), 5, 5)
    assert str(made) == "1 lost row (id=2); 1 new row (id=7)"
    assert found(ROWS, ROWS[:4]).rows_only_old == (("4",), ("5",))


@pytest.mark.parametrize("parts", [1, 3])
def test_a_duplicated_row_is_named(parts: int) -> None:
    made = found(ROWS, [*ROWS, ROWS[2]], "id", parts=parts)
    assert made.duplicates == (Duplicate(key=("2",), old=1, new=2),)
    assert (made.only_new, made.rows_only_new) == (1, (("2",),))
    assert found([*ROWS, ROWS[2]], ROWS, "id").duplicates == (Duplicate(key=("2",), old=2, new=1),)
    assert found([], [ROWS[0], ROWS[0]], "id").duplicates == (Duplicate(key=("0",), old=0, new=2),)


def test_a_key_that_several_rows_have_on_both_sides_is_no_difference() -> None:
    twice = [*ROWS, {**ROWS[2], "amount": 8.0}]
    assert table(twice, twice[::-1], "id") is None
    made = found(twice, [*ROWS[:2], {**ROWS[2], "amount": 7.0}, *ROWS[2:]], "id")
    assert made.cells == (CellDifference(row=("2",), column="amount", old="8.0", new="7.0"),)
    assert made.duplicates == ()


def test_columns_added_removed_and_renamed() -> None:
    renamed = [{"id": row["id"], "total": row["amount"], "name": row["name"]} for row in ROWS]
    made = found(ROWS, renamed, "id")
    assert (made.columns_only_old, made.columns_only_new) == (("amount",), ("total",))
    assert (made.matched, made.equal, made.cells) == (6, 6, ())
    assert str(made) == "lost column amount; new column total"
    both = found(ROWS, [{**row, "name": "x"} if row["id"] == 1 else row for row in renamed], "id")
    assert (both.equal, [cell.column for cell in both.cells]) == (5, ["name"])


def test_a_cell_that_one_row_lacks_is_a_cell() -> None:
    gap = [{name: cell for name, cell in row.items() if (row["id"], name) != (3, "name")} for row in ROWS]
    made = found(ROWS, gap, "id")
    assert made.cells == (CellDifference(row=("3",), column="name", old='"n3"', new=None),)
    assert (made.columns_only_old, made.equal) == ((), 5)


def test_a_changed_type_is_named_and_matched_by_number() -> None:
    made = found(ROWS, [{**row, "id": float(row["id"])} for row in ROWS], "id")
    assert made.retyped == {"id": ("int", "float")} and made.only_old == 0
    assert str(made).startswith("id was int, is float")
    assert found(ROWS, with_cell(0, amount=None), "id").retyped == {}


def test_a_key_of_several_columns() -> None:
    rows = [{"day": day, "shop": shop, "sold": 1} for day in "ab" for shop in range(3)]
    assert table(rows, rows[::-1], "day", "shop") is None
    changed = [{**row, "sold": 2} if (row["day"], row["shop"]) == ("b", 1) else row for row in rows]
    assert str(found(rows, changed, "day", "shop")).endswith("sold at day=b, shop=1: 1 -> 2")


def test_floats_agree_within_the_tolerance_and_nan_with_itself() -> None:
    assert table(ROWS, [{**row, "amount": row["amount"] * (1 + 1e-12)} for row in ROWS], "id") is None
    nan = [{"id": 1, "x": float("nan")}]
    assert table(nan, [{"id": 1, "x": float("nan")}], "id") is None
    assert table(nan, [{"id": 1, "x": 0.0}], "id") is not None


@pytest.mark.parametrize(
    ("old", "new", "agree"),
    [
        ("1", "1.0", True),
        ("0.1", "0.10000000000000001", True),
        ("1e-5", "0.00001", True),
        ("nan", "NaN", True),
        ("inf", "-inf", False),
        ("", "nan", False),
        ("007", "7", False),
        ("1", "2", False),
        ("1.0", "1.1", False),
        ("10000000000000001", "10000000000000002", False),
        ("true", "True", False),
        ("2026-01-01", "2026-1-1", False),
        ("1_000", "1000", False),
        ("\u0661", "1", False),
        (" 1.0", "1.0", False),
    ],
)
def test_cells_of_text(old: str, new: str, agree: bool) -> None:
    assert same_text()(old, new) is same_text()(new, old) is agree


def test_a_report_of_a_table_stays_small() -> None:
    old: list[Row] = [{"id": n, "text": "x" * 10_000} for n in range(2_000)]
    new: list[Row] = [{"id": n + 1_000, "text": "y" * 10_000} for n in range(2_000)]
    made = found(old, new, "id")
    assert (made.matched, made.equal, made.only_old, made.only_new) == (1_000, 0, 1_000, 1_000)
    assert len(made.cells) == len(made.rows_only_old) == len(made.rows_only_new) == SAMPLE
    assert len(made.model_dump_json()) < 10_000


# ---------------------------------------------------------------- tables within outputs


def test_a_rule_names_the_key_and_only_there() -> None:
    assert compared(ROWS, ROWS[::-1], BY_ID) == []
    nested = Rules(table=(TableRule(call="a", path="$.parts[*].rows", key=("id",)),))
    value = {"parts": [{"rows": ROWS}, {"rows": ROWS}]}
    other = {"parts": [{"rows": ROWS[::-1]}, {"rows": with_cell(1, amount=5.0)[::-1]}]}
    (one,) = compared(value, other, nested)
    assert (one.kind, one.call, one.path) == ("table", "a", "$.parts[1].rows")
    assert str(one) == "table a at $.parts[1].rows: 1 of 6 rows differ; amount at id=1: 0.25 -> 5.0"
    assert one.old == one.new == {"rows": 6, "columns": 3}
    assert compared(value, other) != [] != compared({"b": value}, {"b": other}, nested)


def test_what_is_no_table_is_compared_as_ever() -> None:
    assert [one.kind for one in compared([1, 2], [1, 3], BY_ID)] == ["output"]
    assert [one.path for one in compared(ROWS, {"rows": 0}, BY_ID)] == ["$"]


def test_a_key_that_is_no_column_is_said_and_nothing_passes() -> None:
    rules = Rules(table=(TableRule(call="a", key=("number",)),))
    assert compared(ROWS, ROWS, rules) == []
    (one,) = compared(ROWS, ROWS[::-1], rules)
    assert "have the column number of the key" in str(one)


def test_few_differences_of_a_long_list_stay_as_they_are_and_many_are_one() -> None:
    rows = [{"id": n, "x": 0} for n in range(LONG + 1)]
    few = [{**row, "x": 1} if row["id"] < MANY else row for row in rows]
    assert [one.path for one in compared(rows, few)] == [f"$[{n}].x" for n in range(MANY)]
    (one,) = compared(rows, [{**row, "x": 1} for row in rows])
    assert (one.kind, one.path, one.table is not None and one.table.columns) == ("table", "$", {"id": 1.0, "x": 0.0})
    (numbers,) = compared(list(range(500)), list(range(1, 501)))
    assert numbers.table is not None and numbers.table.columns == {"value": 0.0}
    short = [{"id": n, "x": 0} for n in range(LONG)]
    assert len(compared(short, [{**row, "x": 1} for row in short])) == LONG


def test_a_large_object_is_told_as_a_table_by_name() -> None:
    old = {f"c{n}": {"auc": n, "at": 0} for n in range(LONG + 1)}
    assert len(compared(old, {**old, "c3": {"auc": 3.5, "at": 0}})) == 1
    (one,) = compared(old, {**{name: {**value, "at": 1} for name, value in old.items()}, "new": {"auc": 1, "at": 1}})
    assert one.table is not None and one.table.columns["at"] == 0.0 and one.table.columns["auc"] == 1.0
    assert str(one).startswith("table a at $: 1 new row ((name)=new); 101 of 101 rows differ; at at (name)=c0: 0 -> 1")
    plain = {f"c{n}": n for n in range(LONG + 1)}
    (two,) = compared(plain, {name: value + 1 for name, value in plain.items()})
    assert two.table is not None and two.table.columns == {"(name)": 1.0, "value": 0.0}


def test_nothing_is_lost_where_a_table_cannot_show_it() -> None:
    old: list[Any] = [{"value": n} for n in range(LONG + 1)]
    assert len(compared(old, [one["value"] for one in old])) == LONG + 1


def test_a_key_may_look_like_a_number_of_any_length() -> None:
    rows = [{"id": "1" * length} for length in (1, 39, 41, 10_000)]
    rows += [{"id": "1e999"}, {"id": "-1e999"}, {"id": "inf"}]
    made = TableComparison(same_text(), ("id",), text=True)
    assert made.run(rows, rows[::-1]) is None and made.matched == len(rows)


def test_what_a_side_did_not_keep_is_no_difference() -> None:
    silent = record(1).model_copy(update={"calls": (CallRecord(id="a", state="succeeded"),)})
    assert compare(record(1), silent) == []


# ---------------------------------------------------------------- rules, noise, and size


def test_rules_may_cover_columns_and_only_all_that_differs_is_covered() -> None:
    def rule(path: str) -> Rule:
        return Rule(call="a", path=path, reason="known", until=date(2999, 1, 1))

    (one,) = compared(ROWS, with_cell(2, amount=9.0), BY_ID)
    (two,) = compared(ROWS, with_cell(2, amount=9.0, name="x"), BY_ID)
    today = date(2026, 1, 1)
    assert ignored([one], [rule("$[*].amount")], today=today)[0] == []
    assert ignored([two], [rule("$[*].amount")], today=today)[0] == [two]
    assert ignored([two], [rule("$[*].amount"), rule("$[*].name")], today=today)[0] == []
    assert ignored([two], [rule("$")], today=today)[0] == []
    (lost,) = compared(ROWS, ROWS[1:], BY_ID)
    assert ignored([lost], [rule("$[*].amount")], today=today)[0] == [lost]


def test_the_noise_of_a_column_masks_that_column() -> None:
    again = [compared(ROWS, with_cell(2, amount=9.0), BY_ID)]
    assert noise(compared(ROWS, with_cell(4, amount=7.0), BY_ID), again, 2)[0] == []
    both = compared(ROWS, with_cell(4, amount=7.0, name="x"), BY_ID)
    assert noise(both, again, 2)[0] == both
    lost = compared(ROWS, ROWS[1:], BY_ID)
    assert noise(lost, again, 2)[0] == lost


def test_noise_is_known_whether_told_as_a_table_or_cell_by_cell() -> None:
    rows = [{"id": n, "x": n, "y": 0} for n in range(LONG + 1)]
    few, many = [[{**row, "x": -1} if row["id"] < count else row for row in rows] for count in (5, 50)]
    other = [{**row, "y": 1} if row["id"] < 3 else row for row in rows]
    one, all_ = compared(rows, few), compared(rows, many)
    assert noise(one, [all_], 2)[0] == [] and noise(all_, [one], 2)[0] == []
    assert len(noise(compared(rows, other), [all_], 2)[0]) == 3


RULES = """
[[ignore]]
call = "report"
reason = "clocks"
until = 2026-12-31

[[table]]
call = "features"
path = "$.rows"
key = ["id"]

[[artifact]]
call = "train"
path = "$.model"
compare = "metrics"
reason = "not deterministic"
"""


def test_one_file_holds_all_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    rules = read_rules(file)
    assert (rules.table[0].key, rules.artifact[0].compare, rules.ignore[0].call) == (("id",), "metrics", "report")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('[[table]]\nkey = ["id"]\n\n[[table]]\ncall = "a"\n', "PG379", ":4: [[table]] number 2: key: "),
        ('[[table]]\ncall = "a"\nkey = []\n', "PG379", ":1: [[table]] number 1: key: "),
        ('[[table]]\nkey = "id"\n', "PG379", "number 1: key: "),
        ('[[artifact]]\ncompare = "size"\n', "PG379", "number 1: compare: "),
        ('[[artifact]]\ncompare = "none"\n', "PG379", "needs a reason"),
        ('[[ignore]]\nreason = "r"\n', "PG361", ":1: [[ignore]] number 1: until: "),
        ("[[tables]]\n", "PG361", "tables: "),
        ("table = 3\n", "PG379", "table: "),
        ("[[table\n", "PG361", "cannot read "),
    ],
)
def test_a_bad_rule_is_named_by_file_line_and_number(tmp_path: Path, text: str, code: str, said: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text)
    with pytest.raises(AuthoringError) as error:
        read_rules(file)
    (first, *_) = error.value.diagnostics
    assert first.code == code and said in first.message and str(file) in first.message and first.help


def stream(count: int) -> Iterator[Row]:
    return ({"id": n, "x": n / 7, "text": f"text {n} " * 5} for n in range(count))


def test_tables_are_compared_in_linear_time() -> None:
    def compared(count: int) -> None:
        assert TableComparison(same, ("id",)).run(stream(count), stream(count)) is None

    assert grows_in_proportion(compared, 500)


@pytest.mark.parametrize(("key", "parts", "most"), [((), 1, 3e5), (("id",), 16, 2e6)])
def test_rows_that_come_as_a_stream_are_not_held_in_memory(key: tuple[str, ...], parts: int, most: float) -> None:
    TableComparison(same, key).run(stream(10), stream(10), parts)
    tracemalloc.start()
    try:
        assert TableComparison(same, key).run(stream(10_000), stream(10_000), parts) is None
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
