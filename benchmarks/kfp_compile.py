"""What compiling 1,000 calls for Kubeflow Pipelines costs: by us, and by KFP's own SDK from the equivalent DSL.

    python benchmarks/kfp_compile.py [CALLS] [ROUNDS]

Both write the same pipeline, a line of calls, to a file; both are timed in a process of their own, imports excluded
and turn by turn. The SDK's DSL file is the one that `emit=dsl` gives. Exits with 1 when ours takes more than a tenth.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeglot import engines
from pipeglot.backends import compile as compile_for
from pipeglot.core.ir import Call, Const, Inlined, Out, Parameter, Pipeline, SourceFragment, Step

OURS = """
import sys, time
from pathlib import Path
from pipeglot.backends import compile
from pipeglot.core.ir import Pipeline
made = Pipeline.from_json(Path(sys.argv[1]).read_text())
compile(made.model_copy(update={"body": made.body[:1]}), "kfp")
start = time.perf_counter()
compiled = compile(made, "kfp")
Path(sys.argv[2]).write_text(compiled.files[compiled.entry])
print(time.perf_counter() - start)
"""

THEIRS = """
import runpy, sys, time, warnings
warnings.simplefilter("ignore")
from kfp import compiler
start = time.perf_counter()
found = runpy.run_path(sys.argv[1])
compiler.Compiler().compile(found["line"], sys.argv[2])
print(time.perf_counter() - start)
"""


def line(count: int) -> Pipeline:
    """A line of calls of one inlined step."""
    integer = {"type": "integer"}
    step = Step(name="add", run=Inlined(name="add"), parameters=(Parameter(name="x", type=integer),), returns=integer)
    code = SourceFragment(kind="function", names=("add",), text="def add(x: int) -> int:\n    return x + 1")
    calls = [Call(id="c0", step="add", args={"x": Const(value=1)})]
    calls += [Call(id=f"c{n}", step="add", args={"x": Out(ref=f"c{n - 1}")}) for n in range(1, count)]
    return Pipeline(name="line", code=(code,), steps=(step,), body=tuple(calls))


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    sdk = engines.find("kfp").python
    made = line(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "line.json").write_text(made.to_json())
        text = compile_for(made, "kfp", options={"emit": "dsl"}).files["line_pipeline.py"]
        (folder / "line.py").write_text(text)

        def seconds(python: Path | str, code: str, source: str) -> float:
            command = [python, "-c", code, folder / source, folder / "out.yaml"]
            return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(seconds(sys.executable, OURS, "line.json"))
            theirs.append(seconds(sdk, THEIRS, "line.py"))
    one, other = statistics.median(ours), statistics.median(theirs)
    print(f"{count} calls: {one:.2f} s, KFP's SDK {other:.2f} s: {one / other:.3f} of its time (at most 0.1)")
    return 0 if one <= other / 10 else 1


if __name__ == "__main__":
    sys.exit(main())
