"""Nothing of the language is dropped in silence: what a target does not support is refused by its support table."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeglot import CompileError, backends
from pipeglot.backends.base import NO_ROW, Ability, Backend, Compiled, Support
from pipeglot.core.features import FEATURES, features_of
from pipeglot.core.ir import At, Call, Group, Pipeline, Policy, Shell, Step
from tests.toys import registered

ALL = {name: Support("native", "so") for name in FEATURES}
STEP = Step(name="s", run=Shell(script="true"))


def pipeline() -> Pipeline:
    slow = Call(id="slow", step="s", policy=Policy(timeout=5), at=At(file="mine.py", line=7))
    body = (Call(id="a", step="s", at=At(file="mine.py", line=3)), Group(id="g", body=(slow,)))
    return Pipeline(name="p", tags=("t",), steps=(STEP,), body=body, at=At(file="mine.py", line=1))


def emit(pipeline: Pipeline, options: Mapping[str, str]) -> Compiled:
    return Compiled("toy", {"p.txt": "p"}, "p.txt", pipeline.name)


def toy(support: Mapping[str, Support]) -> Backend:
    return Backend("toy", emit, lambda *_: (), support)


@pytest.mark.parametrize("ability", ["notimpl", "notyet", "never"])
def test_what_the_table_refuses_is_refused_by_one_code_where_it_is_used(
    ability: Ability, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"timeout": Support(ability, "it waits"), "tags": Support(ability, "no place"), "if": Support(ability)}
    registered(monkeypatch, toy({**ALL, **refused}))
    with pytest.raises(CompileError) as told:
        backends.compile(pipeline(), "toy")
    assert [(d.code, d.severity, d.at and d.at.line, d.message) for d in told.value.diagnostics] == [
        ("PG217", "error", 1, "toy does not support tags: no place"),
        ("PG217", "error", 7, "toy does not support time limit of an attempt: it waits"),
    ]


def test_a_feature_without_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, toy({name: row for name, row in ALL.items() if name != "group"}))
    with pytest.raises(CompileError, match="PG217 toy does not support groups"):
        backends.compile(pipeline(), "toy")


def test_a_row_of_no_feature_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="toy has rows of no feature: groups"):
        toy({**ALL, "groups": Support("native")})


def test_a_row_that_names_a_code_is_left_to_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, toy({**ALL, "tags": Support("never", "they get lost (TOY100)")}))
    assert backends.compile(pipeline(), "toy").files


@pytest.mark.parametrize("target", backends.TARGETS)
def test_our_targets_take_a_stand_on_every_feature(target: str) -> None:
    support = backends.get(target).support
    assert [name for name, row in support.items() if row is NO_ROW or not row.how] == []


def test_features_are_found_where_they_stand() -> None:
    assert features_of(pipeline()) == {"call", "group", "shell", "tags", "timeout"}


# ---------------------------------------------------------------- every match knows all there is


SOURCE = Path(__file__).parents[1] / "src" / "pipeglot"
MODULES = {
    path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
    if "probes" not in path.parts and "corpus" not in path.parts
}

OPEN = {
    # It knows two forms of one condition; every other value stays as it is.
    "codegen/expressions.py:simplified",
    # `Cron` is the author's word there, not the node.
    "author/declaration.py:_schedule",
    # What is left are values, and `operands` knows them all.
    "core/rules/structure.py:_inside",
    # They go over values of any kind, models among others.
    "codegen/pysource.py:literal",
    "core/record.py:writable",
    "migrate/planning/attributes.py:_inner",
    "migrate/planning/attributes.py:said",
}
"""Functions whose matches have no closed set of cases."""


def names_of(union: ast.expr) -> Iterator[str]:
    """The names in `A | B`, also where it is `Annotated`."""
    match union:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from names_of(left)
            yield from names_of(right)
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="ir"), attr=name):
            yield name
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            yield from names_of(first)


def unions() -> dict[str, frozenset[str]]:
    """Every union of classes of ours that has a name."""
    classes = {node.name for tree in MODULES.values() for node in tree.body if isinstance(node, ast.ClassDef)}
    found = {
        node.target.id: frozenset(names_of(node.value))
        for tree in MODULES.values()
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
        if ast.unparse(node.annotation) == "TypeAlias"
    }
    return {name: members for name, members in found.items() if len(members) > 1 and members <= classes}


MEMBERS = frozenset[str]().union(*unions().values())


def functions(tree: ast.AST, name: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node of a module with the name of the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, ast.FunctionDef) else name
        yield inner, node
        yield from functions(node, inner)


def classes_of(pattern: ast.AST) -> Iterator[str]:
    """The classes that a pattern asks for, those inside another class's left out."""
    match pattern:
        case ast.MatchClass(cls=ast.Name(id=name) | ast.Attribute(value=ast.Name(id="ir"), attr=name)):
            yield name
        case ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from classes_of(each)
        case ast.MatchAs(pattern=ast.AST() as inner):
            yield from classes_of(inner)


