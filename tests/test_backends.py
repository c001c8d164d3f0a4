"""What holds for the files of every target."""

from __future__ import annotations

import pytest

from pipeglot import backends
from pipeglot.core.ir import Call, Imported, Inlined, Pipeline, SourceFragment, Step
from tests.toys import in_python

FIT = Step(name="fit", run=Imported(module="train.models", attr="fit"))
OWN = Step(name="fit", run=Inlined(name="fit"))
CODE = SourceFragment(kind="function", names=("fit",), text="def fit():\n    from polars import concat\n    concat([])")


@pytest.mark.parametrize("target", in_python())
@pytest.mark.parametrize(
    ("name", "step", "file"),
    [
        ("train", FIT, "train_.py"),
        ("models", FIT, "models.py"),
        ("polars", OWN, "polars_.py"),
        ("secrets", OWN, "secrets_.py"),
        ("prefect", OWN, "prefect_.py"),
        ("dagster", OWN, "dagster_.py"),
    ],
)
def test_no_file_hides_a_module_that_its_code_imports(target: str, name: str, step: Step, file: str) -> None:
    code = (CODE,) if step is OWN else ()
    pipeline = Pipeline(name=name, code=code, steps=(step,), body=(Call(id="a", step="fit"),))
    made = backends.compile(pipeline, target)
    assert made.entry == file and file in made.files
    assert not any(other in made.files for other in (f"{name}.py",) if other != file)
