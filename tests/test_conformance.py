"""Every case of the corpus, random pipelines and hostile text: each engine's record agrees with the reference run's.

A refusal is accepted only when it is listed here with its reason; one that is no longer needed fails too.
"""

from __future__ import annotations

import random
from functools import lru_cache

import pytest

from pipeglot.core.ir import (
    Call,
    Chunk,
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
    Step,
    Text,
    Value,
)
from tests import corpus
from tests.conformance import Trial, Verdict, judge, reference
from tests.fuzz import fuzz
from tests.random_pipelines import Limits

TARGETS = ("airflow", "prefect")
SEED = 20260301

REFUSED: dict[tuple[str, str], str] = {
    ("prefect", "template_like_tags"): "prefect.yaml renders {{ }} and has no way to escape it (PG245)",
}
"""(target, case): why the target refuses it."""

CASES = {case.id: case for case in corpus.cases()}


def trial(case: corpus.Case) -> Trial:
    return Trial(case.id, case.ir, case.params, case.logical_date)


def test_the_corpus_is_large_enough_and_its_ids_are_distinct() -> None:
    assert len(CASES) == len(list(corpus.cases())) >= 40


@pytest.mark.parametrize("name", CASES)
def test_the_reference_does_what_the_case_says(name: str) -> None:
    case = CASES[name]
    assert corpus.surprises(case, reference(trial(case))) == []


@lru_cache
def on_engine(target: str) -> dict[str, Verdict]:
    """The whole corpus in one engine process."""
    return {v.trial.name: v for v in judge([trial(case) for case in CASES.values()], target)}


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_the_engine_agrees_with_the_reference(name: str, target: str) -> None:
    verdict = on_engine(target)[name]
    assert verdict.problems == ()
    assert bool(verdict.refused) == ((target, name) in REFUSED), verdict.refused


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_the_engine_loads_generated_code_without_a_warning(target: str) -> None:
    records = {name: verdict.record for name, verdict in on_engine(target).items()}
    said = {name: [note for note in record.notes if "Warning:" in note] for name, record in records.items() if record}
    assert {name: notes for name, notes in said.items() if notes} == {}


@pytest.mark.engine
@pytest.mark.parametrize("target", TARGETS)
def test_random_pipelines_agree_with_the_reference(target: str) -> None:
    verdicts = fuzz(SEED, range(60), target, Limits())
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

ECHO = Chunk(kind="function", names=("echo",), text="def echo(value):\n    return value")
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
    loop = loop.model_copy(update={"body": (call(Item(loop=loop.id)),)})
    group = Group(id=name().replace("/", ""), body=(call(Const(value={"k": text()})),), description=text())
    return (
        Pipeline(
            name=f"hostile {number} {text()}"[:150],
            description=text(),
            owner=text(),
            tags=(text(), text()),
            params=params,
            code=(ECHO,),
            steps=(STEP.model_copy(update={"description": text()}),),
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
