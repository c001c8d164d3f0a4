"""The conformance suite as a public thing: what counts as evidence, what makes a report fail, what the command says;
and the measured matrix is that of the corpus and the support tables as they are."""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from pipeglot import backends, engines
from pipeglot.author import caller
from pipeglot.author.pipeline import Pipeline as Author
from pipeglot.backends.base import CONSTRAINTS, Backend, Compiled, EngineSpec, Support
from pipeglot.cli import main
from pipeglot.conformance import corpus, matrix, suite
from pipeglot.conformance import judge as judging
from pipeglot.conformance.report import CaseResult, ConformanceReport, FeatureResult, Reason, cell, findings
from pipeglot.core.diagnostic import Diagnostic, EngineError, PipeglotError
from pipeglot.core.features import FEATURES, INSPECTED, features_of
from pipeglot.core.ir import Pipeline
from pipeglot.core.record import Record
from pipeglot.engines import Engine
from pipeglot.engines.run import Request
from pipeglot.meaning.run import execute
from tests.observed import OBSERVED, Seen
from tests.random_pipelines import random_pipeline

CASES = {case.id: case for case in corpus.cases()}
REPORTS = {
    path.name: ConformanceReport.from_json(path.read_text("utf-8")) for path in sorted(matrix.RESULTS.glob("*.json"))
}

# ---------------------------------------------------------------- features


def test_every_feature_has_two_cases_that_use_it() -> None:
    counts = Counter(feature for case in CASES.values() for feature in features_of(case.ir))
    assert set(counts) == set(FEATURES)
    assert {feature: count for feature, count in counts.items() if count < 2} == {}


def test_features_of_any_pipeline_are_rows_of_the_matrix() -> None:
    found: set[str] = set()
    for seed in range(100):
        found |= features_of(random_pipeline(random.Random(seed)))
    assert {"call", "if", "merge", "collect", "retry"} <= found <= set(FEATURES)


@pytest.mark.parametrize(
    ("case", "has", "lacks"),
    [
        ("chain", {"call", "inlined", "params"}, {"after", "if", "description"}),
        ("include_in_static_loop", {"include", "each.static", "each.nested"}, {"group", "if"}),
        ("branch_in_loop", {"each.if", "merge", "collect"}, {"each.nested"}),
        ("loop_in_branch", {"if", "each.runtime"}, {"each.if"}),
        ("final_with_retries", {"final", "retry"}, {"retry.backoff", "context"}),
        ("catching_up", {"schedule.cron", "schedule.start", "schedule.catch_up"}, {"schedule.interval"}),
        ("imported_text", {"imported", "inlined"}, {"shell"}),
    ],
)
def test_features_are_read_off_the_structure(case: str, has: set[str], lacks: set[str]) -> None:
    assert has <= features_of(CASES[case].ir) <= FEATURES.keys() - lacks


def test_an_installed_corpus_is_traced_as_one_in_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = str(Path(corpus.__file__).parent) + os.sep
    monkeypatch.setattr(caller, "_LIBRARIES", (*caller._LIBRARIES, installed))
    for case in CASES.values():
        assert isinstance(case.pipeline, Author)
        assert case.pipeline._trace()[0] == case.ir


# ---------------------------------------------------------------- what makes a report fail

SUPPORT = {feature: Support("native", "so") for feature in FEATURES}
ALL = CaseResult(id="all", digest="0", features=tuple(FEATURES), outcome="agreed", evidence="executed")


def report(*cases: CaseResult, **more: Any) -> ConformanceReport:
    facts: dict[str, Any] = dict(engine_version="1.0", mode="test", python="3.11", pipeglot="0", support={})
    return ConformanceReport(target="fake", engine="fake", cases=cases, **{**facts, **more})


def kinds(made: ConformanceReport, **rows: Support) -> list[tuple[str, str]]:
    support = {**SUPPORT, **{name.replace("_", "."): row for name, row in rows.items()}}
    return [(finding.kind, finding.case or finding.feature) for finding in findings(made, support)]


def case(id: str, *features: str, **more: Any) -> CaseResult:
    return CaseResult(id=id, digest="0", features=features, **more)


def refused(id: str, code: str, *features: str) -> CaseResult:
    return case(id, *features, outcome="refused", refused=(Reason(code=code, message="no"),))


def test_a_report_is_clean_when_every_claim_was_seen() -> None:
    assert kinds(report(ALL)) == []


def test_a_divergence_is_found() -> None:
    assert kinds(report(ALL, case("bad", "call", outcome="diverged", problems=("state",)))) == [("diverged", "bad")]


