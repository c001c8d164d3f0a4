"""Dry-runs to show: credit scoring with differences, a pipeline of a thousand calls, and one full of hostile text."""

from __future__ import annotations

import importlib.util
import random
import sys
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeglot.compare.drawing import CallGraph, GraphNode, graph
from pipeglot.compare.ignore import Rule, Rules
from pipeglot.compare.judge import judge
from pipeglot.compare.model import (
    CallSource,
    CellDifference,
    Difference,
    Finding,
    Injected,
    Masked,
    NotCompared,
    Report,
    Seen,
    Side,
    TableDifference,
)
from pipeglot.compare.weight import Coverage, Declared, Flaky, NotExercised, Tally
from pipeglot.core.ir import Call, Const, Each, Imported, Item, ListOf, Out, Param, ParamRef, Pipeline, Step
from pipeglot.core.record import CallRecord, CallState, Failure, Record

START = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
CREDIT = Path(__file__).parents[1] / "examples" / "credit_scoring.py"
Row = tuple[str, tuple[int, ...], CallState, int, float, float, Any]


@lru_cache(maxsize=1)
def credit_pipeline() -> Pipeline:
    spec = importlib.util.spec_from_file_location("credit_scoring_shown", CREDIT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    traced: Pipeline = module.credit_scoring.ir()
    return traced


def record(pipeline: str, engine: str, version: str, rows: list[Row], **more: Any) -> Record:
    calls = []
    for id, index, state, attempts, begin, end, output in rows:
        ran = attempts > 0
        given: dict[str, Any] = {"output": output} if state == "succeeded" else {}
        if state == "failed":
            given["error"] = Failure(type="ValueError", message=str(output))
        calls.append(
            CallRecord(
                id=id,
                index=index,
                state=state,
                attempts=attempts,
                observed=ran,
                started=START + timedelta(seconds=begin) if ran else None,
                ended=START + timedelta(seconds=end) if ran else None,
                **given,
            )
        )
    failed = any(call.state == "failed" for call in calls)
    last = max((call.ended for call in calls if call.ended), default=START)
    return Record(
        pipeline=pipeline,
        engine=engine,
        engine_version=version,
        state="failed" if failed else "succeeded",
        logical_date="2026-03-02T05:00:00Z",
        run_id=f"{engine}-2026-03-02",
        started=START,
        ended=last + timedelta(seconds=0.4),
        calls=tuple(calls),
        **more,
    )


def _score(name: str, auc: float, ks: float) -> dict[str, Any]:
    return {"name": name, "model": f"runs/2026-03-02/{name}.joblib", "auc": auc, "ks": ks}


SCORES = [_score("scorecard", 0.781204, 0.432), _score("forest", 0.794118, 0.461), _score("boosted", 0.788003, 0.449)]


def _credit_rows(slow: float, scores: list[dict[str, Any]]) -> list[Row]:
    split = {"train": "runs/2026-03-02/train.joblib", "test": "runs/2026-03-02/test.joblib"}
    rows: list[Row] = [
        ("ingest", (), "succeeded", 1, 0.2, 1.1, "runs/2026-03-02/applications.csv"),
        ("validate", (), "succeeded", 1, 1.4, 1.9, {"rows": 1000, "default_rate": 0.3}),
        ("build_features", (), "succeeded", 1, 2.1, 4.0, "runs/2026-03-02/features.joblib"),
        ("split_data", (), "succeeded", 1, 4.2, 4.9, split),
        ("current_production", (), "succeeded", 1, 0.3, 0.6, {"version": "none", "auc": 0.5}),
    ]
    for number, one in enumerate(scores):
        rows.append(("train", (number,), "succeeded", 1, 5.0, 7.5 + 2 * number, one["model"]))
    for number, one in enumerate(scores):
        rows.append(("evaluate", (number,), "succeeded", 1, 7.7 + 2 * number, 8.3 + 2 * number, one))
    best = max(scores, key=lambda one: float(one["auc"]))
    release = {"version": f"2026-03-02-{best['name']}", "auc": best["auc"]}
    rows += [
        ("select", (), "succeeded", 1, 12.6, 12.8, best),
        ("compare", (), "succeeded", 1, 13.0, 13.2, round(best["auc"] - 0.5, 6)),
        ("register", (), "succeeded", 1, 13.5, 14.0, release),
        ("deploy", (), "succeeded", 1, 14.2, 14.6, release["version"]),
        ("keep", (), "skipped", 0, 0, 0, None),
        ("notify", (), "succeeded", 1, 14.9, 15.1, None),
    ]
    return [(id, index, state, tries, a * slow, b * slow, out) for id, index, state, tries, a, b, out in rows]


def _sides(pipeline: Pipeline, old: list[Record], new: list[Record], entry: tuple[str, str]) -> tuple[Side, Side]:
    sides = []
    for records, file, word in zip((old, new), entry, ("task", "flow"), strict=True):
        first = records[0]
        ids = dict.fromkeys(call.id for call in first.calls)
        sources = {
            id: CallSource(file=file, line=40 + 9 * n, text=f"def {id}_{word}(...):") for n, id in enumerate(ids)
        }
        sides.append(
            Side(
                spec=first.engine,
                engine=first.engine,
                engine_version=first.engine_version,
                files=(file,),
                sources=sources,
                records=tuple(records),
            )
        )
    return sides[0], sides[1]


def _judged(pipeline: Pipeline, old: Side, new: Side, params: dict[str, Any], rules: tuple[Rule, ...] = ()) -> Report:
    run = judge(pipeline, old, new, params=params, logical_date=START, started=START, rules=Rules(ignore=rules))
    return run.model_copy(update={"ended": START + timedelta(seconds=31), "pipeglot": "0.0.0"})


TABLE = Difference(
    kind="table",
    call="build_features",
    path="$",
    old="1,000 rows, 12 columns",
    new="1,001 rows, 12 columns",
    table=TableDifference(
        key=("customer",),
        old_rows=1000,
        new_rows=1001,
        matched=1000,
        equal=998,
        only_new=1,
        columns={"customer": 1.0, "income": 0.998},
        cells=(CellDifference(row=("c-17",), column="income", old="1200.5", new="1200.0"),),
        rows_only_new=(("c-1001",),),
    ),
)


def credit(*, diverged: bool = True) -> Report:
    """Credit scoring from Airflow to Prefect, two runs of each side: as it should be, or with a dozen differences."""
    pipeline = credit_pipeline()
    old_rows, new_rows = _credit_rows(1.0, SCORES), _credit_rows(0.7, SCORES)
    if diverged:
        for number, (id, index, *rest) in enumerate(new_rows):
            state, tries, begin, end, output = rest
            match id, index:
                case "validate", _:
                    output = {"rows": 1000.0, "default_rate": 0.3}
                case "ingest", _:
                    tries = 3
                case "train", (1,):
                    output = output.replace("forest", "Forest")
                case "evaluate", (2,):
                    output = {"name": "boosted", "model": output["model"], "auc": 0.801557, "folds": [0.8, 0.81, 0.79]}
                case "select", _:
                    output = _score("boosted", 0.801557, 0.449)
                    begin = 5.1
                case "register" | "deploy", _:
                    state, tries, output = (
                        "failed" if id == "register" else "blocked",
                        int(id == "register"),
                        "no space",
                    )
                case "keep", _:
                    state = "blocked"
                case _:
                    pass
            new_rows[number] = (id, index, state, tries, begin, end, output)
        new_rows = [row for row in new_rows if row[0] != "notify"]
    old = record(pipeline.name, "airflow", "3.3.2", old_rows, result="2026-03-02-forest")
    new = record(pipeline.name, "prefect", "3.8.8", new_rows, **({} if diverged else {"result": "2026-03-02-forest"}))
    again = old
    if diverged:
        shaken = [
            (*row[:6], {**row[6], "ks": 0.4491}) if row[0] == "evaluate" and row[1] == (2,) else row for row in old_rows
        ]
        again = record(pipeline.name, "airflow", "3.3.2", shaken, result="2026-03-02-forest")
    old_side, new_side = _sides(pipeline, [old, again], [new, new], ("dags/credit_scoring.py", "credit_scoring.py"))
    new_side = new_side.model_copy(update={"notes": ("PG200 Prefect keeps no catch-up: missed ticks are not run",)})
    params = {p.name: p.default for p in pipeline.params}
    named = Rule(call="train", path="$", reason="models are kept under other file names", until=date(2026, 12, 31))
    run = _judged(pipeline, old_side, new_side, params, (named,) if diverged else ())
    injected = tuple(Injected(name=f"{call} fails", call=call, failures=1) for call in ("ingest", "split_data"))
    if diverged:
        run = run.model_copy(update={"differences": (*run.differences, TABLE)})
        spread = Difference(kind="state", call="notify", old="succeeded", new="blocked")
        injected = (*injected, Injected(name="select fails twice", call="select", failures=2, differences=(spread,)))
    return run.model_copy(update={"injected": injected})


def weighty() -> Report:
    """Credit scoring with differences, and all that a verdict rests on beside them."""
    run = credit()
    places = {one.where: number for number, one in enumerate(run.differences)}

    def of(*calls: str | None) -> tuple[int, ...]:
        return tuple(number for (_, call, *_), number in places.items() if call in calls)

    known = {side.spec: side.sources["validate"] for side in (run.old, run.new)}
    diff = """--- dags/credit_scoring.py
+++ credit_scoring.py
@@ -1,4 +1,4 @@
 def validate(path):
     rows = read(path)
-    return {"rows": len(rows), "default_rate": rate(rows)}
+    return {"rows": float(len(rows)), "default_rate": rate(rows)}
"""
    table = tuple(number for number, one in enumerate(run.differences) if one.kind == "table")
    first = Finding(
        call="validate", cause=of("validate"), consequences=table, old=known["airflow"], new=known["prefect"], diff=diff
    )
    second = Finding(
        call="evaluate",
        cause=of("evaluate"),
        consequences=of("select", "compare", "register", "deploy", "keep", "notify", None),
    )
    taken = {*first.cause, *first.consequences, *second.cause, *second.consequences}
    rest = tuple(number for number in range(len(run.differences)) if number not in taken)
    update = {
        "coverage": Coverage(
            instances=17,
            state=Tally(agree=13, differ=4),
            attempts=Tally(agree=15, differ=2),
            order=Tally(agree=13, differ=1),
            output=Tally(agree=8, differ=3, masked=1, unknown=2),
            result=Tally(unknown=1),
        ),
        "findings": (first, second, *([Finding(call="ingest", cause=rest)] if rest else [])),
        "flaky": (
            Flaky(kind="state", call="train", index=(1,), old=("succeeded", "failed"), new=("succeeded", "succeeded")),
        ),
        "not_exercised": (
            NotExercised(
                what="retries", why="no attempt failed", how="--inject all", calls=("ingest", "train", "register")
            ),
            NotExercised(what="the otherwise of gate", why="its condition held", how="-p least=0.99", calls=("keep",)),
        ),
        "declared": (
            Declared(call="ingest", task="ingest", name="retries", old=3, new=2, verdict="differ"),
            Declared(call="train", task="train", name="timeout", old=3600, new=3600, verdict="agree"),
            Declared(name="schedule", old="0 6 * * *", verdict="unknown", note="the flow has no deployment"),
        ),
    }
    return Report.model_validate({**dict(run), **update})


def inconclusive() -> Report:
    """The new side could not be run."""
    pipeline = credit_pipeline()
    old = record(pipeline.name, "airflow", "3.3.2", _credit_rows(1.0, SCORES))
    side, _ = _sides(pipeline, [old], [old], ("dags/credit_scoring.py", "credit_scoring.py"))
    problem = "PG361 the engine did not start: port 4200 is in use"
    seen = (Seen(task="ingest", state="Completed", attempt=1), Seen(task="train", index=(1,), state="Running"))
    return _judged(pipeline, side, Side(spec="prefect", engine="prefect", problems=(problem,), seen=seen), {})


@lru_cache
def large(calls: int = 1000, instances: int = 1000, *, judged: bool = True) -> Report:
    """A wide and deep pipeline of `calls` calls, and a loop with two more of `instances` instances each.

    Unless `judged`, which takes its time, the first instances of the loop are all that is said to differ.
    """
    rng = random.Random(7)
    steps = (Step(name="work", run=Imported(module="work", attr="work")),)
    wide = 25
    body: list[Any] = []
    for number in range(calls - 2):
        above = [f"c{rng.randrange(max(0, number - 2 * wide), number):04}" for _ in range(2)] if number >= wide else []
        args: dict[str, Any] = {f"x{n}": Out(ref=ref) for n, ref in enumerate(dict.fromkeys(above))}
        body.append(Call(id=f"c{number:04}", step="work", args=args))
    train = Call(id="train", step="work", args={"item": Item(loop="each_customer"), "seed": ParamRef(name="seed")})
    score = Call(id="score", step="work", args={"model": Out(ref="train")})
    items = ListOf(items=(Const(value=1),))
    body.append(Each(id="each_customer", items=items, body=(train, score)))
    pipeline = Pipeline(name="nightly_large", params=(Param(name="seed", default=7),), steps=steps, body=tuple(body))

    waits = {
        call.id: [ref.ref for ref in call.args.values() if isinstance(ref, Out)]
        for call in body
        if isinstance(call, Call)
    }

    def rows(slow: float, odd: bool) -> list[Row]:
        chance = random.Random(11)
        made: list[Row] = []
        ends: dict[str, float] = {}
        for number in range(calls - 2):
            id = f"c{number:04}"
            begin = max((ends[ref] for ref in waits[id]), default=0.0) + chance.random() / 4
            ends[id] = begin + 3 * chance.random()
            output: Any = {"rows": chance.randrange(10**6), "file": f"data/part-{number}.parquet", "ok": True}
            if odd and number % 25 == 3:
                output = {**output, "rows": output["rows"] + 1}
            state: CallState = "failed" if odd and number in (500, 777) else "succeeded"
            made.append((id, (), state, 1 + (number % 97 == 0), begin, ends[id], output))
        for number in range(instances):
            begin = 1 + number / 25
            made.append(("train", (number,), "succeeded", 1, begin, begin + 1.5, f"models/{number}.bin"))
        for number in range(instances):
            broken = odd and number in (17, 400, 999)
            begin = 3 + number / 25
            score: Any = {"auc": round(chance.random(), 6), "n": number}
            end = begin + 0.5
            made.append(("score", (number,), "failed" if broken else "succeeded", 1, begin, end, score))
        return [(a, b, c, d, e * slow, f * slow, g) for a, b, c, d, e, f, g in made]

    old = record(pipeline.name, "airflow", "3.3.2", rows(1.0, False))
    new = record(pipeline.name, "dagster", "1.13.27", rows(0.8, True))
    sides = _sides(pipeline, [old], [new], ("dags/nightly.py", "nightly.py"))
    if judged:
        return _judged(pipeline, *sides, {"seed": 42})
    found = (Difference(kind="state", call="score", index=(n,), old="succeeded", new="failed") for n in (17, 400, 999))
    return Report(
        pipeline=pipeline.name,
        digest="0" * 12,
        pipeglot="0.0.0",
        verdict="diverged",
        why="3 differences",
        started=START,
        ended=START,
        old=sides[0],
        new=sides[1],
        differences=tuple(found),
        graph=graph(pipeline),
    )


HOSTILE = """</script><!--<script>alert(1)//'"`${x}{{ 7*7 }}{% raw %}<img src=x onerror=alert(2)>&lt;|a\n|\u2028]]>"""


def hostile() -> Report:
    """The same hostile text wherever a text can stand, numbered by place."""

    def bad(place: str) -> str:
        return f"{place}-{HOSTILE}"

    call = CallRecord(
        id=bad("id"),
        state="succeeded",
        attempts=1,
        started=START,
        ended=START + timedelta(seconds=1),
        output={bad("key"): [bad("output"), "\ud800"]},
    )
    failed = CallRecord(
        id=bad("failed"), state="failed", error=Failure(type=bad("type"), message=bad("message")), started=START
    )

    def side(name: str) -> Side:
        made = Record(
            pipeline=bad("pipeline"),
            engine=bad("engine"),
            engine_version=bad("version"),
            state="succeeded",
            run_id=bad("run_id"),
            started=START,
            ended=START + timedelta(seconds=2),
            result=bad("result"),
            calls=(call, failed),
            notes=(bad("run note"),),
        )
        return Side(
            spec=bad("spec"),
            engine=bad("engine"),
            engine_version=bad("version"),
            files=(bad("file"),),
            sources={bad("id"): CallSource(file=bad("source file"), line=3, text=bad("source text"))},
            notes=(bad("note"),),
            problems=(bad("problem"),),
            records=(made, made),
        )

    found = Difference(kind="output", call=bad("id"), path=f"$.{bad('key')}[0]", old=bad("old"), new=bad("new"))
    box = GraphNode(id=bad("id"), kind="call", args={bad("arg"): bad("words")})
    region = GraphNode(id=bad("if"), kind="if", words=(bad("condition"),))
    return Report(
        pipeline=bad("pipeline"),
        digest=bad("digest"),
        pipeglot=bad("pipeglot"),
        verdict="diverged",
        why=bad("why"),
        params={bad("param"): bad("value")},
        logical_date=bad("date"),
        started=START,
        ended=START,
        old=side("old"),
        new=side("new"),
        differences=(found, found.model_copy(update={"kind": "order", "path": bad("first")})),
        masked=(Masked(difference=found, why="ignored", reason=bad("reason"), runs=2, values=(bad("seen"),)),),
        not_compared=(NotCompared(what=bad("what"), why=bad("why not"), calls=(bad("call"),)),),
        findings=(
            Finding(
                call=bad("id"),
                cause=(0,),
                consequences=(1,),
                old=CallSource(file=bad("cause file"), line=3, text=bad("x")),
                diff=f"--- a\n+{bad('diff')}\n```\n",
            ),
        ),
        flaky=(Flaky(kind="state", call=bad("flaky"), old=(bad("flaky old"),), new=(None,)),),
        not_exercised=(
            NotExercised(what=bad("lack"), why=bad("why lacking"), how=bad("how"), calls=(bad("lacking call"),)),
        ),
        declared=(
            Declared(call=bad("declared"), task=bad("task"), name=bad("policy"), verdict="differ", note=bad("said")),
        ),
        graph=CallGraph(boxes=(box, region), edges=((bad("if"), bad("id")),)),
    )
