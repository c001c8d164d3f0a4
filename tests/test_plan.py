"""A migration plan: nothing that a pipeline uses is missing in it, and what it says of generated files is in them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeglot import backends, engines
from pipeglot.author.read import read
from pipeglot.backends.base import Backend, Compiled
from pipeglot.cli import arguments, main
from pipeglot.conformance import corpus
from pipeglot.core import ir
from pipeglot.core.check import check
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CODES, AuthoringError, CompileError, Diagnostic
from pipeglot.core.features import features_of
from pipeglot.meaning.run import execute
from pipeglot.migrate.planning import fields, switch
from pipeglot.migrate.planning.attributes import GROUPS
from pipeglot.migrate.planning.build import make_plan
from pipeglot.migrate.planning.model import MigrationPlan, Row
from pipeglot.migrate.planning.surroundings import in_python, needs
from pipeglot.migrate.planning.text import code, markdown, table, text
from tests.conftest import THOROUGH, examples

ROOT = Path(__file__).parents[1]
CREDIT = ROOT / "examples" / "credit_scoring.py"
PAIRS = list(itertools.permutations(sorted(backends.TARGETS), 2))
RING = list(zip(sorted(backends.TARGETS), sorted(backends.TARGETS)[1:] + sorted(backends.TARGETS)[:1], strict=True))
"""Every target once as the old one and once as the new one."""
CORPUS = (
    "merge_long_arm",
    "nightly",
    "catching_up_by_the_hour",
    "few_runs_and_not_for_long",
    "records",
    "static_in_runtime",
    "two_at_a_time",
    "includes",
    "final_with_retries",
    "shell_steps",
    "tolerated_in_arm",
    "placed",
)

Int: dict[str, Any] = {"type": "integer"}


def credit() -> ir.Pipeline:
    return read(str(CREDIT)).pipeline


def case(id: str) -> ir.Pipeline:
    return next(one.ir for one in corpus.cases() if one.id == id)


def compiled(pipeline: ir.Pipeline, target: str) -> Compiled:
    return backends.get(target).compile(pipeline)


def row(plan: MigrationPlan, field: str, value: str | None = None) -> Row:
    found = [one for one in plan.rows if one.field == field and value in (None, one.value)]
    assert len(found) == 1, [(one.field, one.value) for one in plan.rows]
    return found[0]


def holds(pipeline: ir.Pipeline, plan: MigrationPlan) -> None:
    """What must be so in every plan."""
    for name in ("old", "new"):
        files = compiled(pipeline, getattr(plan, name).engine).files
        for one in plan.rows:
            for line in getattr(one, name).lines:
                assert files[line.file].splitlines()[line.line - 1].strip()[:200] == line.text, (one.field, line)
    assert features_of(pipeline) <= {one.feature for one in plan.rows}
    for name in ("old", "new"):
        said = {d.code for d in compiled(pipeline, getattr(plan, name).engine).diagnostics}
        assert {told.code for one in plan.rows for told in getattr(one, name).said} == said
    assert MigrationPlan.from_json(plan.to_json()) == plan
    for unseen in plan.not_judged:
        if unseen.command:
            parsed = arguments.parser().parse_args(unseen.command.split()[1:])
            assert parsed.command == "migrate"
    head = next(line for line in markdown(plan).splitlines() if line.startswith("| attribute"))
    assert len(cells(head)) == 6


# ---------------------------------------------------------------- every pair


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(*pair, marks=() if pair in RING else pytest.mark.slow) for pair in PAIRS]
)
def test_credit_scoring_is_planned_from_every_target_to_every_other(old: str, new: str) -> None:
    plan = _credit_plan(old, new)
    holds(credit(), plan)
    assert plan.verdict in ("migrate", "migrate with conditions") and not plan.blockers
    for name in (old, new):
        assert any(line.file for one in plan.rows for line in (one.old if name == old else one.new).lines)
    assert plan.cut_over and plan.rollback
    manual = {one.what for one in plan.manual}
    assert any("CREDIT_HOME" in what for what in manual) and any("scikit-learn" in what for what in manual)


@pytest.mark.parametrize("id", CORPUS)
def test_pipelines_of_the_corpus_are_planned_between_all_targets(id: str) -> None:
    pipeline = case(id)
    for old, new in PAIRS if id == CORPUS[0] and THOROUGH else PAIRS[:: len(PAIRS) // (4 if THOROUGH else 2)]:
        holds(pipeline, make_plan(pipeline, old, new))


@pytest.mark.parametrize(
    ("field", "value", "airflow", "prefect", "dagster", "kfp"),
    [
        ("Cron.expression", None, '"0 6 * * 1-5"', "0 6 * * 1-5", "cron_schedule=", "0 0 6 * * 1-5"),
        ("Schedule.catch_up", None, "catchup=False", "", "@dg.schedule(", "no_catchup=True"),
        ("Pipeline.max_active_runs", None, "max_active_runs=1", "limit: 1", "limit: 1", "max_concurrency=1"),
        ("Retry.count", "1", "retries=1", "retries=1", "max_retries=1", "maxRetryCount: 1"),
        ("Policy.timeout", None, "timedelta(minutes=10)", "timeout_seconds=600", "time_limit(600)", "600"),
        ("Pipeline.owner", None, '"owner": "credit-risk"', "owner:credit-risk", '"owner"', "Owner: credit-risk"),
        ("Call.after", None, "validate_out >> build_features_out", "wait_for=[validate]", "after_validate", "validate"),
        ("Arm.when", None, "min_auc", "min_auc", "min_auc", "min_auc"),
    ],
)
def test_an_attribute_is_spelled_as_each_engine_spells_it(
    field: str, value: str | None, airflow: str, prefect: str, dagster: str, kfp: str
) -> None:
    wanted = {"airflow": airflow, "prefect": prefect, "dagster": dagster, "kfp": kfp}
    for old, new in (("airflow", "prefect"), ("dagster", "kfp")):
        found = row(_credit_plan(old, new), field, value)
        for name, side in ((old, found.old), (new, found.new)):
            spelled = "\n".join(line.text for line in side.lines)
            assert wanted[name] in spelled and bool(wanted[name]) == bool(side.lines), (name, spelled)


_plans: dict[tuple[str, str], MigrationPlan] = {}


def _credit_plan(old: str, new: str) -> MigrationPlan:
    if (old, new) not in _plans:
        _plans[old, new] = make_plan(credit(), old, new, source=str(CREDIT))
    return _plans[old, new]


# ---------------------------------------------------------------- every field


def models(base: type[ir.Node] = ir.Node) -> Iterator[type[Any]]:
    for each in base.__subclasses__():
        if each.__module__ == ir.__name__:
            yield each
        yield from models(each)


def opened() -> set[type[Any]]:
    """The classes of the IR whose fields have rows of their own, or are structure: those that are reached from a pipeline
    other than through an attribute, which shows what is in it as a whole."""
    by_name = {each.__name__: each for each in models()}
    found: set[type[Any]] = set()
    todo: list[type[Any]] = [ir.Pipeline]
    while todo:
        model = todo.pop()
        if model in found:
            continue
        found.add(model)
        for name, said in model.__fields__.items():
            if f"{model.__name__}.{name}" in fields.THROUGH or model in fields.VALUES:
                todo += [by_name[word] for word in re.findall(r"\w+", said.type) if word in by_name]
    return found


def everything() -> ir.Pipeline:
    """A pipeline that says all that can be said."""
    at = ir.At(file="all.py", line=3)

    def step(name: str, run: Any) -> ir.Step:
        parameters = (ir.Parameter(name="x", type=Int),)
        return ir.Step(name=name, run=run, parameters=parameters, returns=Int, description=f"{name} it.", at=at)

    policy = ir.Policy(
        retry=ir.Retry(count=3, delay=5, backoff=2.0, max_delay=60),
        timeout=30,
        on_failure=ir.Continue(default=4),
        resources=ir.Resources(cpu=2, memory="2Gi", gpus=1, gpu_type="amd.com/gpu", node_selector={"disk": "ssd"}),
        effects=ir.Effects(kind="external", has_answer=True, answer=7),
        secrets=(ir.Secret(env="TOKEN", name="kept", key="token"),),
    )

    def call(id: str, x: Any, **more: Any) -> ir.Call:
        return ir.Call(id=id, step="one", args={"x": x}, at=at, **more)

    inner = ir.Pipeline(
        name="inner",
        steps=(step("one", ir.Inlined(name="one")),),
        code=(ir.SourceFragment(kind="function", names=("one",), text="def one(x: int) -> int:\n    return x", at=at),),
        body=(call("deep", ir.Const(value=1)),),
        at=at,
    )
    first, here = ir.Const(value=1), ir.Out(ref="first")
    body = (
        call("first", first, policy=policy),
        ir.Include(id="used", pipeline=inner, after=("first",), at=at),
        ir.If(
            id="choice",
            arms=(
                ir.Arm(when=ir.Compare(op=">", left=here, right=first), body=(call("yes", here),), at=at),
                ir.Arm(body=(call("no", here),), at=at),
            ),
            merged=(ir.Merged(id="chosen", values=(ir.Out(ref="yes"), ir.Out(ref="no")), type=Int, at=at),),
            after=("used",),
            at=at,
        ),
        ir.Each(
            id="loop",
            items=ir.Const(value=[1, 2]),
            item_type=Int,
            body=(call("each", ir.Item(loop="loop")),),
            collected=(ir.Collected(id="all", value=ir.Out(ref="each"), type={"type": "array", "items": Int}, at=at),),
            max_parallel=2,
            after=("choice",),
            at=at,
        ),
        ir.Group(id="together", body=(call("grouped", here, after=("loop",)),), description="A group.", at=at),
    )
    return ir.Pipeline(
        name="everything",
        description="All of it.",
        owner="me",
        tags=("a", "b"),
        params=(ir.Param(name="n", type=Int, default=1, description="How many.", at=at),),
        schedule=ir.Schedule(
            timing=ir.Cron(expression="0 3 * * *", timezone="Europe/Berlin"),
            start=datetime(2026, 1, 1, tzinfo=timezone.utc),
            catch_up=True,
        ),
        max_active_runs=2,
        run_timeout=3600,
        packages=("requests",),
        options={"airflow": {"dag": {"max_active_tasks": 8}, "tasks": {"first": {"pool": "small"}}}},
        code=inner.code,
        steps=inner.steps,
        body=body,
        final=ir.Final(
            call=call("last", ir.Const(value=1)),
            at=at,
        ),
        at=at,
    )


def by_the_hour() -> ir.Pipeline:
    said = ir.Step(name="say", run=ir.Shell(script="echo $day"), parameters=(ir.Parameter(name="day"),))
    call = ir.Call(id="say", step="say", args={"day": ir.Ctx(name="day")})
    timing = ir.Interval(seconds=3600)
    return ir.Pipeline(name="hourly", schedule=ir.Schedule(timing=timing), steps=(said,), body=(call,))


def attribute_fields() -> set[str]:
    return {
        f"{model.__name__}.{name}"
        for model in opened()
        for name in model.__fields__
        if not fields.structural(model, name) and f"{model.__name__}.{name}" not in fields.THROUGH
    }


def test_every_field_of_the_ir_has_a_row_or_is_structure() -> None:
    for pipeline in (everything(), by_the_hour()):
        assert not [d for d in check(pipeline) if d.severity == "error"]
    plans = (make_plan(everything(), "airflow", "dagster"), make_plan(by_the_hour(), "airflow", "dagster"))
    shown = {one.field for plan in plans for one in plan.rows if one.field in attribute_fields()}
    shown |= {"Group.id"} & {one.field for plan in plans for one in plan.rows}
    inlined_away = {"Include.after"}  # what waits for it waits for the calls it becomes
    missing = attribute_fields() - shown - inlined_away
    assert not missing, (
        "a field without a row: set it in everything(), or say in planning/fields.py why it is structure"
    )


def test_the_tables_of_fields_speak_of_fields_that_are_there() -> None:
    known = {f"{model.__name__}.{name}" for model in models() for name in model.__fields__}
    named = {
        *fields.STRUCTURE,
        *fields.THROUGH,
        *fields.TITLES,
        *fields.ALWAYS,
        *itertools.chain(*fields.ABOUT.values()),
    }
    assert fields.ABOUT.keys() <= CODES.keys()
    assert named <= known
    assert {one.section for one in fields.TITLES.values()} <= set(fields.SECTIONS)
    assert not set(fields.STRUCTURE) & fields.THROUGH


def test_a_field_that_no_table_knows_is_a_row_by_its_own_name() -> None:
    assert fields.title("Policy.colour_of_it") == fields.Title("other", "policy: colour of it", None)
    assert fields.title("Novel.retry").feature == "retry"


def test_a_row_says_where_the_attribute_is_written() -> None:
    found = row(_credit_plan("airflow", "prefect"), "Policy.timeout")
    line = CREDIT.read_text("utf-8").splitlines()[found.places[0].line - 1]
    assert found.places[0].name == "train" and "train(" in line


# ---------------------------------------------------------------- verdicts


def test_nothing_lost_is_migrate() -> None:
    plan = make_plan(case("chain"), "prefect", "airflow")
    assert plan.verdict == "migrate" and not plan.conditions and not plan.blockers


def test_a_loss_is_a_condition_with_the_code_that_allows_it() -> None:
    plan = make_plan(everything(), "airflow", "prefect")
    assert plan.verdict == "migrate with conditions"
    allowed = {one.code for one in plan.conditions if one.allow}
    lost = {d.code for d in compiled(everything(), "prefect").diagnostics if d.severity == "loss"}
    assert lost and allowed == lost
    backends.compile(everything(), "prefect", allow=allowed)
    command = next(one.command for one in plan.not_judged if one.command)
    assert all(f"--allow {one}" in command for one in lost)
    assert row(plan, "Schedule.catch_up").new.how == "lost"
    assert row(plan, "Schedule.catch_up").new.by.startswith("never: ")


def test_what_the_old_engine_dropped_and_the_new_one_keeps_is_a_condition() -> None:
    plan = make_plan(everything(), "prefect", "airflow")
    assert "takes effect on airflow, where prefect dropped it" in row(plan, "Schedule.catch_up").differences
    assert any("catch-up" in one.message and not one.allow for one in plan.conditions)


def test_an_option_of_the_old_engine_alone_is_a_condition_and_a_task() -> None:
    plan = make_plan(everything(), "airflow", "prefect")
    assert any("airflow.tasks.first.pool" in one.message for one in plan.conditions)
    assert any(one.kind == "pool" and "small" in one.what for one in plan.manual)
    there = make_plan(everything(), "prefect", "airflow")
    assert any(one.kind == "pool" and "airflow pools set" in one.what for one in there.manual)
    spelled = row(there, "Pipeline.options", "small")
    assert [line.text for line in spelled.new.lines] == ['pool="small",'] and not spelled.old.lines


def test_a_refused_construct_is_a_reason_to_stay_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text(ir.Pipeline(name="empty", at=ir.At(file="e.py", line=2)).to_json())
    plan = make_plan(read(str(tmp_path / "empty.json")).pipeline, "airflow", "kfp")
    assert plan.verdict == "stay" and not plan.cut_over
    [blocker] = plan.blockers
    assert (blocker.code, blocker.help) == ("PG280", "add a call")
    assert [(one.file, one.line) for one in blocker.places] == [("e.py", 2)]
    assert "## What kfp refuses (1)" in markdown(plan)


# ---------------------------------------------------------------- a target of another package


@pytest.fixture
def pyscript(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "plugin" / "src"))
    known = backends.targets()
    monkeypatch.setattr(backends, "targets", lambda: {**known, "pyscript": "pipeglot_pyscript"})
    return "pyscript"


def test_a_target_of_another_package_is_planned_for_alike(pyscript: str) -> None:
    for id in ("chain", "if_without_else", "shell_steps"):
        plan = make_plan(case(id), "airflow", pyscript)
        holds(case(id), plan)
        assert plan.verdict == "migrate", plan.blockers
        assert all(line.file for one in plan.rows for line in one.old.lines) and not any(
            one.new.lines for one in plan.rows
        )
        assert [one.what for one in plan.not_judged if "does not say what its lines" in one.what] != []
    back = make_plan(case("chain"), pyscript, "airflow")
    assert back.verdict == "migrate" and any("pyscript" in one.what for one in back.cut_over)


def test_what_another_package_refuses_is_named_with_its_place_and_its_reason(pyscript: str) -> None:
    plan = make_plan(credit(), "airflow", pyscript)
    assert plan.verdict == "stay"
    loops = [one for one in plan.blockers if "Each over" in one.message]
    assert [one.reason for one in loops] == ["notyet: scriptrunner has no loops"]
    [place] = loops[0].places
    assert "each(variants)" in CREDIT.read_text("utf-8").splitlines()[place.line - 1]
    assert row(plan, "Each.items").new.how == "refused"
    finals = [one for one in plan.blockers if "Final" in one.message]
    assert finals and finals[0].reason.startswith("notimpl: ")


# ---------------------------------------------------------------- how much work it is


def many(count: int) -> ir.Pipeline:
    code = (ir.SourceFragment(kind="function", names=("work",), text="def work(x: int = 0) -> int:\n    return x"),)
    steps = (ir.Step(name="work", run=ir.Inlined(name="work"), returns=Int, description="Work."),)
    calls = tuple(
        ir.Call(
            id=f"work_{number}",
            step="work",
            after=(f"work_{number - 1}",) if number % 3 else (),
            policy=ir.Policy(timeout=60 + number % 40, retry=ir.Retry(count=1 + number % 2)),
            at=ir.At(file="many.py", line=number + 1),
        )
        for number in range(count)
    )
    return ir.Pipeline(name="many", code=code, steps=steps, body=calls)


def test_many_calls_are_compiled_once_for_each_side(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    genuine = Backend.compile

    def counted(self: Backend, *given: Any) -> Compiled:
        asked.append(self.target)
        return genuine(self, *given)

    monkeypatch.setattr(Backend, "compile", counted)
    plan = make_plan(many(300), "airflow", "prefect")
    assert sorted(asked) == ["airflow", "prefect"]
    limits = [one for one in plan.rows if one.field == "Policy.timeout"]
    assert len(limits) == GROUPS + 1 and sum(one.uses for one in limits) == 300
    assert len(plan.rows) < 30 and len(markdown(plan).splitlines()) < 300


# ---------------------------------------------------------------- what steps take from around them


def test_what_steps_take_from_around_them_is_found_where_it_is() -> None:
    source = """
