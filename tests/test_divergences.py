"""What a migration gets wrong is found and named at its call and path; what only looks different is not reported.

Each planted divergence is one edit of the base pipeline, as a slip of whoever moved it by hand would make it. Both
versions run on the reference, so that what is tested is the comparison.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pipeglot.author.read import read
from pipeglot.compare.folders import Folders, neutral
from pipeglot.compare.ignore import Rule, Rules, TableRule
from pipeglot.compare.judge import judge
from pipeglot.compare.model import Report, Side
from pipeglot.compare.order import Order, disorder
from pipeglot.compare.records import compare
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import CallRecord, Failure, Record
from pipeglot.meaning.run import execute
from tests.operations import grows_in_proportion

BASE = '''
import os
import time
from pathlib import Path

from typing_extensions import TypedDict

from pipeglot import collect, continue_, each, elsewhen, finally_, merge, otherwise, pipeline, step, when


class Row(TypedDict):
    id: int
    amount: float
    region: str


class Model(TypedDict):
    depth: int
    score: float


def attempt(name: str) -> int:
    """Counts the attempts of a step over the whole run."""
    file = Path(os.environ["PIPEGLOT_TEST_STATE"], name)
    count = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(str(count))
    return count


@step
def ingest(day: str, limit: int) -> list[Row]:
    return [{"id": n, "amount": n / 4, "region": "north" if n % 2 else "south"} for n in range(limit)]


@step(retries=2)
def validate(rows: list[Row]) -> int:
    if attempt("validate") < 3:
        raise ValueError("not yet")
    return len(rows)


@step
def features(rows: list[Row], scale: float) -> dict[str, float]:
    return {"mean": sum(row["amount"] for row in rows) / len(rows) * scale, "count": float(len(rows))}


@step
def optional(day: str) -> str:
    raise RuntimeError("the source is away")


@step
def train(data: dict[str, float], depth: int) -> Model:
    return {"depth": depth, "score": data["mean"] / depth}


@step
def check(model: Model) -> bool:
    if model["depth"] == 3:
        raise ValueError("too deep")
    return True


@step
def best(models: list[Model]) -> Model:
    return max(models, key=lambda model: model["score"])


@step
def register(model: Model) -> str:
    return f"model/{model['depth']}"


@step
def keep() -> str:
    return "model/old"


@step
def slow(version: str) -> str:
    time.sleep(0.05)
    return version


@step
def publish(version: str, note: str) -> dict[str, str]:
    return {"version": version, "note": note}


@step
def report(state: str) -> str:
    return f"run {state}"


@pipeline
def credit(day: str = "2026-03-01", limit: int = 8, threshold: float = 0.5) -> dict[str, str]:
    rows = ingest(day, limit)
    valid = validate(rows)
    data = features.options(after=[valid])(rows, 1.0)
    note = optional.options(on_failure=continue_(default="no note"))(day)
    with each([1, 2, 3]) as depth:
        model = train(data, depth)
        checked = check(model)
    chosen = best(collect(model))
    with when(chosen["score"] > threshold):
        new = register(chosen)
    with otherwise():
        old = keep()
    version = merge(new, old)
    waited = slow(version)
    published = publish.options(after=[waited])(version, note)
    with finally_() as outcome:
        report(outcome.state)
    return published
'''


@lru_cache
def pipeline(*edits: tuple[str, str]) -> Pipeline:
    """The base pipeline with some text of it changed."""
    text = BASE
    for before, after in edits:
        assert text.count(before) == 1, (before, text.count(before))
        text = text.replace(before, after)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "credit.py")
        file.write_text(text)
        return read(str(file)).pipeline


def run(made: Pipeline) -> Record:
    with tempfile.TemporaryDirectory() as state, mock.patch.dict(os.environ, PIPEGLOT_TEST_STATE=state):
        return execute(made, logical_date=datetime(2026, 3, 1, 2, tzinfo=timezone.utc))


@lru_cache
def base() -> Record:
    return run(pipeline())


def judged(old: Record | list[Record], new: Record | list[Record], **more: Any) -> Report:
    """The verdict on two sides' records."""
    first, second = (tuple(side) if isinstance(side, list) else (side,) for side in (old, new))
    return judge(
        pipeline(),
        Side(spec="old", engine=first[0].engine, records=first),
        Side(spec="new", engine=second[0].engine, records=second),
        params={},
        logical_date=datetime(2026, 3, 1, 2, tzinfo=timezone.utc),
        started=datetime(2026, 3, 1, 2, tzinfo=timezone.utc),
        **more,
    )


