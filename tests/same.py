"""Whether two builds of pipeglot do the same: what they compile, diagnose, run, and judge, as one JSON file each.

    python -m tests.same --write before.json     # with the build before a change
    python -m tests.same before.json             # with the build after it: lists what is not the same

Every example, corpus case and 120 random pipelines, on every target (Kubeflow Pipelines as SDK source too): the files,
diagnostics and names that come out; the diagnostics of `check`, the record of the local run, plans between targets, and
the verdicts over mutants of records. No engine is needed: what they do is in the matrix.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from pipeglot import CompileError, Diagnostic, backends
from pipeglot import Pipeline as AuthoredPipeline
from pipeglot.cli import main
from pipeglot.conformance.corpus import cases
from pipeglot.core.check import check
from pipeglot.core.ir import At, Pipeline
from tests.random_pipelines import given, numbered

ROOT = Path(__file__).parents[1]
TARGETS = tuple(backends.TARGETS)
COMPILED = [*((target, {}) for target in TARGETS), ("kfp", {"emit": "dsl"})]
PLANNED = [("airflow", "prefect"), ("airflow", "kfp"), ("dagster", "airflow"), ("prefect", "dagster")]
RANDOM = 120
PARTS = ("compile", "run", "plan", "verdicts")


def sources() -> Iterator[tuple[str, str]]:
    """What kind of source it is, and its name."""
    yield from (("example", str(file)) for file in sorted((ROOT / "examples").glob("*.py")))
    yield from (("case", case.id) for case in cases())
    yield from (("random", str(number)) for number in range(RANDOM))


def pipeline_of(kind: str, name: str) -> Iterator[tuple[str, Pipeline]]:
    """The pipelines of a source, by name."""
    match kind:
        case "case":
            [case] = [one for one in cases() if one.id == name]
            yield name, case.ir
        case "random":
            yield name, numbered(41, int(name))
        case _:
            spec = importlib.util.spec_from_file_location(Path(name).stem, name)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
            for key, value in vars(module).items():
                if isinstance(value, AuthoredPipeline):
                    yield f"{spec.name}:{key}", value.ir()


def seen(source: tuple[str, str], parts: tuple[str, ...] = PARTS) -> dict[str, str]:
    """What the build makes of one source."""
    found: dict[str, str] = {}
    for name, pipeline in pipeline_of(*source):
        found[f"{name}: ir"] = pipeline.digest() + pipeline.to_json()
        found[f"{name}: check"] = listed(check(pipeline))
        for target, options in COMPILED if "compile" in parts else ():
            allow = {f"PG{number}" for number in range(100, 1000)}
            try:
                compiled = backends.compile(pipeline, target, allow=allow, options=options)
            except CompileError as error:
                told = listed(error.diagnostics)
            else:
                told = listed(compiled.diagnostics) + json.dumps(
                    {"files": dict(compiled.files), "names": dict(compiled.names), "entry": compiled.entry}, indent=1
                )
            found[f"{name}: {target} {'dsl' if options else ''}".rstrip()] = told
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "pipeline.json")
            file.write_text(pipeline.to_json(), encoding="utf-8")
            for old, new in PLANNED if source[0] == "case" and "plan" in parts else ():
                told = said(folder, "migrate", "plan", str(file), "--old", old, "--new", new, "--json", "-")
                found[f"{name}: plan {old} {new}"] = told.replace(folder, "")
            if source[0] != "example" and "run" in parts:
                given = ["--params", str(file.with_name("given.json"))] if source[0] == "random" else []
                file.with_name("given.json").write_text(json.dumps(inputs_of(source)), encoding="utf-8")
                ran = said(folder, "run", str(file), "--logical-date", "2026-03-01T02:00:00Z", "--record", "-", *given)
                found[f"{name}: run"] = neutral(ran).replace(folder, "")
    return found


def inputs_of(source: tuple[str, str]) -> Any:
    """The parameters of a random pipeline."""
    return given(41, int(source[1])) if source[0] == "random" else {}


def said(folder: str, *arguments: str) -> str:
    """What a command prints, with its exit code."""
    out = io.StringIO()
    os.chdir(folder)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(list(arguments))
        except SystemExit as end:
            raise AssertionError(f"{arguments} is no command") from end
    os.chdir("/")
    return f"{out.getvalue()}exit {code}"


def listed(diagnostics: Iterable[Diagnostic]) -> str:
    return "".join(
        f"{one.code} {one.severity} {placed(one.at)} {one.message} {one.help} {one.target or ''}\n"
        for one in diagnostics
    )


def placed(at: At | None) -> str | None:
    return None if at is None else f"file={at.file!r} line={at.line}"


def neutral(text: str) -> str:
    """A record without its clock and its id, its calls in order."""
    try:
        record = json.loads(text[: text.rindex("exit ")])
    except ValueError:
        return text
    for part in [record, *record["calls"]]:
        for key in ("started", "ended", "run_id", "pipeglot"):
            part.pop(key, None)
    record["calls"].sort(key=lambda call: (call["id"], call.get("index", [])))
    return json.dumps(record, indent=1, sort_keys=True)


def judged() -> dict[str, str]:
    """The verdicts over mutants of records."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--engine", "records", "--count", "300", "--seed", "5", "--verbose"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {"verdicts of records": done.stdout}


def build(parts: tuple[str, ...]) -> dict[str, str]:
    """Everything that this build does, by name."""
    found = judged() if "verdicts" in parts else {}
    with ProcessPoolExecutor(2) as pool:
        for one in pool.map(partial(seen, parts=parts), list(sources()), chunksize=8):
            found |= one
    return found


def part_of(name: str) -> str | None:
    """Which part of a build a result belongs to; None when to all."""
    if name == "verdicts of records":
        return "verdicts"
    what = name.rpartition(": ")[2]
    return "plan" if what.startswith("plan") else {"run": "run", "ir": None, "check": None}.get(what, "compile")


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.same", description="Compare two builds.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--write", action="store_true", help="write what this build does, to compare others with")
    parser.add_argument("--show", type=int, default=3, help="how many differences to show in full")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this (default: all); repeatable")
    args = parser.parse_args(arguments)
    found = build(tuple(args.part or PARTS))
    if args.write:
        args.file.write_text(json.dumps(found, indent=0), encoding="utf-8")
        print(f"{len(found)} results written")
        return 0
    before: dict[str, str] = json.loads(args.file.read_text(encoding="utf-8"))
    if args.part:
        before = {name: value for name, value in before.items() if part_of(name) in {None, *args.part}}
    other = [name for name in {**before, **found} if before.get(name) != found.get(name)]
    for name in other[: args.show]:
        then, now = (each.get(name, "").replace("\\n", "\n").splitlines() for each in (before, found))
        print("\n".join(difflib.unified_diff(then, now, f"before: {name}", f"now: {name}", lineterm="", n=1)))
    print(*(f"not the same: {name}" for name in other[args.show :]), sep="\n")
    print(f"{len(before)} results before, {len(found)} now, {len(other)} not the same")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