import os
from airflow.sdk import Variable
from os import environ, getenv

def step():
    a = os.environ["ONE"]
    b = os.environ.get("TWO", "")
    c = getenv("THREE")
    d = environ[name]
    os.environ["SET"] = "x"
    e = Variable.get("four")
    f = BaseHook.get_connection("db")
    g = Operator(aws_conn_id="s3", pool="small")
"""
    found = [
        (need.kind, need.name, need.at and need.at.line) for need in in_python(source, ir.At(file="s.py", line=10))
    ]
    assert found == [
        ("import of airflow", "airflow.sdk", 12),
        ("variable", "ONE", 16),
        ("variable", "TWO", 17),
        ("variable", "THREE", 18),
        ("variable", None, 19),
        ("variable of the engine", "four", 21),
        ("connection", "db", 22),
        ("connection", "s3", 23),
        ("pool", "small", 23),
    ]
    assert in_python("this is no Python (", None) == []


def test_a_script_s_own_variables_and_arguments_are_not_asked_for() -> None:
    script = 'x=1; for f in *; do echo $f $x "$given" ${BUCKET}/$REGION $HOME; done'
    step = ir.Step(name="s", run=ir.Shell(script=script), parameters=(ir.Parameter(name="given"),))
    assert [need.name for need in needs(ir.Pipeline(name="p", steps=(step,)))] == ["BUCKET", "REGION"]


def test_code_of_the_old_engine_inside_a_step_is_a_condition() -> None:
    own = "def work() -> int:\n    from airflow.sdk import Variable\n    return int(Variable.get('n'))"
    pipeline = ir.Pipeline(
        name="p",
        code=(ir.SourceFragment(kind="function", names=("work",), text=own, at=ir.At(file="p.py", line=5)),),
        steps=(ir.Step(name="work", run=ir.Inlined(name="work"), returns=Int),),
        body=(ir.Call(id="work", step="work"),),
    )
    plan = make_plan(pipeline, "airflow", "prefect")
    [condition] = plan.conditions
    assert "airflow.sdk" in condition.message and (condition.places[0].file, condition.places[0].line) == ("p.py", 6)
    assert not make_plan(pipeline, "prefect", "airflow").conditions


# ---------------------------------------------------------------- moving over and back


def test_the_engine_that_starts_at_once_is_deployed_after_the_old_one_has_stopped() -> None:
    for old, new in PAIRS if THOROUGH else RING:
        moves = [move.what for move in _credit_plan(old, new).cut_over]
        stops = next(number for number, what in enumerate(moves) if re.match(f"{old}: .*(pause|stop|disable)", what))
        deploys = next(
            number for number, what in enumerate(moves) if re.match(f"{new}: (copy|deploy|make|upload)", what)
        )
        assert (stops < deploys) == (new != "airflow"), moves
        if new == "airflow":
            assert moves.index(next(what for what in moves if "unpause the DAG" in what)) > stops


def test_dagster_s_commands_name_what_the_file_defines() -> None:
    for pipeline in (credit(), everything()):
        made = compiled(pipeline, "dagster")
        operation = engines.spec("dagster").operation
        assert operation is not None
        for action in operation.stop(switch.deployed(pipeline, "x", made)):
            kind, verb, name = action.command.split()[1:4]
            assert f"def {name}(" in made.files[made.entry] and (kind, verb) in (
                ("schedule", "stop"),
                ("sensor", "stop"),
            )


def test_a_pipeline_without_a_schedule_has_nothing_to_switch() -> None:
    plan = make_plan(case("chain"), "airflow", "prefect")
    assert not any("pause" in move.command for move in (*plan.cut_over, *plan.rollback))
    there = make_plan(case("chain"), "prefect", "airflow")
    commands = [move.command for move in (*there.cut_over, *there.rollback) if "pause" in move.command]
    assert commands == ["airflow dags unpause chain"], "runs of a paused DAG stay queued"


def test_what_is_no_engine_can_be_the_old_side(tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    record.write_text(execute(case("chain")).to_json())
    for old, note in (("local", "the reference"), (f"record:{record}", "a run that was made before")):
        plan = make_plan(case("chain"), old, "airflow")
        assert plan.verdict == "migrate" and plan.old.note.startswith(note)
        assert all(one.old.how == "unknown" for one in plan.rows)
        for unseen in plan.not_judged:
            if unseen.command:
                assert arguments.parser().parse_args(unseen.command.split()[1:]).action in ("dry-run", "schedule")


# ---------------------------------------------------------------- hostile text

HOSTILE = st.text(st.sampled_from("a b|`*_<>&#[]()!$~\\\n\r\t\x1b\x00\u2028-=+1.;é\U0001f600"), max_size=40)


def cells(line: str) -> list[str]:
    """The cells of a row as GitHub splits it: at every pipe without a backslash before it, in code or not."""
    assert line.startswith("|") and line.endswith("|")
    return re.split(r"(?<!\\)\|", line[1:-1])


@given(HOSTILE, HOSTILE)
def test_nobody_s_text_breaks_a_table(a: str, b: str) -> None:
    lines = list(table(["x", "y"], [[text(a, table=True), code(b, table=True)]]))
    assert len(lines) == 3
    for line in lines:
        assert len(line.splitlines()) == 1 and line.isprintable()
        assert len([*re.finditer(r"(?<!\\)(?:\\\\)*\|", line)]) == 3 == len(cells(line)) + 1
    assert "<script" not in text(a + "<script>") and not re.search(r"<[a-z/!?]", text("<a" + a).replace("<code>", ""))


@settings(max_examples=examples(25), deadline=None)
@given(HOSTILE.filter(str.strip), HOSTILE, st.lists(HOSTILE, max_size=2))
def test_hostile_names_and_values_leave_a_plan_whole(tag: str, description: str, default: list[str]) -> None:
    base = by_the_hour()
    said = {"dag": {"owner_links": {tag: description}}}
    pipeline = replace(
        base,
        description=description,
        tags=(tag,),
        options={"airflow": said},
        params=(ir.Param(name="p", default=list(default)),),
    )
    plan = make_plan(pipeline, "airflow", "prefect")
    shown = markdown(plan)
    assert all(line.isprintable() for line in shown.split("\n"))
    lines = [line for line in shown.split("\n") if line.startswith("|")]
    assert len(lines) == 2 + len(plan.rows) and {len(cells(line)) for line in lines} == {6}
    outline = [line for line in shown.split("\n") if re.match(r"#+ ", line)]
    assert all(re.fullmatch(r"#{1,3} [\w(][\w ():]*", line) for line in outline), outline


def test_the_value_of_a_credential_is_in_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TOKEN", "canary-4f1d9")
    pipeline = replace(by_the_hour(), params=(ir.Param(name="p", default="x canary-4f1d9 y"),))
    plan = make_plan(pipeline, "airflow", "kfp")
    assert "canary" not in plan.to_json() + markdown(plan) and "***" in markdown(plan)


# ---------------------------------------------------------------- the command


def run(*args: str | Path) -> int:
    return main(["migrate", "plan", *map(str, args)])


def test_the_command_prints_markdown_and_tells_the_verdict_by_its_exit_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(CREDIT, "--old", "airflow", "--new", "prefect") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("# Migration plan of credit_scoring: airflow to prefect\n")
    for heading in ("Conditions to accept", "Equivalence", "To do by hand", "Moving over", "Rollback", "Not judged"):
        assert f"\n## {heading}" in printed
    (tmp_path / "chain.json").write_text(case("chain").to_json())
    assert run(tmp_path / "chain.json", "--old", "prefect", "--new", "airflow") == 0


def test_json_is_the_published_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(CREDIT, "--old", "airflow", "--new", "kfp", "--json", "-") == 1
    data = json.loads(capsys.readouterr().out)
    published = json.loads((ROOT / "docs" / "schemas" / "plan-1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(published).validate(data)
    assert data["schema"] == "pipeglot.plan/1"
    out, file = tmp_path / "plan.md", tmp_path / "plan.json"
    assert run(CREDIT, "--old", "airflow", "--new", "kfp", "--json", file, "--out", out) == 1
    assert json.loads(file.read_text("utf-8")) == data
    assert out.read_text("utf-8") == markdown(MigrationPlan.from_json(file.read_text("utf-8")))
    assert "migrate with conditions: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("airflow", "local", "PG377"),
        ("airflow", f"airflow:{CREDIT}", "PG377"),
        ("airflow", "airflow", "PG378"),
        ("airflow", "prefct", "PG201"),
        ("airflow:nowhere.py", "prefect", "PG360"),
    ],
)
def test_a_side_that_cannot_be_planned_for_is_a_usage_error(
    old: str, new: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(CREDIT, "--old", old, "--new", new) == 2
    assert code in capsys.readouterr().err
    with pytest.raises((AuthoringError, CompileError)):
        make_plan(case("chain"), old, new)


def test_a_plan_never_overwrites_the_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(CREDIT.read_text("utf-8"))
    assert run(mine, "--old", "airflow", "--new", "prefect", "--out", mine) == 2
    assert "PG341" in capsys.readouterr().err and mine.read_text("utf-8") == CREDIT.read_text("utf-8")


def test_native_code_on_the_old_side_is_read_for_what_it_takes_and_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPEGLOT_HOME", str(tmp_path / "no engines"))
    legacy = tmp_path / "legacy.py"
    legacy.write_text(
        "import os\nfrom airflow.sdk import Variable\n\nHOST = os.environ['DB_HOST']\nKEY = Variable.get('key')\n"
        "load = Operator(task_id='load', postgres_conn_id='dwh', pool='small')\n"
    )
    plan = make_plan(case("chain"), f"airflow:{legacy}:old_dag", "prefect")
    # It cannot be loaded, with an engine or without: what else it has is never taken for nothing.
    assert plan.verdict == "migrate with conditions" and not plan.traits
    assert any("could not be read" in one.message for one in plan.conditions)
    assert all(one.old.how == "unknown" and not one.old.lines for one in plan.rows)
    assert "native code" in plan.old.note
    asked = {(one.kind, re.search(r"DB_HOST|key|dwh|small", one.what)[0]) for one in plan.manual if one.places}  # type: ignore[index]
    assert asked == {("variable", "DB_HOST"), ("setting", "key"), ("connection", "dwh"), ("pool", "small")}
    scheduled = make_plan(case("nightly"), f"airflow:{legacy}:old_dag", "prefect")
    assert any(move.command == "airflow dags pause old_dag" for move in scheduled.cut_over)


def test_a_diagnostic_that_no_row_is_about_stays_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = type(backends.get("prefect"))
    genuine = backend.compile
    odd = Diagnostic("XYZ123", "warning", "the moon is full", None, "wait", "prefect")

    def strange(self: Any, *given: Any) -> Compiled:
        made = genuine(self, *given)
        return Compiled(made.target, made.files, made.entry, made.name, (*made.diagnostics, odd), made.names)

    monkeypatch.setattr(backend, "compile", strange)
    plan = make_plan(case("chain"), "airflow", "prefect")
    assert [one.code for one in plan.conditions] == ["XYZ123"] and plan.verdict == "migrate with conditions"
    assert any(one.what == "wait" for one in plan.manual) and "moon" in markdown(plan)