def test_a_claim_without_an_executed_case_is_found() -> None:
    without = ALL.model_copy(update={"features": tuple(set(FEATURES) - {"tags"})})
    assert kinds(report(without)) == [("unproven", "tags")]
    only_checked = case("x", "tags", outcome="agreed", evidence="spec-checked")
    assert kinds(report(without, only_checked)) == [("unproven", "tags")]
    assert kinds(report(without, selected=("all",))) == [], "of a part nothing can be concluded"


def test_a_refusal_is_accepted_when_a_row_of_its_features_names_its_code() -> None:
    told = report(ALL, refused("x", "PG299", "call", "tags"))
    assert kinds(told) == [("undeclared", "x")]
    assert kinds(told, tags=Support("native", "not every one (PG299)")) == []
    assert kinds(told, owner=Support("native", "not every one (PG299)")) == [("undeclared", "x")]


def test_a_refusal_is_accepted_when_the_whole_feature_is_refused() -> None:
    rest = ALL.model_copy(update={"features": tuple(set(FEATURES) - {"tags"})})
    told = report(rest, refused("x", "PG299", "call", "tags"))
    assert kinds(told, tags=Support("never", "it has none")) == []
    assert kinds(told, tags=Support("never", "it has none (PG298)")) == [("undeclared", "x")]


def test_a_gap_that_has_closed_is_found_unless_the_loss_is_named() -> None:
    rest = ALL.model_copy(update={"features": tuple(set(FEATURES) - {"tags"})})
    row = Support("never", "it has none (PG298)")
    ran = case("x", "call", "tags", outcome="agreed", evidence="executed")
    assert kinds(report(rest, ran), tags=row) == [("closed", "x")]
    assert kinds(report(rest, ran.model_copy(update={"named": ("PG298",)})), tags=row) == []


def test_a_cell_counts_the_cases_of_a_feature_and_names_its_evidence() -> None:
    cases = [
        case("a", "tags", outcome="agreed", evidence="executed"),
        case("b", "tags", "call", outcome="agreed", evidence="spec-checked"),
        refused("c", "PG299", "tags"),
        case("d", "call", outcome="compiled", evidence="compiled"),
    ]
    assert "tags" in INSPECTED
    assert cell(cases, "tags", SUPPORT["tags"]) == FeatureResult(agreed=2, checked=1, evidence="inspected")
    assert cell(cases, "tags", Support("native", "not every one (PG299)")).refused == 1
    assert cell(cases[:1], "tags", SUPPORT["tags"]).evidence == "inspected"
    assert cell(cases, "call", SUPPORT["call"]) == FeatureResult(agreed=2, checked=1, evidence="spec-checked")
    assert cell(cases[3:], "call", SUPPORT["call"]).evidence == "compiled"
    assert cell(cases, "owner", SUPPORT["owner"]) == FeatureResult()


# ---------------------------------------------------------------- the measured matrix


def test_every_target_of_ours_was_measured_on_the_engine_that_is_installed() -> None:
    known = {(made.target, made.engine_version) for made in REPORTS.values() if made.mode == "test"}
    assert {(target, engines.spec(target).version) for target in backends.TARGETS} <= known, "./dev matrix"


@pytest.mark.parametrize("name", REPORTS)
def test_the_results_are_those_of_the_corpus(name: str) -> None:
    measured = {case.id: (case.digest, case.features) for case in REPORTS[name].cases}
    now = {case.id: (suite.digest(case), tuple(sorted(features_of(case.ir)))) for case in CASES.values()}
    assert measured == now, "./dev matrix"


@pytest.mark.parametrize("name", REPORTS)
def test_the_results_are_those_of_the_support_table_and_bear_it_out(name: str) -> None:
    support = backends.get(REPORTS[name].target).support
    assert REPORTS[name].support == {feature: support[feature].ability for feature in FEATURES}, "./dev matrix"
    assert list(findings(REPORTS[name], support)) == []


LOOKED_AT = {
    "resources": ["Policy.resources"],
    "schedule.cron": ["Cron.expression", "Cron.timezone"],
    "schedule.interval": ["Interval.seconds"],
    "schedule.start": ["Schedule.start"],
    "schedule.catch_up": ["Schedule.catch_up"],
    "max_active_runs": ["Pipeline.max_active_runs"],
    "run_timeout": ["Pipeline.run_timeout"],
    "owner": ["Pipeline.owner"],
    "tags": ["Pipeline.tags"],
    "description": ["Pipeline.description", "Step.description"],
}
"""The attributes behind each feature that no run shows."""


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_called_inspected_is_looked_at_in_the_loaded_object(name: str) -> None:
    assert LOOKED_AT.keys() == INSPECTED
    made = REPORTS[name]
    support = backends.get(made.target).support
    inspected = {
        feature for feature in INSPECTED if cell(made.cases, feature, support[feature]).evidence == "inspected"
    }
    for attribute in [attribute for feature in sorted(inspected) for attribute in LOOKED_AT[feature]]:
        how = OBSERVED[attribute]
        assert isinstance(how, Seen) and made.target in how.targets, f"{attribute}: tests/observed/"


