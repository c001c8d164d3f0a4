"""No attribute of a pipeline gets lost in silence: the loaded engine object shows it, or a diagnostic names it, or runs
prove it. `tests/observed/` says which for each attribute; a new one without an entry there fails here."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeglot import backends, engines
from pipeglot.conformance.corpus import cases as corpus
from pipeglot.core import ir
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import Diagnostic
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.ir import Param, ParamRef, Pipeline
from pipeglot.engines import sandbox
from tests.declared import declared
from tests.observed import GAPS, OBSERVED, Ran, Seen
from tests.observed.common import Facts, Pair

FOLDER = Path(__file__).parent / "inspect"
TARGETS = sorted(path.stem for path in FOLDER.glob("*.py"))
COUNT = 40
EVERY_CODE = [f"PG{number}" for number in range(100, 500)]
SEED = 1


def classes(base: type[ir.Node] = ir.Node) -> Iterator[type[ir.Node]]:
    for each in base.__subclasses__():
        if each.__module__ == ir.__name__:
            yield each
        yield from classes(each)


def attributes() -> set[str]:
    """Every field of every class of the IR. `kind` is the class itself, `at` is `At`."""
    return {
        f"{each.__name__}.{name}"
        for each in classes()
        for name, field in each.__fields__.items()
        if name != "at"
        and not (name == "kind" and not field.required and each.__name__ not in ("SourceFragment", "Effects"))
    }


# ---------------------------------------------------------------- the table


def test_every_attribute_of_the_ir_has_an_observer() -> None:
    assert attributes() == OBSERVED.keys()


def test_what_runs_prove_has_a_case_that_is_run() -> None:
    used = {feature for case in corpus() for feature in features_of(case.ir)}
    wanted = {how.feature for how in OBSERVED.values() if isinstance(how, Ran)}
    assert wanted <= FEATURES.keys()
    assert wanted <= used


@pytest.mark.parametrize("target", TARGETS)
def test_what_an_object_shows_is_looked_for_on_every_target(target: str) -> None:
    missing = {name for name, how in OBSERVED.items() if isinstance(how, Seen) and target not in how.targets}
    assert missing == {name for name, targets in GAPS.items() if target in targets}
    wholes = {how.targets[target] for how in OBSERVED.values() if isinstance(how, Seen) and target in how.targets}
    for whole in wholes:
        assert not isinstance(whole, str) or isinstance(OBSERVED[whole], Seen)


@pytest.mark.parametrize("target", sorted(backends.TARGETS))
def test_every_target_with_an_engine_has_an_inspector(target: str) -> None:
    assert target in TARGETS or backends.get(target).engine is None


# ---------------------------------------------------------------- loading


def load(target: str, pipelines: Sequence[Pipeline]) -> list[Facts]:
    """What the engine has of each pipeline, and which diagnostics its compilation gave."""
    engine, python = engines.spec(target), engines.find(target).python
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text).resolve()
        jobs, said = [], []
        for number, pipeline in enumerate(pipelines):
            compiled = backends.compile(pipeline, target, allow=EVERY_CODE)
            for name, content in compiled.files.items():
                path = folder / str(number) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            jobs.append({"path": str(folder / str(number) / compiled.entry), "name": compiled.name})
            said.append(compiled.diagnostics)
        (folder / "jobs.json").write_text(json.dumps(jobs))
        home = sandbox.state(engine, python, folder)
        done = subprocess.run(
            [str(python), str(FOLDER / f"{target}.py"), str(folder / "jobs.json")],
            cwd=folder,
            env={**os.environ, **sandbox.variables(engine, "test", python, home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    facts = json.loads(done.stdout.splitlines()[-1])
    for each in facts:
        assert "error" not in each, each["error"]
    return [{**each, **named(found)} for each, found in zip(facts, said, strict=True)]


def named(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """How many diagnostics of which code there are, and what they say."""
    messages: dict[str, list[str]] = {}
    for found in diagnostics:
        messages.setdefault(found.code, []).append(found.message)
    return {"codes": {code: len(texts) for code, texts in messages.items()}, "named": messages}


def differing(attribute: str, target: str, pipeline: Pipeline, facts: Facts) -> list[Pair]:
    """Where what an attribute says is not what the engine has."""
    how = OBSERVED[attribute]
    pairs = how.targets.get(target) if isinstance(how, Seen) else None
    if pairs is None or isinstance(pairs, str | Ran):  # a whole is looked at under its own name
        return []
    return [(wanted, have) for wanted, have in pairs(pipeline, facts) if wanted != have]


@cache
def loaded(target: str) -> list[tuple[Pipeline, Facts]]:
    pipelines = [declared(SEED, number) for number in range(COUNT)]
    return list(zip(pipelines, load(target, pipelines), strict=True))


def test_random_declarations_are_valid() -> None:
    for number in range(200):
        assert [found for found in check(declared(SEED, number)) if found.severity == "error"] == []


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_the_loaded_object_has_all_that_the_pipeline_says(target: str) -> None:
    lost = [
        (attribute, pipeline.name, wanted, have)
        for pipeline, facts in loaded(target)
        for attribute in OBSERVED
        for wanted, have in differing(attribute, target, pipeline, facts)
    ]
    assert lost == []


# ---------------------------------------------------------------- mutations: it can fail


def rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """A model with every model in it changed, from the inside out."""
    if isinstance(value, ir.Node):
        update = {name: rebuilt(getattr(value, name), change) for name in type(value).__fields__}
        return change(replace(value, **update))
    if isinstance(value, tuple):
        return tuple(rebuilt(each, change) for each in value)
    if isinstance(value, dict):
        return {key: rebuilt(each, change) for key, each in value.items()}
    return value


OTHERWISE: dict[str, Any] = {
    "Cron.expression": "7 7 7 * *",
    "Interval.seconds": 2 * 3600,
    "Schedule.timing": ir.Cron(expression="7 7 7 * *", timezone="Asia/Tokyo"),
    "Pipeline.name": "another",
    "Retry.count": 1,
    "Resources.gpu_type": "example.com/device",
    "Param.required": False,
    "Secret.env": "ANOTHER_VARIABLE",
    "Secret.name": "another",
    "Secret.key": "another",
}
"""What an attribute becomes that has no default to fall back to."""


def without(pipeline: Pipeline, attribute: str) -> Pipeline:
    """The pipeline with an attribute dropped everywhere, or another one where it needs some value."""
    owner, _, name = attribute.partition(".")

    def change(model: Any) -> Any:
        if attribute == "Param.name" and isinstance(model, Param | ParamRef):
            return replace(model, name=f"{model.name}_2")
        if attribute == "Param.required" and isinstance(model, Param) and model.required:
            return replace(model, required=False, default=1)
        if attribute == "Param.default" and isinstance(model, Param) and isinstance(model.default, int):
            return replace(model, default=model.default + 1)
        if type(model).__name__ != owner or attribute in ("Param.name", "Param.required", "Param.default"):
            return model
        if owner == "Secret" and getattr(model, name) is None:
            return model
        if attribute in OTHERWISE:
            return replace(model, **{name: OTHERWISE[attribute]})
        field = type(model).__fields__[name]
        if attribute == "Pipeline.params":
            last = model.params[-1:]
            return replace(model, params=(*model.params, *(replace(p, name="more") for p in last)))
        return replace(model, **{name: field.usual()})

    mutated: Pipeline = rebuilt(pipeline, change)
    return mutated


def mutants(target: str, attribute: str) -> Iterator[tuple[Pipeline, Pipeline]]:
    """Pipelines that have an attribute, and the same without it."""
    for number in range(4 * COUNT):
        pipeline = declared(SEED, number)
        mutated = without(pipeline, attribute)
        valid = mutated != pipeline and not any(found.severity == "error" for found in check(mutated))
        if valid and not any(d.severity == "error" for d in backends.get(target).compile(mutated).diagnostics):
            yield pipeline, mutated


def first(pairs: Iterator[tuple[Pipeline, Pipeline]], count: int) -> list[tuple[Pipeline, Pipeline]]:
    return [pair for pair, _ in zip(pairs, range(count), strict=False)]


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_an_attribute_that_is_dropped_before_compiling_is_missed(target: str) -> None:
    seen = [name for name, how in OBSERVED.items() if isinstance(how, Seen) and callable(how.targets.get(target))]
    cases = [(name, *pair) for name in seen for pair in first(mutants(target, name), 3)]
    assert {name for name, *_ in cases} == set(seen)
    facts = load(target, [mutated for _, _, mutated in cases])
    noticed = {
        name for (name, pipeline, _), each in zip(cases, facts, strict=True) if differing(name, target, pipeline, each)
    }
    assert noticed == set(seen)


@pytest.mark.engine
@pytest.mark.parametrize(("attribute", "target"), [(a, t) for a, targets in GAPS.items() for t in targets])
def test_a_gap_is_one(attribute: str, target: str) -> None:
    """The engine and the compiler have nothing of the attribute: the same facts with and without it."""
    [(pipeline, mutated)] = first(mutants(target, attribute), 1)
    have, lacks = load(target, [pipeline, mutated])
    assert have == lacks, f"{target} shows {attribute} now: observe it in tests/observed/"