@dataclass(frozen=True)
class Slip:
    """A divergence: what was changed, and where it must be named."""

    name: str
    edits: tuple[tuple[str, str], ...]
    kind: str
    call: str | None = None
    index: tuple[int, ...] = ()
    path: str = ""


def slip(name: str, before: str, after: str, where: str, *more: tuple[str, str]) -> Slip:
    """`where` reads `kind call[0] $.path`."""
    kind, _, rest = where.partition(" ")
    place, _, path = rest.partition(" ")
    call, *indexes = place.replace("]", "").split("[")
    return Slip(name, ((before, after), *more), kind, call or None, tuple(map(int, indexes)), path)


SLIPS = [
    slip("a value edge lost", "train(data, depth)", 'train({"mean": 1.0}, depth)', "output train[0] $.score"),
    slip("an order edge lost", "publish.options(after=[waited])(", "publish(", "order publish slow"),
    slip("a retry lost", "@step(retries=2)\ndef validate", "@step(retries=1)\ndef validate", "state validate"),
    slip("all retries lost", "@step(retries=2)\ndef validate", "@step\ndef validate", "attempts validate"),
    slip("a retry too many", 'attempt("validate") < 3', 'attempt("validate") < 2', "attempts validate"),
    slip("a failure no longer stops what follows", "features.options(after=[valid])(", "features(", "order features validate"),
    slip("tolerance lost", ".options(on_failure=continue_(default=\"no note\"))", "", "tolerated optional"),
    slip("tolerance lost, seen in the run", ".options(on_failure=continue_(default=\"no note\"))", "", "state publish"),
    slip("tolerance gained", "checked = check(model)", "checked = check.options(on_failure=continue_(default=False))(model)", "tolerated check[2]"),
    slip("tolerance gained, seen in the run", "checked = check(model)", "checked = check.options(on_failure=continue_(default=False))(model)", "run_state"),
    slip("another default for a tolerated failure", 'default="no note"', 'default=""', "output publish $.note"),
    slip("a wrong trigger rule: runs although skipped", "old = keep()", "old = keep()\n    keep.options(id='leaked')()", "extra leaked"),
    slip("the other arm", "> threshold", "< threshold", "state register"),
    slip("the other arm, what was skipped", "> threshold", "< threshold", "state keep"),
    slip("a bound that became inclusive", "range(limit)", "range(limit + 1)", "output ingest $[8]"),
    slip("a bound one short", "range(limit)", "range(limit - 1)", "output ingest $[7]"),
    slip("a loop one short", "each([1, 2, 3])", "each([1, 2])", "missing train[2]"),
    slip("a loop one longer", "each([1, 2, 3])", "each([1, 2, 3, 4])", "extra train[3]"),
    slip("a loop from zero", "each([1, 2, 3])", "each([4, 2, 3])", "output train[0] $.depth"),
    slip("a loop in another order", "each([1, 2, 3])", "each([2, 1, 3])", "output train[1] $.depth"),
    slip("an int become a float", '-> int:\n    if attempt', '-> float:\n    if attempt', "output validate $"),
    slip("a float become text", '"amount": n / 4', '"amount": str(n / 4)', "output ingest $[0].amount", ("    amount: float", "    amount: str"), ('sum(row["amount"] for', 'sum(float(row["amount"]) for')),
    slip("a rounded float", '/ len(rows) * scale', '/ len(rows) * scale + 1e-6', "output features $.mean"),
    slip("a key lost", '"count": float(len(rows))}', '}', "output features $.count"),
    slip("a key renamed", '"count": float', '"rows": float', "output features $.rows"),
    slip("a key gained", '"count": float', '"extra": 1.0, "count": float', "output features $.extra"),
    slip("None instead of a value", '-> list[Row]:\n    return [', '-> list[Row] | None:\n    return None and [', "output ingest $", ("rows: list[Row]) -> int", "rows: list[Row] | None) -> int"), ("return len(rows)", "return 8"), ("def features(rows: list[Row], scale", "def features(rows: list[Row] | None, scale"), ('{"mean": sum(row["amount"] for row in rows) / len(rows) * scale, "count": float(len(rows))}', '{"mean": 0.875, "count": 8.0}')),
    slip("a changed default of a parameter", "limit: int = 8", "limit: int = 9", "output validate $"),
    slip("a changed threshold", "threshold: float = 0.5", "threshold: float = 5.0", "state register"),
    slip("a changed literal", "(rows, 1.0)", "(rows, 2.0)", "output features $.mean"),
    slip("arguments swapped", "return {\"version\": version, \"note\": note}", "return {\"version\": note, \"note\": version}", "output publish $.version"),
    slip("another result", "return published", "return publish.options(id='again')(note, version)", "result  $.version"),
    slip("a finaliser lost", "    with finally_() as outcome:\n        report(outcome.state)\n", "", "missing report"),
    slip("a finaliser that is told another state", "report(outcome.state)", 'report("succeeded")', "output report $"),
    slip("a finaliser that fails", 'return f"run {state}"', 'raise ValueError("no mail")', "state report"),
    slip("a step that fails now", 'return f"model/{model[', 'raise ValueError(model)\n    return f"model/{model[', "state register"),
    slip("what waits for a failed step is blocked", 'return f"model/{model[', 'raise ValueError(model)\n    return f"model/{model[', "state slow"),
    slip("one instance fails now", 'return {"depth": depth, "score"', 'assert depth != 2\n    return {"depth": depth, "score"', "state train[1]"),
    slip("an instance's failure is lost", 'if model["depth"] == 3:', 'if model["depth"] == 4:', "state check[2]"),
    slip("a call lost", "    waited = slow(version)\n    published = publish.options(after=[waited])(", "    published = publish(", "missing slow"),
    slip("a call gained", "return published", "keep.options(id='more')()\n    return published", "extra more"),
    slip("a call renamed", "chosen = best(", "chosen = best.options(id='winner')(", "missing best"),
    slip("a collected list in another order", "max(models, key=lambda model: model[\"score\"])", "models[-1]", "output best $.depth"),
    slip("text with another end", 'return "model/old"', 'return "model/old\\n"', "output keep $", ("> threshold", "> 1e9")),
]  # fmt: skip


