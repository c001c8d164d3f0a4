"""What `import pipeglot` gives is documented: an example for every name, arguments and errors for every function."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import pytest

import pipeglot
from pipeglot import (
    AuthoringError,
    Compiled,
    EngineError,
    Record,
    Report,
    check,
    compile,
    dry_run,
    pipeline,
    run,
    shell,
)
from pipeglot.core.diagnostic import CODES
from pipeglot.core.ir import Out, Pipeline

FUNCTIONS = sorted(
    name for name in pipeglot.__all__ if inspect.isroutine(getattr(pipeglot, name)) or getattr(pipeglot, name) is run
)


def doc(name: str) -> str:
    return inspect.getdoc(getattr(pipeglot, name)) or ""


@pytest.mark.parametrize("name", pipeglot.__all__)
def test_a_public_name_has_an_example_that_the_doctests_run(name: str) -> None:
    assert ">>> " in doc(name)
    home = import_module(next(module for module, names in modules().items() if name in names))
    shown = home.Run if name == "run" else getattr(home, name)
    assert shown.__module__ == home.__name__ and shown.__doc__ == getattr(pipeglot, name).__doc__


def modules() -> dict[str, tuple[str, ...]]:
    homes: dict[str, tuple[str, ...]] = pipeglot._HOME
    return {f"pipeglot.{module}": names for module, names in homes.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes(name: str) -> None:
    function: Any = getattr(pipeglot, name)
    names = [param.removeprefix("*").removeprefix("*") for param in signature(function)]
    said = section(doc(name), "Args")
    assert [each for each in names if not re.search(rf"^    \*{{0,2}}{each}: ", said, re.MULTILINE)] == []


def signature(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def section(text: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?:    .*\n|\n)+)", text + "\n", re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_raises(name: str) -> None:
    """`check` gives what is wrong; `pipeline`, `continue_` and `external` only hold what they are given until it is used."""
    raised = section(doc(name), "Raises")
    assert raised or name in ("check", "continue_", "external", "pipeline")
    assert set(re.findall(r"PG\d{3}", doc(name))) <= CODES.keys()


# ---------------------------------------------------------------- the verbs


@shell('echo "hello $name"')
def hello(name: str) -> None: ...


@pipeline
def greet(name: str = "you") -> str:
    return hello(name)


WRONG = Pipeline(name="wrong", result=Out(ref="nobody"))


def test_the_verbs_take_a_function_and_data_alike() -> None:
    for given in (greet, greet.ir()):
        assert [found for found in check(given) if found.severity == "error"] == []
        compiled = compile(given, "prefect")
        assert compiled.files == greet.compile("prefect").files
        record = run(given, params={"name": "world"})
        assert record.result == "hello world"
        report = dry_run(given, "local", "local", params={"name": "world"})
        assert report.verdict == "equivalent"
        assert [type(each) for each in (compiled, record, report)] == [Compiled, Record, Report]


def test_the_verbs_refuse_a_pipeline_that_check_finds_wrong() -> None:
    (found,) = check(WRONG)
    for verb in (lambda: compile(WRONG, "airflow"), lambda: run(WRONG), lambda: dry_run(WRONG, "local", "local")):
        with pytest.raises(AuthoringError) as error:
            verb()
        assert error.value.diagnostics == (found,)


def test_a_run_on_an_engine_that_is_none_is_refused() -> None:
    with pytest.raises(EngineError, match="PG300"):
        run(greet, on="cron")


def test_in_a_pipeline_run_is_still_the_run() -> None:
    @pipeline
    def dated() -> str:
        return run.run_id

    assert dated.run().result.startswith("local-")


@pytest.mark.engine
def test_a_run_on_an_engine_is_a_record_of_it() -> None:
    record = run(greet, on="prefect", params={"name": "world"})
    assert (record.engine, record.state, record.result) == ("prefect", "succeeded", "hello world")
