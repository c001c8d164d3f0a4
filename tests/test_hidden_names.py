"""Whatever names the author's file has, generated code means what it meant: checked by Python's own symbol tables in what is
printed, for every name that the printed code has, and every builtin."""

from __future__ import annotations

import ast
import builtins
import keyword
from functools import lru_cache

import pytest

from pipeglot import backends
from pipeglot.backends.base import Compiled
from pipeglot.codegen.names import Imports
from pipeglot.codegen.shadowing import boundary_names, hidden
from pipeglot.conformance import corpus
from pipeglot.core.dataclass import replace
from pipeglot.core.ir import Imported, Inlined, Param, Pipeline, SourceFragment
from tests.build import call, pipeline
from tests.conftest import some_of
from tests.printed import AUTHORS, identifiers, mistaken, modules, renamed

TARGETS = tuple(backends.TARGETS)
CASES = {case.id: case.ir for case in corpus.cases()}
RICH = (
    "conditions_of_all_kinds",
    "context",
    "tolerated",
    "final_with_retries",
    "branch_in_loop",
    "too_slow",
    "bounded",
)
FIRST_OF_DAGSTER = {"AssetKey", "Callable", "DagsterType", "Executor", "ExecutorDefinition", "JobDefinition"} | {
    "ScheduleDefinition",
    "SensorDefinition",
    "isinstance",
    "set",
}


def compiled(target: str, made: Pipeline) -> Compiled:
    found = backends.get(target).compile(made)
    assert found.files, [d.message for d in found.diagnostics if d.severity == "error"]
    return found


def step_function(made: Pipeline) -> str:
    """The function of the first step that is the author's own."""
    return next(step.run.name for step in made.steps if isinstance(step.run, Inlined))


def marked(made: Pipeline) -> Pipeline:
    """A pipeline whose functions say that they are the author's."""

    def text(chunk: SourceFragment) -> str:
        tree = ast.parse(chunk.text)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                node.body.insert(0, ast.Expr(ast.Constant(AUTHORS)))
        return ast.unparse(tree) if chunk.kind == "function" else chunk.text

    chunks = tuple(replace(chunk, text=text(chunk)) for chunk in made.code)
    return replace(made, code=chunks)


@lru_cache
def printed_names(target: str, case: str) -> frozenset[str]:
    """Every name that may be the author's: those of the printed code, and Python's own."""
    found = set(dir(builtins)).union(*(identifiers(ast.parse(text)) for text in modules(compiled(target, CASES[case]))))
    own = {name for chunk in CASES[case].code for name in chunk.names}
    refused = FIRST_OF_DAGSTER if target == "dagster" else {"NamedTuple", "PipelineTaskFinalStatus"}
    plain = {name for name in found if name.isidentifier() and not keyword.iskeyword(name) and name[:2] != "__"}
    return frozenset(plain - own - (refused if target in ("dagster", "kfp") else set()))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", RICH)
def test_generated_code_reads_none_of_the_names_that_the_authors_file_has(case: str, target: str) -> None:
    names = sorted(printed_names(target, case))
    made = marked(CASES[case])
    chunks = [
        SourceFragment(kind="function", names=(name,), text=f"def {name}(*given):\n    {AUTHORS!r}\n    return given")
        for name in names
    ]
    own = step_function(made)
    # A component has what its step's code names.
    uses = SourceFragment(kind="value", names=("USES",), text=f"USES = {names!r}")
    code = [replace(chunk, text=chunk.text + "\n    USES") if own in chunk.names else chunk for chunk in made.code]
    made = replace(made, code=(*code, uses, *chunks))
    found = {wrong for text in modules(compiled(target, made)) for wrong in mistaken(text, names)}
    assert found == set()


@some_of("case", ["context", "tolerated", "branch_in_loop"], "target", TARGETS)
def test_a_step_may_be_called_like_anything_in_generated_code(case: str, target: str) -> None:
    made = marked(CASES[case])
    own = step_function(made)
    names = [*sorted(printed_names(target, case) - set(dir(builtins))), "abs", "len", "str", "Exception"]
    found: dict[str, list[str]] = {}
    for name in names:
        texts = modules(compiled(target, renamed(made, {own: name})))
        if wrong := [each for text in texts for each in mistaken(text, [name])]:
            found[name] = wrong
    assert found == {}


