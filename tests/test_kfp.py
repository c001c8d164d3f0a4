"""The target kfp: what its files hold, that KFP takes them, and that they mean what KFP's own DSL would say."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeglot import Resources, collect, each, pipeline, shell, step, when
from pipeglot.backends import compile as compile_for
from pipeglot.backends.kfp import BACKEND
from pipeglot.conformance.corpus import cases
from pipeglot.conformance.judge import Trial, judge
from pipeglot.core.dataclass import replace
from pipeglot.core.diagnostic import CompileError
from pipeglot.core.ir import Call, Pipeline, Shell, Step
from tests.kfp_equal import canonical
from tests.kfp_pairs import PAIRS


@step
def number(n: int) -> int:
    return n


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def anything(value: Any) -> Any:
    return value


def spec_of(made: Any, **options: str) -> str:
    compiled = compile_for(made if isinstance(made, Pipeline) else made.ir(), "kfp", options=options)
    return compiled.files[compiled.entry]


def codes(made: Any, **options: str) -> dict[str, str]:
    ir = made if isinstance(made, Pipeline) else made.ir()
    return {d.code: d.severity for d in BACKEND.compile(ir, options).diagnostics}


yaml = pytest.importorskip("yaml")

# ---------------------------------------------------------------- what the spec says


def test_calls_of_a_step_that_do_the_same_run_one_component() -> None:
    @pipeline
    def several(n: int = 1) -> None:
        a = number(n)
        number.options(id="again")(a)
        number.options(id="retried", retries=2)(a)
        number.options(id="limited", timeout=5)(a)
        number.options(id="large", resources=Resources(memory="2Gi"))(a)
        number.options(id="other", resources=Resources(memory="1Gi"))(a)
        number.options(id="large_too", resources=Resources(memory="2Gi"))(a)

    spec = yaml.safe_load(spec_of(several))
    runs = {name: task["componentRef"]["name"] for name, task in spec["root"]["dag"]["tasks"].items()}
    assert runs == {
        **dict.fromkeys(("number", "again", "retried"), "comp-number"),
        **{
            "limited": "comp-number-2",
            "large": "comp-number-3",
            "large-too": "comp-number-3",
            "other": "comp-number-4",
        },
    }
    assert {*runs.values()} == {*spec["components"]}
    labels = {name: each["executorLabel"] for name, each in spec["components"].items()}
    assert labels == {name: name.replace("comp-", "exec-") for name in labels}
    assert {*labels.values()} == {*spec["deploymentSpec"]["executors"]}
    assert spec["root"]["dag"]["tasks"]["again"]["dependentTasks"] == ["number"]


def test_a_further_call_of_a_step_takes_a_task_of_the_spec_and_no_more() -> None:
    def line(calls: int) -> str:
        @pipeline
        def long() -> None:
            x = number(1)
            for _ in range(calls - 1):
                x = number(x)

        return spec_of(long)

    assert len(line(40)) - len(line(20)) < 20 * 450
    assert line(40).count("def number(") == 1


@step
def each_x(n: int) -> int:
    return n


def test_the_component_of_a_step_is_called_as_no_dag_is() -> None:
    @pipeline
    def alike() -> None:
        with each([1, 2]) as x:
            each_x(x)

    components = yaml.safe_load(spec_of(alike))["components"]
    assert {name: "dag" in each for name, each in components.items()} == {"comp-each-x": True, "comp-each-x-2": False}


def test_caching_is_off_everywhere() -> None:
    spec = yaml.safe_load(spec_of(PAIRS["if_else"]))
    dags = [spec["root"], *spec["components"].values()]
    tasks = [task for dag in dags for task in dag.get("dag", {}).get("tasks", {}).values()]
    runs = [t for t in tasks if "executorLabel" in spec["components"][t["componentRef"]["name"]]]
    assert runs and all(task["cachingOptions"] == {} for task in runs)


def test_the_image_and_what_it_installs_are_options() -> None:
    given = {"image": "registry.example/steps:1", "packages": "numpy==2.0, scipy"}
    text = spec_of(PAIRS["chain"], **given)
    spec = yaml.safe_load(text)
    for executor in spec["deploymentSpec"]["executors"].values():
        assert executor["container"]["image"] == "registry.example/steps:1"
        assert "'numpy==2.0' 'scipy'" in executor["container"]["command"][2]
    assert "pip install" not in spec_of(PAIRS["chain"], install="no")


def importing(text: str) -> str:
    import sklearn

    return str(sklearn.__version__) + text


@shell("cowsay $text")
def cow(text: str) -> str: ...  # type: ignore[empty-body]


def test_a_component_installs_what_its_code_can_need_and_helpers_nothing() -> None:
    reading = step(importing)

    @pipeline(packages=["scikit-learn>=1.6,<2", "pyarrow"])
    def mixed(n: int = 2) -> None:
        with each(numbers(n)) as x:
            m = number(x)
        anything(collect(m))
        cow(reading("a"))

    executors = yaml.safe_load(spec_of(mixed))["deploymentSpec"]["executors"]
    found = {name: set(re.findall(r"'([^']+)'", each["container"]["command"][2])) for name, each in executors.items()}
    ours = {name: sorted(each & {"pydantic>=2", *mixed.ir().packages}) for name, each in found.items()}
    every = ["pyarrow", "scikit-learn>=1.6,<2"]
    assert ours["exec-importing"] == ours["exec-cow"] == every
    assert ours["exec-anything"] == ["pydantic>=2"]
    assert ours["exec-number"] == ours["exec-numbers"] == ours["exec-each-x-empty"] == []
    assert all("kfp==2.17.0" in each for each in found.values())
    assert codes(replace(PAIRS["chain"].ir(), packages=("numpy",)))["PG204"] == "note"


@pytest.mark.parametrize(("option", "value"), [("emit", "jsonnet"), ("install", "maybe")])
def test_a_wrong_value_of_an_option_is_refused(option: str, value: str) -> None:
    with pytest.raises(CompileError, match="PG202"):
        spec_of(PAIRS["chain"], **{option: value})


def test_lists_and_dicts_cross_as_json_text_and_scalars_as_themselves() -> None:
    @pipeline
    def values(n: int = 1, data: dict[str, int] = {"a": 1}) -> None:  # noqa: B006
        a = anything(data)
        b = numbers(number(n))
        anything.options(id="both")([a, b])

    spec = yaml.safe_load(spec_of(values))
    types = {name: each.get("outputDefinitions") for name, each in spec["components"].items()}
    kind = {name: each["parameters"]["Output"]["parameterType"] for name, each in types.items() if each}
    assert kind["comp-number"] == "NUMBER_INTEGER"
    assert kind["comp-numbers"] == "LIST"
    assert kind["comp-anything"] == "STRING"
    assert spec["root"]["inputDefinitions"]["parameters"]["data"]["defaultValue"] == '{"a": 1}'


def test_placeholders_of_kfp_in_constants_do_not_reach_it() -> None:
    text = "{{$.inputs.parameters['x']}} {{$}}"

    @pipeline
    def hostile(value: str = "plain") -> None:
        anything(text)
        anything.options(id="nested")({"k": [text]})
        anything.options(id="in_text")(f"{value} {text}")

    spec = yaml.safe_load(spec_of(hostile))
    for executor in spec["deploymentSpec"]["executors"].values():
        container = executor["container"]
        assert not any("{{$" in part for part in container["command"])
        ast.parse(container["command"][-1])
    inputs = json.dumps(spec["root"]) + json.dumps(spec["components"])
    assert "{{$" not in inputs


def test_a_loop_that_may_be_empty_and_is_collected_stands_in_a_choice() -> None:
    spec = yaml.safe_load(spec_of(PAIRS["loop_collect"]))
    conditions = [
        task["triggerPolicy"]["condition"]
        for each in spec["components"].values()
        for task in each.get("dag", {}).get("tasks", {}).values()
        if "triggerPolicy" in task
    ]
    assert sorted(conditions) == [
        "!(int(inputs.parameter_values['pipelinechannel--numbers--count']) > 0)",
        "int(inputs.parameter_values['pipelinechannel--numbers--count']) > 0",
    ]


def test_what_a_condition_cannot_be_sure_of_a_component_decides() -> None:
    @pipeline
    def unsure() -> None:
        a = anything(1)
        with when(a > 0):
            number(1)

    spec = yaml.safe_load(spec_of(unsure))
    assert "comp-decide-if-number" in spec["components"]


def test_the_bound_of_a_nest_is_that_of_its_outermost_loop() -> None:
    @pipeline
    def nest() -> None:
        with each([1, 2, 3], max_parallel=3) as x, each([1, 2], max_parallel=2) as y:
            anything([x, y])

    text = spec_of(nest)
    limits = [line.split(":")[1].strip() for line in text.split("\n") if "parallelismLimit" in line]
    assert sorted(limits) == ["1", "2"]


def test_owner_tags_and_description_are_in_the_description() -> None:
    @pipeline(owner="ops", tags=["a", "b"], description="What it does")
    def described() -> None:
        number(1)

    info = yaml.safe_load(spec_of(described))["pipelineInfo"]
    assert info == {"description": "What it does\nOwner: ops\nTags: a, b", "name": "described"}


def test_what_kfp_cannot_have_is_refused_with_a_reason() -> None:
    empty = Pipeline(name="empty")
    assert codes(empty)["PG280"] == "error"
    long = Step(name="s", run=Shell(script="echo " + "x" * 130_000))
    assert codes(Pipeline(name="p", steps=(long,), body=(Call(id="a", step="s"),)))["PG283"] == "error"


@pytest.mark.slow  # what is a spec: with the golden files
def test_a_pipeline_gives_the_same_bytes_every_time() -> None:
    made = PAIRS["loop_collect"].ir()
    code = (
        "import sys; from pipeglot.core.ir import Pipeline; from pipeglot.backends import compile;"
        "sys.stdout.write(repr(sorted(compile(Pipeline.from_json(sys.stdin.read()), 'kfp', options={'emit': 'dsl'}).files.items())))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=made.to_json(),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


# ---------------------------------------------------------------- what the comparison of specs can tell


def changed(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("if_else", "> 0.6", "> 0.7"),
        ("if_else", "constant: kept", "constant: k"),
        ("loop_static", "[1, 2, 3]", "[1, 3]"),
        ("loop_static", "parallelismLimit: 2", "parallelismLimit: 3"),
        ("retries_resources", "maxRetryCount: 2", "maxRetryCount: 1"),
        ("retries_resources", 'resourceCpuRequest: "500m"', 'resourceCpuRequest: "250m"'),
        ("exit_handler", "ALL_UPSTREAM_TASKS_COMPLETED", "ALL_UPSTREAM_TASKS_SUCCEEDED"),
        ("fan_out", "producerTask: right", "producerTask: left"),
        ("chain", "defaultValue: 3", "defaultValue: 4"),
    ],
)
def test_a_difference_in_meaning_is_a_difference(name: str, old: str, new: str) -> None:
    text = spec_of(PAIRS[name])
    before, after = yaml.safe_load(text), yaml.safe_load(changed(text, old, new))
    assert canonical(before) != canonical(after)


def test_names_and_layout_are_no_difference() -> None:
    text = spec_of(PAIRS["fan_out"])
    other = text.replace("comp-left", "comp-other").replace("producerTask: left", "producerTask: other")
    other = other.replace("\n      left:\n", "\n      other:\n").replace("      - left\n", "      - other\n")
    assert canonical(yaml.safe_load(text)) == canonical(yaml.safe_load(other))


# ---------------------------------------------------------------- kfp.local


@pytest.mark.engine("kfp")
def test_kfp_local_agrees_with_every_task_a_process_of_its_own() -> None:
    names = {"if_else_merge", "retries_that_help", "tolerated_item", "final_after_failure", "too_slow"}
    chosen = [case for case in cases() if case.id in names]
    assert len(chosen) == len(names)
    trials = [Trial(case.id, case.ir, case.params, case.logical_date, case.env) for case in chosen]
    for verdict in judge(trials, "kfp", mode="server"):
        assert (verdict.problems, verdict.refused) == ((), ()), verdict.trial.name