def test_there_are_enough_and_their_names_are_distinct() -> None:
    assert len({one.name for one in SLIPS}) == len(SLIPS) >= 40


@pytest.mark.parametrize("planted", SLIPS, ids=lambda one: one.name)
def test_a_planted_divergence_is_named_where_it_is(planted: Slip) -> None:
    old = base()
    if planted.name == "text with another end":
        old = run(pipeline(planted.edits[1]))
    found = judged(old, run(pipeline(*planted.edits)))
    assert found.verdict == "diverged"
    places = {(one.kind, one.call, one.index, one.path) for one in found.differences}
    assert (planted.kind, planted.call, planted.index, planted.path) in places, places


def changed(record: Record, id: str, index: tuple[int, ...] = (), **update: Any) -> Record:
    calls = [c.model_copy(update=update) if (c.id, c.index) == (id, index) else c for c in record.calls]
    assert calls != list(record.calls)
    return record.model_copy(update={"calls": tuple(calls)})


def table(rows: int) -> list[dict[str, Any]]:
    return [{"id": n, "amount": n / 8, "name": f"n{n}"} for n in range(rows)]


def test_one_wrong_cell_in_100_000_rows_is_named() -> None:
    rows = table(100_000)
    old = changed(base(), "ingest", output=rows)
    new = changed(base(), "ingest", output=[*rows[:61_234], {**rows[61_234], "amount": 0.0}, *rows[61_235:]])
    (difference,) = judged(old, new).differences
    assert (difference.call, difference.path) == ("ingest", "$[61234].amount")


Rows = list[dict[str, Any]]


def each_row(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Rows], Rows]:
    return lambda rows: [change(row) for row in rows]


def cell(id: int, **cells: Any) -> Callable[[Rows], Rows]:
    return each_row(lambda row: {**row, **cells} if row["id"] == id else row)


def named_otherwise(row: dict[str, Any]) -> dict[str, Any]:
    return {("total" if name == "amount" else name): value for name, value in row.items()}