def is_total(node: ast.Match) -> bool:
    """Whether the last case is `case _: assert_never(...)`, by which mypy knows that no other is left."""
    last = node.cases[-1]
    match last.pattern, last.body:
        case ast.MatchAs(pattern=None), [ast.Expr(value=ast.Call(func=ast.Name(id="assert_never")))]:
            return last.guard is None
    return False


def test_every_exception_is_a_function() -> None:
    assert {f"{name}:{function}" for name, tree in MODULES.items() for function, _ in functions(tree)} >= OPEN


@pytest.mark.parametrize("name", MODULES)
def test_every_match_over_nodes_values_and_steps_ends_in_assert_never(name: str) -> None:
    found = [
        f"{name}:{node.lineno} in {function}"
        for function, node in functions(MODULES[name])
        if isinstance(node, ast.Match) and f"{name}:{function}" not in OPEN
        if not MEMBERS.isdisjoint(one for case in node.cases for one in classes_of(case.pattern))
        if not is_total(node)
    ]
    assert found == []


@pytest.mark.parametrize("name", MODULES)
def test_a_table_by_nodes_has_all_of_a_block_whose_groups_are_opened(name: str) -> None:
    nodes = unions()["AnyNode"]
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Dict):
            keys = {key.id for key in node.keys if isinstance(key, ast.Name)} & nodes
            assert len(keys) < 3 or keys >= nodes - {"Group", "Include"}, f"{name}:{node.lineno}"


def asked(test: ast.expr) -> tuple[str, frozenset[str]] | None:
    """What is asked for its class by a test that does no more, and for which classes."""
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, classes]):
            return ast.unparse(subject), frozenset(names_of(classes))
    return None


@pytest.mark.parametrize("name", MODULES)
def test_what_asks_for_one_class_after_the_other_is_a_match(name: str) -> None:
    found = []
    for function, node in functions(MODULES[name]):
        match node:
            case ast.If(test=test, orelse=[ast.If(test=other)]):
                first, second = asked(test), asked(other)
                if first and second and first[0] == second[0] and MEMBERS & (first[1] | second[1]):
                    found.append(f"{name}:{node.lineno} in {function}")
    assert [one for one in found if one.split(":")[0] + ":" + one.split()[-1] not in OPEN] == []


TOYS = {
    "AnyNode": (
        "Call | If | Each | Group | Include",
        'class Toy(Placed):\n    kind: Literal["toy"] = "toy"\n    id: str\n',
    ),
    "Value": ("Compare | IsIn | All | Any_ | Not,", 'class Maybe(Node):\n    kind: Literal["maybe"] = "maybe"\n'),
    "Run": ("Imported | Inlined | Shell | Container", 'class Remote(Node):\n    kind: Literal["remote"] = "remote"\n'),
}
"""A member more for each of the unions of the language: where it goes, and what it is."""


@pytest.mark.slow
def test_types_name_every_match_that_does_not_know_a_new_node_value_or_step(tmp_path: Path, repository: Path) -> None:
    made = tmp_path / "src" / "pipeglot"
    shutil.copytree(SOURCE, made)
    text = (made / "core" / "ir.py").read_text("utf-8")
    for members, source in TOYS.values():
        name = source.split("(")[0].removeprefix("class ")
        assert text.count(members) == 1
        text = text.replace(members, f"{members.removesuffix(',')} | {name}" + "," * members.endswith(","))
        text = text.replace("Condition: TypeAlias", f"{source}\n\nCondition: TypeAlias")
    (made / "core" / "ir.py").write_text(text, "utf-8")
    options = ["--config-file", str(repository / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "src"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    told = {
        line.split(": error: ")[0] for line in done.stdout.splitlines() if '"assert_never" has incompatible' in line
    }
    asked = {
        f"src/pipeglot/{name}:{node.cases[-1].body[0].lineno}"
        for name, tree in MODULES.items()
        if name != "core/ir.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Match) and is_total(node)
        if {one for case in node.cases for one in classes_of(case.pattern)} in [unions()[union] for union in TOYS]
    }
    assert len(asked) > 20
    assert asked - told == set()