@pytest.mark.parametrize("name", REPORTS)
def test_the_results_hold_nothing_of_the_machine(name: str) -> None:
    text = (matrix.RESULTS / name).read_text("utf-8")
    assert REPORTS[name].measured().to_json() == text
    assert matrix.file_name(REPORTS[name]) == name
    assert str(Path.home()) not in text and "/tmp/" not in text


def test_the_page_is_what_the_results_give(repository: Path) -> None:
    assert (repository / "docs" / "targets.md").read_text("utf-8") == matrix.markdown(matrix.results()), "./dev matrix"


def test_a_target_that_was_not_measured_is_shown_as_such() -> None:
    heading, first, *_ = matrix.text([]).splitlines()
    assert heading.split()[1:] == sorted(backends.targets())
    assert "native ?" in first


# ---------------------------------------------------------------- the command, on an engine in memory


class Fake:
    """A backend whose engine is the reference run, with what `change` makes of its records."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.refuses: Callable[[Pipeline], str] = lambda pipeline: ""
        self.change: Callable[[Record], Record | EngineError] = lambda record: record
        self.declare()

    engine: EngineSpec | None = EngineSpec("fake", "prefect", "import fake", (1, 0), CONSTRAINTS, probes={})

    def declare(self, **rows: Support) -> None:
        """Claim everything natively, but for these features."""
        self.module.BACKEND = Backend("fake", self.emit, lambda *_: (), SUPPORT | rows, engine=self.engine)  # type: ignore[attr-defined]

    def emit(self, pipeline: Pipeline, options: Mapping[str, str]) -> Compiled:
        code = self.refuses(pipeline)
        found = (Diagnostic(code, "error", "it will not"),) if code else ()
        return Compiled("fake", {}, "x", pipeline.name, found)

    def run_many(self, requests: Sequence[Request], target: str, **_: Any) -> Iterator[Record | PipeglotError]:
        for request in requests:
            try:
                backends.compile(request.pipeline, target)
            except PipeglotError as error:
                yield error
                continue
            with pytest.MonkeyPatch.context() as patch:
                for name, value in request.env.items():
                    patch.setenv(name, value)
                made = execute(request.pipeline, params=request.params, logical_date=request.logical_date)
            yield self.change(made.model_copy(update={"engine": "fake", "engine_version": "1.5.1"}))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    module = ModuleType("fake_backend")
    made = Fake(module)
    monkeypatch.setitem(sys.modules, "fake_backend", module)
    monkeypatch.setitem(backends.TARGETS, "fake", "fake_backend")
    monkeypatch.setattr(judging, "run_many", made.run_many)
    monkeypatch.setattr(suite, "can_run", lambda case: not case.needs)
    found = Engine("fake", "1.5.1", Path(sys.executable))
    monkeypatch.setattr(engines, "find", lambda target, python=None: found)
    return made


@pytest.mark.slow
def test_a_clean_run_prints_the_table_and_writes_the_report(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    path = tmp_path / "report.json"
    assert main(["conformance", "--target", "fake", "--json", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["feature", "claim", "agreed", "refused", "diverged"]
    assert [line.startswith(about) for line, about in zip(lines[1:], FEATURES.values(), strict=False)] == [True] * len(
        FEATURES
    )
    made = ConformanceReport.from_json(path.read_text("utf-8"))
    assert (made.target, made.engine_version, made.mode) == ("fake", "1.5.1", "test")
    assert {one.id: one.outcome for one in made.cases} == {
        one.id: "compiled" if one.needs else "agreed" for one in CASES.values()
    }
    schema = json.loads((repository / "docs" / "schemas" / "conformance-1.json").read_text("utf-8"))
    jsonschema.validate(json.loads(path.read_text("utf-8")), schema)
    assert ConformanceReport.from_json(made.to_json()) == made


def test_a_divergence_names_the_case_and_exits_with_1(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.change = lambda record: record.model_copy(update={"result": 7}) if record.pipeline == "diamond" else record
    assert main(["conformance", "--target", "fake", "-k", "diamond", "-k", "chain"]) == 1
    said = capsys.readouterr().out
    assert "diverged diamond: result" in said and "1 diverged" in said


def test_what_the_engine_cannot_run_is_a_divergence(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.change = lambda record: EngineError([Diagnostic("PG322", "error", "it does not load")])
    assert main(["conformance", "--target", "fake", "-k", "diamond"]) == 1
    assert "PG322 it does not load" in capsys.readouterr().out


def test_what_was_only_checked_is_compared_all_the_same_and_proves_no_claim(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    def checked(record: Record) -> Record:
        return record.model_copy(update={"notes": ("spec-checked: it takes a cluster",)})

    fake.change = lambda record: checked(record).model_copy(update={"calls": ()})
    assert main(["conformance", "--target", "fake", "-k", "diamond"]) == 1
    fake.change = checked
    assert main(["conformance", "--target", "fake", "-k", "diamond"]) == 0
    assert "spec-checked" in capsys.readouterr().out
    evidence = suite.run("fake", words=["diamond"]).cases[0].evidence
    assert evidence == "spec-checked"


def test_more_instances_than_allowed_at_once_is_a_divergence(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    def all_at_once(record: Record) -> Record:
        calls = [one.model_copy(update={"started": record.started, "ended": record.ended}) for one in record.calls]
        return record.model_copy(update={"calls": tuple(calls)})

    assert main(["conformance", "--target", "fake", "-k", "two_at_a_time"]) == 0
    fake.change = all_at_once
    assert main(["conformance", "--target", "fake", "-k", "two_at_a_time"]) == 1
    assert "parallel nap: 2 -> 4" in capsys.readouterr().out


def test_a_refusal_exits_with_1_until_the_table_declares_it(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.refuses = lambda pipeline: "FAKE100" if "shell" in features_of(pipeline) else ""
    assert main(["conformance", "--target", "fake", "-k", "shell"]) == 1
    assert "undeclared shell_steps: refused with FAKE100" in capsys.readouterr().out
    fake.declare(shell=Support("native", "in bash (FAKE100)"))
    assert main(["conformance", "--target", "fake", "-k", "shell"]) == 0
    assert "FAKE100 it will not" in capsys.readouterr().out
    fake.declare(shell=Support("notyet", "it has no shell"))
    assert main(["conformance", "--target", "fake", "-k", "shell"]) == 0
    assert "PG217 fake does not support shell steps: it has no shell" in capsys.readouterr().out


def test_a_closed_gap_exits_with_1(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.declare(shell=Support("notyet", "what the shell prints is lost (FAKE100)"))
    assert main(["conformance", "--target", "fake", "-k", "shell_steps"]) == 1
    assert "closed shell_steps: shell is declared notyet" in capsys.readouterr().out


def test_the_report_alone_goes_to_standard_output_on_request(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--target", "fake", "-k", "diamond", "--json", "-"]) == 0
    said = capsys.readouterr()
    assert [one.id for one in ConformanceReport.from_json(said.out).cases] == ["diamond"]
    assert "1 agreed" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--target", "fakes"], 2, "PG201"),
        (["--target", "fake", "-k", "no such thing"], 2, "PG342"),
        (["--target", "fake", "--json", "/dev/null"], 2, "PG340"),
        (["--target", "fake", "--option", "other.x=1"], 2, "PG342"),
    ],
)
def test_what_is_asked_wrongly_exits_with_2(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(["conformance", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_plug_in_that_does_not_load_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {**backends.targets(), "broken": "no_such_package"}
    monkeypatch.setattr(backends, "targets", lambda: broken)
    assert main(["conformance", "--target", "broken"]) == 2
    assert "the target 'broken' does not load from no_such_package" in capsys.readouterr().err


def test_an_engine_that_fails_exits_with_3_and_writes_nothing(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(*_: object, **__: object) -> Iterator[Record]:
        raise EngineError([Diagnostic("PG320", "error", "fake died")])

    monkeypatch.setattr(judging, "run_many", die)
    assert main(["conformance", "--target", "fake", "--json", str(tmp_path / "r.json")]) == 3
    assert "PG320 fake died" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_target_without_an_engine_exits_with_2(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.engine = None
    fake.declare()
    assert main(["conformance", "--target", "fake"]) == 2
    assert "PG300" in capsys.readouterr().err


def test_versions_of_one_engine_stand_side_by_side() -> None:
    older, newer, served = report(), report(engine_version="1.10.2"), report(mode="server")
    assert [matrix.file_name(one) for one in (older, newer, served)] == [
        "fake-1.0.json",
        "fake-1.10.json",
        "fake-1.0-server.json",
    ]