TABLE_SLIPS: list[tuple[str, int, Callable[[Rows], Rows], str]] = [
    ("one wrong cell", 20_000, cell(11_234, amount=0.0), "1 of 20,000 rows differ; amount at id=11234: 1404.25 -> 0.0"),
    ("a lost row", 1000, lambda rows: [row for row in rows if row["id"] != 612], "1 lost row (id=612)"),
    ("a lost last row", 1000, lambda rows: rows[:-1], "1 lost row (id=999)"),
    ("a new row", 1000, lambda rows: [{"id": -1, "amount": 0.0, "name": ""}, *rows], "1 new row (id=-1)"),
    ("a duplicated row", 1000, lambda rows: [*rows, rows[7]], "1 new row (id=7); id=7 1 times, now 2"),
    ("a column of another type", 1000, each_row(lambda row: {**row, "amount": f"{row['amount']} EUR"}), "amount was float, is text"),
    ("an integer column of floats", 1000, each_row(lambda row: {**row, "id": float(row["id"])}), "id was int, is float"),
    ("a column of another name", 1000, each_row(named_otherwise), "lost column amount; new column total"),
    ("a column lost", 1000, each_row(lambda row: {"id": row["id"], "amount": row["amount"]}), "lost column name"),
    ("two columns swapped", 1000, each_row(lambda row: {**row, "amount": row["name"], "name": row["amount"]}), "amount was float, is text"),
    ("a value rounded", 1000, cell(3, amount=0.38), "1 of 1,000 rows differ; amount at id=3: 0.375 -> 0.38"),
    ("an empty cell", 1000, cell(3, name=""), "1 of 1,000 rows differ; name at id=3: "),
    ("the rows of another day", 1000, lambda rows: rows[500:], "500 lost rows (id=0, id=1, id=2, ...)"),
]  # fmt: skip

BY_ID = Rules(table=(TableRule(call="ingest", path="$", key=("id",)),))


@dataclass(frozen=True)
class Files:
    """Two runs of the base pipeline whose first call gives the name of a file, each in a folder of its own."""

    base: Path

    def judged(self, old: bytes, new: bytes, name: str = "rows.csv", rules: Rules = BY_ID) -> Report:
        records, left = [], []
        for folder, content in (("old", old), ("a folder elsewhere/new", new)):
            root = self.base / folder
            root.mkdir(parents=True)
            (root / name).write_bytes(content)
            left.append(Folders({"ARTIFACT_ROOT": root}))
            records.append(neutral(changed(base(), "ingest", output=str(root / name)), left[-1]))
        os.utime(self.base / "old" / name, (1, 1))
        return judged(*records, rules=rules, folders=([left[0]], [left[1]]))


def as_csv(rows: Rows, line: str = "\n") -> bytes:
    names = list(rows[0])
    return line.join([",".join(names), *(",".join(str(row[name]) for name in names) for row in rows), ""]).encode()


@pytest.mark.parametrize("form", ["value", "file"])
@pytest.mark.parametrize(("name", "size", "change", "said"), TABLE_SLIPS, ids=[name for name, *_ in TABLE_SLIPS])
def test_a_planted_divergence_in_a_table_is_named(
    name: str, size: int, change: Callable[[Rows], Rows], said: str, form: str, tmp_path: Path
) -> None:
    old, new = table(size), change(table(size))
    if form == "file":
        found = Files(tmp_path).judged(as_csv(old), as_csv(new[::-1]))
    else:
        found = judged(changed(base(), "ingest", output=old), changed(base(), "ingest", output=new[::-1]), rules=BY_ID)
    assert found.verdict == "diverged"
    (one,) = found.differences
    assert (one.kind, one.call, one.path) == ("table" if form == "value" else "artifact", "ingest", "$")
    assert str(one.table).replace('"', "").startswith(said)
    assert len(one.model_dump_json()) < 10_000


def test_another_model_file_is_a_divergence(tmp_path: Path) -> None:
    (one,) = Files(tmp_path).judged(b"model 1", b"model 2", "model.joblib").differences
    assert (one.kind, one.call, one.path, one.old["bytes"]) == ("artifact", "ingest", "$", 7)