@pytest.mark.parametrize("name", sorted(FIRST_OF_DAGSTER))
def test_names_that_dagsters_own_code_reads_in_a_file_are_refused_at_their_line(name: str) -> None:
    made = CASES["chain"]
    chunk = SourceFragment(kind="function", names=(name,), text=f"def {name}(*given):\n    return given")
    found = backends.get("dagster").compile(replace(made, code=(*made.code, chunk)))
    assert [d.code for d in found.diagnostics if d.severity == "error"] == ["PG200"]
    imported = replace(chunk, kind="import", text=f"from builtins import {name}")
    if name in dir(builtins):
        made = replace(made, code=(*made.code, imported))
        assert backends.get("dagster").compile(made).files


def test_the_names_of_the_boundary_are_those_that_its_source_reads() -> None:
    assert set(boundary_names()) == {
        *(
            "functools",
            "json",
            "os",
            "subprocess",
            "traceback",
            "typing",
            "Any",
            "Callable",
            "TypeAdapter",
            "to_jsonable_python",
        ),
        *("json_io", "run_command"),
    }


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("def f(x):\n    return abs(x)", "def f(x):\n    return builtins.abs(x)"),
        ("def f(abs):\n    return abs", "def f(abs):\n    return abs"),
        ("def f(x):\n    return f'{abs(x)} {{abs}} abs'", "def f(x):\n    return f'{builtins.abs(x)} {{abs}} abs'"),
        ("def f(x):\n    return json_io(abs)(abs(x))", "def f(x):\n    return json_io(abs)(builtins.abs(x))"),
        ("def f(x):\n    abs = 1\n    return json_io(abs)", "def f(x):\n    abs = 1\n    return json_io(abs_)"),
        ("def f(x):\n    return x.abs + json.loads('abs')", "def f(x):\n    return x.abs + json_.loads('abs')"),
        ("def f(x: abs = abs):\n    'abs'", "def f(x: builtins.abs = builtins.abs):\n    'abs'"),
        ("é, x = abs(1), abs", "é, x = builtins.abs(1), builtins.abs"),
        ("x = [abs for abs in abs(1)]", "x = [abs for abs in abs(1)]"),
    ],
)
def test_a_hidden_name_is_said_otherwise_where_it_is_meant(text: str, printed: str) -> None:
    imports = Imports()
    assert hidden({"abs": "", "json": ""}).immune(text, imports) == printed
    assert ("builtins." in printed) is (imports.text(["builtins"]) == "import builtins")


def test_what_a_flow_calls_is_a_builtin_whatever_its_parameters_are_called() -> None:
    own = hidden({}).within(["len", "list", "BaseException", "day"])
    text = (
        "def f(len, list, BaseException):\n    try:\n        return g(len, list, len(list))\n    except BaseException:\n"
        "        return isinstance(list, list)"
    )
    printed = (
        "def f(len, list, BaseException):\n    try:\n        return g(len, list, builtins.len(list))\n"
        "    except builtins.BaseException:\n        return isinstance(list, builtins.list)"
    )
    assert own.immune(text, Imports()) == printed


@pytest.mark.parametrize("target", TARGETS)
def test_the_module_of_imported_steps_has_its_name_alone(target: str) -> None:
    made = pipeline(call("a", x=1))
    steps = tuple(replace(s, run=Imported(module="num.steps", attr="num")) for s in made.steps[:1])
    made = replace(made, steps=steps)
    found = backends.get(target).compile(made)
    assert [d.code for d in found.diagnostics if d.severity == "error"] == ["PG200"]


@pytest.mark.parametrize("name", ["len", "isinstance", "list", "abs", "json", "type", "Any", "dg", "logical_date"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_parameter_may_be_called_like_a_builtin_or_an_import(target: str, name: str) -> None:
    made = CASES["branch_in_loop"]
    made = replace(made, params=(*made.params, Param(name=name, default="x")))
    compiled(target, made)
