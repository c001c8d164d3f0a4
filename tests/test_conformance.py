"""Every case of the corpus, random pipelines and hostile text: each engine's record agrees with the reference run's.

A refusal is accepted only when the target's support table speaks of it; and what the engines do here is what the
measured matrix says of them.
"""

from __future__ import annotations

import random
from functools import lru_cache

import pytest

from pipeglot import backends
from pipeglot.conformance import corpus, matrix, suite
from pipeglot.conformance.judge import Trial, judge, reference
from pipeglot.conformance.report import ConformanceReport, findings, undeclared
from pipeglot.conformance.suite import can_run, trial
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import (
    Call,
    Const,
    Ctx,
    DictOf,
    Each,
    Final,
    Group,
    Inlined,
    Item,
    Out,
    Param,
    Parameter,
    ParamRef,
    Pipeline,
    SourceFragment,
    Step,
    Text,
    Value,
)
from tests.fuzz import trial as random_trial
from tests.random_pipelines import Limits

TARGETS = tuple(backends.TARGETS)
SEED = 20260301
CASES = {case.id: case for case in corpus.cases()}


def test_the_corpus_is_large_enough_and_its_ids_are_distinct() -> None:
    assert len(CASES) == len(list(corpus.cases())) >= 100


@pytest.mark.parametrize("name", CASES)
def test_the_reference_does_what_the_case_says(name: str) -> None:
    case = CASES[name]
    if not can_run(case):
        pytest.skip(f"{' '.join(case.needs)} does not succeed here")
    assert corpus.surprises(case, reference(trial(case))) == []


@lru_cache
def measured(target: str) -> ConformanceReport:
    """The whole corpus in one engine process."""
    return suite.run(target)


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_the_engine_agrees_with_the_reference(name: str, target: str) -> None:
    case = next(case for case in measured(target).cases if case.id == name)
    assert case.problems == ()
    assert undeclared(case, backends.get(target).support) == (), case.refused


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_every_claim_has_a_case_that_shows_it_and_no_gap_has_closed(target: str) -> None:
    assert list(findings(measured(target), backends.get(target).support)) == []


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_the_engine_does_what_the_measured_matrix_says(target: str) -> None:
    found = measured(target)
    path = matrix.RESULTS / matrix.file_name(found)
    committed = {case.id: case for case in ConformanceReport.from_json(path.read_text("utf-8")).cases}
    # Docker may be here and not where it was measured, or the other way round.
    compared = [case for case in found.measured().cases if not CASES[case.id].needs]
    assert {case.id: case for case in compared} == {case.id: committed[case.id] for case in compared}, "./dev matrix"


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_the_engine_loads_generated_code_without_a_warning(target: str) -> None:
    said = {case.id: [note for note in case.notes if "Warning:" in note] for case in measured(target).cases}
    assert {name: notes for name, notes in said.items() if notes} == {}


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_random_pipelines_agree_with_the_reference(target: str) -> None:
    verdicts = list(judge([random_trial(SEED, number, Limits()) for number in range(60)], target))
    wrong = {v.trial.name: v.problems for v in verdicts if v.problems}
    assert wrong == {}, "repeat one with python -m tests.fuzz --seed S --only N --targets T"
    assert sum(bool(v.refused) for v in verdicts) <= 6


# ---------------------------------------------------------------- hostile text

FRAGMENTS = [
    *(
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "\t",
        "{{ ds }}",
        "{% raw %}",
        "{#",
        "}}",
        "$HOME",
        "`x`",
        "$(ls)",
        "%s",
        "%(a)s",
        "{}",
    ),
    *(
        "{x!r}",
        "'''",
        '"""',
        "\x00",
        "\x1b[0m",
        "\u2028",
        "\ufeff",
        "\U0001f600",
        "ünï",
        "日本",
        "a",
        "class",
        "None",
        " ",
        "",
    ),
    *(
        "/",
        ".",
        "..",
        "-",
        "_",
        ":",
        "#",
        "|",
        "&",
        "<b>",
        "a.sh",
        ".bash",
        "r'",
        'f"',
        "\\N{DASH}",
        "\\u0041",
        "x" * 10_000,
    ),
]

ECHO = SourceFragment(kind="function", names=("echo",), text="def echo(value):\n    return value")
STEP = Step(name="echo", run=Inlined(name="echo"), parameters=(Parameter(name="value"),))


def hostile(rng: random.Random, number: int) -> tuple[Pipeline, int]:
    """A pipeline with hostile text in every place that takes text, and how many texts it holds."""
    count = 0

    def text(most: int = 4) -> str:
        nonlocal count
        count += 1
        return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(1, most)))

    def name() -> str:
        return (text()[:150] or "x") + str(count)

    def call(value: Value, **more: object) -> Call:
        return Call(id=name(), step="echo", args={"value": value}, **more)  # type: ignore[arg-type]

    params = (
        Param(name="p", type={"type": "string", "description": text()}, default=text(), description=text()),
        Param(name="params", default={text(): [text()]}),
    )
    first = call(Const(value=text()))
    built = DictOf(
        items=((text(), Out(ref=first.id)), (text(), ParamRef(name="params")), (text(), Const(value=[text()])))
    )
    second = call(built)
    third = call(Text(parts=(Const(value=text()), Out(ref=first.id), Const(value=text()), ParamRef(name="p"))))
    loop = Each(
        id=name(),
        items=Const(value=[text(), text()]),
        item_type={"type": "string"},
        body=(call(Item(loop="?")),),
    )
    loop = replace(loop, body=(call(Item(loop=loop.id)),))
    group = Group(id=name().replace("/", ""), body=(call(Const(value={"k": text()})),), description=text())
    return (
        Pipeline(
            name=f"hostile {number} {text()}"[:150],
            description=text(),
            owner=text(),
            tags=(text(), text()),
            params=params,
            code=(ECHO,),
            steps=(replace(STEP, description=text()),),
            body=(first, second, third, loop, group),
            result=Out(ref=second.id),
            final=Final(call=call(Text(parts=(Const(value=text()), Ctx(name="state"))))),
        ),
        count,
    )


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_hostile_text_arrives_unchanged_or_is_refused(target: str) -> None:
    rng = random.Random(SEED)
    made = [hostile(rng, number) for number in range(50)]
    verdicts = list(judge([Trial(f"hostile_{n}", pipeline) for n, (pipeline, _) in enumerate(made)], target))
    assert {v.trial.name: v.problems for v in verdicts if v.problems} == {}
    ran = [count for verdict, (_, count) in zip(verdicts, made, strict=True) if not verdict.refused]
    assert sum(ran) >= 1_000, {v.trial.name: v.refused for v in verdicts if v.refused}