def test_a_lost_file_is_a_divergence(tmp_path: Path) -> None:
    roots = [Folders({"ARTIFACT_ROOT": tmp_path / side}) for side in ("old", "new")]
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
    (tmp_path / "old" / "a.csv").write_text("id")
    record = changed(base(), "ingest", output="$ARTIFACT_ROOT/a.csv")
    (one,) = judged(record, record, folders=(roots[:1], roots[1:])).differences
    assert (one.kind, one.call, one.absent) == ("artifact", "ingest", "new")


def test_what_changes_only_on_the_new_side_is_new_nondeterminism() -> None:
    noisy = changed(base(), "best", output={"depth": 1, "score": 0.1})
    found = judged([base(), base()], [base(), noisy])
    assert [(one.between, one.call, one.path) for one in found.differences] == [("new and new", "best", "$.score")]


def test_lost_idempotency_shows_in_the_second_run_of_the_new_side() -> None:
    again = changed(base(), "validate", attempts=1)
    found = judged([base(), base()], [base(), again])
    assert [(one.between, one.kind, one.call) for one in found.differences] == [("new and new", "attempts", "validate")]


# ---------------------------------------------------------------- what is no divergence


def moved(record: Record, seconds: float) -> Record:
    """Every time of a run shifted and stretched, its order kept."""
    start = record.started or datetime.now(timezone.utc)

    def at(when: datetime | None) -> datetime | None:
        return None if when is None else start + (when - start) * 3 + timedelta(seconds=seconds)

    calls = [c.model_copy(update={"started": at(c.started), "ended": at(c.ended)}) for c in record.calls]
    return record.model_copy(update={"calls": tuple(calls), "started": at(record.started), "ended": at(record.ended)})


def each_call(record: Record, change: Callable[[CallRecord], dict[str, Any]]) -> Record:
    return record.model_copy(update={"calls": tuple(c.model_copy(update=change(c)) for c in record.calls)})


def stretched(value: Any, factor: float) -> Any:
    match value:
        case float():
            return value * factor
        case list():
            return [stretched(one, factor) for one in value]
        case dict():
            return {key: stretched(one, factor) for key, one in value.items()}
    return value


def turned(value: Any) -> Any:
    """A value with the keys of its dicts in another order."""
    match value:
        case list():
            return [turned(one) for one in value]
        case dict():
            return {key: turned(value[key]) for key in reversed(value)}
    return value


EDITS = [
    ("renamed files and helpers", (("def attempt(", "def attempt_number("), ('attempt("validate") < 3', 'attempt_number("validate") < 3'))),
    ("a comment", (("    return len(rows)", "    # how many there are\n    return len(rows)"),)),
    ("the same computed otherwise", (("return len(rows)", "return sum(1 for _ in rows)"),)),
    ("a local variable", (("return len(rows)", "count = len(rows)\n    return count"),)),
    ("a step slower than before", (("def keep() -> str:", "def keep() -> str:\n    time.sleep(0.01)"),)),
    ("a faster step", (("time.sleep(0.05)", "time.sleep(0.02)"),)),
    ("another order where the pipeline allows it", (('    note = optional.options(on_failure=continue_(default="no note"))(day)\n', ""), ("    with each([1", '    note = optional.options(on_failure=continue_(default="no note"))(day)\n    with each([1'))),
    ("another error message", (('"the source is away"', '"cannot reach the source"'),)),
    ("another error type", (('raise RuntimeError("the', 'raise OSError("the'),)),
    ("another message while retrying", (('"not yet"', '"try again"'),)),
    ("more retries than are needed", (("@step(retries=2)\ndef validate", "@step(retries=5)\ndef validate"),)),
    ("a time limit that is kept", (("@step(retries=2)\ndef validate", '@step(retries=2, timeout="1h")\ndef validate'),)),
    ("a description", (("def keep() -> str:", 'def keep() -> str:\n    """The old one."""'),)),
    ("an owner and tags", (("@pipeline\n", '@pipeline(owner="risk", tags=["ml"])\n'),)),
    ("a schedule", (("@pipeline\n", '@pipeline(schedule=Cron("0 2 * * *"))\n'), ("import collect,", "import Cron, collect,"))),
    ("an edge that was implied before", (("slow(version)", "slow.options(after=[chosen])(version)"),)),
    ("a bound on what runs at once", (("each([1, 2, 3])", "each([1, 2, 3], max_parallel=1)"),)),
    ("resources", (("@step\ndef best", '@step(resources=Resources(cpu=1))\ndef best'), ("import collect,", "import Resources, collect,"))),
    ("declared effects", (("@step\ndef best", '@step(effects="idempotent")\ndef best'),)),
    ("a condition the other way round", (('when(chosen["score"] > threshold)', 'when(not_(chosen["score"] <= threshold))'), ("merge, otherwise", "merge, not_, otherwise"))),
    ("an elif that says the same", (("    with otherwise():", '    with elsewhen(chosen["score"] > 1e9):\n        none = keep.options(id="never")()\n    with otherwise():'), ("merge(new, old)", "merge(new, none, old)"), ("old = keep()", 'old = keep.options(id="keep")()'))),
    ("a longer parameter list", (("threshold: float = 0.5)", "threshold: float = 0.5, unused: int = 1)"),)),
]  # fmt: skip

RECORDS: list[tuple[str, Callable[[Record], Record]]] = [
    ("other timing", lambda r: moved(r, 60)),
    ("a run years later", lambda r: moved(r, 1e8)),
    ("no times at all", lambda r: each_call(r, lambda c: {"started": None, "ended": None})),
    ("another engine and version", lambda r: r.model_copy(update={"engine": "other", "engine_version": "9"})),
    ("another run id", lambda r: r.model_copy(update={"run_id": "another"})),
    ("engine notes", lambda r: r.model_copy(update={"notes": ("a warning",)})),
    ("calls listed in another order", lambda r: r.model_copy(update={"calls": r.calls[::-1]})),
    ("states derived from neighbours", lambda r: each_call(r, lambda c: {"observed": c.attempts > 0})),
    ("errors wrapped by the engine", lambda r: each_call(r, lambda c: {"error": c.error and Failure(type="TaskError", message=f"x: {c.error.message}")})),
    ("errors not kept", lambda r: each_call(r, lambda c: {"error": None})),
    ("floats one ulp off", lambda r: each_call(r, lambda c: {"output": stretched(c.output, 1 + 2**-52)})),
    ("floats within the tolerance", lambda r: each_call(r, lambda c: {"output": stretched(c.output, 1 - 1e-10)})),
    ("keys in another order", lambda r: each_call(r, lambda c: {"output": turned(c.output)})),
    ("params with defaults spelled out", lambda r: r.model_copy(update={"params": {**r.params, "more": 1}})),
    ("output of a failed call", lambda r: changed(r, "check", (2,), output="left over")),
    ("another clock", lambda r: r.model_copy(update={"started": None, "ended": None})),
]  # fmt: skip


SAME = table(1000)
FILES: list[tuple[str, str, bytes, bytes]] = [
    ("the same file in another folder, at another time", "rows.csv", as_csv(SAME), as_csv(SAME)),
    ("rows in another order, with a key", "rows.csv", as_csv(SAME), as_csv(SAME[::-1])),
    ("other line ends", "rows.csv", as_csv(SAME), as_csv(SAME, "\r\n")),
    ("columns in another order", "rows.csv", as_csv(SAME), as_csv([turned(row) for row in SAME])),
    ("floats of a file within the tolerance", "rows.csv", as_csv(SAME), as_csv(stretched(SAME, 1 + 2**-51))),
    ("cells that are no number on either side", "rows.csv", b"id,x\n1,nan\n2,3\n", b"id,x\n2,3\n1,nan\n"),
    ("another time in the header of gzip", "rows.csv.gz", gzip.compress(as_csv(SAME), mtime=1), gzip.compress(as_csv(SAME), mtime=2)),
    ("another compression", "model.pkl.gz", gzip.compress(as_csv(SAME), 1, mtime=1), gzip.compress(as_csv(SAME), 9, mtime=1)),
    ("JSON that is laid out otherwise", "rows.json", json.dumps(SAME).encode(), json.dumps(SAME, indent=2).encode()),
    ("the same model", "model.joblib", b"model 1", b"model 1"),
]  # fmt: skip


def test_there_are_enough_harmless_variations() -> None:
    assert len(EDITS) + len(RECORDS) + len(FILES) + 2 >= 40


@pytest.mark.parametrize(("name", "file", "old", "new"), FILES, ids=[name for name, *_ in FILES])
def test_a_harmless_difference_of_files_is_no_divergence(
    name: str, file: str, old: bytes, new: bytes, tmp_path: Path
) -> None:
    found = Files(tmp_path).judged(old, new, file)
    assert found.differences == () and found.verdict == "equivalent"
    assert not [gap for gap in found.not_compared if gap.calls]


def test_rows_of_a_value_in_another_order_are_no_divergence_with_a_key() -> None:
    old, new = (changed(base(), "ingest", output=rows) for rows in (SAME, SAME[::-1]))
    assert judged(old, new, rules=BY_ID).verdict == "equivalent"
    (one,) = judged(old, new).differences
    assert one.kind == "table"


@pytest.mark.parametrize(("name", "edits"), EDITS, ids=[name for name, _ in EDITS])
def test_a_harmless_edit_is_no_divergence(name: str, edits: tuple[tuple[str, str], ...]) -> None:
    found = judged(base(), run(pipeline(*edits)))
    unknown = [one for one in found.differences if one.call != "never"]
    assert unknown == []


@pytest.mark.parametrize(("name", "change"), RECORDS, ids=[name for name, _ in RECORDS])
def test_a_harmless_difference_of_records_is_no_divergence(name: str, change: Callable[[Record], Record]) -> None:
    found = judged(base(), change(base()))
    assert found.differences == () and found.verdict == "equivalent"


def test_noise_of_the_old_side_is_masked_and_shown() -> None:
    runs = [changed(base(), "best", output={"depth": 1, "score": score}) for score in (0.1, 0.2, 0.3)]
    found = judged(runs, [changed(base(), "best", output={"depth": 1, "score": 0.9})])
    assert found.verdict == "equivalent"
    (masked,) = found.masked
    assert (masked.why, masked.runs, masked.values) == ("noise", 3, (0.1, 0.2, 0.3))
    assert (masked.difference.call, masked.difference.path) == ("best", "$.score")


def test_noise_masks_its_own_path_and_no_other() -> None:
    runs = [changed(base(), "best", output={"depth": 1, "score": score}) for score in (0.1, 0.2)]
    found = judged(runs, changed(base(), "best", output={"depth": 2, "score": 0.9}))
    assert [one.path for one in found.differences] == ["$.depth"]


RULE = Rule(call="best", path="$.score", reason="another seed", until=date(2026, 3, 31))


def test_an_ignore_rule_masks_until_its_day() -> None:
    other = changed(base(), "best", output={"depth": 1, "score": 0.9})
    assert judged(base(), other, rules=Rules(ignore=(RULE,))).verdict == "equivalent"
    late = RULE.model_copy(update={"until": date(2026, 2, 28)})
    assert judged(base(), other, rules=Rules(ignore=(late,))).verdict == "diverged"


def test_comparing_is_linear_in_the_size_of_the_records() -> None:
    call = next(c for c in base().calls if c.id == "best")

    def compared(count: int) -> None:
        calls = tuple(call.model_copy(update={"id": f"c{n}"}) for n in range(count))
        record = base().model_copy(update={"calls": calls})
        assert compare(record, record.model_copy()) == []

    assert grows_in_proportion(compared, 250)


def test_checking_the_order_is_linear_in_the_instances_of_loops() -> None:
    call = {c.id: c for c in base().calls if c.id in ("train", "check")}

    def checked(count: int) -> None:
        calls = [call[id].model_copy(update={"index": (n,)}) for n in range(count) for id in ("train", "check")]
        list(disorder(Order(pipeline()), base().model_copy(update={"calls": tuple(calls)})))

    assert grows_in_proportion(checked, 250)


def test_a_run_that_failed_is_a_consequence_of_the_call_that_did_whatever_else_differs_of_it() -> None:
    old = base().model_copy(update={"state": "succeeded"})
    failed: dict[str, Any] = {
        "state": "failed",
        "error": Failure(type="ValueError", message="no"),
        "attempts": 2,
        "output": None,
    }
    new = changed(old, "publish", **failed).model_copy(update={"state": "failed"})
    found = judged(old, new)
    kinds = {one.kind for one in found.differences if one.call == "publish"}
    assert "state" in kinds and len(kinds) > 1
    [run_state] = [number for number, one in enumerate(found.differences) if one.kind == "run_state"]
    [finding] = [one for one in found.findings if run_state in (*one.cause, *one.consequences)]
    assert (finding.call, run_state in finding.consequences) == ("publish", True)
